"""First session: the code on the screen, the ballot on the phone, the desk that opens and closes it, the projector page."""

from __future__ import annotations

import io
import secrets
import uuid
from dataclasses import dataclass

import segno
from flask import Response, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from markupsafe import escape
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.framework import queries as framework
from consult.listening.meetings import queries, rules, services
from consult.listening.meetings.forms import BallotForm, CodeForm
from consult.listening.meetings.types import BallotRow, TableRow
from consult.listening.meetings.views.blueprint import ONE, PUBLIC, bp, found
from consult.listening.meetings.views.public import first_session, places_drawn
from consult.web import limits
from consult.web.access import public, requires, without_receipt
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.limits import limiter
from consult.web.session import context, db, glue, now

_MARK = "ballot_mark"
BALLOT = f"{PUBLIC}/scelte/<join_code>"
#: What the projector may show: the whole room, zones, tables.
SCREENS = ("sala", "zone", "tavoli")


@bp.get("/i")
@limiter.limit(limits.GUESSES)
@public
def enter() -> tuple[str, int] | str | AnyResponse:
    """The short address on the screen: asks for the code, or leads to the ballot."""
    typed = request.args.get("codice", "")
    form = CodeForm(data={"codice": typed[:20]}, meta={"csrf": False})
    if not typed:
        return render_template("listening/meetings/enter.html", form=form, wrong=False)
    where = queries.by_code(db(), code=rules.clean_code(typed))
    if where is None:
        return render_template("listening/meetings/enter.html", form=form, wrong=True), 404
    return redirect(url_for("meetings.ballot", slug=where[0], join_code=rules.clean_code(typed)), 302)


@bp.get("/i/<join_code>")
@limiter.limit(limits.GUESSES)
@public
def enter_by_picture(join_code: str) -> AnyResponse:
    """What the square on the screen holds."""
    return redirect(url_for("meetings.enter", codice=join_code[:20]), 302)


def _voter(meeting_id: uuid.UUID) -> bytes:
    """What the database keeps of this browser: a random mark in its own cookie, which nobody else holds."""
    if _MARK not in session:
        session[_MARK] = secrets.token_urlsafe(18)
    return rules.voter_hash(session[_MARK], meeting_id)


def _meeting(join_code: str) -> queries.MeetingPage:
    where = queries.by_code(db(), code=rules.clean_code(join_code))
    if where is None or where[0] != context().slug:
        raise NotFound
    return found(where[1], public_only=True)


@dataclass(frozen=True, slots=True)
class _Room:
    """What a ballot chooses from."""

    strategies: list[framework.StrategyRow]
    tables: list[TableRow]
    zones: list[framework.ZoneRow]

    @property
    def by_code(self) -> dict[str, framework.StrategyRow]:
        """The strategies by their code."""
        return {strategy.code: strategy for strategy in self.strategies}


def _room(meeting: queries.MeetingPage) -> _Room:
    return _Room(
        framework.strategies(db(), frame_id=context().frame_id),
        queries.tables(db(), meeting_id=meeting.id),
        framework.zones(db(), territory_id=context().territory_id),
    )


def _form(meeting: queries.MeetingPage, room: _Room, *, by_table: bool, **data: object) -> BallotForm:
    return BallotForm(**data).fill(
        picks=meeting.picks, strategies=room.strategies, zones=room.zones, tables=room.tables, by_table=by_table
    )


def _preset(ballot: BallotRow | None) -> dict[str, object]:
    if ballot is None:
        return {}
    picks = {f"pick_{n}": str(key) for n, key in enumerate(ballot.strategies, 1)}
    return {"table": str(ballot.table_id or ""), "zone": str(ballot.zone_id or ""), "people": ballot.people, **picks}


@bp.get(BALLOT)
@requires(Permission.see_listening)
def ballot(slug: str, join_code: str) -> str:
    """Which strategies matter most for one's zone, in order; given again it replaces the first."""
    meeting = _meeting(join_code)
    own = queries.own_ballot(db(), meeting_id=meeting.id, voter=_voter(meeting.id))
    given = own is not None and request.args.get("cambia") is None
    room = _room(meeting)
    form = _form(meeting, room, by_table=False, data=_preset(own))
    strategies = {s.id: s for s in room.strategies}
    return render_template(
        "listening/meetings/ballot.html",
        meeting=meeting,
        form=form,
        own=own,
        given=given,
        code=meeting.join_code,
        strategies=strategies,
    )


@bp.post(BALLOT)
@limiter.limit(limits.SUBMISSION)
@requires(Permission.attend_meeting)
@without_receipt("a ballot is nobody's: a row for its key would date it; sent twice, the second replaces the first")
def give_ballot(slug: str, join_code: str) -> tuple[str, int] | AnyResponse:
    """Take the ballot of this browser."""
    meeting = _meeting(join_code)
    form = _form(meeting, _room(meeting), by_table=False)
    values = {
        "meeting": meeting,
        "form": form,
        "own": None,
        "given": False,
        "code": meeting.join_code,
        "strategies": {},
    }
    if not form.validate_on_submit():
        return render_template("listening/meetings/ballot.html", **values), 422
    try:
        services.cast_ballot(
            db(),
            process_id=context().id,
            meeting_id=meeting.id,
            voter=_voter(meeting.id),
            strategies=form.picked,
            table_id=clean_key(form.table.data) if form.table else None,
            zone_id=clean_key(form.zone.data),
            now=now(),
        )
    except Invalid as error:
        if not error.fields:
            raise
        form.put_errors(error.fields)
        return render_template("listening/meetings/ballot.html", **values), 422
    return redirect(url_for("meetings.ballot", slug=slug, join_code=meeting.join_code), 303)


def _address(meeting: queries.MeetingPage) -> str:
    return glue().settings.base_url + url_for("meetings.enter_by_picture", join_code=meeting.join_code)


@bp.get(f"{ONE}/codice.svg")
@requires(Permission.see_listening_desk)
def code_picture(slug: str, meeting_id: uuid.UUID) -> Response:
    """The square that phones read."""
    out = io.BytesIO()
    segno.make(_address(found(meeting_id)), error="m", micro=False).save(
        out,
        kind="svg",
        border=2,
        xmldecl=False,
        svgns=True,
        omitsize=True,
        title=str(escape(_("Codice da inquadrare"))),
    )
    return Response(out.getvalue(), mimetype="image/svg+xml")


@bp.get(f"{ONE}/scelte")
@requires(Permission.see_listening_desk)
def picking(slug: str, meeting_id: uuid.UUID) -> str:
    """First session: open and close it, write down what a table decided, read the result."""
    meeting = found(meeting_id)
    room = _room(meeting)
    wanted = clean_key(request.args.get("tavolo"))
    rows = queries.ballots(db(), meeting_id=meeting_id)
    known = next((row for row in rows if row.by_table and row.table_id == wanted), None)
    data = _preset(known) or {"table": str(wanted or "")}
    return _picking(meeting, _form(meeting, room, by_table=True, data=data), room)


def _picking(meeting: queries.MeetingPage, form: BallotForm, room: _Room) -> str:
    result = first_session(meeting, room.strategies, room.tables, room.zones)
    return render_template(
        "listening/meetings/picking.html",
        meeting=meeting,
        form=form,
        tables=room.tables,
        result=result,
        places=places_drawn(result, room.strategies),
        strategies=room.by_code,
    )


@bp.post(f"{ONE}/scelte")
@requires(Permission.run_listening)
def set_table_ballot(slug: str, meeting_id: uuid.UUID) -> tuple[str, int] | AnyResponse:
    """Write down what a table decided together."""
    meeting = found(meeting_id)
    room = _room(meeting)
    form = _form(meeting, room, by_table=True)
    table_id = clean_key(form.table.data) if form.table else None
    if not form.validate_on_submit() or table_id is None:
        if table_id is None:
            form.put_errors({"table": _("Scegli il tavolo.")})
        return _picking(meeting, form, room), 422
    try:
        services.set_table_ballot(
            db(), process_id=context().id, meeting_id=meeting_id, table_id=table_id, strategies=form.picked,
            zone_id=clean_key(form.zone.data), people=form.people.data, actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors(error.fields)
        return _picking(meeting, form, room), 422
    flash(_("Scelte del tavolo salvate."), "success")
    return redirect(url_for("meetings.picking", slug=slug, meeting_id=meeting_id), 303)


@bp.post(f"{ONE}/scelte/stato")
@requires(Permission.run_listening)
def set_picking(slug: str, meeting_id: uuid.UUID) -> AnyResponse:
    """Begin or end the taking of ballots."""
    wanted = request.form.get("open") == "1"
    services.set_picking(db(), process_id=context().id, meeting_id=meeting_id, wanted=wanted, actor=actor(), now=now())
    return redirect(url_for("meetings.picking", slug=slug, meeting_id=meeting_id), 303)


@bp.get(f"{ONE}/schermo")
@requires(Permission.see_listening_desk)
def screen(slug: str, meeting_id: uuid.UUID) -> str:
    """The projector page: the code to type or to frame, and the result as it grows, of the room, by zone or by table."""
    meeting = found(meeting_id)
    room = _room(meeting)
    result = first_session(meeting, room.strategies, room.tables, room.zones)
    codes = {strategy.id: strategy.code for strategy in room.strategies}
    wanted = request.args.get("vista", "")
    return render_template(
        "listening/meetings/screen.html",
        meeting=meeting,
        result=result,
        decided=[
            (table, [(code, n) for n, code in enumerate([codes[k] for k in ballot.strategies if k in codes], 1)])
            for table, ballot in result.decided
        ],
        strategies=room.by_code,
        view=wanted if wanted in SCREENS else SCREENS[0],
    )
