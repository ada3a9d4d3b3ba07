"""The first code cell of every chapter: the same text everywhere, compared by a test.

``make notebooks`` writes it into the cell tagged ``setup``. It prints nothing, and outside
Colab it does nothing; the HTML hides it (tag ``remove-cell``).
"""

from book_config import repository_url

TAGS = ["setup", "remove-cell"]

_TEMPLATE = """\
# On Colab this fetches the book and its library, once. Anywhere else it does nothing.
import os
import sys

if "google.colab" in sys.modules:
    if not os.path.exists("/content/book"):
        !git clone -q --depth 1 {url} /content/book
        %pip install -q "/content/book[viz]"
    os.chdir("/content/book/chapters")"""


def setup_cell() -> str:
    """Source of the set-up cell, with the repository's address filled in."""
    return _TEMPLATE.format(url=repository_url())
