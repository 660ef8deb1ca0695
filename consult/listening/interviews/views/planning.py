"""The desk of interviews: who is heard, consent, guide."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.vocabulary import SpeakerKind
from consult.framework import queries as framework
from consult.listening.interviews import queries, rules, services
from consult.listening.interviews.forms import STATUSES, GuideForm, InterviewForm
from consult.listening.interviews.views.blueprint import DESK, bp, interview_of
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now


@bp.get(DESK)
@requires(Permission.see_listening_desk)
def desk(slug: str) -> str:
    """All interviews, with who has not been heard by zone."""
    zones = framework.zones(db(), territory_id=context().territory_id)
    status, zone = request.args.get("stato", ""), request.args.get("zona", "")
    status, zone = status if status in dict(STATUSES) else "", zone if zone in {z.code for z in zones} else ""
    page = queries.interviews(db(), process_id=context().id, status=status, zone=zone, cursor=request.args.get("dopo"))
    all_of_them = queries.standing(db(), process_id=context().id)
    coverage = rules.coverage([(code, state) for code, _kind, state in all_of_them])
    here: dict[str, Any] = {"slug": slug, "stato": status or None, "zona": zone or None}
    return render_template(
        "listening/interviews/desk.html",
        rows=page.rows,
        any=bool(all_of_them),
        counted={state: sum(row[2] == state for row in all_of_them) for state in dict(STATUSES)},
        status=status,
        zone=zone,
        next_url=url_for("interviews.desk", **here, dopo=page.next_cursor) if page.next_cursor else None,
        first_url=url_for("interviews.desk", **here) if request.args.get("dopo") else None,
        statuses=dict(STATUSES),
        zones=zones,
        coverage=coverage,
        by_kind=rules.coverage([(kind, state) for _zone, kind, state in all_of_them]),
        kinds=[str(kind) for kind in SpeakerKind],
        unheard=[zone for zone in zones if not coverage.get(zone.code, rules.NOBODY_YET).heard],
    )


def _form(**data: Any) -> InterviewForm:
    zones = framework.zones(db(), territory_id=context().territory_id)
    return InterviewForm(**data).fill([(str(zone.id), f"{zone.code} {zone.name}") for zone in zones])


def _fields(form: InterviewForm) -> services.InterviewFields:
    return services.InterviewFields(
        role=form.role.data,
        status=form.status.data,
        organisation=form.organisation.data or "",
        person_name=form.person_name.data or "",
        zone_id=clean_key(form.zone.data),
        speaker_kind=form.speaker.data or None,
        language=form.language.data,
        held_on=form.held_on.data,
        consent_record=form.consent_record.data,
        consent_transcribe=form.consent_transcribe.data,
        consent_code=form.consent_code.data,
        consent_quote=form.consent_quote.data,
        consent_text=form.consent_text.data or "",
        consent_on=form.consent_on.data,
        embargo_until=form.embargo_until.data,
        notes=form.notes.data or "",
        email=form.email.data or "",
        meets_at=form.meets_at.data,
        place=form.place.data or "",
    )


def _page(form: InterviewForm, interview: queries.InterviewPage | None) -> str:
    return render_template("listening/interviews/edit.html", form=form, interview=interview)


@bp.get(f"{DESK}/nuova")
@requires(Permission.see_listening_desk)
def new(slug: str) -> str:
    """The form of a new interview."""
    return _page(_form(data={"consent_quote": "none", "status": "to_invite", "language": "it"}), None)


@bp.post(f"{DESK}/nuova")
@requires(Permission.run_listening)
def create(slug: str) -> tuple[str, int] | Response:
    """Enter an interview."""
    form = _form()
    if not form.validate_on_submit():
        return _page(form, None), 422
    try:
        key = services.create_interview(db(), process_id=context().id, fields=_fields(form), actor=actor(), now=now())
    except Invalid as error:
        form.put_errors(error.fields)
        return _page(form, None), 422
    return redirect(url_for("interviews.show", slug=slug, interview_id=key), 303)


@bp.get(f"{DESK}/<uuid:interview_id>/modifica")
@requires(Permission.see_listening_desk)
def edit(slug: str, interview_id: uuid.UUID) -> str:
    """The form of an interview."""
    interview = interview_of(interview_id)
    form = _form(obj=interview)
    form.zone.data = str(interview.zone_id or "")
    form.speaker.data = interview.speaker_kind or ""
    return _page(form, interview)


@bp.post(f"{DESK}/<uuid:interview_id>/modifica")
@requires(Permission.run_listening)
def save(slug: str, interview_id: uuid.UUID) -> tuple[str, int] | Response:
    """Save an interview and its consent."""
    interview = interview_of(interview_id)
    form = _form()
    if not form.validate_on_submit():
        return _page(form, interview), 422
    try:
        services.edit_interview(
            db(), process_id=context().id, interview_id=interview_id, version=form.version.data or 0, fields=_fields(form),
            actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors(error.fields)
        return _page(form, interview), 422
    flash(_("Intervista salvata. Il consenso vale subito per tutti i suoi passaggi."), "success")
    return redirect(url_for("interviews.show", slug=slug, interview_id=interview_id), 303)


@bp.post(f"{DESK}/<uuid:interview_id>/invito")
@requires(Permission.run_listening)
def invite(slug: str, interview_id: uuid.UUID) -> Response:
    """Send the invitation, or send it anew."""
    services.invite(db(), process_id=context().id, interview_id=interview_id, actor=actor(), now=now())
    flash(_("L’invito parte tra poco, con l’appuntamento per il calendario se c’è una data."), "success")
    return redirect(url_for("interviews.show", slug=slug, interview_id=interview_id), 303)


@bp.get(f"{DESK}/traccia")
@requires(Permission.see_listening_desk)
def guide(slug: str) -> str:
    """The interview guide."""
    rows = queries.guide(db(), process_id=context().id)
    form = GuideForm(data={"questions": "\n".join(f"{q.text} [{q.mark}]" if q.mark else q.text for q in rows)})
    return render_template("listening/interviews/guide.html", form=form, rows=rows)


@bp.post(f"{DESK}/traccia")
@requires(Permission.run_listening)
def save_guide(slug: str) -> tuple[str, int] | Response:
    """Save the interview guide."""
    form = GuideForm()
    if not form.validate_on_submit():
        return render_template("listening/interviews/guide.html", form=form, rows=[]), 422
    questions = [line.strip() for line in (form.questions.data or "").splitlines() if line.strip()]
    try:
        services.set_guide(db(), process_id=context().id, questions=questions, actor=actor(), now=now())
    except Invalid as error:
        form.put_errors(error.fields)
        return render_template("listening/interviews/guide.html", form=form, rows=[]), 422
    flash(_("Traccia salvata."), "success")
    return redirect(url_for("interviews.desk", slug=slug), 303)
