"""What the experiments share: where data lies, the trained network, how a result is written."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from inception_lib import inception_v3, results
from inception_lib.nets import Inception
from inception_lib.nets.weights import read_weights
from inception_lib.results import rounded

REPOSITORY = Path(__file__).resolve().parent.parent
RESULTS = REPOSITORY / "results"
TRUNK = "weights/inception_v3_tf2015_trunk_fp16.safetensors"
CLOTHES = "data/clothing_small_128px.tar"
CLOTHES_SOURCE = (
    "clothing-dataset-small (CC0): 3,068 training, 341 validation and 372 test photographs of ten "
    "classes, short side 128 pixels, enlarged to 299×299 whatever their aspect"
)
PHOTOGRAPHS = ("astronaut", "chelsea", "coffee")
PHOTOGRAPH_SOURCE = (
    "scikit-image's astronaut, chelsea and coffee (free of rights): the square of the book's "
    "figures (central), reduced or enlarged to 299×299 (Lanczos), scaled to [-1, 1]"
)


def shared(path: str) -> Path:
    """A file of the data that is not in the repository.

    It lies in the folder that the environment variable INCEPTION_SHARED names, by default in
    ``shared`` beside the repository.
    """
    folder = Path(os.environ.get("INCEPTION_SHARED") or REPOSITORY.parent / "shared")
    if not (folder / path).exists():
        raise FileNotFoundError(
            f"data that is not in the repository is missing: {path}. Set INCEPTION_SHARED to the "
            "folder that holds it, or pass --weights PATH (or --weights torchvision)"
        )
    return folder / path


def linear_classifier(penalty: float, steps: int = 300) -> Any:
    """Standardises features, then multinomial logistic regression; ``penalty`` is scikit-learn's C.

    The smaller it is, the stronger.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=penalty, max_iter=steps))


def parser(description: str | None, weights: bool = True) -> argparse.ArgumentParser:
    """The options that experiments have in common."""
    options = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    options.add_argument("--threads", type=int, default=1, help="CPU threads (default 1)")
    if weights:
        options.add_argument(
            "--weights",
            help="a file of weights, or 'torchvision'; by default the authors' trunk",
        )
    return options


def kernels(weights: str | None) -> dict[str, Tensor]:
    """The trained tensors by name, in float64."""
    return {name: t.double() for name, t in read_weights(weights or shared(TRUNK)).items()}


def trunk(weights: str | None) -> Inception:
    """Inception-v3 with trained weights, in evaluation; a warning names what they lack."""
    # Only torchvision's weights were made with the padding's zeros in the mean.
    model = inception_v3(
        aux=False,
        weights=weights or shared(TRUNK),
        count_include_pad=weights == "torchvision",
    )
    return model.eval()


def photographs() -> Tensor:
    """Three photographs, 3×3×299×299 in [-1, 1], in the order of ``PHOTOGRAPHS``."""
    import numpy as np
    from PIL import Image
    from skimage import data

    from inception_lib.viz.photos import PHOTOS, SIDE

    images = []
    for name in PHOTOGRAPHS:
        left, top, side = PHOTOS[name].crop
        box = (left, top, left + side, top + side)
        whole = Image.fromarray(getattr(data, name)()).convert("RGB")
        small = whole.crop(box).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        images.append(torch.from_numpy(np.array(small)).permute(2, 0, 1))
    return (torch.stack(images).float() - 127.5) / 127.5


def digits() -> tuple[Tensor, Tensor]:
    """1,797 images, 1×8×8 in [-1, 1], and their classes."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return torch.tensor(found.images).float()[:, None] / 8 - 1, torch.tensor(found.target)


def clothes(folder: str | None) -> str:
    """The folder of the photographs of clothes: the one given, or their archive's, unpacked."""
    if folder:
        return folder
    unpacked = tempfile.mkdtemp()
    with tarfile.open(shared(CLOTHES)) as tar:
        tar.extractall(unpacked, filter="data")
    return unpacked


def provenance(script: str, arguments: argparse.Namespace, **more: Any) -> dict[str, Any]:
    """Where numbers come from: command, versions, machine in words, source of the weights."""
    given = {k: v for k, v in vars(arguments).items() if k != "weights"}
    command = f"python experiments/{Path(script).name}"
    command += "".join(f" --{k.replace('_', '-')} {v}" for k, v in given.items())
    machine = f"{platform.machine()} CPU, {torch.get_num_threads()} thread(s)"
    found = results.provenance(command, machine=machine, **more)
    if "weights" in vars(arguments):
        found["weights"] = _source(arguments.weights)
    return found


def _source(weights: str | None) -> dict[str, str]:
    if weights == "torchvision":
        return {"source": "torchvision, Inception_V3_Weights.IMAGENET1K_V1"}
    path = Path(weights) if weights else shared(TRUNK)
    words = (
        "the authors' trained Inception-v3 (graph of 2015-12-05, Apache-2.0), half precision, "
        "batch normalisation folded into the convolutions, whole through Mixed_7a"
    )
    return {
        "source": f"a file of the reader's, {path.name}" if weights else words,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def write(name: str, result: dict[str, Any]) -> Path:
    """``results/<name>.json``: one line an entry where that is readable."""
    path = RESULTS / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_dump(rounded(result)) + "\n", encoding="utf-8")
    print(f"wrote results/{name}.json, {path.stat().st_size:,} bytes")
    return path


def _dump(value: Any, indent: str = "") -> str:
    """JSON whose innermost lists and objects stay on one line."""
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, (dict, list)) or not value or len(indent) + len(flat) <= 100:
        return flat
    items = value.items() if isinstance(value, dict) else ((None, v) for v in value)
    lines = [
        indent
        + " "
        + ("" if k is None else json.dumps(k, ensure_ascii=False) + ": ")
        + _dump(v, indent + " ")
        for k, v in items
    ]
    ends = "{}" if isinstance(value, dict) else "[]"
    return ends[0] + "\n" + ",\n".join(lines) + "\n" + indent + ends[1]
