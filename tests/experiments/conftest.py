"""The experiments are scripts: let tests import them as their neighbours do."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "experiments"))
