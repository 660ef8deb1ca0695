"""The desk of rounds: preparing, opening, extending, closing, inviting."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from consult.coplanning.priorities import queries, services
from consult.coplanning.priorities.forms import InviteForm, RoundForm
from consult.coplanning.priorities.views.blueprint import bp, found_round
from consult.coplanning.rounds.forms import UntilForm
from consult.coplanning.rounds.types import RoundState
from consult.coplanning.rounds.views import Desk, deadline_form
from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.framework import queries as framework
from consult.web.access import requires
from consult.web.forms import whole_number
from consult.web.identity import actor
from consult.web.session import context, db, now

#: Where rounds are led.
LED = Desk("priorities.desk", "priorities.desk_round", "round_id")


@bp.get("/scrivania/<slug>/priorita")
@requires(Permission.see_priorities_desk)
def desk(slug: str) -> str:
    """All rounds, those in preparation included."""
    page = queries.rounds(db(), process_id=context().id, drafts=True, cursor=request.args.get("da"))
    return render_template(
        "coplanning/priorities/desk.html",
        page=page,
        next_url=url_for("priorities.desk", slug=slug, da=page.next_cursor) if page.next_cursor else None,
    )


@bp.get("/scrivania/<slug>/priorita/nuovo")
@requires(Permission.see_priorities_desk)
def new(slug: str) -> str:
    """The form of a new round."""
    form = RoundForm(formdata=None)
    return _edit_page(form)


@bp.post("/scrivania/<slug>/priorita/nuovo")
@requires(Permission.run_priorities)
def create(slug: str) -> Any:
    """Prepare a round."""
    form = RoundForm()
    if _valid(form):
        try:
            key = services.prepare_round(
                db(), process_id=context().id, fields=form.fields(), **form.things(), actor=actor(), now=now()
            )
            return redirect(url_for("priorities.desk_round", slug=slug, round_id=key), 303)
        except Invalid as refusal:
            form.put_errors(refusal.fields)
    return _edit_page(form), 422


@bp.get("/scrivania/<slug>/priorita/<uuid:round_id>")
@requires(Permission.see_priorities_desk)
def desk_round(slug: str, round_id: uuid.UUID) -> str:
    """One round for who leads it: what it asks, who is invited, how many took part, open, extend, close."""
    return _desk_page(round_id)


@bp.get("/scrivania/<slug>/priorita/<uuid:round_id>/modifica")
@requires(Permission.see_priorities_desk)
def edit(slug: str, round_id: uuid.UUID) -> str:
    """The form of a round in preparation."""
    found = found_round(round_id, drafts=True)
    if found.state != RoundState.draft:
        raise NotFound(_("Questo giro non si può più cambiare."))
    form = RoundForm(formdata=None)
    for name in ("title", "question", "method", "audience", "budget", "most_ranked"):
        form[name].data = getattr(found, name)
    form.zone_id.data, form.version.data = str(found.zone_id or ""), str(found.version)
    strategies, numbers = queries.chosen(db(), round_id=round_id)
    form.strategy_ids.data = [str(key) for key in strategies]
    form.proposal_numbers.data = ", ".join(map(str, numbers))
    return _edit_page(form, found)


@bp.post("/scrivania/<slug>/priorita/<uuid:round_id>/modifica")
@requires(Permission.run_priorities)
def update(slug: str, round_id: uuid.UUID) -> Any:
    """Change a round in preparation."""
    form = RoundForm()
    if _valid(form):
        try:
            services.change_round(
                db(),
                process_id=context().id,
                round_id=round_id,
                version=whole_number(form.version.data),
                fields=form.fields(),
                **form.things(),
                actor=actor(),
                now=now(),
            )
            return redirect(url_for("priorities.desk_round", slug=slug, round_id=round_id), 303)
        except Invalid as refusal:
            form.put_errors(refusal.fields)
    return _edit_page(form, found_round(round_id, drafts=True)), 422


def _valid(form: RoundForm) -> bool:
    form.offer(
        strategies=framework.strategies(db(), frame_id=context().frame_id),
        zones=framework.zones(db(), territory_id=context().territory_id),
    )
    return bool(form.validate_on_submit())


def _edit_page(form: RoundForm, found: queries.RoundRow | None = None) -> str:
    here = context()
    form.offer(
        strategies=framework.strategies(db(), frame_id=here.frame_id),
        zones=framework.zones(db(), territory_id=here.territory_id),
    )
    return render_template(
        "coplanning/priorities/edit.html", form=form, r=found, shortlist=queries.shortlist(db(), process_id=here.id)
    )


@bp.post("/scrivania/<slug>/priorita/<uuid:round_id>/apri")
@requires(Permission.run_priorities)
def open_now(slug: str, round_id: uuid.UUID) -> Any:
    """Open a round until six in the evening of a day."""
    return LED.set_deadline(slug, round_id, services.open_round, _("Il giro è aperto."), _again(round_id))


@bp.post("/scrivania/<slug>/priorita/<uuid:round_id>/prolunga")
@requires(Permission.run_priorities)
def extend(slug: str, round_id: uuid.UUID) -> Any:
    """Move the deadline away."""
    return LED.set_deadline(slug, round_id, services.extend_round, _("La scadenza è stata spostata."), _again(round_id))


@bp.post("/scrivania/<slug>/priorita/<uuid:round_id>/chiudi")
@requires(Permission.run_priorities)
def close(slug: str, round_id: uuid.UUID) -> Any:
    """Close a round before its deadline."""
    words = _("Il giro è chiuso: i risultati saranno pubblici appena contati.")
    return LED.end(slug, round_id, services.close_round, words)


@bp.post("/scrivania/<slug>/priorita/<uuid:round_id>/annulla")
@requires(Permission.run_priorities)
def cancel(slug: str, round_id: uuid.UUID) -> Any:
    """Give up a round in preparation."""
    return LED.end(slug, round_id, services.cancel_round, _("Il giro è annullato."), given_up=True)


@bp.post("/scrivania/<slug>/priorita/<uuid:round_id>/invita")
@requires(Permission.run_priorities)
def invite(slug: str, round_id: uuid.UUID) -> Any:
    """Invite people."""
    form = InviteForm()
    if form.validate_on_submit():
        try:
            added = services.invite(
                db(), process_id=context().id, round_id=round_id, addresses=form.listed(), actor=actor(), now=now()
            )
            flash(_("Persone invitate ora: %(n)s.", n=added), "success")
            return redirect(url_for("priorities.desk_round", slug=slug, round_id=round_id), 303)
        except Invalid as refusal:
            form.put_errors(refusal.fields)
    return _desk_page(round_id, inviting=form), 422


def _again(round_id: uuid.UUID) -> Callable[[UntilForm], str]:
    return lambda form: _desk_page(round_id, deadline=form)


def _desk_page(round_id: uuid.UUID, *, deadline: UntilForm | None = None, inviting: InviteForm | None = None) -> str:
    found = found_round(round_id, drafts=True)
    return render_template(
        "coplanning/priorities/desk_round.html",
        r=found,
        options=queries.options(db(), round_id=round_id),
        invited=queries.invited_count(db(), round_id=round_id),
        deadline=deadline_form(found, deadline),
        inviting=inviting or InviteForm(formdata=None),
        still_open=found.is_open(context().now),
    )
