"""Parsing that answers a mistake in one line, and knows the nearest word that exists."""

from __future__ import annotations

import argparse
from typing import Any, NoReturn

from ..nearest import nearest

__all__ = ["Parser", "nearest"]


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line on stderr, and exit with 2."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands: dict[str, Parser] = {}

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} ({self.prog} --help lists what there is)\n")

    def parse_args(  # type: ignore[override]
        self, args: list[str] | None = None, namespace: None = None
    ) -> argparse.Namespace:
        options, rest = self.parse_known_args(args, namespace)
        if rest:
            parser = self.commands.get(getattr(options, "command", ""), self)
            word = next((w for w in rest if w.startswith("-")), rest[0]).partition("=")[0]
            parser.error(f"there is no {word}{nearest(word, parser.option_strings)}")
        return options

    @property
    def option_strings(self) -> list[str]:
        """All options, in their long forms."""
        return [word for word in self._option_string_actions if word.startswith("--")]
