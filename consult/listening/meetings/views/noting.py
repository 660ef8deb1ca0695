"""The notes page: made for typing while people speak. What is typed is kept on the device until the server has it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.permissions import Permission
from consult.framework import queries as framework
from consult.listening.meetings import queries, services
from consult.listening.meetings.forms import NoteForm, find_strategy, strategy_name
from consult.listening.meetings.types import NoteRow
from consult.listening.meetings.views.blueprint import ONE, bp, found
from consult.listening.meetings.views.public import first_session
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now

#: How the script of the notes page says that it wants the note alone and not the page.
FRAGMENT = "appunto"


def _form(meeting_id: uuid.UUID, **data: Any) -> NoteForm:
    form = NoteForm(**data)
    form.zones = framework.zones(db(), territory_id=context().territory_id)
    form.tables = queries.tables(db(), meeting_id=meeting_id)
    form.strategies = framework.strategies(db(), frame_id=context().frame_id)
    return form.fill()


def _page(meeting: queries.MeetingPage, form: NoteForm) -> str:
    result = first_session(meeting, form.strategies, form.tables, form.zones)
    ranking = result.whole or result.tables_together
    picked = [place.code for place in ranking.places if place.points != 0][: meeting.picks * 2] if ranking else []
    by_code = {strategy.code: strategy for strategy in form.strategies}
    page = queries.last_notes(db(), meeting_id=meeting.id, cursor=request.args.get("dopo"))
    here: dict[str, Any] = {"slug": context().slug, "meeting_id": meeting.id}
    return render_template(
        "listening/meetings/notes.html",
        meeting=meeting,
        form=form,
        page=page,
        next_url=url_for("meetings.notes", **here, dopo=page.next_cursor, _anchor="appunti") if page.next_cursor else None,
        first_url=url_for("meetings.notes", **here, _anchor="appunti") if request.args.get("dopo") else None,
        picked=[by_code[code] for code in picked],
        begun=meeting.starts_at <= now(),
    )


@bp.get(ONE)
@requires(Permission.see_listening_desk)
def notes(slug: str, meeting_id: uuid.UUID) -> str:
    """The page where what is said is written down. The address may preset table, strategy and session."""
    meeting = found(meeting_id)
    form = _form(meeting_id, data={"kind": "need", "round": "2" if request.args.get("giro") == "2" else "1"})
    wanted = request.args.get("strategia", "")
    strategy = next((s for s in form.strategies if s.code == wanted), None)
    if strategy is not None:
        form.strategy.data = strategy_name(strategy)
    if form.table and request.args.get("tavolo"):
        form.table.data = request.args["tavolo"]
    return _page(meeting, form)


def _typed(form: NoteForm) -> services.NewNote:
    return services.NewNote(
        text=form.text.data,
        kind=form.kind.data,
        speaker_kind=form.speaker.data or None,
        zone_id=clean_key(form.zone.data),
        agreed=form.agreed.data,
        table_id=clean_key(form.table.data) if form.table else None,
        strategy_id=find_strategy(form.strategy.data, form.strategies),
        stance=form.stance.data or None,
        round=int(form.round.data or 1),
    )


@bp.post(ONE)
@requires(Permission.run_listening)
def add_note(slug: str, meeting_id: uuid.UUID) -> tuple[str, int] | Response:
    """Write down one thing. The key of the form is kept with the note: sent again days later, it still is one note."""
    form = _form(meeting_id)
    alone = request.headers.get("X-Consult") == FRAGMENT
    if not form.validate_on_submit():
        if alone:
            return render_template("listening/meetings/_note_refused.html", form=form), 422
        return _page(found(meeting_id), form), 422
    source_id = services.add_note(
        db(),
        process_id=context().id,
        meeting_id=meeting_id,
        note=_typed(form),
        client_key=clean_key(request.form.get("_once")),
        actor=actor(),
        now=now(),
    )
    if alone:
        return redirect(url_for("meetings.note_item", slug=slug, meeting_id=meeting_id, source_id=source_id), 303)
    here = {
        "slug": slug,
        "meeting_id": meeting_id,
        "giro": form.round.data,
        "tavolo": form.table.data if form.table else None,
    }
    return redirect(url_for("meetings.notes", **here) + "#appunto", 303)


def _note(meeting_id: uuid.UUID, source_id: uuid.UUID) -> NoteRow:
    note = queries.one_note(db(), process_id=context().id, meeting_id=meeting_id, source_id=source_id)
    if note is None or note.card.state == "withdrawn":
        # What was withdrawn is read nowhere: it is put back, where it may be, on the page of the source.
        raise NotFound
    return note


@bp.get(f"{ONE}/appunti/<uuid:source_id>/scheda")
@requires(Permission.see_listening_desk)
def note_item(slug: str, meeting_id: uuid.UUID, source_id: uuid.UUID) -> str:
    """One note as the list shows it, for the page that has just sent it."""
    meeting = found(meeting_id)
    return render_template("listening/meetings/_note.html", meeting=meeting, note=_note(meeting_id, source_id))


@bp.get(f"{ONE}/appunti/<uuid:source_id>")
@requires(Permission.see_listening_desk)
def edit_note(slug: str, meeting_id: uuid.UUID, source_id: uuid.UUID) -> str:
    """The form of one note."""
    meeting, note = found(meeting_id), _note(meeting_id, source_id)
    card = note.card
    form = _form(
        meeting_id,
        data={
            "text": card.text,
            "kind": card.note_kind,
            "speaker": card.speaker_kind or "",
            "zone": str(card.zone_id or ""),
            "agreed": card.agreed,
            "table": str(note.table_id or ""),
            "strategy": f"{note.strategy_code} {note.strategy_title}" if note.strategy_code else "",
            "stance": note.stance or "",
            "round": str(note.round),
            "revision": card.revision,
        },
    )
    return render_template("listening/meetings/note.html", meeting=meeting, form=form, card=card)


@bp.post(f"{ONE}/appunti/<uuid:source_id>")
@requires(Permission.run_listening)
def save_note(slug: str, meeting_id: uuid.UUID, source_id: uuid.UUID) -> tuple[str, int] | Response:
    """Correct one note."""
    meeting, note = found(meeting_id), _note(meeting_id, source_id)
    form = _form(meeting_id)
    if not form.validate_on_submit():
        return render_template("listening/meetings/note.html", meeting=meeting, form=form, card=note.card), 422
    services.edit_note(
        db(),
        process_id=context().id,
        source_id=source_id,
        seen_revision=form.revision.data or 0,
        note=_typed(form),
        actor=actor(),
        now=now(),
    )
    return redirect(url_for("meetings.notes", slug=slug, meeting_id=meeting_id), 303)
