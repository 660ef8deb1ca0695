"""The blueprint, and what several of its pages need."""

from __future__ import annotations

import uuid

from flask import Blueprint
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from consult.coplanning.proposals import queries
from consult.web.identity import person
from consult.web.session import context, db

bp = Blueprint("proposals", __name__)


def viewer_id() -> uuid.UUID | None:
    """The account that looks, or None."""
    who = person()
    return who.id if who else None


def shown(proposal_id: uuid.UUID) -> queries.ShownProposal:
    """The proposal of the address; 404 where there is none to see."""
    found = queries.show(db(), process_id=context().id, proposal_id=proposal_id, viewer_id=viewer_id())
    if found is None:
        raise NotFound(_("Questa proposta non c’è, o non è più visibile."))
    return found
