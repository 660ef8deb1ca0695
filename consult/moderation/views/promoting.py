"""The promotion form: one or several proposals become part of an action."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from consult.core.errors import Conflict, Invalid
from consult.core.permissions import Permission
from consult.moderation import rules
from consult.moderation.forms import PromotionForm, chosen_proposals, ticked, typed_passages
from consult.moderation.queries import items, outcomes
from consult.moderation.services import dispositions
from consult.moderation.views.blueprint import bp, onward, place_of
from consult.plan import queries as plan
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, now
from consult.web.words import say


@bp.get("/scrivania/<slug>/moderazione/proposte/<uuid:proposal_id>/promuovi")
@requires(Permission.see_moderation)
def promotion(slug: str, proposal_id: uuid.UUID) -> str:
    """The form that makes a proposal, with others, part of an action."""
    lead = _lead(proposal_id)
    form = _promotion_form(lead)
    form.begin(lead, outcomes.last_body(db(), process_id=context().id))
    return _promotion_page(form, lead, {})


@bp.post("/scrivania/<slug>/moderazione/proposte/<uuid:proposal_id>/promuovi")
@requires(Permission.promote_proposal)
def promote(slug: str, proposal_id: uuid.UUID) -> Any:
    """Promote the chosen proposals in one transaction."""
    lead = _lead(proposal_id)
    form = _promotion_form(lead)
    wrong: dict[str, str] = {}
    if form.validate_on_submit():
        try:
            done = dispositions.promote(
                db(),
                process_id=context().id,
                chosen=chosen_proposals(lead),
                **form.decided,
                actor=actor(),
                now=now(),
                action_id=form.action_id,
                new_action=form.new_action,
            )
            flash(
                _("Fatto: nell’azione %(code)s. Chi ha scritto e sostenuto riceverà un avviso.", code=done.code),
                "success",
            )
            return onward(slug, done.act_id)
        except Invalid as error:
            form.put_errors(error.fields)
            wrong = {name: say(text) for name, text in error.fields.items() if name.startswith("passage-")}
            if not error.fields:
                wrong["all"] = say(error.message)
    return _promotion_page(form, lead, wrong), 422


def _lead(proposal_id: uuid.UUID) -> items.Item:
    here = context()
    lead = items.item(db(), process_id=here.id, kind="proposal", thing_id=proposal_id)
    if lead is None:
        raise NotFound
    if request.method == "GET" and lead.outcome:
        actions = plan.of_proposals(db(), proposal_ids=[proposal_id]).get(proposal_id, [])
        endpoint, values = (
            ("plan.action", {"code": actions[0].code})
            if actions
            else ("proposals.show", {"proposal_id": str(proposal_id)})
        )
        raise Conflict(
            _("Questa proposta ha già un esito."), link_endpoint=endpoint, link_values={"slug": here.slug, **values}
        )
    return lead


def _promotion_form(lead: items.Item) -> PromotionForm:
    form = PromotionForm()
    form.offer(rules.LINKING)
    if lead.strategy_id:
        form.offer_actions(plan.open_to_proposals(db(), process_id=context().id, strategy_id=lead.strategy_id))
    return form


def _promotion_page(form: PromotionForm, lead: items.Item, wrong: dict[str, str]) -> str:
    others = items.candidates(db(), process_id=context().id, lead=lead)
    return render_template(
        "moderation/promote.html",
        form=form,
        lead=lead,
        others=others,
        passages=typed_passages(lead, others),
        ticked=ticked(),
        wrong=wrong,
        place=place_of(request.values),
        next_item=request.values.get("prossima", ""),
        most=rules.MAX_TOGETHER,
    )
