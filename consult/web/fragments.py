"""Parts of pages that are the same for everybody: drawn once, kept for a minute, put into each page as they are.

    {% call kept('proposal-fields', mark) %} ... {% endcall %}

`mark` names all that the part is drawn from besides the reader's language; none: it is drawn anew. Nothing of a person, no token and no
key of a form may stand in such a part.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from flask import Flask

from consult.core.keeping import Kept
from consult.web.words import locale_code

#: Seconds for which a part is kept; what it is drawn from is named by its mark, so this only bounds the memory of unused ones.
_KEPT_S = 60.0
_PARTS = Kept(128)


def kept(name: str, mark: Hashable, caller: Callable[[], Any]) -> Any:
    """The part as it was drawn before, or as it is drawn now."""
    if mark is None:
        return caller()
    key = name, locale_code(), mark
    found = _PARTS.get(key, younger_than=_KEPT_S)
    return found if found is not None else _PARTS.put(key, caller())


def register(app: Flask) -> None:
    """Give it to the templates."""
    app.jinja_env.globals["kept"] = kept
