"""Trained weights from files, without ever running code that a file carries."""

from __future__ import annotations

import json
import os
import pickle
import re
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import torch
from torch import Tensor, nn

from ..files import write_atomically
from .published import PUBLISHED, Published

__all__ = [
    "IncompleteWeights",
    "WeightsError",
    "load_weights",
    "read_notes",
    "read_weights",
    "save_weights",
]


# Tensors of published files that no network here has, and why they are passed over.
STRAYS = {"fc1008.bias": "bias of the 2015 graph's classifier, whose weights are not published"}


# What the file may have and a network without its side heads lacks; what other classes change.
HEADS = ("AuxLogits.", "LowerAuxLogits.")
CLASSIFIERS = ("fc", *(f"{head}fc" for head in HEADS))

# Under what names checkpoints of training keep the network's tensors.
_WRAPPERS = ("state_dict", "model_state_dict", "model", "network", "weights")


class WeightsError(ValueError):
    """Weights that cannot be read, or that do not fit the network."""


class IncompleteWeights(UserWarning):
    """Some tensors of the network stay as they were initialised."""


def load_weights(model: nn.Module, weights: str | os.PathLike[str]) -> None:
    """Load weights into a network, naming whatever the file does not have.

    Parameters
    ----------
    model : torch.nn.Module
        The network. Tensors are converted to its dtype and device.
    weights : path or name
        See ``read_weights``.

    Warns
    -----
    UserWarning
        If the file lacks tensors of the network, which stay as initialised; or if the network is
        the beginning of the file's, whose other tensors are passed over. Both are named.

    Raises
    ------
    WeightsError
        If the file has tensors that the network does not know and lacks some that it has, or has
        one of another shape. The network is then left as it was. An auxiliary head that was not
        built is passed over.
    """
    found = read_weights(weights)
    own = model.state_dict()
    found = _without_prefix(found, own)
    if not any(key.startswith(HEADS) for key in own):
        found = {key: value for key, value in found.items() if not key.startswith(HEADS)}

    found = {key: value for key, value in found.items() if key not in STRAYS}
    unknown = [key for key in found if key not in own]
    if unknown:
        if not found or any(_matters(key) and key not in found for key in own):
            raise WeightsError(
                f"{weights}: has {_names(unknown)}, which the network does not: "
                "are these the weights of another network?"
            )
        found = {key: value for key, value in found.items() if key in own}
        modules = list(dict.fromkeys(key.partition(".")[0] for key in unknown))
        warnings.warn(
            f"{weights}: has {_names(modules)}, which the network ends before: passed over",
            stacklevel=2,
        )
    misfit = [key for key in found if found[key].shape != own[key].shape]
    # A classifier for other classes is the one misfit with an obvious meaning: start it afresh.
    classifiers = {key for key in misfit if key.rpartition(".")[0] in CLASSIFIERS}
    misfit = [key for key in misfit if key not in classifiers]
    if misfit:
        key = misfit[0]
        raise WeightsError(
            f"{weights}: {key} is {tuple(found[key].shape)}, the network's is "
            f"{tuple(own[key].shape)}: build the network with the widths of the weights"
        )
    other = [f"{k} is {tuple(found[k].shape)} and not {tuple(own[k].shape)}" for k in classifiers]
    found = {key: value for key, value in found.items() if key not in classifiers}
    missing = [
        key
        for key in own
        if not (key in found or key in classifiers or key.endswith("num_batches_tracked"))
    ]
    if not found:
        raise WeightsError(f"{weights}: holds no tensor of this network")
    model.load_state_dict(found, strict=False)
    if other:
        warnings.warn(
            f"{weights}: {_names(sorted(other))}, the classifier of other classes; it stays as "
            "initialised",
            IncompleteWeights,
            stacklevel=2,
        )
    if missing:
        warnings.warn(
            f"{weights}: does not have {_names(missing)}; they stay as initialised",
            IncompleteWeights,
            stacklevel=2,
        )


def _without_prefix(found: dict[str, Tensor], own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors by the network's own names, where all of its have one prefix in the file.

    DistributedDataParallel writes ``module.``, torch.compile ``_orig_mod.``, Lightning the name of
    the attribute that holds the network.
    """
    if any(key in own for key in found):
        return found
    fits = {key[: -len(name)] for key in found for name in own if key.endswith(f".{name}")}
    for prefix in sorted(fits, key=len, reverse=True):
        inside = {k.removeprefix(prefix): v for k, v in found.items() if k.startswith(prefix)}
        if sum(key in own for key in inside) > len(inside) / 2:
            return inside
    return found


def save_weights(
    model: nn.Module | Mapping[str, Tensor], path: str | os.PathLike[str], **notes: str
) -> Path:
    """Write a network's weights as a safetensors file, whole or not at all.

    Parameters
    ----------
    model : torch.nn.Module or mapping of str to Tensor
        A network, or its state dict: tensors are written under their names, in their dtype.
    path : path
        Of the file; one that is there is replaced only when the new one is complete.
    **notes : str
        Kept in the file beside the tensors (``recipe="paper"``).
    """
    try:
        from safetensors.torch import save
    except ImportError as error:
        raise ImportError("writing weights needs safetensors: pip install safetensors") from error
    path = Path(path)
    named = model.state_dict() if isinstance(model, nn.Module) else model
    state = {key: value.detach().cpu().contiguous() for key, value in named.items()}
    blob = save(state, metadata=notes or None)

    def fill(file: IO[bytes]) -> None:
        file.write(blob)

    write_atomically(path, fill)
    return path


def read_weights(weights: str | os.PathLike[str]) -> dict[str, Tensor]:
    """The tensors of a file by name, on the CPU.

    Parameters
    ----------
    weights : path or name
        A ``.safetensors`` file; a ``.pt`` or ``.pth`` file of plain tensors; or a name of
        ``PUBLISHED`` (``"torchvision"``), downloaded once, checked by hash and cached by torch.hub.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    WeightsError
        If the file is damaged, truncated, or a pickle that holds more than tensors.
    """
    if weights in PUBLISHED:
        return _from_the_web(PUBLISHED[str(weights)])
    path = Path(weights)
    if not path.is_file():
        raise FileNotFoundError(
            f"no weights at {path}: give the path of a .safetensors file, or one of "
            f"{', '.join(PUBLISHED)}"
        )
    if _is_safetensors(path):
        return _from_safetensors(path)
    with path.open("rb") as file:
        first = file.read(1)
    if zipfile.is_zipfile(path) or first == b"\x80" or path.suffix in (".pt", ".pth"):
        return _from_pickle(path)
    return _from_safetensors(path)


def read_notes(path: str | os.PathLike[str]) -> dict[str, str]:
    """What ``save_weights`` kept beside the tensors; nothing of a file of another kind."""
    path = Path(path)
    if not path.is_file() or not _is_safetensors(path):
        return {}
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        try:
            header = json.loads(file.read(length))
        except ValueError:  # damaged: reading the tensors says so
            return {}
    return dict(header.get("__metadata__") or {})


def _is_safetensors(path: Path) -> bool:
    """By content: eight bytes of length, then a JSON object.

    The length is at most 100 MB, so that its upper half is zeros, whatever the first byte; in a
    pickle it is not.
    """
    with path.open("rb") as file:
        return file.read(9)[4:] == b"\0\0\0\0{"


def _from_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ImportError as error:
        raise ImportError("reading weights needs safetensors: pip install safetensors") from error
    try:
        return load_file(path)
    except SafetensorError as error:
        raise WeightsError(
            f"{path}: not a whole safetensors file ({path.stat().st_size:,} bytes; {error}): "
            "fetch it again"
        ) from error


def _from_pickle(path: Path) -> dict[str, Tensor]:
    try:
        with path.open("rb") as file:  # by content: torch goes by the name of a path
            state = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        held = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f"more than tensors ({held[1]})" if held else "more than tensors, or is damaged"
        raise WeightsError(
            f"{path}: a pickle that holds {what}; unpickling it could run code, so it was refused: "
            "if you trust it, keep its tensors alone, with torch.save(torch.load(OLD, "
            "weights_only=False)['state_dict'], NEW), where the key is the checkpoint's "
            "(Lightning's here)"
        ) from error
    except (RuntimeError, EOFError, OSError) as error:
        raise WeightsError(f"{path}: damaged or cut short ({error}): fetch it again") from error
    inside = state
    for name in _WRAPPERS:
        if isinstance(inside, Mapping) and isinstance(inside.get(name), Mapping):
            inside = inside[name]
            break
    if not isinstance(inside, Mapping) or not all(isinstance(v, Tensor) for v in inside.values()):
        what = type(state).__name__
        if isinstance(state, Mapping):
            what += f" of {_names([str(key) for key in state])}"
        raise WeightsError(
            f"{path}: holds a {what}, not a state dict of tensors, nor one under "
            f"{', '.join(_WRAPPERS)}: save model.state_dict()"
        )
    return dict(inside)


def _from_the_web(published: Published) -> dict[str, Tensor]:
    try:
        state = torch.hub.load_state_dict_from_url(
            published.url, map_location="cpu", progress=False, check_hash=True, weights_only=True
        )
    except OSError as error:
        raise WeightsError(
            f"{published.url} could not be downloaded ({error}): connect to the network once, or "
            "pass the path of a file"
        ) from error
    except RuntimeError as error:  # torch.hub's word for a hash that is not the file's
        raise WeightsError(
            f"{published.url} came damaged ({error}): try again, or pass the path of a file"
        ) from error
    except pickle.UnpicklingError as error:
        raise WeightsError(
            f"{published.url} holds more than tensors, so it was refused: {error}"
        ) from error
    return published.translate(state)


def _matters(key: str) -> bool:
    """Whether a network without this tensor is another network: not its classifier or counter."""
    return key.rpartition(".")[0] not in CLASSIFIERS and not key.endswith("num_batches_tracked")


def _names(keys: list[str], most: int = 12) -> str:
    shown = ", ".join(keys[:most])
    return shown + (f" and {len(keys) - most} more" if len(keys) > most else "")
