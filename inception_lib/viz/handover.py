"""How a page gives a widget's module to its host; the book's build reads this file by itself.

It imports nothing of the library: the book is built without torch.
"""

from __future__ import annotations

import json

__all__ = ["hand_over"]


def hand_over(kind: str, module: str) -> str:
    """The script, inline or as a file, that hands a widget's module over as text.

    Modules cannot be imported by address from disk.
    """
    source = json.dumps(module, ensure_ascii=False)
    # Neither an end of the script inside the string, nor a line end that older JavaScript lacks.
    source = source.replace("</", "<\\/").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return f'inceptionWidget("{kind}", {source});'
