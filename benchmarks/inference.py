"""Inference on a CPU beside torchvision: as it comes, its fastest form, ours, and ours fused.

    python benchmarks/inference.py --rounds 15

All forms run in one process and take turns. torchvision's fastest form (channels_last, batch
normalisation folded, compiled by inductor and frozen) is compiled here, which takes a while; ours
is not compiled. Writes results/benchmarks/inference.json.
"""

from __future__ import annotations

import argparse
import time
import warnings
from typing import Any

import torch
import torchvision
from _timing import (
    RESULTS,
    interleave,
    matmul_peak,
    provenance,
    ratios,
    spread,
    write_json,
)
from torch import Tensor, nn

from inception_lib import cost, inception_v3, trace
from inception_lib.graph.fuse import fuse, fusion

AS_IT_COMES = "torchvision, as it comes"
FASTEST = "torchvision, channels_last, compiled and frozen"
UNFUSED = "ours, as it comes"
FUSED = "ours, fused"


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--size", type=int, default=299, help="side of the images")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--no-compile", action="store_true", help="leave out the compiled form")
    parser.add_argument("--json", default=str(RESULTS / "inference.json"))
    return parser.parse_args()


def reference(images: Tensor) -> nn.Module:
    """torchvision's network with random weights and statistics of batch normalisation that fit."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = torchvision.models.inception_v3(weights=None, init_weights=False)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the mean over all batches seen: here this one
    with torch.no_grad():
        model.train()(images)
    return model.eval()


def compiled(model: nn.Module, images: Tensor) -> tuple[nn.Module, float]:
    """The model frozen by inductor, and the seconds that took with the first call."""
    import copy

    import torch._inductor.config as inductor

    twin = copy.deepcopy(model).to(memory_format=torch.channels_last)
    start = time.perf_counter()
    with inductor.patch(freezing=True), torch.no_grad():
        fast = torch.compile(twin)
        fast(images)
    return fast, time.perf_counter() - start


def main() -> None:
    args = options()
    torch.manual_seed(0)
    torch.set_num_threads(args.threads)
    images = torch.rand(args.batch, 3, args.size, args.size) * 2 - 1
    last = images.contiguous(memory_format=torch.channels_last)
    theirs = reference(torch.rand(8, 3, 299, 299) * 2 - 1)
    ours = inception_v3()
    ours.load_state_dict(theirs.state_dict())
    ours.eval()
    start = time.perf_counter()
    fused = fuse(ours, example=args.size)
    seconds_to_fuse = time.perf_counter() - start
    print(fusion(fused))

    networks: dict[str, tuple[nn.Module, Tensor]] = {AS_IT_COMES: (theirs, images)}
    prepare: dict[str, float] = {FUSED: seconds_to_fuse}
    if not args.no_compile:
        fast, prepare[FASTEST] = compiled(theirs, last)
        networks[FASTEST] = fast, last
    networks |= {UNFUSED: (ours, images), FUSED: (fused, images)}

    with torch.no_grad():
        outputs = {name: model(x) for name, (model, x) in networks.items()}
        logits = {n: out if isinstance(out, Tensor) else out.logits for n, out in outputs.items()}
        forms = {name: lambda m=m, x=x: m(x) for name, (m, x) in networks.items()}
        peaks = matmul_peak(torch.float32, "cpu")
        seconds = interleave({**forms, **peaks}, args.rounds)

    size = 2048
    library, best = min(((n, min(seconds[n])) for n in peaks), key=lambda pair: pair[1])
    peak = 2 * size**3 / best
    executed = {name: cost(trace(ours, args.size)).macs for name in forms}
    executed[FUSED] = cost(trace(fused, args.size)).macs
    rows: dict[str, Any] = {}
    for name in forms:
        times = spread(seconds[name])
        rate = 2 * executed[name] * args.batch
        rows[name] = {
            "seconds": times.to_dict(),
            "images_per_second": round(args.batch / times.median, 1),
            "macs_per_image": executed[name],
            "utilisation": round(rate / times.median / peak, 3),
            "utilisation_best": round(rate / times.least / peak, 3),
            "speedup": ratios(seconds[AS_IT_COMES], seconds[name]).to_dict(),
            "max_abs_difference": float((logits[name] - logits[AS_IT_COMES]).abs().max()),
        }
    result: dict[str, Any] = {
        "provenance": provenance("cpu", torchvision),
        "setting": f"float32, batch {args.batch}, {args.size}×{args.size}, no gradients",
        "rounds": args.rounds,
        "peak_gflops": round(peak / 1e9, 1),
        "peak_by": f"{library}, {size}×{size}, best of {args.rounds}",
        "seconds_to_prepare": {name: round(value, 2) for name, value in prepare.items()},
        "largest_logit": float(logits[AS_IT_COMES].abs().max()),
        "forms": rows,
    }
    if FASTEST in forms:
        result["fused_over_fastest"] = ratios(seconds[FUSED], seconds[FASTEST]).to_dict()
    report(result)
    write_json(args.json, result)


def report(result: dict[str, Any]) -> None:
    """Print the table that the JSON file holds."""
    source = result["provenance"]
    print(f"\n{source['machine']}, torch {source['torch']}; {result['setting']}")
    print(f"peak {result['peak_gflops']} GFLOP/s: {result['peak_by']}\n")
    print(
        f"{'':49}{'ms':>7}{'quartiles':>14}{'img/s':>8}{'speedup':>9}{'of peak':>9}{'max diff':>11}"
    )
    for name, row in result["forms"].items():
        time_ = row["seconds"]
        between = f"{1e3 * time_['lower']:.0f} to {1e3 * time_['upper']:.0f}"
        print(
            f"{name:49}{1e3 * time_['median']:7.0f}{between:>14}{row['images_per_second']:8.1f}"
            f"{row['speedup']['median']:8.2f}×{row['utilisation']:9.1%}"
            f"{row['max_abs_difference']:11.1e}"
        )
    if (share := result.get("fused_over_fastest")) is not None:
        print(
            f"\nours, fused takes {share['median']:.3f} times as long as the compiled form "
            f"(quartiles {share['lower']:.3f} to {share['upper']:.3f}), and needs "
            f"{result['seconds_to_prepare'][FUSED]:.1f} s to prepare instead of "
            f"{result['seconds_to_prepare'][FASTEST]:.0f} s; the largest logit is "
            f"{result['largest_logit']:.3g}"
        )


if __name__ == "__main__":
    main()
