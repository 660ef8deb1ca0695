"""The blueprint, the lists of the desk, and the way back into them."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

bp = Blueprint("moderation", __name__)

WAITING, UNDECIDED, REPORTED, FLAGGED, MINE = "in-attesa", "da-decidere", "segnalate", "da-controllare", "mie"
DECIDED, HIDDEN = "decise", "nascoste"
LISTS = (WAITING, UNDECIDED, REPORTED, FLAGGED, MINE, DECIDED, HIDDEN)


def place_of(values: Any) -> dict[str, Any]:
    """The list the person works in, kept from page to page."""
    found = {name: values.get(name, "") for name in ("elenco", "strategia", "zona")}
    if found["elenco"] not in LISTS:
        found["elenco"] = UNDECIDED
    return {name: value for name, value in found.items() if value}


def onward(slug: str, act: uuid.UUID) -> Response:
    """To the next item of the same list, with the offer to undo."""
    following = request.form.get("prossima", "")
    extra: dict[str, Any] = {"voce": following} if following else {}
    return redirect(
        url_for("moderation.queue", slug=slug, annulla=str(act), _anchor="voce", **place_of(request.form), **extra), 303
    )
