"""Trained weights that others publish: where they are, and what must be known to use them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from torch import Tensor

from .inputs import IMAGENET_MEAN, IMAGENET_STD

__all__ = ["PUBLISHED", "Published"]

_RELEASES = "https://github.com/rwightman/pytorch-image-models/releases/download/v0.1-weights/"


@dataclass(frozen=True)
class Published:
    """A file of weights on the web.

    Attributes
    ----------
    url : str
        Its file name carries the first digits of the file's SHA-256, which are checked.
    network : str
        The network that it was trained as, a name of ``SPECS``.
    count_include_pad : bool
        Whether that network counted the zeros of the padding in its average pools.
    background : int
        Classes before the first of ImageNet's, which are dropped: TensorFlow has one.
    rename : tuple of (str, str)
        Beginnings of tensors' names there, and what they are called here.
    leave : tuple of str
        Tensors that no network here has.
    mean, std : 3 floats
        What its input is normalised with, on the scale 0 to 1; 0.5 each scales to [-1, 1].
    reference : str
        Who trained it, and on what input.
    """

    url: str
    network: str
    count_include_pad: bool
    reference: str
    background: int = 0
    rename: tuple[tuple[str, str], ...] = ()
    leave: tuple[str, ...] = ()
    mean: tuple[float, float, float] = (0.5, 0.5, 0.5)
    std: tuple[float, float, float] = (0.5, 0.5, 0.5)

    def translate(self, state: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The file's tensors under our names, without those of the background class."""
        found: dict[str, Tensor] = {}
        for key, value in state.items():
            if key in self.leave:
                continue
            for there, here in self.rename:
                if key.startswith(there):
                    key = here + key[len(there) :]
                    break
            if self.background and key.rpartition(".")[0] in ("fc", "AuxLogits.fc"):
                value = value[self.background :]
            found[key] = value
        return found


PUBLISHED: Mapping[str, Published] = MappingProxyType(
    {
        "torchvision": Published(
            "https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth",
            "inception_v3",
            True,
            "torchvision: the authors' weights, ported and adapted to padded means; input in "
            "[-1, 1] (torchvision itself maps ImageNet-normalised images there)",
        ),
        "timm-tf": Published(
            _RELEASES + "tf_inception_v3-e0069de4.pth",
            "inception_v3",
            False,
            "timm: TF-slim's weights of 2016-08-28; input in [-1, 1]; no auxiliary head",
            background=1,
        ),
        "timm-adversarial": Published(
            _RELEASES + "adv_inception_v3-9e27bd63.pth",
            "inception_v3",
            False,
            "timm: TensorFlow's adversarially trained weights of 2017-08-18; input in [-1, 1]",
            background=1,
        ),
        "timm-gluon": Published(
            _RELEASES + "gluon_inception_v3-9f746940.pth",
            "inception_v3",
            True,
            "timm: trained by GluonCV; input normalised with ImageNet's mean and deviation as it "
            "is, without mapping it to [-1, 1]",
            mean=IMAGENET_MEAN,
            std=IMAGENET_STD,
        ),
        "pytorch-fid": Published(
            "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
            "pt_inception-2015-12-05-6726825d.pth",
            "inception_v3_fid",
            False,
            "pytorch-fid: the authors' graph of 2015-12-05, 1008 outputs; input in [-1, 1]",
        ),
    }
)
