"""JPEG decoded on the GPU, by torchvision's nvJPEG, where it can."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import torch
from torch import Tensor

from .decode import Reading, Report, resize_box
from .feeds import AHEAD, Feed, Job
from .images import Unreadable, open_image
from .resample import KERNELS

__all__ = ["OnGpu", "decode_job", "gpu_jpeg_works", "plain_jpeg"]

LARGEST = 1 << 24  # pixels: larger ones are reduced while they are decoded, on the CPU


def gpu_jpeg_works(device: torch.device) -> str:
    """Why JPEGs cannot be decoded on this device; empty where they can."""
    if device.type != "cuda":
        return f"the device is {device.type}"
    try:
        from torchvision.io import decode_jpeg, encode_jpeg

        sample = encode_jpeg(torch.zeros(3, 16, 16, dtype=torch.uint8))
        decode_jpeg([sample], device=device)
    except (ImportError, RuntimeError) as error:
        return str(error).split("\n")[0]
    return ""


class OnGpu(Feed):
    """Decode, crop and resize on the GPU, ahead, from a thread and on a stream of their own.

    Only plain JPEGs go there: upright, RGB or grey, whole, of at most 16 million pixels. Anything
    else, and whatever nvJPEG refuses, is read by the CPU as everywhere.
    """

    ahead = AHEAD

    def __init__(self, reading: Reading, device: torch.device, threads: int) -> None:
        super().__init__(reading, device)
        self.files = ThreadPoolExecutor(max(1, threads))
        self.driver = ThreadPoolExecutor(1)
        self.stream = torch.cuda.Stream(device)
        self.pending: deque[Future[tuple[Tensor, Report, torch.cuda.Event]]] = deque()

    def submit(self, job: Job) -> None:
        self.pending.append(self.driver.submit(self._decode, job))

    def result(self) -> tuple[Tensor, Report]:
        images, report, done = self.pending.popleft().result()
        current = torch.cuda.current_stream(self.device)
        current.wait_event(done)
        images.record_stream(current)
        return images, report

    def clear(self) -> None:
        for future in self.pending:
            if not future.cancel():
                future.exception()
        self.pending.clear()

    def close(self) -> None:
        self.clear()
        self.driver.shutdown(wait=True)
        self.files.shutdown(wait=True)

    def _decode(self, job: Job) -> tuple[Tensor, Report, torch.cuda.Event]:
        read = list(self.files.map(plain_jpeg, (self.reading.files[i] for i in job.indices)))
        with torch.cuda.device(self.device), torch.cuda.stream(self.stream), torch.no_grad():
            images, report = decode_job(self.reading, job, read, self.device)
            return images, report, self.stream.record_event()


def decode_job(
    reading: Reading, job: Job, read: list[tuple[Tensor, str] | None], device: torch.device
) -> tuple[Tensor, Report]:
    """Decode a job's plain JPEGs (see ``plain_jpeg``) on the device, the rest on the CPU."""
    from torchvision.io import ImageReadMode, decode_jpeg

    side, count = reading.side, len(job.indices)
    plain = {row: found for row, found in enumerate(read) if found is not None}
    report = Report(indices=[-1] * count, aspects=[1.0] * count)
    images = torch.zeros(count, 3, side, side, dtype=torch.uint8, device=device)
    pixels: list[Tensor] = []
    if plain:
        try:
            data = [found[0] for found in plain.values()]
            pixels = decode_jpeg(data, mode=ImageReadMode.RGB, device=device)
        except RuntimeError:  # one that cannot be decoded fails them all
            plain = {}
    rows = list(plain)
    for row, image in zip(rows, pixels, strict=True):
        report.indices[row] = job.indices[row]
        report.aspects[row] = image.shape[-1] / image.shape[-2]
        if plain[row][1] != "RGB":
            report.modes[plain[row][1]] += 1
    if reading.augment is None or job.drawn is None:
        for row, image in zip(rows, pixels, strict=True):
            images[row] = reading.preprocess.view(image)
    else:
        numbers = job.drawn[rows]
        aspects = torch.tensor([report.aspects[row] for row in rows])
        boxes = reading.augment.boxes(numbers, aspects)
        kernels = reading.augment.kernels(numbers).tolist()
        for row, image, box, kernel in zip(rows, pixels, boxes, kernels, strict=True):
            images[row] = resize_box(image, box, side, KERNELS[kernel])
    rest = sorted(set(range(count)) - set(rows))
    if rest:
        hard = torch.zeros(len(rest), 3, side, side, dtype=torch.uint8)
        drawn = None if job.drawn is None else job.drawn[rest]
        told = reading.chunk(hard, [job.indices[row] for row in rest], drawn)
        images[rest] = hard.to(device)
        for row, index, aspect in zip(rest, told.indices, told.aspects, strict=True):
            report.indices[row], report.aspects[row] = index, aspect
        report.corrupt |= told.corrupt
        report.modes += told.modes
    return images, report


def plain_jpeg(path: str) -> tuple[Tensor, str] | None:
    """Bytes and mode of a JPEG that needs no special care, else None."""
    try:
        image = open_image(path)
        data = Path(path).read_bytes()
    except (Unreadable, OSError):
        return None
    whole = data.rstrip(b"\0").endswith(b"\xff\xd9")
    easy = image.mode in ("RGB", "L") and image.orientation == 1 and image.format == "JPEG"
    image.image.close()
    if not (whole and easy and image.width * image.height <= LARGEST):
        return None
    return torch.frombuffer(bytearray(data), dtype=torch.uint8), image.mode
