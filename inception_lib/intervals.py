"""How sure an error is that was measured on n images, and the difference of two: from shares alone.

For published tables, which print shares and no answers. Where each image's answer is at hand,
``training.metrics.paired`` and ``training.metrics.wilson`` say more.
"""

from __future__ import annotations

import math

__all__ = ["Z95", "difference_half_width", "independent_disagreement", "share_half_width"]

Z95 = 1.959963984540054  # the normal quantile of 0.975


def share_half_width(share: float, n: int) -> float:
    """Half of the 95 % interval of a share of `n` images: z·√(p(1−p)/n), with z = 1.96.

    The normal approximation, good where p·n and (1−p)·n are large. It counts the chance in the
    images alone: training the same network again would move its error as well.

    Raises
    ------
    ValueError
        If `share` is not within [0, 1] or `n` is below 1.

    Examples
    --------
    >>> round(100 * share_half_width(0.212, 48_238), 2)  # points, Inception-v3 in Table 3
    0.36
    """
    _check(n, share=share)
    return Z95 * math.sqrt(share * (1 - share) / n)


def independent_disagreement(first: float, second: float) -> float:
    """Share of images that one network has right and the other wrong, if they err independently.

    p(1−q) + q(1−p) for errors p and q.
    """
    _check(1, first=first, second=second)
    return first * (1 - second) + second * (1 - first)


def difference_half_width(
    first: float, second: float, n: int, disagree: float | None = None
) -> float:
    """Half of the 95 % interval of the difference δ = p − q of two networks' errors.

    Unpaired, from `n` images each: z·√(p(1−p)/n + q(1−q)/n). Paired, on the same `n` images, of
    which a share d has one network right and the other wrong: z·√(d − δ²)/√n, McNemar's setting.
    At d = p(1−q) + q(1−p), independent networks, the two are the same number. The normal
    approximation in both, with z = 1.96; the errors are taken as exact, though a table rounds them.

    Parameters
    ----------
    first, second : float
        The errors p and q, as shares.
    n : int
        Images.
    disagree : float, optional
        The share d; unpaired if it is not given. At least |δ|: that many must have changed.

    Raises
    ------
    ValueError
        If a share is not within [0, 1], `n` is below 1, or no two networks of these errors
        disagree on a share `disagree`.

    Examples
    --------
    >>> round(100 * difference_half_width(0.216, 0.212, 48_238), 2)
    0.52
    >>> round(100 * difference_half_width(0.216, 0.212, 48_238, disagree=0.1), 2)
    0.28
    """
    _check(n, first=first, second=second)
    if disagree is None:
        return Z95 * math.sqrt(first * (1 - first) / n + second * (1 - second) / n)
    difference = first - second
    low, high = abs(difference), min(first + second, 2 - first - second)
    if not low - 1e-12 <= disagree <= high + 1e-12:
        raise ValueError(
            f"disagree is {disagree}; networks with errors of {first} and {second} disagree on a "
            f"share from {low:.4g} to {high:.4g}: pass one of these, or None for unpaired"
        )
    return Z95 * math.sqrt(max(disagree - difference**2, 0.0)) / math.sqrt(n)


def _check(n: int, **shares: float) -> None:
    for name, share in shares.items():
        if not 0 <= share <= 1:
            raise ValueError(f"{name} is {share}; a share is from 0 to 1: divide percent by 100")
    if n < 1:
        raise ValueError(f"n is {n}; an interval needs at least 1 image")
