"""Build the HTML from the stored outputs, with warnings as errors, and say what it weighs."""

import shutil
import sys
import time
from pathlib import Path

from jupyter_book.cli.main import main as jupyter_book

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Build ``_build/html`` anew; return the exit status."""
    start = time.perf_counter()
    # Pages of chapters that have gone would otherwise stay.
    shutil.rmtree(ROOT / "_build" / "html", ignore_errors=True)
    sys.argv = ["jupyter-book", "build", "-W", "-n", "--keep-going", "--all", "-q", str(ROOT)]
    try:
        jupyter_book(standalone_mode=False)
    except Exception as error:  # the command line has said why
        print(f"The book was not built: {error}", file=sys.stderr)
        return 1
    seconds = time.perf_counter() - start
    pages = len(list((ROOT / "_build" / "html" / "chapters").glob("*.html")))
    print(f"_build/html/index.html: {pages} pages in {seconds:.1f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
