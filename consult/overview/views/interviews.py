"""The page of a person who was interviewed: what was written down, which words are quoted where, what they consent to."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from werkzeug.exceptions import NotFound

from consult.listening.interviews import queries as interviews
from consult.listening.interviews.forms import QUOTES, CorrectForm, NarrowForm
from consult.overview.queries import answers
from consult.overview.queries import interviews as own
from consult.overview.views.thread import own_page, words
from consult.web.access import public
from consult.web.session import db

bp = Blueprint("interview_doors", __name__)


@bp.get("/intervista/<token>")
@public
def page(token: str) -> str:
    """Everything that this interview became, for the person who gave it."""
    door = interviews.door(db(), token=token)
    if door is None:
        raise NotFound
    found = interviews.interview(db(), process_id=door.process_id, interview_id=door.interview_id)
    if found is None:
        raise NotFound
    since = request.args.get("da", 0, type=int)
    limit = interviews.PER_PAGE + 1
    rows = (
        interviews.passages(db(), interview_id=door.interview_id, since=since, limit=limit)
        if found.consent_transcribe
        else []
    )
    passages = rows[: interviews.PER_PAGE]
    cards = [row.card for row in passages if row.card]
    form = NarrowForm(formdata=None, obj=found)
    taken_back = form.offer_less()
    return render_template(
        "overview/interview.html",
        door=door,
        token=token,
        interview=found,
        passages=passages,
        since=since,
        after=rows[interviews.PER_PAGE].position if len(rows) > interviews.PER_PAGE else None,
        forms={
            card.id: CorrectForm(formdata=None, revision=card.revision, text=card.text)
            for card in cards
            if card.state == "live"
        },
        used=own.quotes_used(db(), sources=cards),
        onward=answers.onward_of_sources(
            db(),
            by_process={
                (door.process_id, door.process_slug): [card.id for card in cards if card.state == "live"],
            },
        ),
        words=words,
        own_page=own_page,
        form=form,
        taken_back=taken_back,
        file_closed=bool(interviews.closed_files(db(), interview_id=door.interview_id)) if found.consent_transcribe else False,
        quotes=dict(QUOTES),
        history=interviews.consent_history(db(), interview_id=door.interview_id),
    )
