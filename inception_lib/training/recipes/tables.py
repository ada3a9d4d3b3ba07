"""The recipes of this library, each value beside its source."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .fields import Recipe

__all__ = ["RECIPES", "SOURCES", "get_recipe"]

Sourced = Mapping[str, tuple[Any, str]]  # field: (value, where it comes from)

# What no publication could know: the machine, and what a run leaves behind.
MACHINE: Sourced = {
    "eval_size": (0, "our choice: evaluate at the size of training"),
    "weights": ("", "our choice: from scratch"),
    "train_only": ("", "our choice: all parameters learn"),
    "freeze_bn": (False, "our choice: batch statistics, as batch normalisation is defined"),
    "accumulate": (1, "our choice: a batch is one pass through the network"),
    "seed": (0, "our choice: any number"),
    "prior": ("", "section 7: u(k) = 1/K"),
    "precision": ("fp32", "our choice: full precision, the plainest reading"),
    "channels_last": (True, "our choice: the same arithmetic, faster"),
    "compile": (False, "our choice: nothing to wait for at the start"),
    "fuse": (False, "our choice: the network as it is drawn"),
    "sync_bn": (False, "our choice: each process normalises its own images, as replicas did"),
    "workers": (8, "our choice: half of the 16 cores that come with one GPU"),
    "cache": ("auto", "our choice: on the device where the set is small"),
    "keep": (2, "our choice: one to fall back to"),
    "save_steps": (0, "our choice: at the ends of epochs"),
    "eval_epochs": (1, "our choice: after every epoch"),
    "max_corrupt": (0.01, "our choice: above one image in a hundred the set is broken"),
}

PAPER: Sourced = {
    **MACHINE,
    "network": ("inception_v3", "section 6: the network of the last row of Table 3"),
    "aux": (True, "section 6: BN-auxiliary"),
    "size": (299, "section 6: Table 1"),
    "dropout": (0.2, "our choice: as released; the paper gives no share"),
    "epochs": (100, "section 8"),
    "batch": (1600, "section 8: 50 replicas of batch size 32"),
    "accumulate": (50, "section 8: each replica normalised 32 images; for N processes give 50/N"),
    "optimizer": ("rmsprop_tf", "section 8: RMSProp, in TensorFlow"),
    "lr": (0.045, "section 8"),
    "momentum": (0.0, "section 8: momentum is named for earlier models, not beside RMSProp"),
    "rho": (0.9, "section 8: decay of 0.9"),
    "eps": (1.0, "section 8: ε = 1.0"),
    "nesterov": (False, "section 8: not mentioned"),
    "weight_decay": (0.0, "section 8: not mentioned"),
    "schedule": ("staircase", "section 8: decayed every two epochs"),
    "decay_rate": (0.94, "section 8"),
    "decay_epochs": (2.0, "section 8"),
    "warmup_epochs": (0.0, "section 8: not mentioned"),
    "clip_norm": (
        2.0,
        "section 8: threshold 2.0, of the norm by its reference; our choice: over all weights",
    ),
    "label_smoothing": (0.1, "section 7: ε = 0.1"),
    "aux_weight": (0.4, "our choice: as released; the paper gives none, GoogLeNet's was 0.3"),
    "average": (0.9999, "section 8: a running average; our choice: its decay as released"),
    "augment": ("paper", "our choice: as released; the paper describes no augmentation"),
    "crop_area": ((0.05, 1.0), "our choice: as released"),
    "crop_ratio": ((3 / 4, 4 / 3), "our choice: as released"),
    "brightness": (32 / 255, "our choice: as released"),
    "saturation": (0.5, "our choice: as released"),
    "contrast": (0.5, "our choice: as released"),
    "hue": (0.2, "our choice: as released"),
    "eval_crop": (0.875, "our choice: as released"),
}

_RELEASED = "released code: inception_distributed_train.py"
_IMAGES = "released code: image_processing.py"
RELEASED: Sourced = {
    **PAPER,
    "aux": (True, "released code: inception_model.py"),
    "dropout": (0.2, "released code: keep 0.8"),
    "epochs": (100, "our choice: as section 8; the code counts steps, up to a million"),
    "batch": (1600, "our choice: as section 8; the code has 32 a worker, workers as started"),
    "accumulate": (50, "released code: each worker normalised 32 images; N processes: 50/N"),
    "optimizer": ("rmsprop_tf", f"{_RELEASED}: tf.train.RMSPropOptimizer"),
    "lr": (0.045, _RELEASED),
    "momentum": (0.9, f"{_RELEASED}: RMSPROP_MOMENTUM"),
    "rho": (0.9, f"{_RELEASED}: RMSPROP_DECAY"),
    "eps": (1.0, f"{_RELEASED}: RMSPROP_EPSILON"),
    "nesterov": (False, f"{_RELEASED}: none"),
    "weight_decay": (4e-5, "released code: inception_model.py, convolution and linear weights"),
    "schedule": ("staircase", f"{_RELEASED}: staircase=True"),
    "decay_rate": (0.94, _RELEASED),
    "decay_epochs": (2.0, _RELEASED),
    "warmup_epochs": (0.0, f"{_RELEASED}: none"),
    "clip_norm": (0.0, "released code: no clipping anywhere"),
    "label_smoothing": (0.1, "released code: inception_model.py, on both heads"),
    "aux_weight": (0.4, "released code: slim losses"),
    "prior": ("", "released code: uniform"),
    "average": (0.9999, "released code: weights and batch statistics, warmed up by the step"),
    "augment": ("paper", _IMAGES),
    "crop_area": ((0.05, 1.0), _IMAGES),
    "crop_ratio": ((3 / 4, 4 / 3), _IMAGES),
    "brightness": (32 / 255, _IMAGES),
    "saturation": (0.5, f"{_IMAGES}, factors from 0.5 to 1.5"),
    "contrast": (0.5, f"{_IMAGES}, factors from 0.5 to 1.5"),
    "hue": (0.2, _IMAGES),
    "eval_crop": (0.875, _IMAGES),
}

# The recipe by which Inception-v3 was trained to 79.11 % top-1 on ImageNet (one crop), above the
# 78.8 % of the paper's Table 3: mindspore-lab/mindcv, configs/inceptionv3, its yaml and README.
_YAML = "mindcv: inception_v3_ascend.yaml"
MINDCV: Sourced = {
    **MACHINE,
    "network": ("inception_v3", f"{_YAML}, the published architecture"),
    "aux": (True, "mindcv: inceptionv3.py, aux_logits"),
    "size": (299, _YAML),
    "dropout": (0.2, "mindcv: inceptionv3.py, drop_rate"),
    "epochs": (200, _YAML),
    "batch": (256, f"{_YAML} and README: 8 devices of 32 images"),
    "accumulate": (8, "mindcv: each device normalised 32 images; for N processes give 8/N"),
    "optimizer": ("sgd", f"{_YAML}: momentum"),
    "lr": (0.045, _YAML),
    "momentum": (0.9, _YAML),
    "rho": (0.9, "our choice: unused by sgd"),
    "eps": (1e-8, "our choice: unused by sgd"),
    "nesterov": (False, f"{_YAML}: use_nesterov"),
    "weight_decay": (4e-5, f"{_YAML}, not of biases and batch normalisation"),
    "schedule": ("cosine", f"{_YAML}: down to min_lr 0 in the 195 epochs after the warm-up"),
    "decay_rate": (0.94, "our choice: unused by cosine"),
    "decay_epochs": (2.0, "our choice: unused by cosine"),
    "warmup_epochs": (5.0, _YAML),
    "clip_norm": (0.0, "mindcv: config.py, clip_grad is off"),
    "label_smoothing": (0.1, f"{_YAML}, on both heads"),
    "aux_weight": (0.1, f"{_YAML}: aux_factor"),
    "average": (0.0, "mindcv: config.py, ema is off"),
    "augment": (
        "paper",
        "our choice: its crops and flips; its AutoAugment and random erasing are not in this "
        "library, and its resizing was bilinear alone",
    ),
    "crop_area": ((0.08, 1.0), f"{_YAML}: scale"),
    "crop_ratio": ((3 / 4, 4 / 3), f"{_YAML}: ratio, written 1.333"),
    "brightness": (0.0, "mindcv: AutoAugment in place of colour changes of its own"),
    "saturation": (0.0, "mindcv: AutoAugment in place of colour changes of its own"),
    "contrast": (0.0, "mindcv: AutoAugment in place of colour changes of its own"),
    "hue": (0.0, "mindcv: AutoAugment in place of colour changes of its own"),
    "eval_crop": (0.875, f"{_YAML}: crop_pct"),
    "precision": ("fp32", f"{_YAML}: amp_level O0"),
}

MODERN: Sourced = {
    **MACHINE,
    "network": ("inception_v3", "our choice: the paper's; inception_tiny_32 for 32-pixel images"),
    "aux": (True, "section 6: BN-auxiliary"),
    "size": (299, "section 6: Table 1; 32 for CIFAR-10"),
    "dropout": (0.0, "our choice: in so short a run nothing is learnt by heart"),
    "fuse": (True, "our choice: the same function, in fewer and larger kernels"),
    "epochs": (30, "our choice: soon done"),
    "batch": (512, "our choice: fills a GPU at 32 pixels"),
    "optimizer": ("sgd", "our choice: reaches the accuracy in fewer epochs than RMSProp"),
    "lr": (0.4, "our choice: the largest that is stable at batch 512, with the warm-up"),
    "momentum": (0.9, "section 8, for the earlier models"),
    "rho": (0.9, "our choice: unused by sgd"),
    "eps": (1e-8, "our choice: unused by sgd"),
    "nesterov": (True, "our choice: a little faster"),
    "weight_decay": (5e-4, "our choice: as usual for small images"),
    "schedule": ("triangle", "our choice: up, then down to nothing: no epoch at a useless rate"),
    "decay_rate": (0.94, "our choice: unused by triangle"),
    "decay_epochs": (2.0, "our choice: unused by triangle"),
    "warmup_epochs": (6.0, "our choice: a fifth of the run"),
    "clip_norm": (0.0, "our choice: the warm-up serves"),
    "label_smoothing": (0.1, "section 7"),
    "aux_weight": (0.4, "our choice: as released"),
    "average": (0.995, "our choice: 200 steps, two epochs of CIFAR-10"),
    "augment": ("shift", "our choice: light, since the run is short"),
    "crop_area": ((0.35, 1.0), "our choice: milder than released; used by augment=paper"),
    "crop_ratio": ((3 / 4, 4 / 3), "our choice: as released; used by augment=paper"),
    "brightness": (0.0, "our choice: colours are left alone"),
    "saturation": (0.0, "our choice: colours are left alone"),
    "contrast": (0.0, "our choice: colours are left alone"),
    "hue": (0.0, "our choice: colours are left alone"),
    "eval_crop": (1.0, "our choice: what shift trains on is the whole image"),
    "precision": ("bf16", "our choice: twice as fast, and needs no scaling"),
    "compile": (True, "our choice: fuses normalisation and ReLU"),
}

TRANSFER: Sourced = {
    **MODERN,
    "weights": ("torchvision", "our choice: the trunk that anyone can download"),
    "aux": (False, "our choice: the trunk is trained already"),
    "size": (299, "section 6: the size that the trunk was trained at"),
    "dropout": (0.2, "released code: keep 0.8"),
    "freeze_bn": (True, "our choice: few images are worse statistics than the trunk's"),
    "fuse": (False, "our choice: few steps"),
    "epochs": (20, "our choice: enough for a thousand images a class or fewer"),
    "batch": (64, "our choice: many steps from few images"),
    "lr": (0.01, "our choice: a fortieth of training from scratch"),
    "weight_decay": (1e-4, "our choice: mild"),
    "schedule": ("cosine", "our choice: long at small rates"),
    "decay_rate": (0.94, "our choice: unused by cosine"),
    "decay_epochs": (2.0, "our choice: unused by cosine"),
    "warmup_epochs": (1.0, "our choice: the new classifier settles before the trunk moves"),
    "clip_norm": (2.0, "section 8"),
    "average": (0.99, "our choice: 100 steps"),
    "augment": ("paper", "our choice: the released augmentation, milder"),
    "crop_area": ((0.35, 1.0), "our choice: the object stays in view"),
    "brightness": (32 / 255, _IMAGES),
    "saturation": (0.2, "our choice: milder than released"),
    "contrast": (0.2, "our choice: milder than released"),
    "hue": (0.02, "our choice: milder than released, colour tells classes apart"),
    "eval_crop": (0.875, _IMAGES),
    "precision": ("fp32", "our choice: short, and exact on any machine"),
    "compile": (False, "our choice: over before it pays"),
}

TINY: Sourced = {
    **MODERN,
    "network": ("inception_tiny_8", "our choice: every idea of the paper in 8 pixels"),
    "aux": (True, "section 6: BN-auxiliary"),
    "size": (8, "our choice: scikit-learn's digits"),
    "fuse": (False, "our choice: nothing to gain at this size"),
    "epochs": (10, "our choice: seconds; digits are learnt by then"),
    "batch": (64, "our choice: twenty steps an epoch on digits"),
    "lr": (0.1, "our choice: stable at batch 64"),
    "warmup_epochs": (2.0, "our choice: a fifth of the run"),
    "average": (0.98, "our choice: 50 steps, two epochs and a half of digits"),
    "augment": ("none", "our choice: a flipped digit is another, a shifted one leaves 8 pixels"),
    "precision": ("fp32", "our choice: runs on any CPU"),
    "compile": (False, "our choice: compiling takes longer than the run"),
    "channels_last": (False, "our choice: nothing to gain at this size"),
    "workers": (0, "our choice: the set is in memory"),
}

_TABLES: Mapping[str, Sourced] = {
    name: {"name": (name, "our choice"), **table}
    for name, table in {
        "paper": PAPER,
        "released": RELEASED,
        "mindcv": MINDCV,
        "modern": MODERN,
        "transfer": TRANSFER,
        "tiny": TINY,
    }.items()
}

RECIPES: Mapping[str, Recipe] = MappingProxyType(
    {
        name: Recipe(**{field: value for field, (value, _) in table.items()})
        for name, table in _TABLES.items()
    }
)

SOURCES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        name: MappingProxyType({field: source for field, (_, source) in table.items()})
        for name, table in _TABLES.items()
    }
)


def get_recipe(name: str) -> Recipe:
    """The recipe of that name.

    Raises
    ------
    ValueError
        If there is none; the message lists those there are.
    """
    if name not in RECIPES:
        raise ValueError(f"no recipe is called {name!r}: known are {', '.join(RECIPES)}")
    return RECIPES[name]
