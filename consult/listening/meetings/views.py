"""Public list and page of meetings; the facilitator's pages for announcing one and taking notes."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import get_timezone
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.framework import queries as framework
from consult.listening.meetings import queries, services
from consult.listening.meetings.forms import NOTE_WORDS, MeetingForm, NoteForm, as_instant, meeting_form, note_form
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now

bp = Blueprint("meetings", __name__)


def _zones() -> list[framework.ZoneRow]:
    return framework.zones(db(), territory_id=context().territory_id)


def _found(meeting_id: uuid.UUID) -> queries.MeetingRow:
    found = queries.meeting(db(), process_id=context().id, meeting_id=meeting_id)
    if found is None:
        raise NotFound
    return found


@bp.get("/processi/<slug>/incontri")
@requires(Permission.see_listening)
def public_list(slug: str) -> str:
    """All meetings: those to come first, then those held."""
    rows = queries.meetings(db(), process_id=context().id)
    coming = [r for r in rows if (r.ends_at or r.starts_at) >= now()]
    held = [r for r in reversed(rows) if (r.ends_at or r.starts_at) < now()]
    return render_template("listening/meetings/public_list.html", coming=coming, held=held)


@bp.get("/processi/<slug>/incontri/<uuid:meeting_id>")
@requires(Permission.see_listening)
def public(slug: str, meeting_id: uuid.UUID) -> str:
    """One meeting, with its notes once they are public."""
    found = _found(meeting_id)
    notes = queries.notes(db(), meeting_id=meeting_id, public_only=True) if found.minutes_published_at else []
    return render_template("listening/meetings/public.html", meeting=found, notes=notes, kinds=NOTE_WORDS)


@bp.get("/scrivania/<slug>/incontri")
@requires(Permission.see_listening_desk)
def index(slug: str) -> str:
    """All meetings, to take notes in."""
    return render_template("listening/meetings/index.html", rows=queries.meetings(db(), process_id=context().id))


@bp.get("/scrivania/<slug>/incontri/nuovo")
@requires(Permission.see_listening_desk)
def new(slug: str) -> str:
    """The form of a new meeting."""
    return render_template("listening/meetings/edit.html", form=meeting_form(_zones()), meeting=None)


def _facts(form: MeetingForm) -> services.MeetingFacts:
    starts_at = as_instant(form.starts_at.data)
    assert starts_at is not None  # The form requires it.
    return services.MeetingFacts(
        title=form.title.data,
        starts_at=starts_at,
        ends_at=as_instant(form.ends_at.data),
        place=form.place.data,
        address=form.address.data or "",
        agenda=form.agenda.data or "",
        people_present=form.people_present.data,
        zone_ids=tuple(key for key in map(clean_key, form.zones.data or []) if key),
    )


@bp.post("/scrivania/<slug>/incontri/nuovo")
@requires(Permission.run_listening)
def create(slug: str) -> tuple[str, int] | Response:
    """Announce a meeting."""
    form = meeting_form(_zones())
    if not form.validate_on_submit():
        return render_template("listening/meetings/edit.html", form=form, meeting=None), 422
    try:
        key = services.open_meeting(db(), process_id=context().id, facts=_facts(form), actor=actor(), now=now())
    except Invalid as refusal:
        form.put_errors(refusal.fields)
        return render_template("listening/meetings/edit.html", form=form, meeting=None), 422
    flash(_("Incontro pubblicato nell'elenco."), "success")
    return redirect(url_for("meetings.notes", slug=slug, meeting_id=key), 303)


@bp.get("/scrivania/<slug>/incontri/<uuid:meeting_id>/modifica")
@requires(Permission.see_listening_desk)
def edit(slug: str, meeting_id: uuid.UUID) -> str:
    """The form of a meeting."""
    found = _found(meeting_id)
    zone = get_timezone()
    values: dict[str, Any] = {
        "title": found.title,
        "starts_at": found.starts_at.astimezone(zone),
        "ends_at": found.ends_at.astimezone(zone) if found.ends_at else None,
        "place": found.place,
        "address": found.address,
        "agenda": found.agenda,
        "people_present": found.people_present,
        "zones": [str(key) for key in found.zone_ids],
        "version": found.version,
    }
    return render_template("listening/meetings/edit.html", form=meeting_form(_zones(), **values), meeting=found)


@bp.post("/scrivania/<slug>/incontri/<uuid:meeting_id>/modifica")
@requires(Permission.run_listening)
def save(slug: str, meeting_id: uuid.UUID) -> tuple[str, int] | Response:
    """Save a meeting."""
    found = _found(meeting_id)
    form = meeting_form(_zones())
    if not form.validate_on_submit():
        return render_template("listening/meetings/edit.html", form=form, meeting=found), 422
    try:
        services.describe_meeting(
            db(),
            process_id=context().id,
            meeting_id=meeting_id,
            version=form.version.data or 0,
            facts=_facts(form),
            actor=actor(),
            now=now(),
        )
    except Invalid as refusal:
        form.put_errors(refusal.fields)
        return render_template("listening/meetings/edit.html", form=form, meeting=found), 422
    flash(_("Salvato."), "success")
    return redirect(url_for("meetings.notes", slug=slug, meeting_id=meeting_id), 303)


def _notes_page(found: queries.MeetingRow, form: NoteForm) -> str:
    return render_template(
        "listening/meetings/notes.html",
        meeting=found,
        form=form,
        notes=queries.notes(db(), meeting_id=found.id, public_only=False),
        kinds=NOTE_WORDS,
    )


@bp.get("/scrivania/<slug>/incontri/<uuid:meeting_id>/appunti")
@requires(Permission.see_listening_desk)
def notes(slug: str, meeting_id: uuid.UUID) -> str:
    """What was noted so far, and the form for the next note."""
    return _notes_page(_found(meeting_id), note_form(_zones()))


@bp.post("/scrivania/<slug>/incontri/<uuid:meeting_id>/appunti")
@requires(Permission.run_listening)
def add_note(slug: str, meeting_id: uuid.UUID) -> tuple[str, int] | Response:
    """Note one thing."""
    found = _found(meeting_id)
    form = note_form(_zones())
    if not form.validate_on_submit():
        return _notes_page(found, form), 422
    try:
        services.add_note(
            db(),
            process_id=context().id,
            meeting_id=meeting_id,
            text=form.text.data,
            kind=form.kind.data,
            speaker_kind=form.speaker.data or None,
            zone_id=clean_key(form.zone.data),
            agreed=form.agreed.data,
            actor=actor(),
            now=now(),
        )
    except Invalid as refusal:
        form.put_errors(refusal.fields)
        return _notes_page(found, form), 422
    flash(_("Appunto salvato: è una fonte."), "success")
    return redirect(url_for("meetings.notes", slug=slug, meeting_id=meeting_id) + "#nuovo", 303)


@bp.post("/scrivania/<slug>/incontri/<uuid:meeting_id>/verbale")
@requires(Permission.run_listening)
def publish_minutes(slug: str, meeting_id: uuid.UUID) -> Response:
    """Let anyone read the notes."""
    n = services.publish_minutes(db(), process_id=context().id, meeting_id=meeting_id, actor=actor(), now=now())
    flash(_("Verbale pubblicato: %(n)s appunti.", n=n), "success")
    return redirect(url_for("meetings.notes", slug=slug, meeting_id=meeting_id), 303)
