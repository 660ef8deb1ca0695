"""Who else is at work on a questionnaire, one's own unsaved words, and the history of its texts."""

from __future__ import annotations

import uuid
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from consult.core.permissions import Permission
from consult.listening.surveys import queries, services
from consult.listening.surveys.views.blueprint import ONE, bp, find
from consult.web.access import requires, without_receipt
from consult.web.identity import actor, person
from consult.web.session import context, db, now

#: Fields of a form that are no words of its writer.
_NOT_WORDS = frozenset({"csrf_token", "_once", "posto", "tieni"})


def own_words(questionnaire_id: uuid.UUID, place: str) -> queries.Unsaved | None:
    """What this person typed at a place of the builder and did not save."""
    who = person()
    if who is None:
        return None
    return queries.unsaved(db(), questionnaire_id=questionnaire_id, account_id=who.id, place=place)


def taken_up(kept: queries.Unsaved | None) -> MultiDict[str, Any] | None:
    """The unsaved words as form data, where the person asked for them."""
    if kept is None or request.args.get("bozza") != "1":
        return None
    return MultiDict([(name, each) for name, values in kept.values.items() for each in values])


def saved(questionnaire_id: uuid.UUID, place: str) -> None:
    """What was typed is saved now: it is no draft any more."""
    services.forget_words(db(), questionnaire_id=questionnaire_id, place=place, actor=actor())


@bp.post(f"{ONE}/lavoro")
@without_receipt("Saying again that one is there, or keeping the same words again, changes nothing.")
@requires(Permission.run_listening)
def be_here(slug: str, questionnaire_id: uuid.UUID) -> str:
    """Say where one is at work, keep what is typed there; answers who else is here."""
    words: dict[str, list[str]] | None = None
    if request.form.get("tieni") == "1":
        words = {name: values for name, values in request.form.lists() if name not in _NOT_WORDS}
    services.be_here(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, place=request.form.get("posto", ""), values=words,
        actor=actor(), now=now(),
    )  # fmt: skip  # one row of values reads better so
    return render_template(
        "listening/surveys/_here.html", here=_others(questionnaire_id), words_kept=words is not None, at=now()
    )


def _others(questionnaire_id: uuid.UUID) -> list[dict[str, str]]:
    who = person()
    found = queries.here(db(), questionnaire_id=questionnaire_id, but=who.id if who else None)
    codes = {f"d-{q.id}": q.code for q in queries.questions(db(), questionnaire_id=questionnaire_id)} if found else {}
    return [{"name": each.name, "place": each.place, "code": codes.get(each.place, "")} for each in found]


@bp.post(f"{ONE}/lavoro/scarta")
@requires(Permission.run_listening)
def drop_words(slug: str, questionnaire_id: uuid.UUID) -> Response:
    """Give up one's unsaved words at a place."""
    find(questionnaire_id)
    place = request.form.get("posto", "")
    saved(questionnaire_id, place)
    back: dict[str, Any] = {"slug": slug, "questionnaire_id": questionnaire_id}
    if place.startswith("d-"):
        try:
            return redirect(url_for("surveys.question", question_id=uuid.UUID(place[2:]), **back), 303)
        except ValueError:
            return redirect(url_for("surveys.builder", **back), 303)
    if place.startswith("p-") and place[2:].isdecimal():
        return redirect(url_for("surveys.page", number=int(place[2:]), **back), 303)
    if place.startswith("n-"):
        return redirect(url_for("surveys.new_question", tipo=place[2:], **back), 303)
    return redirect(url_for("surveys.settings" if place == "settings" else "surveys.builder", **back), 303)


@bp.get(f"{ONE}/storia")
@requires(Permission.see_listening_desk)
def history(slug: str, questionnaire_id: uuid.UUID) -> str:
    """What the texts said before each correction."""
    found = find(questionnaire_id)
    page = queries.corrections(db(), questionnaire_id=questionnaire_id, cursor=request.args.get("dopo"))
    address: dict[str, Any] = {"slug": slug, "questionnaire_id": questionnaire_id}
    return render_template(
        "listening/surveys/history.html",
        questionnaire=found,
        page=page,
        next_url=url_for("surveys.history", **address, dopo=page.next_cursor) if page.next_cursor else None,
        first_url=url_for("surveys.history", **address) if request.args.get("dopo") else None,
    )
