"""Pages of meetings: the public list and page, registration, and the desk where they are entered and noted."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.normalise import clean_email
from consult.core.permissions import Permission
from consult.core.vocabulary import PhaseKind
from consult.framework import queries as framework
from consult.listening.meetings import queries, services
from consult.listening.meetings.forms import MeetingForm, NoteForm, RegistrationForm, StateForm
from consult.listening.meetings.rules import may_register
from consult.listening.sources.types import SourceCard
from consult.process.queries import current_notice
from consult.web import limits
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor, person
from consult.web.limits import limiter
from consult.web.session import context, db, now

bp = Blueprint("meetings", __name__)
PUBLIC = "/processi/<slug>/incontri"
DESK = "/scrivania/<slug>/incontri"


def _meeting(meeting_id: uuid.UUID, *, public_only: bool = False) -> queries.MeetingPage:
    found = queries.meeting(db(), process_id=context().id, meeting_id=meeting_id)
    if found is None or (public_only and found.state == "draft"):
        raise NotFound
    return found


@bp.get(PUBLIC)
@requires(Permission.see_listening)
def public_list(slug: str) -> str:
    """All public meetings: those to come first, then those that were."""
    rows = queries.meetings(db(), process_id=context().id, public_only=True)
    coming = [row for row in rows if (row.ends_at or row.starts_at) >= now()]
    past = [row for row in reversed(rows) if row not in coming]
    return render_template("listening/meetings/list.html", coming=coming, past=past)


def _public(meeting: queries.MeetingPage, form: RegistrationForm) -> str:
    return render_template(
        "listening/meetings/public.html",
        meeting=meeting,
        form=form,
        may_register=may_register(
            state=meeting.state, registration=meeting.registration, starts_at=meeting.starts_at, now=now()
        )
        and context().is_open(PhaseKind.listening),
        notes=queries.notes(db(), meeting_id=meeting.id, public_only=True) if meeting.minutes_published_at else [],
        notice=current_notice(db(), process_id=context().id, kind=PhaseKind.listening),
    )


@bp.get(f"{PUBLIC}/<uuid:meeting_id>")
@requires(Permission.see_listening)
def public_page(slug: str, meeting_id: uuid.UUID) -> str:
    """A meeting: when, where, for whom, and what was said there once the minutes are published."""
    who = person()
    return _public(
        _meeting(meeting_id, public_only=True),
        RegistrationForm(data={"email": who.email, "name": who.display_name} if who else {}),
    )


@bp.post(f"{PUBLIC}/<uuid:meeting_id>")
@limiter.limit(limits.SUBMISSION)
@requires(Permission.contribute)
def register(slug: str, meeting_id: uuid.UUID) -> tuple[str, int] | Response:
    """Register for a meeting."""
    meeting = _meeting(meeting_id, public_only=True)
    form = RegistrationForm()
    if not form.validate_on_submit() or form.sito_web.data or "@" not in form.email.data:
        if not form.errors:
            form.put_errors({"email": _("Serve un indirizzo e-mail completo.")})
        return _public(meeting, form), 422
    notice = current_notice(db(), process_id=context().id, kind=PhaseKind.listening)
    services.register(
        db(),
        process_id=context().id,
        meeting_id=meeting_id,
        email=clean_email(form.email.data),
        name=form.name.data or "",
        organisation=form.organisation.data or "",
        notice_id=notice.id if notice else None,
        actor=actor(),
        now=now(),
    )
    flash(_("Iscrizione ricevuta. Ti aspettiamo."), "success")
    return redirect(url_for("meetings.public_page", slug=slug, meeting_id=meeting_id), 303)


@bp.get(DESK)
@requires(Permission.see_listening_desk)
def desk(slug: str) -> str:
    """All meetings, for staff."""
    return render_template(
        "listening/meetings/desk.html", rows=queries.meetings(db(), process_id=context().id, public_only=False)
    )


def _form(**data: Any) -> MeetingForm:
    form = MeetingForm(**data)
    zones = framework.zones(db(), territory_id=context().territory_id)
    form.zones.choices = [(str(zone.id), f"{zone.code} {zone.name}") for zone in zones]
    return form


def _fields(form: MeetingForm) -> services.MeetingFields:
    return services.MeetingFields(
        title=form.title.data,
        starts_at=form.starts_at.data,
        ends_at=form.ends_at.data,
        place=form.place.data,
        summary=form.summary.data or "",
        address=form.address.data or "",
        agenda=form.agenda.data or "",
        minutes=form.minutes.data or "",
        registration=form.registration.data,
        capacity=form.capacity.data,
        zone_ids=[uuid.UUID(z) for z in form.zones.data or []],
    )


@bp.get(f"{DESK}/nuovo")
@requires(Permission.see_listening_desk)
def new(slug: str) -> str:
    """The form of a new meeting."""
    return render_template("listening/meetings/edit.html", form=_form(), meeting=None)


@bp.post(f"{DESK}/nuovo")
@requires(Permission.run_listening)
def create(slug: str) -> tuple[str, int] | Response:
    """Enter a meeting."""
    form = _form()
    if not form.validate_on_submit():
        return render_template("listening/meetings/edit.html", form=form, meeting=None), 422
    try:
        meeting_id = services.create_meeting(
            db(), process_id=context().id, fields=_fields(form), actor=actor(), now=now()
        )
    except Invalid as error:
        form.put_errors(error.fields)
        return render_template("listening/meetings/edit.html", form=form, meeting=None), 422
    return redirect(url_for("meetings.notes", slug=slug, meeting_id=meeting_id), 303)


@bp.get(f"{DESK}/<uuid:meeting_id>/modifica")
@requires(Permission.see_listening_desk)
def edit(slug: str, meeting_id: uuid.UUID) -> str:
    """The form of a meeting."""
    meeting = _meeting(meeting_id)
    form = _form(obj=meeting)
    form.zones.data = [str(zone[0]) for zone in meeting.zones]
    return render_template("listening/meetings/edit.html", form=form, meeting=meeting)


@bp.post(f"{DESK}/<uuid:meeting_id>/modifica")
@requires(Permission.run_listening)
def save(slug: str, meeting_id: uuid.UUID) -> tuple[str, int] | Response:
    """Save a meeting."""
    form = _form()
    meeting = _meeting(meeting_id)
    if not form.validate_on_submit():
        return render_template("listening/meetings/edit.html", form=form, meeting=meeting), 422
    try:
        services.edit_meeting(
            db(), process_id=context().id, meeting_id=meeting_id, version=form.version.data or 0, fields=_fields(form), actor=actor(), now=now()
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors(error.fields)
        return render_template("listening/meetings/edit.html", form=form, meeting=meeting), 422
    flash(_("Incontro salvato."), "success")
    return redirect(url_for("meetings.notes", slug=slug, meeting_id=meeting_id), 303)


def _notes(meeting: queries.MeetingPage, form: NoteForm) -> str:
    return render_template(
        "listening/meetings/notes.html",
        meeting=meeting,
        form=form,
        notes=queries.notes(db(), meeting_id=meeting.id, public_only=False),
        registrations=queries.registrations(db(), meeting_id=meeting.id),
        labels=dict(NoteForm.kind.kwargs["choices"]),
    )


def _note_form(**data: Any) -> NoteForm:
    zones = framework.zones(db(), territory_id=context().territory_id)
    return NoteForm(**data).fill([(str(zone.id), f"{zone.code} {zone.name}") for zone in zones])


@bp.get(f"{DESK}/<uuid:meeting_id>")
@requires(Permission.see_listening_desk)
def notes(slug: str, meeting_id: uuid.UUID) -> str:
    """The page where what is said is written down."""
    return _notes(_meeting(meeting_id), _note_form(data={"kind": "need"}))


@bp.post(f"{DESK}/<uuid:meeting_id>")
@requires(Permission.run_listening)
def add_note(slug: str, meeting_id: uuid.UUID) -> tuple[str, int] | Response:
    """Write down one thing."""
    form = _note_form()
    if not form.validate_on_submit():
        return _notes(_meeting(meeting_id), form), 422
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
    return redirect(url_for("meetings.notes", slug=slug, meeting_id=meeting_id) + "#appunto", 303)


def _note(meeting_id: uuid.UUID, source_id: uuid.UUID) -> SourceCard:
    found = [card for card in queries.notes(db(), meeting_id=meeting_id, public_only=False) if card.id == source_id]
    if not found:
        raise NotFound
    return found[0]


@bp.get(f"{DESK}/<uuid:meeting_id>/appunti/<uuid:source_id>")
@requires(Permission.see_listening_desk)
def edit_note(slug: str, meeting_id: uuid.UUID, source_id: uuid.UUID) -> str:
    """The form of one note."""
    meeting, card = _meeting(meeting_id), _note(meeting_id, source_id)
    form = _note_form(
        data={
            "text": card.text,
            "kind": card.note_kind,
            "speaker": card.speaker_kind or "",
            "zone": str(card.zone_id or ""),
            "agreed": card.agreed,
            "revision": card.revision,
        }
    )
    return render_template("listening/meetings/note.html", meeting=meeting, form=form, card=card)


@bp.post(f"{DESK}/<uuid:meeting_id>/appunti/<uuid:source_id>")
@requires(Permission.run_listening)
def save_note(slug: str, meeting_id: uuid.UUID, source_id: uuid.UUID) -> tuple[str, int] | Response:
    """Correct one note."""
    meeting, card = _meeting(meeting_id), _note(meeting_id, source_id)
    form = _note_form()
    if not form.validate_on_submit():
        return render_template("listening/meetings/note.html", meeting=meeting, form=form, card=card), 422
    services.edit_note(
        db(),
        process_id=context().id,
        source_id=source_id,
        seen_revision=form.revision.data or 0,
        text=form.text.data,
        kind=form.kind.data,
        speaker_kind=form.speaker.data or None,
        zone_id=clean_key(form.zone.data),
        agreed=form.agreed.data,
        actor=actor(),
        now=now(),
    )
    return redirect(url_for("meetings.notes", slug=slug, meeting_id=meeting_id), 303)


@bp.post(f"{DESK}/<uuid:meeting_id>/stato")
@requires(Permission.run_listening)
def change_state(slug: str, meeting_id: uuid.UUID) -> Response:
    """Publish or cancel a meeting; publish or take back its minutes."""
    wanted = StateForm().state.data or ""
    if wanted in {"minutes", "no_minutes"}:
        services.publish_minutes(
            db(), process_id=context().id, meeting_id=meeting_id, public=wanted == "minutes", actor=actor(), now=now()
        )
    else:
        services.set_state(db(), process_id=context().id, meeting_id=meeting_id, state=wanted, actor=actor(), now=now())
    flash(_("Fatto."), "success")
    return redirect(url_for("meetings.notes", slug=slug, meeting_id=meeting_id), 303)


@bp.post(f"{DESK}/<uuid:meeting_id>/iscrizioni/<uuid:registration_id>/togli")
@requires(Permission.run_listening)
def remove_registration(slug: str, meeting_id: uuid.UUID, registration_id: uuid.UUID) -> Response:
    """Delete a registration at the person's request."""
    services.remove_registration(
        db(), process_id=context().id, meeting_id=meeting_id, registration_id=registration_id, actor=actor(), now=now()
    )
    return redirect(url_for("meetings.notes", slug=slug, meeting_id=meeting_id), 303)
