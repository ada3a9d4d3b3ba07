"""What several tests of the ledger count: each reading of Table 3 is built once."""

import pytest
import torch

from inception_lib import cost, trace
from inception_lib.nets import build
from inception_lib.paper.readings import VARIANTS


@pytest.fixture(scope="session")
def variants() -> dict[tuple[str, str], float]:
    """Thousand millions of multiply-adds at 299×299, by stem and modules."""
    found = {}
    for variant in VARIANTS:
        with torch.device("meta"):
            model = build(variant.spec)
        found[variant.stem, variant.modules] = cost(trace(model, 299)).macs / 1e9
    return found
