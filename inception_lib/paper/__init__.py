"""What the paper claimed, and what was found: the ledger, and how chapters show it.

``row("alpha")`` has both sides of one claim: ``.paper``, ``.ours.number``, the figures that ours is
made of (``.ours["3a"]``), ``.verdict`` and ``.because``. ``cite("alpha")`` says it in a sentence,
``show("3.1")`` asks a section's questions without giving an answer away, ``scoreboard()`` is all of
them, ``annotated()`` a strip with one square each.
"""

from .annotated import annotated
from .checks import Measured
from .ledger import LedgerError, Row, ledger, row, verify
from .readings import VARIANTS
from .show import cite, scoreboard, show
from .tables import TABLE1, TABLE2, TABLE3, TABLE4, TABLE5

__all__ = [
    "TABLE1",
    "TABLE2",
    "TABLE3",
    "TABLE4",
    "TABLE5",
    "VARIANTS",
    "LedgerError",
    "Measured",
    "Row",
    "annotated",
    "cite",
    "ledger",
    "row",
    "scoreboard",
    "show",
    "verify",
]
