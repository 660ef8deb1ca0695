"""Pages of prioritisation: rounds and ballots for anyone under /processi/<slug>/priorita, the desk for who leads them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from consult.coplanning.priorities import queries, rules, services
from consult.coplanning.priorities.forms import (
    BallotForm,
    DeadlineForm,
    InviteForm,
    RoundForm,
    typed_order,
    typed_points,
)
from consult.coplanning.priorities.types import RoundMethod, RoundState
from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.spreadsheets import csv_lines
from consult.core.vocabulary import PhaseKind, SpeakerKind
from consult.framework import queries as framework
from consult.process.queries import current_notice
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor, person
from consult.web.labels import label
from consult.web.limits import SUBMISSION, limiter
from consult.web.session import context, db, glue, now
from consult.web.words import say

bp = Blueprint("priorities", __name__)


@bp.get("/processi/<slug>/priorita")
@requires(Permission.view_process)
def index(slug: str) -> str:
    """The rounds: open ones first of all, then those with results."""
    page = queries.rounds(db(), process_id=context().id, cursor=request.args.get("da"))
    return render_template(
        "coplanning/priorities/index.html",
        page=page,
        open_rounds=[r for r in page.rows if r.is_open(context().now)],
        over=[r for r in page.rows if not r.is_open(context().now)],
        base=url_for("priorities.index", slug=slug),
        next_url=url_for("priorities.index", slug=slug, da=page.next_cursor) if page.next_cursor else None,
    )


@bp.get("/processi/<slug>/priorita/<uuid:round_id>")
@requires(Permission.view_process)
def show(slug: str, round_id: uuid.UUID) -> str:
    """A round: the ballot while it is open, the results once it is counted."""
    return _round_page(slug, _round(round_id))


@bp.get("/processi/<slug>/priorita/<uuid:round_id>/partecipa")
@requires(Permission.start_proposal)
def join(slug: str, round_id: uuid.UUID) -> Any:
    """Where «sign in to take part» leads: through signing in, back to the round."""
    return redirect(url_for("priorities.show", slug=slug, round_id=round_id), 303)


@bp.post("/processi/<slug>/priorita/<uuid:round_id>")
@requires(Permission.cast_priority)
@limiter.limit(SUBMISSION)
def cast(slug: str, round_id: uuid.UUID) -> Any:
    """Take a ballot, or put it in the place of the one before."""
    found = _round(round_id)
    form = BallotForm()
    typed = request.form.to_dict()
    wrong = ""
    if form.validate_on_submit():
        given = typed_points(typed) if found.method == RoundMethod.points else typed_order(typed)
        if given is None:
            wrong = _("I punti si scrivono con numeri interi.")
        else:
            try:
                services.cast(
                    db(),
                    process_id=context().id,
                    round_id=round_id,
                    choices=given,
                    zone_id=clean_key(form.zone_id.data),
                    speaker_kind=SpeakerKind(form.speaker_kind.data),
                    notice_id=clean_key(form.notice_id.data),
                    actor=actor(),
                    now=now(),
                )
                flash(_("La tua risposta è registrata. Puoi cambiarla fino alla chiusura."), "success")
                return redirect(url_for("priorities.show", slug=slug, round_id=round_id), 303)
            except Invalid as refusal:
                form.put_errors(refusal.fields)
                wrong = say(refusal.fields.get("choices", ""))
    return _round_page(slug, found, form=form, typed=typed, wrong=wrong), 422


@bp.post("/processi/<slug>/priorita/<uuid:round_id>/ritira")
@requires(Permission.cast_priority)
def withdraw(slug: str, round_id: uuid.UUID) -> Any:
    """Take one's ballot back."""
    services.withdraw_ballot(db(), process_id=context().id, round_id=round_id, actor=actor(), now=now())
    flash(_("Hai ritirato la tua risposta."), "info")
    return redirect(url_for("priorities.show", slug=slug, round_id=round_id), 303)


@bp.get("/processi/<slug>/priorita/<uuid:round_id>/dati.csv")
@requires(Permission.view_process)
def as_csv(slug: str, round_id: uuid.UUID) -> Response:
    """The results as CSV, a row for each group and option."""
    header = (
        "group_kind", "group", "people", "option", "place", "total_points", "share", "given_by", "first", "named", "mean", "median",
        "low_quarter", "high_quarter", "deviation",
    )  # fmt: skip  # one line of names reads better so
    return _download("".join(csv_lines(header, _cells(round_id))), "text/csv; charset=utf-8", round_id, "csv")


@bp.get("/processi/<slug>/priorita/<uuid:round_id>/dati.json")
@requires(Permission.view_process)
def as_json(slug: str, round_id: uuid.UUID) -> Response:
    """The results as JSON with the names of the options."""
    data = {"options": queries.titles_of(db(), round_id=round_id), "results": _counted(round_id)}
    return _download(json.dumps(data, ensure_ascii=False), "application/json", round_id, "json")


def _cells(round_id: uuid.UUID) -> Iterator[list[object]]:
    found = _counted(round_id)
    names = queries.titles_of(db(), round_id=round_id)
    groups = [("all", "", found["people"], found["all"])]
    groups += [("zone", g["code"], g["people"], g["rows"]) for g in found["zones"]]
    groups += [("speaker_kind", g["code"], g["people"], g["rows"]) for g in found["kinds"]]
    for kind, name, people, rows in groups:
        for row in rows or ():
            spread = row["spread"] or {}
            yield [
                kind, name, people, names.get(row["code"], ""), row["place"], row.get("total", row.get("points")), row["share"],
                row.get("givers"), row.get("first"), row.get("named"), spread.get("mean"), spread.get("median"), spread.get("low_quarter"),
                spread.get("high_quarter"), spread.get("deviation"),
            ]  # fmt: skip  # one row of values reads better so


def _counted(round_id: uuid.UUID) -> dict[str, Any]:
    _round(round_id)
    found = queries.results(db(), round_id=round_id)
    if found is None:
        raise NotFound(_("I risultati non ci sono ancora."))
    return found


def _download(body: str, mimetype: str, round_id: uuid.UUID, ending: str) -> Response:
    response = Response(body, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="priorita-{round_id}.{ending}"'
    return response


def _round(round_id: uuid.UUID, *, drafts: bool = False) -> queries.RoundRow:
    found = queries.one(db(), process_id=context().id, round_id=round_id, drafts=drafts)
    if found is None:
        raise NotFound(_("Questo giro di priorità non c'è."))
    return found


def _round_page(
    slug: str,
    found: queries.RoundRow,
    *,
    form: BallotForm | None = None,
    typed: dict[str, str] | None = None,
    wrong: str = "",
) -> str:
    here, who = context(), person()
    options = queries.options(db(), round_id=found.id)
    zones = framework.zones(db(), territory_id=here.territory_id)
    still_open = found.is_open(here.now) and here.is_open(PhaseKind.co_planning)
    mine = queries.participation(db(), round_id=found.id, account_id=who.id) if who else None
    may = bool(mine and still_open and mine.allowed(found.audience))
    notice = current_notice(db(), process_id=here.id, kind=PhaseKind.co_planning) if may else None
    ballot = mine.ballot if mine else None
    if may and form is None:
        form = BallotForm(formdata=None)
        own_zone = next((z.id for z in zones if mine and z.code == mine.own_zone), None)
        chosen = ballot.zone_id if ballot else found.zone_id or own_zone
        form.zone_id.data = str(chosen or "")
        form.speaker_kind.data = ballot.speaker_kind if ballot else str(SpeakerKind.resident)
        form.notice_id.data = str(notice.id) if notice else ""
        typed = _typed(ballot)
    if form is not None:
        form.offer(zones)
    result = queries.results(db(), round_id=found.id) if found.counted_at else None
    return render_template(
        "coplanning/priorities/show.html",
        r=found,
        options=options,
        grouped=[(name, list(rows)) for name, rows in groupby(options, key=lambda o: o.group)],
        by_key={o.key: o for o in options},
        base=url_for("priorities.index", slug=slug),
        here=url_for("priorities.show", slug=slug, round_id=found.id),
        still_open=still_open,
        may=may,
        mine=mine,
        ballot=ballot,
        form=form if may else None,
        typed=typed or {},
        wrong=wrong,
        notice=notice,
        result=result,
        zone_names={z.code: f"{z.code} {z.name}" for z in zones},
        kind_name=lambda code: label(code, "SpeakerKind"),
        level=rules.level,
    )


def _typed(ballot: queries.OwnBallot | None) -> dict[str, str]:
    """A ballot as the fields of the form spell it."""
    if ballot is None:
        return {}
    if isinstance(ballot.choices, dict):
        return {f"p-{key}": str(points) for key, points in ballot.choices.items()}
    return {f"o-{place}": key for place, key in enumerate(ballot.choices, 1)}


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
    found = _round(round_id, drafts=True)
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
                version=_number(form.version.data),
                fields=form.fields(),
                **form.things(),
                actor=actor(),
                now=now(),
            )
            return redirect(url_for("priorities.desk_round", slug=slug, round_id=round_id), 303)
        except Invalid as refusal:
            form.put_errors(refusal.fields)
    return _edit_page(form, _round(round_id, drafts=True)), 422


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
    return _with_deadline(slug, round_id, services.open_round, _("Il giro è aperto."))


@bp.post("/scrivania/<slug>/priorita/<uuid:round_id>/prolunga")
@requires(Permission.run_priorities)
def extend(slug: str, round_id: uuid.UUID) -> Any:
    """Move the deadline away."""
    return _with_deadline(slug, round_id, services.extend_round, _("La scadenza è stata spostata."))


def _with_deadline(slug: str, round_id: uuid.UUID, act: Any, words: str) -> Any:
    form = DeadlineForm()
    if form.validate_on_submit():
        try:
            act(
                db(),
                process_id=context().id,
                round_id=round_id,
                version=_number(form.version.data),
                closes_at=form.moment(ZoneInfo(glue().settings.timezone)),
                actor=actor(),
                now=now(),
            )
            flash(words, "success")
            return redirect(url_for("priorities.desk_round", slug=slug, round_id=round_id), 303)
        except Invalid as refusal:
            form.put_errors({"closes_on": refusal.fields.get("closes_at", refusal.message)})
    return _desk_page(round_id, deadline=form), 422


@bp.post("/scrivania/<slug>/priorita/<uuid:round_id>/chiudi")
@requires(Permission.run_priorities)
def close(slug: str, round_id: uuid.UUID) -> Any:
    """Close a round before its deadline."""
    version = _number(request.form.get("version"))
    services.close_round(db(), process_id=context().id, round_id=round_id, version=version, actor=actor(), now=now())
    flash(_("Il giro è chiuso: i risultati saranno pubblici appena contati."), "success")
    return redirect(url_for("priorities.desk_round", slug=slug, round_id=round_id), 303)


@bp.post("/scrivania/<slug>/priorita/<uuid:round_id>/annulla")
@requires(Permission.run_priorities)
def cancel(slug: str, round_id: uuid.UUID) -> Any:
    """Give up a round in preparation."""
    version = _number(request.form.get("version"))
    services.cancel_round(db(), process_id=context().id, round_id=round_id, version=version, actor=actor(), now=now())
    flash(_("Il giro è annullato."), "info")
    return redirect(url_for("priorities.desk", slug=slug), 303)


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


def _desk_page(round_id: uuid.UUID, *, deadline: DeadlineForm | None = None, inviting: InviteForm | None = None) -> str:
    found = _round(round_id, drafts=True)
    if deadline is None:
        deadline = DeadlineForm(formdata=None)
    deadline.version.data = str(found.version)
    return render_template(
        "coplanning/priorities/desk_round.html",
        r=found,
        options=queries.options(db(), round_id=round_id),
        invited=queries.invited_count(db(), round_id=round_id),
        deadline=deadline,
        inviting=inviting or InviteForm(formdata=None),
        still_open=found.is_open(context().now),
    )


def _number(value: str | None) -> int:
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 9 else 0
