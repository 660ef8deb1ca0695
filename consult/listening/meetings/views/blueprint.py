"""The blueprint of meetings, its addresses, and the meeting a page is about."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, request, url_for
from werkzeug.exceptions import NotFound

from consult.core.paging import Page
from consult.listening.meetings import queries
from consult.web.session import context, db, now

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


def in_time(endpoint: str, *, public_only: bool) -> dict[str, Any]:
    """Meetings to come and those that were, a page of each; what follows on one of them is shown without the other."""
    later, earlier = request.args.get("poi"), request.args.get("dopo")
    slug = context().slug
    nothing: Page[queries.MeetingRow] = Page([], None)
    scope: dict[str, Any] = {"process_id": context().id, "public_only": public_only, "now": now()}
    coming = nothing if earlier else queries.coming(db(), **scope, cursor=later)
    past = nothing if later else queries.past(db(), **scope, cursor=earlier)
    return {
        "coming": coming.rows,
        "past": past.rows,
        "whole": not (later or earlier),
        "later_url": url_for(endpoint, slug=slug, poi=coming.next_cursor) if coming.next_cursor else None,
        "earlier_url": url_for(endpoint, slug=slug, dopo=past.next_cursor) if past.next_cursor else None,
        "first_url": url_for(endpoint, slug=slug) if later or earlier else None,
    }
