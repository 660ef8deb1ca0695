"""The facilitator's pages of interviews: list with coverage, one interview, consent, transcript."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.framework import queries as framework
from consult.listening.interviews import queries, services
from consult.listening.interviews.forms import QUOTE_WORDS, STATUS_WORDS, ConsentForm, TranscriptForm, interview_form
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now

bp = Blueprint("interviews", __name__)


def _zones() -> list[framework.ZoneRow]:
    return framework.zones(db(), territory_id=context().territory_id)


@bp.get("/scrivania/<slug>/interviste")
@requires(Permission.see_listening_desk)
def index(slug: str) -> str:
    """All interviews, and which zones have not been heard."""
    rows = queries.interviews(db(), process_id=context().id)
    zones = _zones()
    heard = {row.zone_id for row in rows if row.passages}
    planned = {row.zone_id for row in rows}
    coverage = [(z, sum(r.zone_id == z.id for r in rows), z.id in heard, z.id in planned) for z in zones]
    return render_template("listening/interviews/index.html", rows=rows, coverage=coverage, statuses=STATUS_WORDS)


@bp.get("/scrivania/<slug>/interviste/nuova")
@requires(Permission.see_listening_desk)
def new(slug: str) -> str:
    """The form of a new interview."""
    return render_template("listening/interviews/edit.html", form=interview_form(_zones()), interview=None)


@bp.post("/scrivania/<slug>/interviste/nuova")
@requires(Permission.run_listening)
def create(slug: str) -> tuple[str, int] | Response:
    """Put an interview on the list."""
    form = interview_form(_zones())
    if not form.validate_on_submit():
        return render_template("listening/interviews/edit.html", form=form, interview=None), 422
    key = services.plan_interview(db(), process_id=context().id, actor=actor(), now=now(), **_values(form))
    flash(_("Intervista aggiunta. Ora si può registrare il consenso."), "success")
    return redirect(url_for("interviews.show", slug=slug, interview_id=key), 303)


def _values(form: Any) -> dict[str, Any]:
    return {
        "role": form.role.data,
        "organisation": form.organisation.data or "",
        "person_name": form.person_name.data or "",
        "zone_id": clean_key(form.zone.data),
        "speaker_kind": form.speaker.data or None,
        "status": form.status.data,
        "held_on": form.held_on.data,
        "guide": form.guide.data or "",
    }


def _found(interview_id: uuid.UUID) -> queries.InterviewCard:
    found = queries.interview(db(), process_id=context().id, interview_id=interview_id)
    if found is None:
        raise NotFound
    return found


def _page(
    found: queries.InterviewCard, *, consent: ConsentForm | None = None, transcript: TranscriptForm | None = None
) -> str:
    consent = consent or ConsentForm(
        formdata=None,
        data={
            "may_record": found.may_record,
            "may_transcribe": found.may_transcribe,
            "may_code": found.may_code,
            "quote": found.quote_consent,
            "embargo_until": found.embargo_until,
        },
    )
    return render_template(
        "listening/interviews/show.html",
        interview=found,
        passages=queries.passages(db(), interview_id=found.id),
        consents=queries.consents(db(), interview_id=found.id),
        consent=consent,
        transcript=transcript or TranscriptForm(formdata=None),
        statuses=STATUS_WORDS,
        quotes=QUOTE_WORDS,
    )


@bp.get("/scrivania/<slug>/interviste/<uuid:interview_id>")
@requires(Permission.see_listening_desk)
def show(slug: str, interview_id: uuid.UUID) -> str:
    """One interview: what is known, consent, passages."""
    return _page(_found(interview_id))


@bp.get("/scrivania/<slug>/interviste/<uuid:interview_id>/modifica")
@requires(Permission.see_listening_desk)
def edit(slug: str, interview_id: uuid.UUID) -> str:
    """The form of what is known."""
    found = _found(interview_id)
    form = interview_form(
        _zones(), role=found.role, organisation=found.organisation, person_name=found.person_name, zone=str(found.zone_id or ""),
        speaker=found.speaker_kind or "", status=found.status, held_on=found.held_on, guide=found.guide, version=found.version,
    )  # fmt: skip  # one row of values reads better so
    return render_template("listening/interviews/edit.html", form=form, interview=found)


@bp.post("/scrivania/<slug>/interviste/<uuid:interview_id>/modifica")
@requires(Permission.run_listening)
def save(slug: str, interview_id: uuid.UUID) -> tuple[str, int] | Response:
    """Save what is known."""
    found = _found(interview_id)
    form = interview_form(_zones())
    if not form.validate_on_submit():
        return render_template("listening/interviews/edit.html", form=form, interview=found), 422
    services.describe_interview(
        db(),
        process_id=context().id,
        interview_id=interview_id,
        version=form.version.data or 0,
        actor=actor(),
        now=now(),
        **_values(form),
    )
    flash(_("Salvato."), "success")
    return redirect(url_for("interviews.show", slug=slug, interview_id=interview_id), 303)


@bp.post("/scrivania/<slug>/interviste/<uuid:interview_id>/consenso")
@requires(Permission.run_listening)
def give_consent(slug: str, interview_id: uuid.UUID) -> tuple[str, int] | Response:
    """Record what the person agrees to."""
    found = _found(interview_id)
    form = ConsentForm()
    if not form.validate_on_submit():
        return _page(found, consent=form), 422
    services.record_consent(
        db(),
        process_id=context().id,
        interview_id=interview_id,
        consent=services.Consent(
            may_record=form.may_record.data,
            may_transcribe=form.may_transcribe.data,
            may_code=form.may_code.data,
            quote=form.quote.data,
            embargo_until=form.embargo_until.data,
        ),
        actor=actor(),
        now=now(),
    )
    flash(_("Consenso registrato. Vale da subito per ogni citazione."), "success")
    return redirect(url_for("interviews.show", slug=slug, interview_id=interview_id), 303)


@bp.post("/scrivania/<slug>/interviste/<uuid:interview_id>/brani")
@requires(Permission.run_listening)
def add_transcript(slug: str, interview_id: uuid.UUID) -> tuple[str, int] | Response:
    """Add what was said."""
    found = _found(interview_id)
    form = TranscriptForm()
    if not form.validate_on_submit():
        return _page(found, transcript=form), 422
    try:
        n = services.add_transcript(
            db(),
            process_id=context().id,
            interview_id=interview_id,
            text=form.transcript.data,
            actor=actor(),
            now=now(),
        )
    except Invalid as refusal:
        form.put_errors(refusal.fields)
        return _page(found, transcript=form), 422
    flash(_("%(n)s brani aggiunti: ognuno è una fonte.", n=n), "success")
    return redirect(url_for("interviews.show", slug=slug, interview_id=interview_id), 303)
