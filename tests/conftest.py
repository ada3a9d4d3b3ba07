"""What tests share: data that is not in the repository, and a small reproducible start."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest
import torch

from inception_lib.graph import Graph, trace
from inception_lib.nets.registry import create, find

CLASSES = 17
ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("INCEPTION_SHARED", ROOT.parent / "shared"))


# The same examples in every run, so that a failure is a change's; and a busy machine is no failure.
hypothesis.settings.register_profile(
    "book",
    deadline=None,
    derandomize=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("book")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("gpu") and not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def trunk_weights() -> Path:
    """The authors' trained trunk, which is not distributed with the book."""
    path = SHARED / "weights" / "inception_v3_tf2015_trunk_fp16.safetensors"
    if not path.is_file():
        pytest.skip(f"the trained trunk is not here ({path}); set INCEPTION_SHARED to its folder")
    return path


@pytest.fixture(scope="session")
def digits_run(tmp_path_factory) -> Path:
    """A short run on digits, to be read and never changed: a test that writes copies it."""
    from inception_lib.training import RECIPES, Trainer, open_data

    recipe = RECIPES["tiny"].replace(epochs=2, warmup_epochs=0.5, batch=32)
    data = open_data("digits", seed=recipe.seed, size=recipe.size)
    out = tmp_path_factory.mktemp("runs") / "first"
    Trainer(recipe, data, out, "cpu", quiet=True).fit()
    return out


@pytest.fixture(scope="session")
def traced() -> Callable[..., Graph]:
    """``traced(name, train=False)``: a network of the registry as a graph, made once a session.

    At its own size, with a number of classes that no network has unasked.
    """

    @functools.cache
    def graph(name: str, train: bool = False) -> Graph:
        with torch.device("meta"):
            return trace(create(name, num_classes=CLASSES), find(name).size, train=train)

    return graph
