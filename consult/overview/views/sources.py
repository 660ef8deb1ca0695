"""The register of sources for staff, and the public page of one source."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from werkzeug.exceptions import NotFound

from consult.core.permissions import Permission
from consult.core.spreadsheets import csv_lines, xlsx_pieces
from consult.core.vocabulary import Channel, Decision, SpeakerKind
from consult.evidence import queries as evidence
from consult.files.types import MEDIA_TYPES, FileKind
from consult.framework import queries as framework
from consult.listening.contributions import queries as contributions
from consult.listening.sources.rules import LANGUAGES, may_quote, may_show, public_card
from consult.overview.queries import sources as queries
from consult.position_paper import queries as paper
from consult.web.access import can, requires
from consult.web.forms import clean_key
from consult.web.identity import person
from consult.web.session import context, db

bp = Blueprint("sources", __name__)
STATES = ("live", "withdrawn", "hidden", "all")
CONSENTS = ("public", "name", "role", "anonymous", "none")
NOTE_KINDS = ("need", "proposal", "criticism", "agreement")
COLUMNS = (
    "fonte", "canale", "zona", "nome della zona", "comune", "tipo di voce", "lingua", "stato", "visibile", "citabile",
    "tipo di nota", "quanti concordano", "detta il", "revisione", "domanda", "temi", "strategia", "testo",
)  # fmt: skip  # one column per name reads better in two lines


def _one_of(name: str, known: tuple[str, ...], default: str = "") -> str:
    value = request.args.get(name, "")
    return value if value in known else default


def _filters() -> queries.Filters:
    return queries.Filters(
        words=" ".join(request.args.get("q", "").split())[:200],
        channel=_one_of("canale", tuple(Channel)),
        zone=request.args.get("zona", "")[:20],
        speaker=_one_of("voce", tuple(SpeakerKind)),
        note=_one_of("appunto", NOTE_KINDS),
        language=_one_of("lingua", LANGUAGES),
        state=_one_of("stato", STATES, "live"),
        consent=_one_of("consenso", CONSENTS),
        coded=_one_of("codificata", ("yes", "no")),
        theme=clean_key(request.args.get("tema")),
        strategy=clean_key(request.args.get("strategia")),
        unit=clean_key(request.args.get("parte")),
        file=clean_key(request.args.get("file")),
    )


def _address(filters: queries.Filters) -> dict[str, Any]:
    """The filters as they stand in addresses."""
    values = {
        "q": filters.words,
        "canale": filters.channel,
        "zona": filters.zone,
        "voce": filters.speaker,
        "appunto": filters.note,
        "lingua": filters.language,
        "stato": "" if filters.state == "live" else filters.state,
        "consenso": filters.consent,
        "codificata": filters.coded,
        "tema": str(filters.theme or ""),
        "strategia": str(filters.strategy or ""),
        "parte": str(filters.unit or ""),
        "file": str(filters.file or ""),
    }
    return {name: value for name, value in values.items() if value}


@bp.get("/scrivania/<slug>/fonti")
@requires(Permission.read_register)
def register(slug: str) -> str:
    """A page of the register."""
    filters = _filters()
    cursor = request.args.get("dopo")
    found = queries.register(db(), process_id=context().id, filters=filters, cursor=cursor)
    address = _address(filters)
    following = found.page.next_cursor
    return render_template(
        "overview/sources/register.html",
        found=found,
        filters=filters,
        zones=framework.zones(db(), territory_id=context().territory_id),
        strategies=framework.strategies(db(), frame_id=context().frame_id),
        themes=queries.theme_choices(db(), process_id=context().id),
        languages=LANGUAGES,
        next_url=url_for("sources.register", slug=slug, **address, dopo=following) if following else None,
        first_url=url_for("sources.register", slug=slug, **address) if cursor else None,
        csv_url=url_for("sources.export", slug=slug, **address),
        xlsx_url=url_for("sources.export_xlsx", slug=slug, **address),
    )


def _lines() -> Iterator[tuple[object, ...]]:
    """The register as filtered, in the order of COLUMNS."""
    for row in queries.all_rows(db(), process_id=context().id, filters=_filters()):
        card = row.card
        yield (
            card.id, card.channel, card.zone_code, card.zone_name, card.municipality, card.speaker_kind, card.language, card.state,
            card.visibility, card.quotable, card.note_kind, card.agreed, card.said_on, card.revision, card.asked, row.themes, row.strategy,
            "" if card.state == "withdrawn" else card.text,
        )  # fmt: skip  # the order of COLUMNS


@bp.get("/scrivania/<slug>/fonti.csv")
@requires(Permission.read_register)
def export(slug: str) -> Response:
    """The register as CSV, as filtered, streamed."""
    return Response(
        stream_with_context(csv_lines(COLUMNS, _lines())),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="fonti-{slug}.csv"'},
    )


@bp.get("/scrivania/<slug>/fonti.xlsx")
@requires(Permission.read_register)
def export_xlsx(slug: str) -> Response:
    """The register as XLSX, as filtered, streamed from a file on disk."""
    return Response(
        stream_with_context(xlsx_pieces("fonti", COLUMNS, _lines())),
        mimetype=MEDIA_TYPES[FileKind.xlsx],
        headers={"Content-Disposition": f'attachment; filename="fonti-{slug}.xlsx"'},
    )


@bp.get("/processi/<slug>/fonti/<uuid:source_id>")
@requires(Permission.see_listening)
def show(slug: str, source_id: uuid.UUID) -> str:
    """One source: where it came from, and what it led to. Its text only as far as its author's consent goes."""
    card = queries.public_source(db(), process_id=context().id, source_id=source_id)
    if card is None:
        raise NotFound
    findings = paper.findings_citing(db(), source_ids=[source_id])[source_id]
    themes = evidence.themes_for_source(db(), source_ids=[source_id])[source_id]
    staff = can("read_register")
    who = person()
    # Who codes this source blind must not see here what the other one gave it.
    blind = who is not None and evidence.in_open_sample(
        db(), process_id=context().id, source_id=source_id, account_id=who.id
    )
    # Words that are not public by themselves are read here only once a published finding rests on them, within consent.
    readable = may_show(card) or (may_quote(card) and bool(findings))
    shown = public_card(card)
    return render_template(
        "overview/sources/show.html",
        card=shown if readable else replace(shown, text="", attribution=""),
        public=may_show(card),
        quotable=may_quote(card),
        origin=queries.origin(db(), card=card),
        findings=findings,
        themes=themes if staff else [t for t in themes if t.state == Decision.accepted],
        coders=queries.coders(db(), source_id=source_id) if staff else {},
        strategies=evidence.strategy_links(db(), source_ids=[source_id])[source_id] if staff else [],
        codes=queries.codes_of(db(), process_id=context().id, source_id=source_id) if staff and not blind else [],
        heard=queries.heard_strategies(db(), source_ids=[source_id]).get(source_id),
        files=contributions.files_of_source(db(), source_id=source_id) if staff else [],
    )
