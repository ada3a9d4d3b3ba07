"""``inception bench``: how fast a network is on this machine, and where the time goes."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from .tables import add_forms, emit, json_text, print_rows

if TYPE_CHECKING:
    from ..training.timing import Spread

__all__ = ["add_commands"]


def add_commands(commands: Any) -> None:
    """Add the command to argparse's subparsers."""
    from .networks import NAMES

    command = commands.add_parser(
        "bench",
        help="a network's images/s, MFU, memory and time by block on this machine",
        epilog="Forms take turns; shown are medians, and quartiles in brackets. MFU is the share "
        "of what one large matrix product reaches here. A training step is forward, the loss of "
        "all heads, backward, and one step of SGD. Memory is beside the parameters: on a CPU all "
        "tensors alive at once, without the kernels' workspaces; on a GPU what its allocator gave.",
        allow_abbrev=False,
    )
    command.add_argument("network", metavar="NET", help=NAMES)
    command.add_argument(
        "--size", type=int, metavar="N", help="side of the images (default: the network's own)"
    )
    command.add_argument(
        "--batch", type=int, metavar="N", help="images at once (default: 2, on a GPU 32)"
    )
    command.add_argument("--rounds", type=int, default=3, metavar="N", help="timed (default: 3)")
    command.add_argument("--compile", action="store_true", help="compiled too: minutes more")
    command.add_argument("--no-train", action="store_true", help="inference alone")
    command.add_argument("--no-blocks", action="store_true", help="no time by block")
    command.add_argument("--contiguous", action="store_true", help="images as N, C, H, W")
    command.add_argument("--threads", type=int, metavar="N", help="of a CPU (default: as torch)")
    command.add_argument("--device", help="cpu, cuda … (default: a GPU where there is one)")
    add_forms(command, "one row a form")
    command.set_defaults(run=_bench)


def _bench(options: argparse.Namespace) -> None:
    import torch

    from ..nets.registry import create, own_size
    from ..training.bench import bench, time_by_block
    from ..training.distributed import pick_device
    from ..training.timing import machine

    device = pick_device(options.device)
    if options.threads is not None:
        if options.threads < 1:
            raise ValueError(f"--threads is {options.threads}: give at least 1")
        torch.set_num_threads(options.threads)
    batch = options.batch or (32 if device.type == "cuda" else 2)
    for flag, value in (("size", options.size), ("batch", options.batch)):
        if value is not None and value < 1:
            raise ValueError(f"--{flag} is {value}: give at least 1")
    network = create(options.network)
    own = own_size(options.network, network)
    size = options.size or (own if isinstance(own, int) else own[-1])
    found = bench(
        network,
        size,
        batch=batch,
        device=device,
        rounds=options.rounds,
        compiled=options.compile,
        training=not options.no_train,
        channels_last=not options.contiguous,
    )
    blocks = []
    if not options.no_blocks and not options.csv:
        images = torch.randn(batch, 3, size, size, device=device)
        if not options.contiguous:
            images = images.contiguous(memory_format=torch.channels_last)
        blocks = time_by_block(network, images, train=not options.no_train, rounds=options.rounds)
    head = {"network": options.network, "size": size, "batch": batch}
    head |= {"machine": machine(str(device)), "torch": torch.__version__.partition("+")[0]}
    rows = [
        {
            "mode": one.mode,
            "form": one.form,
            "images_per_second": one.images_per_second.median,
            "lower_quartile": one.images_per_second.lower,
            "upper_quartile": one.images_per_second.upper,
            "mfu": one.mfu,
            "memory_bytes": one.memory,
        }
        for one in found
    ]
    if options.json:
        parts = [
            {
                "block": one.name,
                "forward_ms": vars(one.forward),
                "backward_ms": None if one.backward is None else vars(one.backward),
            }
            for one in blocks
        ]
        print(json_text({**head, "forms": rows, "blocks": parts}))
        return
    if options.csv:
        emit(options, {}, rows)
        return
    print_rows(
        [
            {
                "mode": one.mode,
                "form": one.form,
                "images/s": _with_quartiles(one.images_per_second),
                "MFU %": None if one.mfu is None else f"{100 * one.mfu:.1f}",
                "MB": None if one.memory is None else f"{one.memory / 1e6:,.0f}",
            }
            for one in found
        ]
    )
    if blocks:
        print()
        whole = sum(_both(one) for one in blocks)
        print_rows(
            [
                {
                    "block": one.name,
                    "forward ms": _with_quartiles(one.forward),
                    "backward ms": None if one.backward is None else _with_quartiles(one.backward),
                    "share %": f"{100 * _both(one) / whole:.1f}",
                }
                for one in blocks
            ]
        )
    print(
        f"\n{options.network}, {batch} images of {size}×{size}, {head['machine']}, torch "
        f"{head['torch']}; medians of {options.rounds} rounds [quartiles]"
    )
    if any(one.mfu is None for one in found):
        words = "the network cannot be traced, so its MFU is not known"
        print(f"inception: note: {words}", file=sys.stderr)


def _both(one: Any) -> float:
    return one.forward.median + (0.0 if one.backward is None else one.backward.median)


def _with_quartiles(figures: Spread) -> str:
    median, lower, upper = figures.median, figures.lower, figures.upper
    digits = 0 if median >= 100 else 1 if median >= 10 else 2
    return f"{median:,.{digits}f} [{lower:,.{digits}f}, {upper:,.{digits}f}]"
