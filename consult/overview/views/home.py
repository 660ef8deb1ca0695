"""Front pages: what is open, one process, one's own things, the desk, receipts, open data, method."""

from __future__ import annotations

import base64
import uuid
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from consult.analytics.figures import Tile, tile_map
from consult.coplanning.proposals import queries as proposals
from consult.coplanning.proposals.services.drafts import kept_drafts
from consult.core.permissions import Permission
from consult.core.protocols import PhaseFacts
from consult.core.spreadsheets import csv_lines
from consult.core.vocabulary import PhaseKind
from consult.discussion import queries as discussion
from consult.evidence import queries as evidence
from consult.framework import queries as framework
from consult.listening.contributions import queries as contributions
from consult.listening.documents import queries as documents
from consult.listening.meetings import queries as meetings
from consult.listening.sources import queries as sources
from consult.listening.surveys import queries as surveys
from consult.moderation.queries import outcomes, own_decisions
from consult.notices import queries as notices
from consult.overview import rules
from consult.overview.queries import answers
from consult.overview.queries import desk as desk_queries
from consult.overview.queries import home as queries
from consult.overview.queries.open_data import BY_NAME, DATASETS
from consult.overview.views.answers import find_answer
from consult.overview.views.invitations import acts, next_phase, work_lines
from consult.overview.views.thread import own_page, words
from consult.people import queries as people
from consult.position_paper import queries as paper
from consult.process import queries as processes
from consult.web import limits
from consult.web.access import public, requires, without_receipt
from consult.web.identity import person
from consult.web.labels import label
from consult.web.limits import limiter
from consult.web.session import context, db, glue, now, stream_db

bp = Blueprint("home", __name__)


@bp.get("/")
@public
def index() -> str:
    """What is open now and until when, by process; the last outcomes."""
    rows = processes.processes(db())
    ids = [row.id for row in rows]
    phases = processes.phase_states(db(), process_ids=ids) if ids else {}
    numbers = queries.numbers(db(), process_ids=ids, now=now())
    return render_template(
        "overview/index.html",
        processes=[
            (row, acts(row.slug, phases[row.id], numbers[row.id]), next_phase(phases[row.id], now())) for row in rows
        ],
        numbers=numbers,
        latest=outcomes.latest(db(), limit=5),
    )


@bp.get("/processi/<slug>")
@requires(Permission.view_process)
def process(slug: str) -> str:
    """One process: where it is, what can be done today, numbers with denominators, zones, documents, what comes next."""
    here = context()
    numbers = queries.numbers(db(), process_ids=[here.id], now=now())[here.id]
    spoken = queries.spoken(sources.denominators(db(), process_id=here.id))
    zones = framework.zones(db(), territory_id=here.territory_id)
    proposed = queries.proposals_by_zone(db(), process_id=here.id)
    return render_template(
        "overview/process.html",
        summary=processes.summary(db(), process_id=here.id),
        phases=here.phases,
        now=now(),
        acts=acts(slug, list(here.phases), numbers),
        numbers=numbers,
        spoken=spoken,
        zones=zones,
        proposed=proposed,
        map=_map(zones, spoken),
        few=rules.few,
        documents=documents.documents(db(), process_id=here.id, size=8),
        meetings=queries.coming_meetings(db(), process_id=here.id, now=now()),
        latest=outcomes.latest(db(), process_id=here.id, limit=3),
        following=next_phase(list(here.phases), now()),
    )


@bp.get("/io")
@requires(Permission.use_own_pages)
def mine() -> str:
    """What a person said and what became of it."""
    me = _me()
    given = contributions.own(db(), account_id=me)
    written = proposals.written_by(db(), account_id=me, cursor=request.args.get("da"))
    followed = proposals.followed_by(db(), account_id=me)
    answered = surveys.own(db(), account_id=me, by_link=True)
    known_places = answers.places(db())
    by_process: dict[answers.Place, list[uuid.UUID]] = {}
    for slug, keys in ((c.process_slug, [c.source_id]) for c in given):
        by_process.setdefault(known_places[slug], []).extend(keys)
    for slug, keys in ((a.process_slug, a.source_ids or []) for a in answered):
        by_process.setdefault(known_places[slug], []).extend(keys)
    onward = answers.onward_of_sources(db(), by_process=by_process)
    slugs = dict(known_places.values())
    said = discussion.written_by(db(), account_id=me)
    about = [c.target_id for c in said.rows if c.target_kind == "proposal"]
    return render_template(
        "overview/mine.html",
        given=given,
        answered=[(a, answers.united(onward, a.source_ids or ())) for a in answered],
        onward=onward,
        written=written,
        followed=followed,
        known_nodes=answers.proposal_nodes(db(), cards=[*written.rows, *followed], slugs=slugs),
        slugs=slugs,
        said=said,
        known=proposals.cards(db(), ids=list(set(about))),
        drafted=paper.consulted_cards(
            db(), ids=list({c.target_id for c in said.rows if c.target_kind == "draft_finding"})
        ),
        answers=paper.answers(db(), comment_ids=[c.id for c in said.rows if c.target_kind == "draft_finding"]),
        asked=proposals.asked_of(db(), account_id=me),
        amended=proposals.own_amendments(db(), account_id=me),
        drafts=kept_drafts(db(), account_id=me),
        taken_away=own_decisions.taken_away_from(db(), account_id=me),
        registrations=meetings.own_registrations(db(), account_id=me),
        organisations=[m for m in people.own_memberships(db(), account_id=me) if m.state == "accepted"],
        notices=notices.page_of(db(), account_id=me, size=5),
        words=words,
        own_page=own_page,
    )


@bp.get("/scrivania")
@requires(Permission.view_desk)
def desk() -> str:
    """What waits today for this member of staff, process by process."""
    who = person()
    administrator = bool(who and who.administrator)
    places = desk_queries.places(db(), account_id=_me(), administrator=administrator)
    waiting = desk_queries.waiting(db(), process_ids=[place.id for place in places], account_id=_me(), now=now())
    phases = processes.phase_states(db(), process_ids=[place.id for place in places]) if places else {}
    return render_template(
        "overview/desk.html",
        places=[(place, work_lines(place, waiting[place.id]), _open(phases[place.id])) for place in places],
        administrator=administrator,
        clock=now(),
    )


@bp.get("/ricevuta")
@public
def receipt() -> str:
    """The form of a receipt code."""
    return render_template("overview/receipt.html", found=None, code="", wrong=False)


@bp.post("/ricevuta")
@public
@without_receipt("Looking something up changes nothing, and a kept key would date an anonymous answer.")
@limiter.limit(limits.GUESSES)
def look_up_receipt() -> Any:
    """What became of what a code stands for; the code never stands in an address."""
    code = request.form.get("codice", "")[:60]
    found = find_answer(code)
    if found is None:
        return render_template("overview/receipt.html", found=None, code=code, wrong=True), 422
    return render_template("overview/receipt.html", found=found, code="", wrong=False, words=words, own_page=own_page)


@bp.get("/processi/<slug>/dati")
@requires(Permission.view_process)
def open_data(slug: str) -> str:
    """The tables anyone may download, and their dictionary."""
    return render_template("overview/data.html", datasets=DATASETS)


@bp.get("/processi/<slug>/dati/<name>.<form>")
@requires(Permission.view_process)
def data_file(slug: str, name: str, form: str) -> Response:
    """One table as CSV or JSON."""
    dataset = BY_NAME.get(name)
    if dataset is None or form not in {"csv", "json"}:
        raise NotFound
    header = [column for column, _meaning in dataset.columns]
    rows = [[_plain(value) for value in row] for row in dataset.read(stream_db(), context().id)]
    if form == "json":
        return jsonify(
            table=name, columns=dict(dataset.columns), rows=[dict(zip(header, row, strict=True)) for row in rows]
        )
    answer = Response("".join(csv_lines(header, rows)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="{slug}-{name}.csv"'
    return answer


@bp.get("/processi/<slug>/metodo")
@requires(Permission.view_process)
def method(slug: str) -> str:
    """How people and machine worked: methods and versions of the last aggregation and of the published paper."""
    here = context()
    run = evidence.latest_run(db(), process_id=here.id, done_only=True)
    return render_template(
        "overview/method.html",
        run=run,
        result=evidence.outcome(db(), run_id=run.id) if run else None,
        version=paper.version(db(), process_id=here.id),
        spoken=queries.spoken(sources.denominators(db(), process_id=here.id)),
        flat=flat,
    )


@bp.get("/privacy")
@public
def privacy() -> str | AnyResponse:
    """The notices in force; where the authority has a page of its own, that one."""
    if glue().settings.privacy_url:
        return redirect(glue().settings.privacy_url)
    return render_template("overview/privacy.html", notices=queries.notices_in_force(db()))


@bp.get("/accessibilita")
@public
def accessibility() -> str | AnyResponse:
    """How accessible the site is; where the authority has a declaration, that one."""
    if glue().settings.accessibility_url:
        return redirect(glue().settings.accessibility_url)
    return render_template("overview/accessibility.html")


def _me() -> uuid.UUID:
    who = person()
    if who is None:
        raise NotFound
    return who.id


def _map(zones: list[framework.ZoneRow], spoken: queries.Spoken) -> tuple[str, str, str]:
    """The schematic map as (address of the drawing, what it says, its title), by the channel with the most voices; empty where it can't be drawn."""
    if not spoken.channels or any(zone.tile_row is None or zone.tile_column is None for zone in zones):
        return "", "", ""
    channel = max((c for c in spoken.channels if c[0] != "document"), key=lambda c: c[2], default=spoken.channels[0])[0]
    tiles = [
        Tile(
            zone.code,
            zone.name,
            zone.tile_column or 0,
            zone.tile_row or 0,
            rules.few(spoken.zones.get(zone.code, {}).get(channel, 0)),
        )
        for zone in zones
    ]
    title = _("Voci per zona: %(channel)s", channel=label(channel, "Channel"))
    text = ", ".join(f"{t.code} {t.name}: {_('meno di 5') if t.value is None else int(t.value)}" for t in tiles)
    svg = tile_map(tiles, title=title, description=text, hidden=_("meno di 5"))
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode(), f"{title}. {text}", title


def _open(phases: list[PhaseFacts]) -> frozenset[PhaseKind]:
    return frozenset(phase.kind for phase in phases if phase.is_open)


def _plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    return value.isoformat() if isinstance(value, datetime) else value


def flat(value: Any, prefix: str = "", depth: int = 0) -> list[tuple[str, str]]:
    """A manifest as (name, value) lines, nested names joined by dots, long lists by their length."""
    if isinstance(value, dict) and depth < 4:
        return [
            line
            for name, part in value.items()
            for line in flat(part, f"{prefix}.{name}" if prefix else str(name), depth + 1)
        ]
    if isinstance(value, list | dict):
        short = len(value) <= 6 and not any(isinstance(part, list | dict) for part in value)
        return [(prefix, ", ".join(map(str, value)) if short else _("%(n)s voci", n=len(value)))]
    return [(prefix, str(value))]
