"""A trained network as one file that others can use without this library.

ONNX and PyTorch's ``pt2`` hold the whole computation, from the bytes of a picture to the
probabilities of the classes, for any number of pictures at once, with the names of the classes and
the preprocessing inside. A state dict and a safetensors file hold the weights, and their names are
torchvision's where the network is torchvision's.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from inception_lib.files import write_atomically
from inception_lib.nets.weights import read_weights, save_weights

from .config import KEY, write_beside
from .data.preprocess import affine
from .outputs import logits_of

if TYPE_CHECKING:
    from .data import Preprocess
    from .trained import Trained

__all__ = ["FORMS", "Checked", "Deployed", "ExportError", "export", "script"]

FORMS = ("onnx", "pt2", "state_dict", "safetensors")
CLOSE = 1e-4  # the largest difference of a probability that is taken for rounding
BATCHES = (1, 3)  # numbers of pictures at once that a check tries, beside all


class ExportError(RuntimeError):
    """What was exported does not answer as the network does."""


@dataclass(frozen=True)
class Checked:
    """How an exported file was checked before it took its name.

    Attributes
    ----------
    path : Path
    images : int
        On which the answers were compared.
    difference : float
        The largest of a probability.
    by : str
        What ran the file: ``"onnxruntime"``, ``"onnx.reference"``, ``"torch.export"``, or
        ``"reading it again"``.
    """

    path: Path
    images: int
    difference: float
    by: str


class Deployed(nn.Module):
    """From pixels to probabilities: uint8 N×3×size×size → float32 N×K.

    What comes before is left to the caller: the central share of each side, resized to size×size
    with antialiasing.
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, network: nn.Module, preprocess: Preprocess) -> None:
        super().__init__()
        self.network, self.preprocess = network.eval(), preprocess
        scale, shift = affine(preprocess.mean, preprocess.std, 255.0, torch.device("cpu"))
        self.register_buffer("scale", scale)
        self.register_buffer("shift", shift)

    def forward(self, pixels: Tensor) -> Tensor:
        images = torch.addcmul(self.shift, pixels.float(), self.scale)  # as Preprocess.normalise
        return logits_of(self.network(images)).float().softmax(1)


def export(
    trained: Trained,
    to: str,
    path: str | os.PathLike[str],
    pixels: Tensor | None = None,
) -> Checked:
    """Write a trained network as a file, once it has answered as the network does.

    Parameters
    ----------
    trained : Trained
        Its network is moved to the CPU.
    to : str
        ``"onnx"``, ``"pt2"`` (``torch.export``), ``"state_dict"`` (``torch.save``) or
        ``"safetensors"``. Beside a state dict goes ``FILE.json`` with classes and preprocessing;
        the others have them inside.
    path : path
        Of the file, which is written over if it is there.
    pixels : Tensor, optional
        uint8 N×3×size×size to check the answers on; by default noise.

    Raises
    ------
    ExportError
        If the file's answers differ by more than 1e-4 in a probability; nothing is written then.
    ValueError
        If there is no such form, or the network cannot be exported.
    ImportError
        If what writes the form is not installed.
    """
    if to not in FORMS:
        raise ValueError(f"--to is {to!r}: it is one of {', '.join(FORMS)}")
    path, view = Path(path), trained.preprocess
    network = Deployed(trained.network.cpu(), view)
    if pixels is None:
        shape = (8, 3, view.size, view.size)
        generator = torch.Generator().manual_seed(0)
        pixels = torch.randint(256, shape, dtype=torch.uint8, generator=generator)
    with torch.inference_mode():
        expected = network(pixels)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        by, answer = _WRITERS[to](trained, network, aside)
        parts = [pixels[:n] for n in BATCHES if n < len(pixels)] + [pixels]
        found = [answer(part) for part in parts]
        difference = max(
            float((one - expected[: len(one)]).abs().max()) for one in found if len(one)
        )
        if not difference <= CLOSE:  # written so that a NaN fails too
            raise ExportError(
                f"the {to} file's probabilities differ by up to {difference:.2g} from the "
                f"network's own, more than {CLOSE:g}, so it was not kept: export the weights "
                "(--to safetensors), or another form"
            )
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
    if to == "state_dict":
        write_beside(path, trained.config)
    return Checked(path, len(pixels), difference, by)


Answer = Callable[[Tensor], Tensor]


def _program(network: Deployed) -> torch.export.ExportedProgram:
    """The computation for any number of images."""
    size = network.preprocess.size
    example = torch.zeros(2, 3, size, size, dtype=torch.uint8)
    shapes = {"pixels": {0: torch.export.Dim("images")}}
    try:
        with _without_logs():
            return torch.export.export(network, (example,), dynamic_shapes=shapes)
    except Exception as error:  # whatever torch meets in somebody's network
        first = str(error).strip().splitlines()[0] if str(error).strip() else ""
        raise ValueError(
            f"torch.export cannot follow this network ({type(error).__name__}: {first}): export "
            "its weights (--to safetensors)"
        ) from error


@contextmanager
def _without_logs() -> Iterator[None]:
    """Without what torch's exporters say of themselves: printed, as warnings, in logs."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        aside = StringIO()
        with warnings.catch_warnings(), redirect_stdout(aside), redirect_stderr(aside):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _onnx(trained: Trained, network: Deployed, path: Path) -> tuple[str, Answer]:
    for package in ("onnx", "onnxscript"):
        if importlib.util.find_spec(package) is None:
            raise ImportError(f"writing ONNX needs {package}: pip install onnx onnxscript")
    import onnx

    with _without_logs():
        made = torch.onnx.export(
            _program(network),
            dynamo=True,
            verbose=False,
            input_names=["pixels"],
            output_names=["probabilities"],
        )
    assert made is not None
    model = made.model_proto
    config = trained.config
    model.producer_name = "inception_lib"
    for key, value in (
        ("classes", json.dumps(list(config.classes))),
        ("preprocess", json.dumps(config.preprocess.to_dict())),
        (KEY, json.dumps(config.to_dict())),
    ):
        model.metadata_props.add(key=key, value=value)
    blob = model.SerializeToString()
    write_atomically(path, lambda file: _put(file, blob))
    if importlib.util.find_spec("onnxruntime") is not None:
        import onnxruntime

        by, runs = (
            "onnxruntime",
            onnxruntime.InferenceSession(blob, providers=["CPUExecutionProvider"]),
        )
    else:
        from onnx.reference import ReferenceEvaluator

        by, runs = "onnx.reference", ReferenceEvaluator(onnx.load_model_from_string(blob))

    def answer(x: Tensor) -> Tensor:
        (found,) = runs.run(None, {"pixels": x.numpy()})
        return torch.from_numpy(found)

    return by, answer


def _pt2(trained: Trained, network: Deployed, path: Path) -> tuple[str, Answer]:
    whole = path.with_suffix(".pt2")  # torch asks for the ending
    try:
        text = json.dumps(trained.config.to_dict())
        with _without_logs():
            torch.export.save(_program(network), whole, extra_files={"config.json": text})
        program = torch.export.load(whole).module()
        os.replace(whole, path)
    finally:
        whole.unlink(missing_ok=True)

    def answer(x: Tensor) -> Tensor:
        with torch.no_grad():
            return program(x)

    return "torch.export", answer


def _state_dict(trained: Trained, network: Deployed, path: Path) -> tuple[str, Answer]:
    state = {key: value.contiguous() for key, value in network.network.state_dict().items()}
    write_atomically(path, lambda file: torch.save(state, file))
    return "reading it again", _reading(trained, path)


def _safetensors(trained: Trained, network: Deployed, path: Path) -> tuple[str, Answer]:
    save_weights(network.network, path, **trained.config.to_notes())
    return "reading it again", _reading(trained, path)


def _reading(trained: Trained, path: Path) -> Answer:
    """A fresh network, filled from the file."""
    from inception_lib.nets.registry import create

    fresh = create(trained.recipe.network, **trained.options).eval()
    fresh.load_state_dict(read_weights(path))
    deployed = Deployed(fresh, trained.preprocess)

    def answer(x: Tensor) -> Tensor:
        with torch.inference_mode():
            return deployed(x)

    return answer


_WRITERS: dict[str, Callable[[Trained, Deployed, Path], tuple[str, Answer]]] = {
    "onnx": _onnx,
    "pt2": _pt2,
    "state_dict": _state_dict,
    "safetensors": _safetensors,
}


def _put(file: Any, blob: bytes) -> None:
    file.write(blob)


# -- using the file elsewhere ----------------------------------------------------------------

_PICTURE = """\
view = {view}
image = Image.open({image!r}).convert("RGB")
w, h = (round(side * view["crop"]) for side in image.size)
left, top = round((image.width - w) / 2), round((image.height - h) / 2)
image = image.crop((left, top, left + w, top + h))
pixels = np.asarray(image.resize((view["size"],) * 2, Image.BILINEAR)).transpose(2, 0, 1)[None]
"""


def script(trained: Trained, to: str, path: str | os.PathLike[str], image: str = "cat.jpg") -> str:
    """Python that uses an exported file without this library, on one picture.

    For ONNX it needs onnxruntime, numpy and Pillow; for the others torch in their place. Of
    weights alone it builds torchvision's Inception-v3 where the network is that; the code of
    another network lies in this library, and the script shows what the file holds.
    """
    name = os.fspath(path)
    if to == "onnx":
        lines = [
            "import json, numpy as np, onnxruntime",
            "from PIL import Image",
            f"session = onnxruntime.InferenceSession({name!r})",
            "about = session.get_modelmeta().custom_metadata_map",
            _PICTURE.format(view='json.loads(about["preprocess"])', image=image).rstrip(),
            'p = session.run(None, {"pixels": np.ascontiguousarray(pixels)})[0][0]',
            'print(json.loads(about["classes"])[p.argmax()], p.max())',
        ]
    elif to == "pt2":
        lines = [
            "import json, numpy as np, torch",
            "from PIL import Image",
            'extra = {"config.json": ""}',
            f"network = torch.export.load({name!r}, extra_files=extra).module()",
            'about = json.loads(extra["config.json"])',
            _PICTURE.format(view='about["preprocess"]', image=image).rstrip(),
            "p = network(torch.tensor(pixels))[0].detach()",
            'print(about["classes"][p.argmax()], float(p.max()))',
        ]
    else:
        lines = _weights_script(trained, to, name, image)
    return "\n".join(lines) + "\n"


def _weights_script(trained: Trained, to: str, name: str, image: str) -> list[str]:
    if to == "safetensors":
        lines = [
            "import json, numpy as np, torch, torchvision",
            "from PIL import Image",
            "from safetensors import safe_open",
            f'with safe_open({name!r}, "pt") as file:',
            f"    about = json.loads(file.metadata()[{KEY!r}])",
            "    state = {key: file.get_tensor(key) for key in file.keys()}",
        ]
    else:
        lines = [
            "import json, numpy as np, torch, torchvision",
            "from PIL import Image",
            f"about = json.load(open({name + '.json'!r}))",
            f"state = torch.load({name!r}, weights_only=True)",
        ]
    if trained.recipe.network != "inception_v3" or not trained.options.get(
        "count_include_pad", True
    ):
        keep = [line.replace(", numpy as np", "").replace(", torchvision", "") for line in lines]
        return [
            *(line for line in keep if "PIL" not in line),
            'print(about["network"], len(about["classes"]), "classes,", len(state), "tensors")',
        ]
    aux = any(key.startswith("AuxLogits.") for key in trained.network.state_dict())
    return [
        *lines,
        "network = torchvision.models.inception_v3(",
        f'    num_classes=len(about["classes"]), aux_logits={aux}, init_weights=False).eval()',
        "network.load_state_dict(state)",
        _PICTURE.format(view='about["preprocess"]', image=image).rstrip(),
        'mean, std = (torch.tensor(view[k]).view(3, 1, 1) for k in ("mean", "std"))',
        "p = network((torch.tensor(pixels) / 255 - mean) / std)[0].detach().softmax(0)",
        'print(about["classes"][p.argmax()], float(p.max()))',
    ]
