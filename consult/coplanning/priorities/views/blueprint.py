"""The blueprint, and what several of its pages need."""

from __future__ import annotations

import uuid

from flask import Blueprint
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from consult.coplanning.priorities import queries
from consult.web.session import context, db

bp = Blueprint("priorities", __name__)


def found_round(round_id: uuid.UUID, *, drafts: bool = False) -> queries.RoundRow:
    """The round of the address; 404 where there is none to see, drafts only where they are asked for."""
    found = queries.one(db(), process_id=context().id, round_id=round_id, drafts=drafts)
    if found is None:
        raise NotFound(_("Questo giro di priorità non c’è."))
    return found
