"""The operator's desk: proposals that came on paper or at a meeting, and the receipt to hand over."""

from __future__ import annotations

import uuid
from typing import Any

from flask import redirect, render_template, session, url_for
from werkzeug.exceptions import NotFound

from consult.coplanning.proposals import queries, rules, services
from consult.coplanning.proposals.forms import PaperForm
from consult.coplanning.proposals.views.blueprint import bp
from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.vocabulary import PhaseKind
from consult.framework import queries as framework
from consult.listening.meetings import queries as meetings
from consult.listening.sources.rules import new_receipt_code
from consult.position_paper.queries import published_findings
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, now

_CODES = "proposal_codes"


@bp.get("/scrivania/<slug>/proposte/carta")
@requires(Permission.see_listening_desk)
def paper(slug: str) -> str:
    """The form for what came on paper."""
    return _page(PaperForm(formdata=None))


@bp.post("/scrivania/<slug>/proposte/carta")
@requires(Permission.enter_paper_proposals)
def enter_paper(slug: str) -> Any:
    """Publish what came on paper; leads to its receipt."""
    form = PaperForm()
    if form.validate_on_submit():
        try:
            done = services.enter_on_paper(
                db(), process_id=context().id, **form.paper_fields(), actor=actor(), now=now()
            )
            session[_CODES] = [*session.get(_CODES, [])[-3:], [str(done.proposal_id), done.code]]
            return redirect(url_for("proposals.paper_given", slug=slug, proposal_id=done.proposal_id), 303)
        except Invalid as refusal:
            form.put_errors(refusal.fields)
    return _page(form), 422


@bp.get("/scrivania/<slug>/proposte/carta/<uuid:proposal_id>")
@requires(Permission.see_listening_desk)
def paper_given(slug: str, proposal_id: uuid.UUID) -> str:
    """The receipt code to hand to the person, and the way to the next sheet."""
    card = queries.cards(db(), ids=[proposal_id]).get(proposal_id)
    if card is None or card.process_id != context().id:
        raise NotFound
    code = next((code for key, code in session.get(_CODES, []) if key == str(proposal_id)), None)
    return render_template("coplanning/proposals/paper_given.html", p=card, code=code)


def _page(form: PaperForm) -> str:
    here = context()
    if not form.code.data:
        # Minted with the form, so that a double click finds the same receipt.
        form.code.data = new_receipt_code()
    form.offer_paper(
        strategies=framework.strategies(db(), frame_id=here.frame_id),
        zones=framework.zones(db(), territory_id=here.territory_id),
        municipalities=framework.municipalities(db(), territory_id=here.territory_id),
        findings=[(f.id, f.title, f.strategy_code or "") for f in published_findings(db(), process_id=here.id)],
        meetings=meetings.titles(db(), process_id=here.id),
    )
    outlines = framework.outline_map(db(), territory_id=here.territory_id)
    point = rules.read_point(form.point.data or "")
    return render_template(
        "coplanning/proposals/paper.html",
        form=form,
        phase_open=here.is_open(PhaseKind.co_planning),
        slug=here.slug,
        outlines=outlines,
        mark=outlines.mark(*point) if outlines and point else None,
    )
