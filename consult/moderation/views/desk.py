"""The moderation desk, and the public page of outcomes."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.coplanning.proposals import queries as proposals
from consult.core import settling
from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.vocabulary import Role, ThingKind
from consult.discussion import queries as discussion
from consult.framework import queries as framework
from consult.moderation import rules
from consult.moderation.forms import DecisionForm, HideForm, ReverseForm, VersionForm, seen_version
from consult.moderation.queries import evaluations, flags, items, log, outcomes, second_look, waiting
from consult.moderation.queries import queue as lists
from consult.moderation.services import dispositions, visibility
from consult.moderation.services import undo as undoing
from consult.moderation.views.blueprint import (
    DECIDED,
    FLAGGED,
    LISTS,
    MINE,
    REPORTED,
    UNDECIDED,
    WAITING,
    bp,
    onward,
    place_of,
)
from consult.plan import queries as plan
from consult.position_paper import queries as paper
from consult.process import queries as processes
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor, person
from consult.web.session import context, db, now


@bp.get("/scrivania/<slug>/moderazione")
@requires(Permission.see_moderation)
def queue(slug: str) -> str:
    """One list on the left, one item on the right, the decisions below it."""
    return _desk(request.args)


@bp.post("/scrivania/<slug>/moderazione/<kind>/<uuid:thing_id>/nascondi")
@requires(Permission.moderate)
def hide(slug: str, kind: str, thing_id: uuid.UUID) -> Any:
    """Hide a text with a reason."""
    form = HideForm()
    form.offer()
    if not form.validate_on_submit():
        return _desk(request.form, item_key=(kind, thing_id), hide_form=form), 422
    act = visibility.hide(
        db(),
        process_id=context().id,
        kind=_moderated(kind),
        thing_id=thing_id,
        version=seen_version(form.version.data),
        reason_code=form.reason.data,
        actor=actor(),
        now=now(),
        note=form.note.data or "",
    )
    return onward(slug, act)


@bp.post("/scrivania/<slug>/moderazione/<kind>/<uuid:thing_id>/leggi")
@requires(Permission.moderate)
def decide_waiting(slug: str, kind: str, thing_id: uuid.UUID) -> Response:
    """Let a text that waits appear, or refuse it with the reason of the button pressed."""
    form = VersionForm()
    act = visibility.decide_waiting(
        db(),
        process_id=context().id,
        kind=_moderated(kind),
        thing_id=thing_id,
        version=seen_version(form.version.data),
        reason_code=request.form.get("motivo", ""),
        actor=actor(),
        now=now(),
    )
    return onward(slug, act)


@bp.post("/scrivania/<slug>/moderazione/<kind>/<uuid:thing_id>/ripristina")
@requires(Permission.moderate)
def restore(slug: str, kind: str, thing_id: uuid.UUID) -> Response:
    """Show a hidden text again."""
    form = VersionForm()
    act = visibility.restore(
        db(),
        process_id=context().id,
        kind=_moderated(kind),
        thing_id=thing_id,
        version=seen_version(form.version.data),
        actor=actor(),
        now=now(),
    )
    return onward(slug, act)


@bp.post("/scrivania/<slug>/moderazione/<kind>/<uuid:thing_id>/tieni")
@requires(Permission.moderate)
def keep(slug: str, kind: str, thing_id: uuid.UUID) -> Response:
    """Leave a reported text visible and close its reports."""
    act = visibility.keep(
        db(), process_id=context().id, kind=_moderated(kind), thing_id=thing_id, actor=actor(), now=now()
    )
    return onward(slug, act)


@bp.post("/scrivania/<slug>/moderazione/proposte/<uuid:proposal_id>/esito")
@requires(Permission.decide_proposal)
def decide(slug: str, proposal_id: uuid.UUID) -> Any:
    """Give a proposal an outcome that leads to no action."""
    form = DecisionForm()
    form.offer(rules.NOT_LINKING)
    if form.validate_on_submit():
        try:
            act = dispositions.decide(
                db(),
                process_id=context().id,
                proposal_id=proposal_id,
                version=seen_version(form.version.data),
                **form.decided,
                actor=actor(),
                now=now(),
            )
            return onward(slug, act)
        except Invalid as error:
            form.put_errors(error.fields)
    return _desk(request.form, item_key=("proposal", proposal_id), decision_form=form), 422


@bp.post("/scrivania/<slug>/moderazione/esiti/<uuid:disposition_id>/ritira")
@requires(Permission.decide_proposal)
def reverse(slug: str, disposition_id: uuid.UUID) -> Response:
    """Take a published disposition back."""
    form = ReverseForm()
    form.validate_on_submit()
    dispositions.reverse(
        db(), process_id=context().id, disposition_id=disposition_id, why=form.why.data or "", actor=actor(), now=now()
    )
    flash(_("L’esito è ritirato: la proposta torna tra quelle da decidere."), "success")
    return redirect(url_for("moderation.queue", slug=slug, elenco=DECIDED), 303)


@bp.post("/scrivania/<slug>/moderazione/annulla/<uuid:act_id>")
@requires(Permission.look_again)
def undo(slug: str, act_id: uuid.UUID) -> Response:
    """Undo the last decision, within ten seconds."""
    undone = undoing.undo(db(), process_id=context().id, act_id=act_id, actor=actor(), now=now())
    flash(_("Decisione annullata: tutto è com’era prima."), "success")
    if request.form.get("dove"):
        return redirect(url_for("second_look.index", slug=slug, elenco=request.form["dove"]), 303)
    again: dict[str, Any] = {"voce": f"{undone[0]}:{undone[1]}"} if undone else {}
    return redirect(url_for("moderation.queue", slug=slug, _anchor="voce", **place_of(request.form), **again), 303)


@bp.get("/processi/<slug>/esiti")
@requires(Permission.view_process)
def results(slug: str) -> str:
    """What became of the proposals, in numbers anyone may read."""
    here = context()
    return render_template(
        "moderation/results.html",
        rates=outcomes.rates(db(), process_id=here.id),
        latest=outcomes.latest(db(), process_id=here.id, limit=10),
        hidden=log.hidden(db(), process_id=here.id).by_channel,
        reasons=rules,
    )


def _moderated(kind: str) -> ThingKind:
    if kind not in set(visibility.MODERATED):
        raise NotFound
    return ThingKind(kind)


def _desk(
    values: Any,
    *,
    item_key: tuple[str, uuid.UUID] | None = None,
    hide_form: HideForm | None = None,
    decision_form: DecisionForm | None = None,
) -> str:
    here = context()
    place = place_of(values)
    asked: dict[str, Any] = {"process_id": here.id, "cursor": values.get("da")}
    by: dict[str, Any] = {"strategy_id": clean_key(place.get("strategia")), "zone_id": clean_key(place.get("zona"))}
    name, who = place["elenco"], person()
    page = (
        lists.undecided(db(), **asked, **by)
        if name == UNDECIDED
        else lists.decided(db(), **asked, **by)
        if name == DECIDED
        else lists.reported(db(), **asked)
        if name == REPORTED
        else flags.flagged(db(), **asked)
        if name == FLAGGED
        else waiting.waiting(db(), **asked)
        if name == WAITING
        else flags.pending_for(db(), account_id=who.id if who else uuid.UUID(int=0), **asked)
        if name == MINE
        else lists.hidden(db(), **asked)
    )
    numbers = flags.counts(db(), process_id=here.id, account_id=who.id if who else None)
    key = item_key or _item_key(values.get("voce")) or next(((row.kind, row.id) for row in page.rows), None)
    act = clean_key(request.args.get("annulla"))
    item = items.item(db(), process_id=here.id, kind=key[0], thing_id=key[1]) if key else None
    shown = [(row.kind, row.id) for row in page.rows]
    place_in_list = shown.index(key) if key in shown else None
    after = shown if place_in_list is None else shown[place_in_list + 1 :]
    before = shown[:place_in_list] if place_in_list else []
    hiding = hide_form or HideForm(formdata=None)
    hiding.offer()
    deciding = decision_form or DecisionForm(formdata=None)
    deciding.offer(rules.NOT_LINKING)
    if decision_form is None:
        deciding.body.data = outcomes.last_body(db(), process_id=here.id)
    for form in (hiding, deciding):
        if item and not form.version.data:
            form.version.data = str(item.version)
    return render_template(
        "moderation/queue.html",
        page=page,
        counts=lists.counts(db(), process_id=here.id),
        more_counts=numbers,
        second_look=second_look.numbers(
            db(),
            process_id=here.id,
            account_id=who.id if who else None,
            now=here.now,
            late_before=settling.late_for(here.facts.roles, here.now),
        ),
        place=place,
        names=LISTS if numbers[3] or here.premoderated else LISTS[1:],
        reasons=rules.HIDING,
        item=item,
        next_item=f"{after[0][0]}:{after[0][1]}" if after else "",
        previous_item=f"{before[-1][0]}:{before[-1][1]}" if before else "",
        hide_form=hiding,
        decision_form=deciding,
        reverse_form=ReverseForm(formdata=None),
        open_part="hide" if hide_form else "decide" if decision_form else "",
        undoable=outcomes.undoable(db(), process_id=here.id, act_id=act, account_id=who.id if who else None, now=now())
        if act
        else None,
        strategies=framework.strategies(db(), frame_id=here.frame_id),
        zones=framework.zones(db(), territory_id=here.territory_id),
        words_of=rules.words_of,
        **(_about(item) if item else {}),
    )


def _item_key(value: str | None) -> tuple[str, uuid.UUID] | None:
    kind, _colon, key = (value or "").partition(":")
    found = clean_key(key)
    return (kind, found) if found and kind in set(ThingKind) else None


def _about(item: items.Item) -> dict[str, Any]:
    """What stands beside an item: reports, arguments, what it answers, what was decided."""
    kind = ThingKind(item.kind)
    found: dict[str, Any] = {
        "reports": discussion.reports_of(db(), target_kind=kind, target_id=item.id),
        "acts": outcomes.acts_on(db(), thing_id=item.id),
        "care": flags.care_of(db(), kind=item.kind, thing_id=item.id),
        "moderators": [m for m in processes.members(db(), process_id=context().id) if m.role == Role.moderator],
    }
    if item.kind == "proposal":
        found |= {
            "arguments": discussion.arguments(db(), target_kind=kind, target_id=item.id),
            "files": proposals.attached(db(), proposal_id=item.id),
            "dispositions": outcomes.of_proposals(db(), proposal_ids=[item.id], standing_only=False).get(item.id, []),
            "actions": plan.of_proposals(db(), proposal_ids=[item.id]).get(item.id, []),
            "finding": paper.finding_cards(db(), ids=[item.finding_id]).get(item.finding_id)
            if item.finding_id
            else None,
            "evaluated": evaluations.numbers_of(db(), proposal_ids=[item.id]).get(item.id),
        }
    return found
