"""Rounds, ballots, results and their files for anyone, under /processi/<slug>/priorita."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from consult.analytics.tallies import Choice
from consult.coplanning.priorities import queries, rules, services
from consult.coplanning.priorities.forms import (
    BallotForm,
    typed_order,
    typed_points,
)
from consult.coplanning.priorities.types import RoundMethod
from consult.coplanning.priorities.views.blueprint import bp, found_round
from consult.coplanning.rounds.views import download, running_and_over, takes_answers
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
from consult.web.session import context, db, now
from consult.web.spreads import SpreadOut, named_rows, place_words, portion_words, spread_out
from consult.web.words import say

#: Options whose spread is drawn: the first of the order.
DRAWN = 12


@bp.get("/processi/<slug>/priorita")
@requires(Permission.view_process)
def index(slug: str) -> str:
    """The rounds: open ones first of all, then those with results."""
    page = queries.rounds(db(), process_id=context().id, cursor=request.args.get("da"))
    running, over = running_and_over(page.rows)
    return render_template(
        "coplanning/priorities/index.html",
        page=page,
        running=running,
        over=over,
        base=url_for("priorities.index", slug=slug),
        next_url=url_for("priorities.index", slug=slug, da=page.next_cursor) if page.next_cursor else None,
    )


@bp.get("/processi/<slug>/priorita/<uuid:round_id>")
@requires(Permission.view_process)
def show(slug: str, round_id: uuid.UUID) -> str:
    """A round: the ballot while it is open, the results once it is counted."""
    return _round_page(slug, found_round(round_id))


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
    found = found_round(round_id)
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
    lines = "".join(csv_lines(header, _cells(round_id)))
    return download(lines, "text/csv; charset=utf-8", f"priorita-{round_id}.csv")


@bp.get("/processi/<slug>/priorita/<uuid:round_id>/dati.json")
@requires(Permission.view_process)
def as_json(slug: str, round_id: uuid.UUID) -> Response:
    """The results as JSON with the names of the options."""
    data = {"options": queries.titles_of(db(), round_id=round_id), "results": _counted(round_id)}
    return download(json.dumps(data, ensure_ascii=False), "application/json", f"priorita-{round_id}.json")


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
    found_round(round_id)
    found = queries.results(db(), round_id=round_id)
    if found is None:
        raise NotFound(_("I risultati non ci sono ancora."))
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
    still_open = takes_answers(found)
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
        drawn=_drawn(found, result, options),
    )


def _drawn(
    found: queries.RoundRow, result: dict[str, Any] | None, options: Sequence[queries.OptionRow]
) -> SpreadOut | None:
    """How answers spread over places or parts of the points; None where the count kept none, or nothing of it may be shown."""
    if not result or not result.get("grid") or not result["all"]:
        return None
    kept = [(code, [Choice(*cell) for cell in row]) for code, row in result["grid"]]
    grid = named_rows(kept, [row["code"] for row in result["all"]], most=DRAWN)
    if not grid:
        return None
    words = {o.key: f"{o.code} {o.title}" for o in options}
    if found.method == RoundMethod.points:
        return spread_out(grid, words, portion_words(), title=_("Quanta parte dei propri punti"))
    return spread_out(grid, words, place_words(), title=_("Quante volte in ciascun posto"))


def _typed(ballot: queries.OwnBallot | None) -> dict[str, str]:
    """A ballot as the fields of the form spell it."""
    if ballot is None:
        return {}
    if isinstance(ballot.choices, dict):
        return {f"p-{key}": str(points) for key, points in ballot.choices.items()}
    return {f"o-{place}": key for place, key in enumerate(ballot.choices, 1)}
