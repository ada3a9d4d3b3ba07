"""Every network by name: those of the paper's tables, and all specs."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any

from torch import nn

from . import classics
from .build import build
from .spec import known
from .specs import SPECS

__all__ = ["NETWORKS", "Network", "create", "find", "own_size"]

FALLBACK = 299  # pixels, for a network that does not say what it is meant for


@dataclass(frozen=True)
class Network:
    """One network of the registry.

    Attributes
    ----------
    name, title : str
        As code and as prose call it.
    make : callable
        Builds it; takes ``num_classes`` and what else its own documentation lists. What it
        builds returns an ``InceptionOutput`` in training and in evaluation.
    size : int
        Side of the images that it is meant for, in pixels.
    reference : str
        Whom it follows.
    """

    name: str
    title: str
    make: Callable[..., nn.Module]
    size: int
    reference: str


_VGG = "Simonyan and Zisserman, arXiv 1409.1556"
_PRELU = "He et al., Delving deep into rectifiers, arXiv 1502.01852, Table 3"
_GOOGLENET = "Szegedy et al., Going deeper with convolutions, arXiv 1409.4842, Table 1"

_OLDER = (
    Network(
        "alexnet",
        "AlexNet",
        classics.alexnet,
        224,
        "Krizhevsky, Sutskever, Hinton (2012), in two columns",
    ),
    Network("vgg16", "VGG-16", classics.vgg16, 224, f"{_VGG}, configuration D"),
    Network("vgg19", "VGG-19", classics.vgg19, 224, f"{_VGG}, configuration E"),
    Network("googlenet", "GoogLeNet", classics.googlenet, 224, _GOOGLENET),
    Network(
        "bn_googlenet",
        "BN-GoogLeNet",
        classics.bn_googlenet,
        224,
        f"{_GOOGLENET}, batch-normalised",
    ),
    Network(
        "bn_inception",
        "BN-Inception",
        classics.bn_inception,
        224,
        "Ioffe and Szegedy, arXiv 1502.03167, appendix",
    ),
    *(
        Network(
            f"prelu_net_{model.lower()}",
            f"PReLU-net {model}",
            partial(classics.prelu_net, model),
            224,
            f"{_PRELU}, model {model}",
        )
        for model in "ABC"
    ),
)
_TITLES = {
    "inception_v2": "Inception-v2",
    "inception_v2_factorized_7x7": "Inception-v2, factorized 7×7",
    "inception_v3": "Inception-v3",
    "inception_v3_table1": "Inception-v3, Table 1 to the letter",
    "inception_v3_fid": "Inception-v3 for the Fréchet distance",
    "inception_v3_trunk": "Inception-v3 up to 8×8×1280",
    "inception_v3_299": "Inception-v3 at 299×299",
    "inception_v3_151": "Inception-v3 at 151×151",
    "inception_v3_79": "Inception-v3 at 79×79",
}

NETWORKS: Mapping[str, Network] = MappingProxyType(
    {network.name: network for network in _OLDER}
    | {
        name: Network(
            name,
            _TITLES.get(name, name.replace("_", " ").capitalize()),
            partial(build, name),
            spec.size,
            spec.reference,
        )
        for name, spec in SPECS.items()
    }
)


def find(name: str) -> Network:
    """The entry of that name.

    Raises
    ------
    ValueError
        If there is none; the message lists those there are, and the nearest.
    """
    if name not in NETWORKS:
        raise ValueError(
            f"no network is called {name!r}: {known(name, NETWORKS)}; give package.module:callable "
            "for one of your own"
        )
    return NETWORKS[name]


def create(name: str, **options: Any) -> nn.Module:
    """Build a network by its name, or by the path of a callable that makes one.

    Parameters
    ----------
    name : str
        Of the registry (``"bn_inception"``), or ``package.module:callable``
        (``"torchvision.models:resnet50"``).
    **options
        What the builder takes: ``num_classes``, ``aux``, ``dropout`` …

    Raises
    ------
    ValueError
        If there is no such network, if its builder has no such option or refuses its value, or
        if the callable does not give an ``nn.Module``.
    ImportError
        If the package of a path cannot be imported.
    """
    make = _callable(name) if ":" in name else find(name).make
    _check_options(name, make, options)
    made = make(**options)
    if not isinstance(made, nn.Module):
        raise ValueError(f"{name} gives a {type(made).__name__}, not a torch.nn.Module")
    return made


def own_size(name: str, model: nn.Module) -> int | tuple[int, ...]:
    """The size that a network is meant for, where it says so.

    Our own do, timm's, and torchvision's transformers, which take no other.
    """
    if name in NETWORKS:
        return NETWORKS[name].size
    side = getattr(model, "image_size", None)
    if isinstance(side, int):
        return side
    about = getattr(model, "default_cfg", None)
    sides = about.get("input_size") if isinstance(about, dict) else None
    return tuple(sides) if sides else FALLBACK


def _callable(path: str) -> Callable[..., Any]:
    package, _, attribute = path.partition(":")
    make = getattr(importlib.import_module(package), attribute, None)
    if not callable(make):
        raise ValueError(f"{package} has no callable {attribute!r}")
    return make


def _check_options(name: str, make: Callable[..., Any], options: Mapping[str, Any]) -> None:
    try:
        parameters = inspect.signature(make).parameters.values()
    except ValueError:  # a callable written in C: it will say itself what it lacks
        return
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    names = [p.name for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)]
    for option in options:
        if option not in names:
            raise ValueError(f"{name} has no option {option!r}: {known(option, names)}")
