"""Training speed of Inception-v3 with its auxiliary head, beside torchvision's and timm's.

    python benchmarks/train.py [--device cuda] [--batch 256] [--rounds 7]

Every network is trained at its best setting: channels_last, bf16 on a GPU, compiled; the loss is
label smoothing on both heads, the optimizer SGD with momentum. They take turns, a few steps each,
so that a machine that slows down slows all of them; ratios are taken round by round. Printed next
to the speeds: the share of the machine's own matrix product (MFU), the memory that a step takes,
and what bounds it. Writes results/benchmarks/train_<device>.json.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import timm
import torch
import torch.nn.functional as F
import torchvision
from _timing import RESULTS, interleave, matmul_peak, provenance, ratios, spread, write_json
from torch import Tensor, nn

from inception_lib import inception_v3, trace
from inception_lib.graph import traffic, training_macs
from inception_lib.graph.fuse import fuse

SIZE, CLASSES, AUX_WEIGHT, SMOOTHING = 299, 1000, 0.4, 0.1


def torchvision_v3() -> nn.Module:
    """torchvision's network; its slow initialisation is left out."""
    return torchvision.models.inception_v3(weights=None, init_weights=False, aux_logits=True)


def timm_v3() -> nn.Module:
    """timm's network with its auxiliary head."""
    return timm.create_model("inception_v3", pretrained=False, aux_logits=True)


def ours_fused() -> nn.Module:
    """Ours with the 1×1 convolutions stacked and average pools commuted: equal mathematically."""
    return fuse(inception_v3(), train=True)


class Contender:
    """A network with its optimizer, ready to take steps on one fixed batch."""

    def __init__(
        self,
        name: str,
        make: Callable[[], nn.Module],
        x: Tensor,
        y: Tensor,
        *,
        best: bool = True,
        compiled: bool = True,
    ) -> None:
        torch.manual_seed(0)
        self.name, self.device = name, x.device
        self.model = make().train().to(x.device)
        self.autocast = best and x.is_cuda
        if best:
            self.model = self.model.to(memory_format=torch.channels_last)
            x = x.contiguous(memory_format=torch.channels_last)
        self.x, self.y = x, y
        fused = True if best else None
        self.optimizer = torch.optim.SGD(
            self.model.parameters(), lr=1e-3, momentum=0.9, nesterov=True, fused=fused
        )
        self.forward = torch.compile(self.model) if best and compiled else self.model
        self.losses: list[float] = []

    def loss(self) -> Tensor:
        """Label smoothing on both heads, as the authors weigh them."""
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
            logits, aux = self.forward(self.x)[:2]
        main = F.cross_entropy(logits.float(), self.y, label_smoothing=SMOOTHING)
        side = F.cross_entropy(aux.float(), self.y, label_smoothing=SMOOTHING)
        return main + AUX_WEIGHT * side

    def step(self) -> Tensor:
        """One step of training; returns its loss, not yet read."""
        loss = self.loss()
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return loss.detach()

    def warm_up(self, steps: int = 3) -> float:
        """Compile and settle; returns the seconds that it took."""
        start = time.perf_counter()
        for _ in range(steps):
            loss = self.step()
        self.losses.append(float(loss))
        return time.perf_counter() - start

    def steps(self, count: int) -> None:
        """Several steps, none of whose losses is read."""
        for _ in range(count):
            self.step()

    def peak_bytes(self) -> int:
        """What one step takes beyond the weights and the momentum; on a GPU only."""
        if self.device.type != "cuda":
            return 0
        synchronize(self.device)
        before = torch.cuda.memory_allocated(self.device)
        torch.cuda.reset_peak_memory_stats(self.device)
        self.step()
        synchronize(self.device)
        return torch.cuda.max_memory_allocated(self.device) - before


def synchronize(device: torch.device) -> None:
    """Wait until the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def peak_flops(device: torch.device) -> float:
    """FLOP/s of a large matrix product in the precision of training: the best of several."""
    cuda = device.type == "cuda"
    size, dtype = (8192, torch.bfloat16) if cuda else (2048, torch.float32)
    forms = matmul_peak(dtype, device.type, size)
    seconds = interleave(forms, 10, synchronize=lambda: synchronize(device))
    return 2 * size**3 / min(min(times) for times in seconds.values())


def bandwidth(device: torch.device) -> float:
    """Bytes a second of a large copy, read and written: the best of several."""
    a = torch.randn((2**30 if device.type == "cuda" else 2**26) // 4, device=device)
    b = torch.empty_like(a)
    forms = {"copy": lambda: b.copy_(a)}
    seconds = interleave(forms, 10, synchronize=lambda: synchronize(device))["copy"]
    return 2 * a.nbytes / min(seconds)


def roofline(device: torch.device, batch: int, peak: float, moved: float) -> dict[str, float]:
    """What the machine allows where every operation reads and writes memory by itself.

    Each takes the longer of its arithmetic at the peak of the matrix product and its bytes at the
    speed of the copy. A compiler that joins operations moves fewer bytes, and can be faster.
    """
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    graph = trace(inception_v3(), SIZE, train=True)
    rows = traffic(graph, dtype=dtype, images=batch, backward=True)
    times = [(2 * row.macs / peak, row.bytes / moved) for row in rows]
    seconds = sum(max(pair) for pair in times)
    memory = sum(by_bytes for by_flop, by_bytes in times if by_bytes > by_flop)
    return {
        "images_per_second": round(batch / seconds, 1),
        "share_bound_by_memory": round(memory / seconds, 3),
        "bytes_an_image": round(sum(row.bytes for row in rows) / batch),
    }


def contenders(options: argparse.Namespace) -> list[Contender]:
    """Those asked for, in the order in which they take turns."""
    device = torch.device(options.device)
    generator = torch.Generator().manual_seed(0)
    x = (torch.rand(options.batch, 3, SIZE, SIZE, generator=generator) * 2 - 1).to(device)
    y = torch.randint(CLASSES, (options.batch,), generator=generator).to(device)
    makers: dict[str, tuple[Callable[[], nn.Module], dict[str, bool]]] = {
        "torchvision as it comes": (torchvision_v3, {"best": False}),
        "torchvision": (torchvision_v3, {}),
        "timm": (timm_v3, {}),
        "ours": (inception_v3, {}),
        "ours fused": (ours_fused, {}),
        "ours fused, not compiled": (ours_fused, {"compiled": False}),
    }
    wanted = options.only or list(makers)
    return [Contender(name, makers[name][0], x, y, **makers[name][1]) for name in wanted]


def main() -> None:
    options = parse()
    device = torch.device(options.device)
    torch.set_float32_matmul_precision("high")
    torch.backends.cudnn.benchmark = True
    rivals = contenders(options)
    for rival in rivals:
        print(f"{rival.name:26} ready in {rival.warm_up():6.1f} s", flush=True)
    if options.warm_only:
        return
    peak, moved = peak_flops(device), bandwidth(device)
    turns = {rival.name: partial(rival.steps, options.steps) for rival in rivals}
    seconds = interleave(turns, options.rounds, warmup=1, synchronize=lambda: synchronize(device))
    flops = 2 * training_macs(trace(inception_v3(), SIZE, train=True))
    rows = []
    for rival in rivals:
        mine = seconds[rival.name]
        speed = options.batch * options.steps / spread(mine).median
        rows.append(
            {
                "name": rival.name,
                "images_per_second": round(speed, 1),
                "seconds_a_step": spread([s / options.steps for s in mine]).to_dict(),
                "mfu": round(speed * flops / peak, 4),
                "bytes_of_a_step": rival.peak_bytes(),
                "times_as_fast_as": {
                    other: ratios(theirs, mine).to_dict()
                    for other, theirs in seconds.items()
                    if other != rival.name
                },
            }
        )
        show(rows[-1])
    limits = roofline(device, options.batch, peak, moved)
    print(
        f"matrix product {peak / 1e12:.2f} TFLOP/s, copy {moved / 1e9:.0f} GB/s; so one operation "
        f"after the other allows {limits['images_per_second']:,.0f} img/s, and memory bounds "
        f"{limits['share_bound_by_memory']:.0%} of that time"
    )
    found = {
        "provenance": provenance(options.device, torchvision, timm),
        "batch": options.batch,
        "size": SIZE,
        "rounds": options.rounds,
        "steps_a_round": options.steps,
        "training_flop_an_image": flops,
        "matrix_product_flop_a_second": peak,
        "copy_bytes_a_second": moved,
        "roofline": limits,
        "networks": rows,
    }
    write_json(options.json or RESULTS / f"train_{options.device}.json", found)


def show(row: dict[str, Any]) -> None:
    """One network's line, and how it stands to the others."""
    takes = f"  a step takes {row['bytes_of_a_step'] / 2**30:.2f} GiB"
    print(
        f"{row['name']:26} {row['images_per_second']:9.1f} img/s  MFU {row['mfu']:6.1%}"
        + (takes if row["bytes_of_a_step"] else "")
    )
    stands = [f"{ratio['median']:.3f} × {o}" for o, ratio in row["times_as_fast_as"].items()]
    print("    as fast as " + ", ".join(stands), flush=True)


def parse() -> argparse.Namespace:
    """The options."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    device = "cuda" if torch.cuda.is_available() else "cpu"
    options.add_argument("--device", default=device)
    options.add_argument("--batch", type=int, default=256 if device == "cuda" else 8)
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--steps", type=int, default=10 if device == "cuda" else 1)
    options.add_argument("--only", nargs="+", metavar="NAME", help="some of the networks")
    options.add_argument("--warm-only", action="store_true", help="compile, and stop")
    options.add_argument("--json", help="where to write")
    return options.parse_args()


if __name__ == "__main__":
    main()
