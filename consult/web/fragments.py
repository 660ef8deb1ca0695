"""Parts of pages that are the same for everybody: drawn once, kept for a minute, put into each page as they are.

    {% call kept('proposal-fields', mark) %} ... {% endcall %}

`mark` names all that the part is drawn from besides the application and the reader's language; none: it is drawn anew. Nothing of a
person, no token and no key of a form may stand in such a part.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from flask import Flask, current_app, request

from consult.core.keeping import Kept
from consult.web.words import locale_code

#: Seconds for which a part is kept; what it is drawn from is named by its mark, so this only bounds the memory of unused ones.
_KEPT_S = 60.0
_MOST = 256
_PLACE = "consult_parts"


def kept(name: str, mark: Hashable, caller: Callable[[], Any]) -> Any:
    """The part as it was drawn before, or as it is drawn now."""
    # Who works on the templates sees every change at once.
    if mark is None or current_app.debug:
        return caller()
    parts: Kept = current_app.extensions[_PLACE]
    # Addresses begin with where the application hangs.
    key = name, locale_code(), request.script_root, mark
    found = parts.get(key, younger_than=_KEPT_S)
    return found if found is not None else parts.put(key, caller())


def register(app: Flask) -> None:
    """Give it to the templates of an application, which keeps parts of its own: they tell of its settings."""
    app.extensions[_PLACE] = Kept(_MOST)
    app.jinja_env.globals["kept"] = kept
