"""The paper's tables: as printed, coherent, and of networks that can be built."""

import pytest

from inception_lib.nets import NETWORKS, ladder
from inception_lib.paper.tables import (
    TABLE1,
    TABLE2,
    TABLE3,
    TABLE4,
    TABLE5,
    rung,
)


def test_tables_are_the_papers():
    """The arithmetic that the paper's own text does with them."""
    assert len(TABLE1) == 13
    for table, rows in ((TABLE3, 8), (TABLE4, 8), (TABLE5, 5)):
        assert len(table) == rows
        for row in table:
            assert row.network in NETWORKS
            assert row.top1 is None or row.top5 is None or row.top1 > row.top5
    top1 = [row.top1 for row in TABLE3]
    assert top1 == sorted(top1, reverse=True)
    assert top1[-2] - top1[-1] == pytest.approx(0.4)  # section 4: BN-auxiliary
    assert round(TABLE3[3].cost / TABLE3[0].cost, 1) == 2.5  # section 6
    prelu, ours = TABLE4[5], TABLE4[7]
    assert 1 - ours.top5 / prelu.top5 == pytest.approx(0.25, abs=0.02)  # section 11
    assert 1 - ours.top1 / prelu.top1 == pytest.approx(0.14, abs=0.01)
    assert (TABLE5[-1].top1, TABLE5[-1].top5, TABLE5[-1].models) == (17.2, 3.58, 4)
    assert [row.size for row in TABLE2] == [79, 151, 299]


def test_every_rung_of_the_ladder_is_a_row_of_table_3():
    assert [rung(r.name) for r in ladder()] == list(TABLE3[3:])
    assert [r.spec.name for r in ladder()] == [row.network for row in TABLE3[3:]]
