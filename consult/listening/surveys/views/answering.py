"""The personal link: no process stands in its address; whoever holds the token may. Opening it, by whatever means, uses nothing up."""

from __future__ import annotations

from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.vocabulary import PhaseKind
from consult.listening.surveys import queries, services
from consult.listening.surveys.rules import token_hash
from consult.listening.surveys.types import Door
from consult.listening.surveys.views.blueprint import bp
from consult.listening.surveys.views.receiving import SENDING, WHY, Manner, Saved, receive, show, thank
from consult.listening.surveys.views.sheet import Desk, load_desk
from consult.process.queries import phase_states
from consult.web.access import public, without_receipt
from consult.web.limits import limiter
from consult.web.session import db, now


def _enter(token: str) -> tuple[Door, Desk]:
    g.no_referrer = True
    door = queries.door(db(), token_hash=token_hash(token))
    found = queries.questionnaire(db(), questionnaire_id=door.questionnaire_id) if door else None
    if door is None or found is None:
        raise NotFound(
            _(
                "Questo link non apre nessun questionario: può essere incompleto o non valere più. Riaprilo dalla lettera, o "
                "chiedi a chi ti ha invitato."
            )
        )
    phases = phase_states(db(), process_ids=[found.process_id])[found.process_id]
    is_open = any(phase.is_open for phase in phases if phase.kind == PhaseKind.listening)
    return door, load_desk(found, is_open=found.open_now and is_open, territory_id=door.territory_id)


def _manner(door: Door, token: str) -> Manner:
    saving = "" if door.used else "link"
    return Manner(
        editing=door.used, saving=saving, autosave=not door.used, seed=token, invitation_id=door.invitation_id,
        counted=(door.values or {}) if door.used else {},
    )  # fmt: skip  # one call of named values reads better so


@bp.get("/q/<token>")
@public
def by_token(token: str) -> str:
    """Open a personal link; nothing is used up."""
    door, desk = _enter(token)
    if door.used and (door.anonymous or not desk.questionnaire.may_edit):
        return thank(desk.questionnaire, None)
    values = door.values or (door.draft.values if door.draft else {})
    form = desk.answer_form(values)
    form.draft.data = str(door.draft.version) if door.draft else ""
    form.version.data = str(door.answer_version or "")
    stopped = not door.used and services.no_room(db(), desk.sheet, values, door.invitation_id) is not None
    return show(
        desk, form, values, _manner(door, token), resumed=bool(door.draft) and not door.used, stopped=desk.open and stopped
    )  # fmt: skip  # one call of named values reads better so


@bp.post("/q/<token>")
@limiter.limit(SENDING)
@without_receipt(WHY)
@public
def send_by_token(token: str) -> tuple[str, int] | str | Response:
    """Take the answer of a personal link."""
    door, desk = _enter(token)
    moment = now()

    def save(raw: dict[str, Any], seen_version: int | None) -> Saved:
        rest: dict[str, Any] = {"now": moment, "seen": desk.sheet, "seen_version": seen_version}
        return Saved(services.save_draft(db(), token=token, raw=raw, **rest))

    return receive(
        desk,
        _manner(door, token),
        thanks=url_for("surveys.thanks_by_token", token=token),
        send=lambda raw, code, version: services.send_by_token(
            db(), token=token, raw=raw, code=code, seen_version=version, now=moment, seen=desk.sheet
        ),
        save=None if door.used else save,
    )


@bp.get("/q/<token>/grazie")
@public
def thanks_by_token(token: str) -> str:
    """The receipt, once, in the browser that sent."""
    door, desk = _enter(token)
    again = desk.open and not door.anonymous and desk.questionnaire.may_edit
    return thank(desk.questionnaire, url_for("surveys.by_token", token=token) if again else None)
