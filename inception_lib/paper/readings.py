"""Which network could have cost 3.8 and 4.8 billion? Stems and modules to try against Table 3.

The table's last two networks differ by their stems alone, so a reading of it is a pair: one stem
with a 7×7, one with 3×3s, over the same modules. What each costs is a matter of counting
(``cost(trace(build(variant.spec), size))``); here stands what can be tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from inception_lib.nets.layers import Conv, Pool
from inception_lib.nets.spec import Block, Spec, block
from inception_lib.nets.specs import SPECS

__all__ = ["MODULES", "STEMS", "VARIANTS", "Variant"]

Stem = tuple[tuple[str, "Conv | Pool"], ...]
INCEPTION_V2, INCEPTION_V3 = SPECS["inception_v2"], SPECS["inception_v3"]
INCEPTION_V3_TABLE1 = SPECS["inception_v3_table1"]
_SEVEN, _POOL = INCEPTION_V2.stem[0], INCEPTION_V2.stem[1]

# Each makes 35×35 or 36×36 from 299×299.
STEMS: Mapping[str, Stem] = MappingProxyType(
    {
        "7x7, then as released": INCEPTION_V2.stem,
        "7x7, then as GoogLeNet": (
            ("Conv2d_1a_7x7", Conv(64, 7, 2)),  # 150×150×64, padded
            _POOL,  # 74×74×64
            ("Conv2d_2b_1x1", Conv(64)),
            ("Conv2d_2c_3x3", Conv(192, 3)),  # 74×74×192
            ("maxpool2", Pool("max", 3, 2, "valid")),  # 36×36×192
        ),
        "7x7, then 3x3/2": (
            _SEVEN,  # 147×147×64
            _POOL,  # 73×73×64
            ("Conv2d_2a_3x3", Conv(192, 3, 2, "valid")),  # 36×36×192
        ),
        "7x7, then as Table 1": (_SEVEN, *INCEPTION_V3_TABLE1.stem[3:]),
        "3x3s as released": INCEPTION_V3.stem,
        "3x3s as Table 1": INCEPTION_V3_TABLE1.stem,
    }
)


def _modules(single_kernel: int, inside: tuple[int, ...]) -> tuple[Block, ...]:
    return (
        *(
            block(f"Mixed_5{letter}", "factorized", branch_pool=pool, single_kernel=single_kernel)
            for letter, pool in zip("bcd", (32, 64, 64), strict=True)
        ),
        INCEPTION_V3.blocks[3],
        *(
            block(f"Mixed_6{letter}", "asymmetric", branch_nxn=(c, 192), branch_nxn_dbl=(c, 192))
            for letter, c in zip("bcdefg", inside, strict=False)
        ),
        *INCEPTION_V3.blocks[8:],
    )


MODULES: Mapping[str, tuple[Block, ...]] = MappingProxyType(
    {
        "as released": INCEPTION_V3.blocks,
        "as Table 1": INCEPTION_V3_TABLE1.blocks,
        "3x3 in place of 5x5": _modules(3, (128, 160, 160, 192)),
        "four at 17x17, all 128 wide": _modules(3, (128,) * 4),
        "three at 17x17, all 128 wide": _modules(3, (128,) * 3),
    }
)


@dataclass(frozen=True)
class Variant:
    """A stem over modules, each by its name in ``STEMS`` and ``MODULES``."""

    stem: str
    modules: str
    spec: Spec


VARIANTS = tuple(
    Variant(
        stem,
        modules,
        replace(
            INCEPTION_V3,
            name=f"{modules} after {stem}",
            reference="a reading of Table 3, to be counted",
            stem=STEMS[stem],
            blocks=MODULES[modules],
            aux_after=None,
            departures=(),
        ),
    )
    for modules in MODULES
    for stem in STEMS
)
