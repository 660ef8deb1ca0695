"""Who comes: the page behind the link of a letter, and the desk's list of registrations, attendance, tables and files."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from flask import Response, flash, redirect, render_template, request, stream_with_context, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.spreadsheets import csv_lines
from consult.core.vocabulary import Role
from consult.files.services import read_upload
from consult.files.types import FileKind
from consult.framework import queries as framework
from consult.listening.meetings import queries, services
from consult.listening.meetings.forms import AttendeeForm, FileForm, TableForm
from consult.listening.meetings.views.blueprint import ONE, bp, found
from consult.listening.sources.rules import personal_token, token_owner
from consult.ports.storage import storage_for
from consult.process import queries as processes
from consult.web import limits
from consult.web.access import public, requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.limits import limiter
from consult.web.session import context, db, glue, now

OWN = "/incontri/iscrizione/<token>"
KINDS = (FileKind.pdf, FileKind.docx, FileKind.odt, FileKind.xlsx, FileKind.png, FileKind.jpeg)


def _own(token: str) -> queries.Registration | None:
    key = token_owner("registration", token, glue().settings.secret_key)
    if key is None:
        raise NotFound
    return queries.registration(db(), registration_id=key)


@bp.get(OWN)
@limiter.limit(limits.GUESSES)
@public
def own_registration(token: str) -> str:
    """What somebody registered for, and the way out; afterwards, the minutes to read."""
    own = _own(token)
    meeting = queries.meeting(db(), process_id=own.process_id, meeting_id=own.meeting_id) if own else None
    review = None
    if meeting and meeting.review_until and own:
        review = url_for(
            "meetings.review",
            slug=own.slug,
            review_token=personal_token("review", meeting.id, glue().settings.secret_key),
        )
    return render_template(
        "listening/meetings/own_registration.html", own=own, meeting=meeting, review=review, now=now(), token=token
    )


@bp.post(OWN)
@limiter.limit(limits.SUBMISSION)
@public
def withdraw(token: str) -> AnyResponse:
    """Take a registration back."""
    own = _own(token)
    if own is not None:
        services.withdraw(db(), registration_id=own.id, actor=actor(), now=now())
    flash(_("L’iscrizione è stata tolta. Grazie: il posto va a chi aspetta."), "success")
    return redirect(url_for("meetings.own_registration", token=token), 303)


@bp.get(f"{ONE}/iscritti")
@requires(Permission.see_listening_desk)
def people(slug: str, meeting_id: uuid.UUID) -> str:
    """Who registered, waits and came."""
    return _people(found(meeting_id), AttendeeForm())


def _people(meeting: queries.MeetingPage, form: AttendeeForm) -> str:
    cursor = request.args.get("dopo")
    page = queries.registrations_page(db(), meeting_id=meeting.id, cursor=cursor)
    here: dict[str, Any] = {"slug": context().slug, "meeting_id": meeting.id}
    return render_template(
        "listening/meetings/people.html",
        meeting=meeting,
        form=form,
        rows=page.rows,
        begun=meeting.starts_at <= now(),
        next_url=url_for("meetings.people", **here, dopo=page.next_cursor) if page.next_cursor else None,
        first_url=url_for("meetings.people", **here) if cursor else None,
        cursor=cursor,
    )


@bp.post(f"{ONE}/iscritti")
@requires(Permission.run_listening)
def add_attendee(slug: str, meeting_id: uuid.UUID) -> tuple[str, int] | AnyResponse:
    """Put somebody on the list who came without registering."""
    meeting, form = found(meeting_id), AttendeeForm()
    if not form.validate_on_submit():
        return _people(meeting, form), 422
    try:
        services.add_attendee(
            db(), process_id=context().id, meeting_id=meeting_id, name=form.name.data or "",
            organisation=form.organisation.data or "", actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors(error.fields)
        return _people(meeting, form), 422
    return redirect(url_for("meetings.people", slug=slug, meeting_id=meeting_id), 303)


@bp.post(f"{ONE}/presenze")
@requires(Permission.run_listening)
def note_attendance(slug: str, meeting_id: uuid.UUID) -> AnyResponse:
    """Keep who came."""
    came, shown = (
        {key for value in request.form.getlist(name) if (key := clean_key(value))} for name in ("came", "shown")
    )
    n = services.note_attendance(
        db(), process_id=context().id, meeting_id=meeting_id, came=came, shown=shown, actor=actor(), now=now()
    )
    flash(ngettext("%(num)d presenza segnata.", "%(num)d presenze segnate.", n), "success")
    here: dict[str, Any] = {"slug": slug, "meeting_id": meeting_id, "dopo": request.args.get("dopo") or None}
    return redirect(url_for("meetings.people", **here), 303)


@bp.get(f"{ONE}/iscritti.csv")
@requires(Permission.see_listening_desk)
def people_csv(slug: str, meeting_id: uuid.UUID) -> Response:
    """The attendance list as a sheet to print: name, organisation, table, came; no addresses."""
    meeting = found(meeting_id)
    rows = queries.registrations(db(), meeting_id=meeting.id)

    def lines() -> Iterator[tuple[object, ...]]:
        for row in rows:
            came = "" if row.came is None else _("sì") if row.came else _("no")
            yield row.name, row.organisation, row.table_number, row.state, came

    header = (_("nome"), _("organizzazione"), _("tavolo"), _("stato"), _("presente"))
    return Response(
        stream_with_context(csv_lines(header, lines())),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="presenze-{meeting.starts_at.date()}.csv"'},
    )


@bp.post(f"{ONE}/iscrizioni/<uuid:registration_id>/togli")
@requires(Permission.run_listening)
def remove_registration(slug: str, meeting_id: uuid.UUID, registration_id: uuid.UUID) -> AnyResponse:
    """Delete a registration at the person's request."""
    services.remove_registration(
        db(), process_id=context().id, meeting_id=meeting_id, registration_id=registration_id, actor=actor(), now=now()
    )
    return redirect(url_for("meetings.people", slug=slug, meeting_id=meeting_id), 303)


def _table_form(**data: object) -> TableForm:
    staff = {
        str(row.account_id): row.display_name
        for row in processes.members(db(), process_id=context().id)
        if row.role in {Role.facilitator, Role.operator}
    }
    zones = framework.zones(db(), territory_id=context().territory_id)
    return TableForm(**data).fill(zones, list(staff.items()))


def _tables(meeting: queries.MeetingPage, form: TableForm, changing: uuid.UUID | None = None) -> str:
    return render_template(
        "listening/meetings/tables.html",
        meeting=meeting,
        form=form,
        changing=changing,
        rows=queries.tables(db(), meeting_id=meeting.id),
    )


@bp.get(f"{ONE}/tavoli")
@requires(Permission.see_listening_desk)
def tables(slug: str, meeting_id: uuid.UUID) -> str:
    """The working tables, and the form of one more or of the one that is being changed."""
    meeting = found(meeting_id)
    rows = queries.tables(db(), meeting_id=meeting_id)
    changing = next((row for row in rows if row.id == clean_key(request.args.get("tavolo"))), None)
    if changing is None:
        return _tables(meeting, _table_form(data={"number": max((row.number for row in rows), default=0) + 1}))
    data = {
        "number": changing.number,
        "title": changing.title,
        "zone": str(changing.zone_id or ""),
        "facilitator": str(changing.facilitator_id or ""),
        "seats": changing.seats,
    }
    return _tables(meeting, _table_form(data=data), changing.id)


@bp.post(f"{ONE}/tavoli")
@requires(Permission.run_listening)
def save_table(slug: str, meeting_id: uuid.UUID) -> tuple[str, int] | AnyResponse:
    """Set up a table, or change one."""
    meeting, form = found(meeting_id), _table_form()
    table_id = clean_key(request.form.get("table_id"))
    if not form.validate_on_submit():
        return _tables(meeting, form, table_id), 422
    try:
        services.save_table(
            db(), process_id=context().id, meeting_id=meeting_id, table_id=table_id, number=form.number.data,
            title=form.title.data or "", zone_id=clean_key(form.zone.data), facilitator_id=clean_key(form.facilitator.data),
            seats=form.seats.data, actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors(error.fields)
        return _tables(meeting, form, table_id), 422
    return redirect(url_for("meetings.tables", slug=slug, meeting_id=meeting_id), 303)


@bp.post(f"{ONE}/tavoli/<uuid:table_id>/togli")
@requires(Permission.run_listening)
def remove_table(slug: str, meeting_id: uuid.UUID, table_id: uuid.UUID) -> AnyResponse:
    """Take a table away."""
    services.remove_table(
        db(), process_id=context().id, meeting_id=meeting_id, table_id=table_id, actor=actor(), now=now()
    )
    return redirect(url_for("meetings.tables", slug=slug, meeting_id=meeting_id), 303)


@bp.get(f"{ONE}/materiali")
@requires(Permission.see_listening_desk)
def materials(slug: str, meeting_id: uuid.UUID) -> str:
    """The files of a meeting, and the form of one more."""
    return _materials(found(meeting_id), FileForm())


def _materials(meeting: queries.MeetingPage, form: FileForm) -> str:
    rows = queries.files(db(), meeting_id=meeting.id)
    return render_template("listening/meetings/materials.html", meeting=meeting, form=form, rows=rows)


@bp.post(f"{ONE}/materiali")
@requires(Permission.run_listening)
def add_file(slug: str, meeting_id: uuid.UUID) -> tuple[str, int] | AnyResponse:
    """Put a file on the page of a meeting."""
    meeting, form = found(meeting_id), FileForm()
    if not form.validate_on_submit():
        return _materials(meeting, form), 422
    given = request.files.get("file")
    try:
        upload = read_upload(given.stream if given else None, given.filename if given else None, kinds=KINDS)
    except Invalid as error:
        form.put_errors(error.fields)
        return _materials(meeting, form), 422
    services.add_file(
        db(), process_id=context().id, meeting_id=meeting_id, upload=upload, title=form.title.data,
        storage=storage_for(glue().settings), actor=actor(), now=now(),
    )  # fmt: skip  # one row of values reads better so
    return redirect(url_for("meetings.materials", slug=slug, meeting_id=meeting_id), 303)


@bp.post(f"{ONE}/materiali/<uuid:file_id>/togli")
@requires(Permission.run_listening)
def remove_file(slug: str, meeting_id: uuid.UUID, file_id: uuid.UUID) -> AnyResponse:
    """Take a file off the page of a meeting."""
    services.remove_file(
        db(), process_id=context().id, meeting_id=meeting_id, file_id=file_id, actor=actor(), now=now()
    )
    return redirect(url_for("meetings.materials", slug=slug, meeting_id=meeting_id), 303)
