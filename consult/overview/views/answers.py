"""What became of what was said: of a receipt, and of an organisation. A person's own stands on their first page (`home.mine`)."""

from __future__ import annotations

import uuid

from flask import Blueprint, render_template
from werkzeug.exceptions import NotFound

from consult.core.permissions import Permission
from consult.listening.contributions import queries as contributions
from consult.listening.meetings.rules import clean_code
from consult.listening.sources.rules import receipt_hash
from consult.listening.surveys import queries as surveys
from consult.overview.queries import answers
from consult.overview.views.thread import own_page, words
from consult.people import queries as people
from consult.web.access import requires
from consult.web.identity import person
from consult.web.session import db

bp = Blueprint("answers", __name__)


def find_answer(code: str) -> answers.Answer | None:
    """What a code stands for: a receipt of a contribution, questionnaire or paper proposal, or the short code of a meeting."""
    hashed = receipt_hash(code)
    if hashed is None:
        return answers.of_meeting(db(), code=clean_code(code))
    on_paper = answers.of_paper_proposal(db(), code_hash=hashed)
    if on_paper is not None:
        return on_paper
    found = contributions.by_receipt(db(), code_hash=hashed) or surveys.by_receipt(db(), code_hash=hashed)
    return answers.of_receipt(db(), found=found) if found else None


@bp.get("/io/organizzazioni/<uuid:organisation_id>")
@requires(Permission.use_own_pages)
def organisation(organisation_id: uuid.UUID) -> str:
    """What became of what an organisation said, for who speaks for it."""
    who = person()
    found = (
        answers.of_organisation(db(), organisation_id=organisation_id, account_id=who.id) if who is not None else None
    )
    if found is None:
        raise NotFound
    return render_template(
        "overview/organisation.html",
        found=found,
        members=people.members_of(db(), organisation_id=organisation_id),
        words=words,
        own_page=own_page,
    )
