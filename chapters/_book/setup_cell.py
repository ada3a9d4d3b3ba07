"""The first code cell of every chapter: the same text everywhere, compared by a test.

``make notebooks`` writes it into the cell tagged ``setup``. It prints nothing, and outside
Colab it does nothing; the HTML hides it (tag ``remove-cell``). On Colab it asks for the library,
and fetches into another folder first, so that one that is there is whole. It installs only what
Colab lacks, by name and never torch, and an address that cannot be reached ends in one sentence.
"""

from book_config import repository_url

TAGS = ["setup", "remove-cell"]
FOLDER = "/content"
# What the chapters import, by package: pip passes over those that Colab has.
PACKAGES = {
    "anywidget": "anywidget",
    "pyyaml": "yaml",
    "safetensors": "safetensors",
    "torchinfo": "torchinfo",
}

_TEMPLATE = """\
# On Colab this fetches the book and its library, once. Anywhere else it does nothing.
import importlib.util, os, sys

if "google.colab" in sys.modules:
    have = lambda: all(map(importlib.util.find_spec, {modules}))
    sys.path.insert(0, "{folder}/book")
    if not have():
        !cd {folder} && [ -d book ] || (rm -rf part; GIT_TERMINAL_PROMPT=0 git clone -q --depth 1 \
{url} part 2>/dev/null && mv part book) \
&& pip install -qq {packages}
        importlib.invalidate_caches()
    if not have():  # one sentence, and no traceback
        raise type("Unreachable", (Exception,), {{"_render_traceback_": lambda e: list(e.args)}})(
            "The book at {url} cannot be fetched from here.")
    os.chdir("{folder}/book/chapters")"""


def setup_cell(folder: str = FOLDER) -> str:
    """Source of the set-up cell, with the repository's address filled in."""
    return _TEMPLATE.format(
        url=repository_url(),
        folder=folder,
        modules=["inception_lib", *PACKAGES.values()],
        packages=" ".join(PACKAGES),
    )
