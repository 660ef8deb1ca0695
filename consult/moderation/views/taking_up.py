"""Findings of the position paper and notes of meetings, taken up into draft actions."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.vocabulary import ThingKind
from consult.framework import queries as framework
from consult.listening.sources import queries as sources
from consult.moderation import rules
from consult.moderation.forms import NEW, ReverseForm, TakeUpForm
from consult.moderation.queries import outcomes
from consult.moderation.queries import taking_up as lists
from consult.moderation.services import taking_up, undo
from consult.position_paper import queries as paper
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor, person
from consult.web.session import context, db, now

bp = Blueprint("taking_up", __name__)

FINDINGS, NOTES = "risultanze", "appunti"


@bp.get("/scrivania/<slug>/moderazione/raccogli")
@requires(Permission.see_moderation)
def index(slug: str) -> str:
    """Findings, or notes of meetings, with the actions that rest on each."""
    here, who = context(), person()
    chosen = NOTES if request.args.get("elenco") == NOTES else FINDINGS
    read = lists.notes if chosen == NOTES else lists.findings
    strategy, bare = clean_key(request.args.get("strategia")), bool(request.args.get("senza"))
    act, ended = clean_key(request.args.get("annulla")), clean_key(request.args.get("tolto"))
    me = who.id if who else None
    return render_template(
        "moderation/taking_up.html",
        page=read(db(), process_id=here.id, strategy_id=strategy, bare=bare, cursor=request.args.get("da")),
        chosen=chosen,
        strategy=strategy,
        bare=bare,
        strategies=framework.strategies(db(), frame_id=here.frame_id),
        undoable=outcomes.undoable(db(), process_id=here.id, act_id=act, account_id=me, now=now()) if act else None,
        ended=ended if ended and lists.may_be_put_back(db(), act_id=ended, account_id=me, now=now()) else None,
    )


@bp.get("/scrivania/<slug>/moderazione/raccogli/risultanze/<uuid:finding_id>")
@requires(Permission.see_moderation)
def finding_form(slug: str, finding_id: uuid.UUID) -> str:
    """The form that lets an action rest on a finding."""
    return _page(ThingKind.finding, finding_id)


@bp.post("/scrivania/<slug>/moderazione/raccogli/risultanze/<uuid:finding_id>")
@requires(Permission.promote_proposal)
def take_finding(slug: str, finding_id: uuid.UUID) -> Any:
    """Let an action rest on a finding."""
    return _take(ThingKind.finding, finding_id)


@bp.get("/scrivania/<slug>/moderazione/raccogli/appunti/<uuid:source_id>")
@requires(Permission.see_moderation)
def note_form(slug: str, source_id: uuid.UUID) -> str:
    """The form that lets an action rest on what was noted at a meeting."""
    return _page(ThingKind.source, source_id)


@bp.post("/scrivania/<slug>/moderazione/raccogli/appunti/<uuid:source_id>")
@requires(Permission.promote_proposal)
def take_note(slug: str, source_id: uuid.UUID) -> Any:
    """Let an action rest on what was noted at a meeting."""
    return _take(ThingKind.source, source_id)


@bp.post("/scrivania/<slug>/moderazione/raccogli/<uuid:act_id>/annulla")
@requires(Permission.promote_proposal)
def take_back(slug: str, act_id: uuid.UUID) -> Response:
    """Undo within ten seconds."""
    undo.undo(db(), process_id=context().id, act_id=act_id, actor=actor(), now=now())
    flash(_("Decisione annullata: tutto è com’era prima."), "success")
    return redirect(url_for("taking_up.index", slug=slug), 303)


@bp.post("/scrivania/<slug>/moderazione/raccogli/<uuid:act_id>/togli")
@requires(Permission.promote_proposal)
def give_back(slug: str, act_id: uuid.UUID) -> Response:
    """End a link, with a reason."""
    form = ReverseForm()
    form.validate_on_submit()
    taking_up.give_back(db(), process_id=context().id, act_id=act_id, why=form.why.data or "", actor=actor(), now=now())
    flash(_("Il legame è tolto. Resta scritto nella storia dell’azione."), "success")
    return redirect(url_for("taking_up.index", slug=slug, tolto=str(act_id)), 303)


@bp.post("/scrivania/<slug>/moderazione/raccogli/<uuid:act_id>/rimetti")
@requires(Permission.promote_proposal)
def put_back(slug: str, act_id: uuid.UUID) -> Response:
    """Within ten seconds, let a link that was ended stand again."""
    taking_up.put_back(db(), process_id=context().id, act_id=act_id, actor=actor(), now=now())
    flash(_("Il legame è di nuovo al suo posto."), "success")
    return redirect(url_for("taking_up.index", slug=slug), 303)


def _take(kind: ThingKind, thing_id: uuid.UUID) -> Any:
    form = TakeUpForm()
    _offer(form)
    if form.validate_on_submit():
        try:
            done = taking_up.take_up(
                db(),
                process_id=context().id,
                kind=kind,
                thing_id=thing_id,
                seen=form.links_seen,
                passage=form.passage.data,
                reason_code=form.reason.data,
                public_reason=form.public_reason.data,
                body=form.body.data,
                action_id=form.action_id,
                strategy_id=clean_key(form.strategy.data),
                new_action=form.new_action,
                actor=actor(),
                now=now(),
            )
            flash(_("Fatto: l’azione %(code)s si appoggia anche su questo.", code=done.code), "success")
            chosen = FINDINGS if kind is ThingKind.finding else NOTES
            return redirect(
                url_for("taking_up.index", slug=context().slug, elenco=chosen, annulla=str(done.act_id)), 303
            )
        except Invalid as error:
            form.put_errors(error.fields)
    return _page(kind, thing_id, form), 422


def _offer(form: TakeUpForm) -> None:
    here = context()
    form.offer(
        strategies=[(str(s.id), f"{s.code} {s.title}") for s in framework.strategies(db(), frame_id=here.frame_id)],
        actions=lists.open_actions(db(), process_id=here.id),
    )


def _page(kind: ThingKind, thing_id: uuid.UUID, form: TakeUpForm | None = None) -> str:
    here = context()
    text = taking_up.words_of(db(), process_id=here.id, kind=kind, thing_id=thing_id)
    if text is None:
        raise NotFound
    number, links = lists.links(db(), kind=kind, thing_id=thing_id)
    card = paper.finding_cards(db(), ids=[thing_id]).get(thing_id) if kind is ThingKind.finding else None
    if form is None:
        form = TakeUpForm(formdata=None)
        _offer(form)
        form.passage.data, form.action.data, form.seen.data = text, NEW, str(number)
        form.body.data = outcomes.last_body(db(), process_id=here.id)
        form.title.data = card.title if card else ""
        strategy_id = card.strategy_id if card else lists.strategy_of_note(db(), source_id=thing_id)
        form.strategy.data = str(strategy_id or "")
    return render_template(
        "moderation/take_up.html",
        form=form,
        kind=str(kind),
        thing_id=thing_id,
        text=text,
        card=card,
        source=sources.card(db(), source_id=thing_id, process_id=here.id) if card is None else None,
        links=links,
        reverse_form=ReverseForm(formdata=None),
        words_of=rules.words_of,
    )
