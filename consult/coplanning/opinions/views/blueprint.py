"""The blueprint, and what several of its pages need."""

from __future__ import annotations

import uuid

from flask import Blueprint
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from consult.coplanning.opinions import queries
from consult.web.session import context, db

bp = Blueprint("opinions", __name__)


def found_conversation(conversation_id: uuid.UUID, *, drafts: bool = False) -> queries.ConversationRow:
    """The conversation of the address; 404 where there is none to see, drafts only where they are asked for."""
    found = queries.one(db(), process_id=context().id, conversation_id=conversation_id, drafts=drafts)
    if found is None:
        raise NotFound(_("Questa conversazione non c’è."))
    return found
