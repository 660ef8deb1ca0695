"""The evaluator's worklist and the page on which one proposal is evaluated."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission, allows
from consult.core.vocabulary import ThingKind
from consult.discussion import queries as discussion
from consult.moderation import rules
from consult.moderation.forms import (
    FEASIBILITY,
    EvaluationForm,
    HandBackForm,
    NoteForm,
    accepted_overlaps,
    seen_version,
)
from consult.moderation.queries import evaluations, items, notes, overlaps
from consult.moderation.services import evaluating
from consult.moderation.types import EvaluationState, OverlapKind
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor, person
from consult.web.session import context, db, now
from consult.web.words import say

bp = Blueprint("evaluations", __name__)

MINE, DONE, ALL = "da-fare", "fatte", "tutte"
LATE = "in-ritardo"


@bp.get("/scrivania/<slug>/valutazioni")
@requires(Permission.see_moderation)
def worklist(slug: str) -> str:
    """What waits for the person, what is late first; for who asks, how far everybody is."""
    here, who = context(), person()
    asks = allows(Permission.ask_evaluations, here.facts)
    evaluates = allows(Permission.evaluate_proposal, here.facts)
    names = (*((MINE, DONE) if evaluates else ()), *((ALL,) if asks else ()))
    chosen = request.args.get("elenco", names[0])
    chosen = chosen if chosen in names else names[0]
    asked: dict[str, Any] = {"process_id": here.id, "cursor": request.args.get("da")}
    state = request.args.get("stato", "")
    if chosen == ALL:
        kind = "late" if state == LATE else state if state in set(EvaluationState) else ""
        page = evaluations.worklist(
            db(), account_id=None, state=kind, asked=clean_key(request.args.get("chi")), now=here.now, **asked
        )
    else:
        page = evaluations.worklist(db(), account_id=who.id if who else None, done=chosen == DONE, **asked)
    return render_template(
        "moderation/evaluations/worklist.html",
        page=page,
        names=names,
        chosen=chosen,
        progress=evaluations.progress(db(), process_id=here.id, now=here.now) if chosen == ALL else [],
        state=state,
        who=request.args.get("chi", ""),
        states=[s for s in EvaluationState if s is not EvaluationState.withdrawn],
        LATE=LATE,
    )


@bp.get("/scrivania/<slug>/valutazioni/<uuid:evaluation_id>")
@requires(Permission.evaluate_proposal)
def fill_in(slug: str, evaluation_id: uuid.UUID) -> str:
    """The proposal, what exists already, and the form."""
    found = _found(evaluation_id)
    form = EvaluationForm(formdata=None)
    form.offer()
    form.show(found)
    return _page(found, form)


@bp.post("/scrivania/<slug>/valutazioni/<uuid:evaluation_id>")
@requires(Permission.evaluate_proposal)
def save(slug: str, evaluation_id: uuid.UUID) -> Any:
    """Keep what was filled in, or deliver it and open the next."""
    found = _found(evaluation_id)
    form = EvaluationForm()
    form.offer()
    deliver = request.form.get("azione") == "consegna"
    if not form.validate_on_submit() or not form.readable():
        return _page(found, form), 422
    suggested = {thing.id for thing in _suggested(_item(found))}
    accepted = accepted_overlaps(overlaps.METHOD, suggested)
    known = overlaps.named(
        db(), process_id=context().id, frame_id=context().frame_id, keys=[(str(k), key) for k, key in accepted]
    )
    others, unknown = overlaps.by_codes(
        db(), process_id=context().id, frame_id=context().frame_id, typed=form.other_codes.data or ""
    )
    if unknown:
        form.put_errors(
            {"other_codes": _("Nessuna azione o previsione ha questo codice: %(codes)s", codes=", ".join(unknown))}
        )
        return _page(found, form), 422
    try:
        evaluating.save(
            db(),
            process_id=context().id,
            evaluation_id=evaluation_id,
            version=seen_version(form.version.data),
            judgement=form.judgement,
            overlaps={
                **{(thing.kind, thing.id): "" for thing in others},
                **{pair: method for pair, method in accepted.items() if pair[1] in known},
            },
            deliver=deliver,
            actor=actor(),
            now=now(),
        )
    except Invalid as error:
        form.put_errors(error.fields)
        return _page(found, form), 422
    if not deliver:
        flash(_("Salvata: si può finire più tardi. Chi ha chiesto non la legge ancora."), "success")
        return redirect(url_for("evaluations.fill_in", slug=slug, evaluation_id=evaluation_id), 303)
    flash(_("Valutazione consegnata. Si può correggere finché la proposta non ha un esito."), "success")
    return _onward(slug, evaluation_id)


@bp.post("/scrivania/<slug>/valutazioni/<uuid:evaluation_id>/rimanda")
@requires(Permission.evaluate_proposal)
def hand_back(slug: str, evaluation_id: uuid.UUID) -> Any:
    """Hand the request back with a reason."""
    found, back = _found(evaluation_id), HandBackForm()
    if back.validate_on_submit():
        try:
            evaluating.decline(
                db(),
                process_id=context().id,
                evaluation_id=evaluation_id,
                version=seen_version(back.version.data),
                why=back.why.data,
                actor=actor(),
                now=now(),
            )
            flash(_("Richiesta rimandata: chi ha chiesto legge il motivo."), "success")
            return _onward(slug, evaluation_id)
        except Invalid as error:
            back.put_errors(error.fields)
    form = EvaluationForm(formdata=None)
    form.offer()
    form.show(found)
    return _page(found, form, back), 422


def _onward(slug: str, evaluation_id: uuid.UUID) -> Response:
    """To the next evaluation that waits, or to the list."""
    who = person()
    following = evaluations.next_to_do(
        db(), process_id=context().id, account_id=who.id if who else None, apart_from=evaluation_id
    )
    target = (
        url_for("evaluations.fill_in", slug=slug, evaluation_id=following)
        if following
        else url_for("evaluations.worklist", slug=slug)
    )
    return redirect(target, 303)


def _found(evaluation_id: uuid.UUID) -> evaluations.ShownEvaluation:
    who = person()
    found = evaluations.mine(
        db(), process_id=context().id, evaluation_id=evaluation_id, account_id=who.id if who else None
    )
    if found is None:
        raise NotFound
    return found


def _item(found: evaluations.ShownEvaluation) -> items.Item:
    item = items.item(db(), process_id=context().id, kind="proposal", thing_id=found.proposal_id)
    if item is None:
        raise NotFound
    return item


def _suggested(item: items.Item) -> list[overlaps.Overlap]:
    here = context()
    return overlaps.suggested(
        db(),
        process_id=here.id,
        frame_id=here.frame_id,
        text=f"{item.title}\n{item.text}",
        language=item.language,
        strategy_id=item.strategy_id,
        strategy_code=item.strategy_code,
        finding_id=item.finding_id,
    )


def _page(found: evaluations.ShownEvaluation, form: EvaluationForm, back: HandBackForm | None = None) -> str:
    here, item = context(), _item(found)
    suggested = _suggested(item)
    accepted = {uuid.UUID(key) for _kind, key, _origin in found.overlaps}
    ticked = set(request.form.getlist("sovrapposta")) if request.method == "POST" and back is None else None
    named = overlaps.named(
        db(), process_id=here.id, frame_id=here.frame_id, keys=[(k, uuid.UUID(key)) for k, key, _o in found.overlaps]
    )
    things = [*suggested, *(thing for key, thing in named.items() if key not in {s.id for s in suggested})]
    # Who has not answered yet is not swayed by what others answered.
    others = evaluations.of_proposal(db(), process_id=here.id, proposal_id=item.id) if found.delivered_at else []
    handing = back or HandBackForm(formdata=None)
    if back is None:
        handing.version.data = str(found.version)
    return render_template(
        "moderation/evaluations/fill_in.html",
        found=found,
        item=item,
        form=form,
        back=handing,
        open_back=back is not None,
        things=[
            (thing, f"{thing.kind}:{thing.id}" in ticked if ticked is not None else thing.id in accepted)
            for thing in things
        ],
        kinds=list(OverlapKind),
        arguments=discussion.arguments(db(), target_kind=ThingKind.proposal, target_id=item.id),
        others=[e for e in others if e.id != found.id and e.delivered_at],
        feasibility=FEASIBILITY,
        words_of=rules.words_of,
        threads=notes.threads(db(), process_id=here.id, proposal_id=item.id),
        note_form=NoteForm(formdata=None),
        wrong=[say(message) for message in form.form_errors],
    )
