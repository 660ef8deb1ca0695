"""Dispositions in preparation: one by one, for many proposals at once, and their publication together."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.vocabulary import Outcome
from consult.framework import queries as framework
from consult.moderation import rules
from consult.moderation.forms import PrepareForm, chosen_keys, seen_version
from consult.moderation.queries import evaluations, items, outcomes
from consult.moderation.queries import preparing as drafts
from consult.moderation.services import preparing
from consult.moderation.views.evaluation_desk import narrowed, place_of
from consult.plan import queries as plan
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, now
from consult.web.words import say

bp = Blueprint("disposition_drafts", __name__)
EVERY: tuple[Outcome, ...] = tuple(Outcome)


@bp.get("/scrivania/<slug>/moderazione/bozze")
@requires(Permission.see_moderation)
def index(slug: str) -> str:
    """The dispositions in preparation, to be read once more and published."""
    return _index()


@bp.post("/scrivania/<slug>/moderazione/bozze/pubblica")
@requires(Permission.decide_proposal)
def publish(slug: str) -> Any:
    """Publish the ticked dispositions, all or none."""
    chosen = chosen_keys("bozza")
    try:
        act = preparing.publish(db(), process_id=context().id, seen=chosen, actor=actor(), now=now())
    except Invalid as error:
        return _index(wrong=say(error.message)), 422
    flash(
        ngettext(
            "%(num)s esito pubblicato. Chi ha scritto e sostenuto riceverà un avviso.",
            "%(num)s esiti pubblicati. Chi ha scritto e sostenuto riceverà un avviso.",
            len(chosen),
        ),
        "success",
    )
    return redirect(url_for("moderation.queue", slug=slug, elenco="decise", annulla=str(act), _anchor="voce"), 303)


@bp.get("/scrivania/<slug>/moderazione/bozze/prepara")
@requires(Permission.see_moderation)
def many(slug: str) -> str:
    """Undecided proposals with a box before each, and one disposition for all that are ticked."""
    form = PrepareForm(formdata=None)
    form.body.data = outcomes.last_body(db(), process_id=context().id)
    proposed = request.args.get("proposto")
    if proposed in set(Outcome):
        form.outcome.data = proposed
    return _many_page(form, ticked=set())


@bp.post("/scrivania/<slug>/moderazione/bozze/prepara")
@requires(Permission.prepare_disposition)
def prepare_many(slug: str) -> Any:
    """Keep one disposition for all that were ticked, or for the whole choice."""
    form = PrepareForm()
    _offer(form, narrowed(request.form).strategy_id)
    chosen = chosen_keys("proposta")
    if request.form.get("tutte"):
        by = narrowed(request.form, without_draft=True)
        chosen = drafts.selected(db(), process_id=context().id, by=by, most=rules.MAX_CHOSEN)
    wrong = ""
    if form.validate_on_submit():
        try:
            new, there = preparing.prepare_many(
                db(), process_id=context().id, seen=chosen, prepared=form.prepared, actor=actor(), now=now()
            )
            said = ngettext("%(num)s esito preparato.", "%(num)s esiti preparati.", new)
            if there:
                said += " " + ngettext(
                    "%(num)s proposta aveva già una bozza, che resta.",
                    "%(num)s proposte avevano già una bozza, che resta.",
                    there,
                )
            flash(said, "success")
            return redirect(url_for("disposition_drafts.index", slug=slug), 303)
        except Invalid as error:
            form.put_errors(error.fields)
            wrong = say(error.fields.get("proposals", "" if error.fields else error.message))
    return _many_page(form, ticked={str(key) for key in chosen}, wrong=wrong), 422


@bp.get("/scrivania/<slug>/moderazione/proposte/<uuid:proposal_id>/bozza")
@requires(Permission.see_moderation)
def edit(slug: str, proposal_id: uuid.UUID) -> str:
    """The disposition of one proposal, with what the offices propose beside it."""
    item, form = _undecided(proposal_id), PrepareForm(formdata=None)
    _offer(form, item.strategy_id)
    found = drafts.draft(db(), process_id=context().id, proposal_id=proposal_id)
    if found:
        form.show(found)
    else:
        form.body.data = outcomes.last_body(db(), process_id=context().id)
        _take_up(form, _given(proposal_id))
    form.version.data, form.draft_version.data = str(item.version), str(found.version if found else 0)
    return _edit_page(item, form)


@bp.post("/scrivania/<slug>/moderazione/proposte/<uuid:proposal_id>/bozza")
@requires(Permission.prepare_disposition)
def save(slug: str, proposal_id: uuid.UUID) -> Any:
    """Keep the disposition for later."""
    item, form = _undecided(proposal_id), PrepareForm()
    _offer(form, item.strategy_id)
    if form.validate_on_submit():
        try:
            preparing.prepare(
                db(),
                process_id=context().id,
                proposal_id=proposal_id,
                seen=seen_version(form.version.data),
                version=seen_version(form.draft_version.data),
                prepared=form.prepared,
                actor=actor(),
                now=now(),
            )
            flash(_("La bozza è salvata: nessuno fuori dalla scrivania la vede finché non si pubblica."), "success")
            return redirect(url_for("disposition_drafts.index", slug=slug), 303)
        except Invalid as error:
            form.put_errors(error.fields)
    return _edit_page(item, form), 422


@bp.post("/scrivania/<slug>/moderazione/proposte/<uuid:proposal_id>/bozza/scarta")
@requires(Permission.prepare_disposition)
def discard(slug: str, proposal_id: uuid.UUID) -> Response:
    """Throw a draft away."""
    preparing.discard(db(), process_id=context().id, proposal_id=proposal_id, actor=actor(), now=now())
    flash(_("La bozza è stata buttata via."), "success")
    return redirect(url_for("disposition_drafts.index", slug=slug), 303)


def _undecided(proposal_id: uuid.UUID) -> items.Item:
    item = items.item(db(), process_id=context().id, kind="proposal", thing_id=proposal_id)
    if item is None or item.outcome or item.state != "published":
        raise NotFound
    return item


def _given(proposal_id: uuid.UUID) -> list[evaluations.ShownEvaluation]:
    found = evaluations.of_proposal(db(), process_id=context().id, proposal_id=proposal_id)
    return [e for e in found if e.delivered_at]


def _take_up(form: PrepareForm, given: list[evaluations.ShownEvaluation]) -> None:
    """Begin with what the offices propose where they agree. Their words stay internal: the public reason is written anew."""
    proposed = {(e.outcome, e.reason_code) for e in given if e.outcome}
    if len({outcome for outcome, _reason in proposed}) == 1:
        form.outcome.data = next(iter(proposed))[0]
        reasons = {reason for _outcome, reason in proposed if reason}
        if len(reasons) == 1:
            form.reason.data = reasons.pop()


def _offer(form: PrepareForm, strategy_id: uuid.UUID | None) -> None:
    form.offer(EVERY)
    form.offer_actions(
        plan.open_to_proposals(db(), process_id=context().id, strategy_id=strategy_id) if strategy_id else []
    )


def _index(wrong: str = "") -> str:
    page = drafts.drafts(db(), process_id=context().id, cursor=request.values.get("da"))
    return render_template(
        "moderation/drafts/index.html",
        page=page,
        total=drafts.number_of_drafts(db(), process_id=context().id),
        words_of=rules.words_of,
        ticked=set(request.form.getlist("bozza")),
        wrong=wrong,
        most=rules.MAX_PUBLISHED,
    )


def _edit_page(item: items.Item, form: PrepareForm) -> str:
    return render_template(
        "moderation/drafts/edit.html", item=item, form=form, given=_given(item.id), words_of=rules.words_of
    )


def _many_page(form: PrepareForm, *, ticked: set[str], wrong: str = "") -> str:
    here, by = context(), narrowed(request.values, without_draft=True)
    _offer(form, by.strategy_id)
    return render_template(
        "moderation/drafts/many.html",
        form=form,
        page=drafts.selection(db(), process_id=here.id, by=by, cursor=request.values.get("da")),
        total=drafts.number_selected(db(), process_id=here.id, by=by),
        place=place_of(request.values),
        stages=drafts.STAGES,
        outcomes=EVERY,
        strategies=framework.strategies(db(), frame_id=here.frame_id),
        zones=framework.zones(db(), territory_id=here.territory_id),
        ticked=ticked,
        wrong=wrong,
        most=rules.MAX_CHOSEN,
    )
