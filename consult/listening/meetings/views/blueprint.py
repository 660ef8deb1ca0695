"""The blueprint of meetings, its addresses, and the meeting a page is about."""

from __future__ import annotations

import uuid

from flask import Blueprint
from werkzeug.exceptions import NotFound

from consult.listening.meetings import queries
from consult.web.session import context, db

bp = Blueprint("meetings", __name__)
PUBLIC = "/processi/<slug>/incontri"
DESK = "/scrivania/<slug>/incontri"
ONE = f"{DESK}/<uuid:meeting_id>"


def found(meeting_id: uuid.UUID, *, public_only: bool = False) -> queries.MeetingPage:
    """The meeting of this process, or 404; for the public a draft is not there."""
    meeting = queries.meeting(db(), process_id=context().id, meeting_id=meeting_id)
    if meeting is None or (public_only and meeting.state == "draft"):
        raise NotFound
    return meeting
