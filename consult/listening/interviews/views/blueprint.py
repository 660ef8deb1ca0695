"""The blueprint that all pages of interviews hang on."""

from __future__ import annotations

import uuid

from flask import Blueprint
from werkzeug.exceptions import NotFound

from consult.listening.interviews import queries
from consult.web.session import context, db

bp = Blueprint("interviews", __name__)
DESK = "/scrivania/<slug>/interviste"


def interview_of(interview_id: uuid.UUID) -> queries.InterviewPage:
    """The interview of this process, or 404."""
    found = queries.interview(db(), process_id=context().id, interview_id=interview_id)
    if found is None:
        raise NotFound
    return found
