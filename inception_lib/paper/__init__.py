"""What the paper claimed, and what was found: the ledger, and how chapters show it."""

from .checks import Measured
from .ledger import LedgerError, Row, ledger, row, verify
from .show import cite, scoreboard

__all__ = ["LedgerError", "Measured", "Row", "cite", "ledger", "row", "scoreboard", "verify"]
