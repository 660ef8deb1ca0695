"""What the person heard does on their own page: narrows consent, corrects, takes back. The page itself is shown by `overview`."""

from __future__ import annotations

import uuid

from flask import flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.listening.interviews import queries, services
from consult.listening.interviews.forms import CorrectForm, NarrowForm
from consult.listening.interviews.views.blueprint import bp
from consult.web.access import public
from consult.web.limits import limiter
from consult.web.session import db, now

OWN = "/intervista/<token>"
SENDING = "30 per minute; 200 per hour"


def _door(token: str) -> queries.Door:
    found = queries.door(db(), token=token)
    if found is None:
        raise NotFound
    return found


def _back(token: str, anchor: str | None = None) -> Response:
    return redirect(url_for("interview_doors.page", token=token, _anchor=anchor), 303)


@bp.post(f"{OWN}/consenso")
@limiter.limit(SENDING)
@public
def narrow(token: str) -> Response:
    """Narrow consent, or withdraw it."""
    door = _door(token)
    form = NarrowForm()
    if not form.validate():
        raise Invalid(_("Scegli che cosa consenti ancora."))
    consent = services.Consent(
        may_record=form.consent_record.data, may_transcribe=form.consent_transcribe.data, may_code=form.consent_code.data,
        quote=form.consent_quote.data, embargo_until=form.embargo_until.data,
    )  # fmt: skip  # one row of values reads better so
    services.narrow_consent(
        db(), process_id=door.process_id, interview_id=door.interview_id, consent=consent, now=now()
    )
    flash(_("Fatto. Vale da adesso, ovunque: sulle pagine, nei file e nei documenti già pubblicati."), "success")
    return _back(token)


@bp.post(f"{OWN}/passaggi/<uuid:source_id>")
@limiter.limit(SENDING)
@public
def correct(token: str, source_id: uuid.UUID) -> Response:
    """Correct a passage."""
    door = _door(token)
    form = CorrectForm()
    if not form.validate():
        raise Invalid(_("Il testo non può restare vuoto: per toglierlo usa «Ritira questo passaggio»."))
    services.correct_passage(
        db(), process_id=door.process_id, interview_id=door.interview_id, source_id=source_id, text=form.text.data,
        seen_revision=form.revision.data, now=now(),
    )  # fmt: skip  # one row of values reads better so
    flash(_("Passaggio corretto."), "success")
    return _back(token, f"p-{source_id}")


@bp.post(f"{OWN}/passaggi/<uuid:source_id>/ritiro/<int:revision>")
@limiter.limit(SENDING)
@public
def take_back(token: str, source_id: uuid.UUID, revision: int) -> Response:
    """Take a passage back."""
    door = _door(token)
    services.correct_passage(
        db(), process_id=door.process_id, interview_id=door.interview_id, source_id=source_id, text=None, seen_revision=revision, now=now()
    )  # fmt: skip  # one row of values reads better so
    flash(_("Passaggio ritirato: non si usa più da nessuna parte."), "success")
    return _back(token)


@bp.post(f"{OWN}/conferma")
@limiter.limit(SENDING)
@public
def confirm_own(token: str) -> Response:
    """Say that the transcript is right."""
    door = _door(token)
    services.confirm_transcript(db(), process_id=door.process_id, interview_id=door.interview_id, now=now())
    flash(_("Grazie: ora si sa che la trascrizione va bene."), "success")
    return _back(token)
