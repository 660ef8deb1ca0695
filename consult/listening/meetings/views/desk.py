"""The desk of meetings: the list, the form, the state."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.framework import queries as framework
from consult.listening.meetings import services
from consult.listening.meetings.forms import MeetingForm, StateForm
from consult.listening.meetings.views.blueprint import DESK, ONE, bp, found, in_time
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, now


@bp.get(DESK)
@requires(Permission.see_listening_desk)
def desk(slug: str) -> str:
    """All meetings, for staff."""
    return render_template("listening/meetings/desk.html", **in_time("meetings.desk", public_only=False))


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
        picks=form.picks.data or 5,
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


@bp.get(f"{ONE}/modifica")
@requires(Permission.see_listening_desk)
def edit(slug: str, meeting_id: uuid.UUID) -> str:
    """The form of a meeting."""
    meeting = found(meeting_id)
    form = _form(obj=meeting)
    form.zones.data = [str(zone[0]) for zone in meeting.zones]
    return render_template("listening/meetings/edit.html", form=form, meeting=meeting)


@bp.post(f"{ONE}/modifica")
@requires(Permission.run_listening)
def save(slug: str, meeting_id: uuid.UUID) -> tuple[str, int] | Response:
    """Save a meeting."""
    form = _form()
    meeting = found(meeting_id)
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


@bp.post(f"{ONE}/stato")
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
