"""What the notebooks, the pages and the tests all have to know about the repository.

The one place that names it is ``repository.url`` in ``_config.yml``.
"""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def _repository() -> dict:
    return yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["repository"]


def repository_url() -> str:
    """Address of the public repository, without a trailing slash."""
    return _repository()["url"].rstrip("/")


def colab_url(notebook: str) -> str:
    """Address that opens a notebook (a path from the root, ``chapters/….ipynb``) in Colab."""
    owner_and_name = repository_url().split("github.com/")[1]
    branch = _repository()["branch"]
    return f"https://colab.research.google.com/github/{owner_and_name}/blob/{branch}/{notebook}"


PLACEHOLDER = " *(This address is a placeholder: the book has no public home yet.)*"


def colab_badge(notebook: str) -> str:
    """The Markdown line that every chapter carries under its title."""
    badge = f"[![Run in Colab](_book/colab.svg)]({colab_url(notebook)})"
    return badge + PLACEHOLDER * bool(_repository()["placeholder"])
