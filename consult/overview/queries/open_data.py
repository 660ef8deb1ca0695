"""The open data of a process: what its pages show, as tables, with the links that join them, and a dictionary of their columns.

No person stands in them beyond the signature a proposal shows. Numbers of people in a group smaller than five are left empty.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import Session

from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.queries import rows_for_export
from consult.coplanning.proposals.types import READABLE
from consult.core.sentences import N_
from consult.listening.sources import queries as sources
from consult.listening.sources.models import Source
from consult.listening.sources.rules import may_show, public_card
from consult.moderation.models import Disposition
from consult.overview.queries import published
from consult.overview.rules import few
from consult.plan import queries as plan
from consult.plan.models import DraftAction, Promotion
from consult.position_paper import queries as paper

Rows = Iterable[Sequence[Any]]
MOST_SOURCES = 50_000


@dataclass(frozen=True, slots=True)
class Dataset:
    """A table anyone may download. `columns` pairs each name with its meaning; names never change."""

    name: str
    title: str
    columns: tuple[tuple[str, str], ...]
    read: Callable[[Session, uuid.UUID], Rows]


def _numbers(session: Session, process_id: uuid.UUID) -> Rows:
    for row in sources.denominators(session, process_id=process_id):
        yield row.channel, row.zone_code, row.speaker_kind, few(row.sources), few(row.voices)


def _sources(session: Session, process_id: uuid.UUID) -> Rows:
    statement = (
        sources.select_cards()
        .where(Source.process_id == process_id, Source.state == "live", Source.visibility == "public")
        .order_by(Source.id)
        .limit(MOST_SOURCES)
    )
    for card in sources.stream(session, statement=statement):
        shown = public_card(card)
        if may_show(card):
            yield (
                shown.id,
                shown.channel,
                shown.zone_code,
                shown.municipality,
                shown.speaker_kind,
                shown.language,
                shown.text,
            )


def _findings(session: Session, process_id: uuid.UUID) -> Rows:
    for card in paper.published_findings(session, process_id=process_id):
        yield card.id, card.number, card.strategy_code, card.title, card.version, card.published_at


def _proposals(session: Session, process_id: uuid.UUID) -> Rows:
    for row in rows_for_export(session, process_id=process_id):
        yield (
            row.id, row.number, row.strategy_code, row.title, row.text, row.author, row.author_kind, row.organisation,
            " ".join(row.zone_codes), row.supports_count, row.comments_count, row.outcome, row.outcome_reason, row.created_at,
        )  # fmt: skip  # the order of the columns


def _outcomes(session: Session, process_id: uuid.UUID) -> Rows:
    statement = (
        select(
            Disposition.id, Disposition.proposal_id, Disposition.outcome, Disposition.reason_code, Disposition.public_reason,
            Disposition.body, Disposition.state, Disposition.decided_at, Disposition.reversed_at,
        )
        .join(Proposal, Proposal.id == Disposition.proposal_id)
        .where(Disposition.process_id == process_id, Proposal.state.in_(READABLE))
        .order_by(Disposition.decided_at, Disposition.id)
    )  # fmt: skip  # the order of the columns
    yield from (tuple(row) for row in session.execute(statement))


def _actions(session: Session, process_id: uuid.UUID) -> Rows:
    for row in plan.outline(session, process_id=process_id, with_withdrawn=True):
        yield (
            row.id, row.code, row.title, row.text, row.state, row.origin, row.competence, row.lead_body, row.proposals, row.findings,
            row.changed_at,
        )  # fmt: skip  # the order of the columns


def _links(session: Session, process_id: uuid.UUID) -> Rows:
    ids = [card.id for card in paper.published_findings(session, process_id=process_id)]
    cited = published.sources_of(session, finding_ids=ids)
    named = {each.source_id for listed in cited.values() for each in listed}
    live = set(session.execute(select(Source.id).where(Source.id.in_(named), Source.state == "live")).scalars())
    for finding, listed in cited.items():
        yield from (("source", c.source_id, "finding", finding, c.support, "") for c in listed if c.source_id in live)
    shown = Proposal.state.in_(READABLE)
    statement: Any = union_all(
        select(literal("finding"), Proposal.finding_id, literal("proposal"), Proposal.id, literal("answers"), literal("")).where(
            Proposal.process_id == process_id, shown, Proposal.finding_id.in_(ids)
        ),
        select(literal("proposal"), Promotion.proposal_id, literal("action"), Promotion.action_id, Proposal.outcome, Promotion.passage)
        .join(Proposal, Proposal.id == Promotion.proposal_id)
        .where(Proposal.process_id == process_id, shown, Promotion.ended_at.is_(None)),
        select(literal("finding"), Promotion.finding_id, literal("action"), Promotion.action_id, literal("answers"), Promotion.passage)
        .join(DraftAction, DraftAction.id == Promotion.action_id)
        .where(DraftAction.process_id == process_id, Promotion.finding_id.in_(ids), Promotion.ended_at.is_(None)),
    )  # fmt: skip  # one kind of link per part reads better so
    yield from (tuple(row) for row in session.execute(statement))


_ID = ("id", N_("Chiave della riga, stabile."))
_ZONE = ("zone", N_("Numero della zona omogenea."))
_KIND = ("speaker_kind", N_("Tipo di voce."))
_STRATEGY = ("strategy", N_("Codice della strategia."))
DATASETS: tuple[Dataset, ...] = (
    Dataset(
        "ascolto",
        N_("Quante voci, per canale, zona e tipo"),
        (
            ("channel", N_("Canale: i canali non si sommano tra loro.")),
            _ZONE,
            _KIND,
            ("sources", N_("Pezzi di ciò che è stato detto; vuoto se meno di 5.")),
            ("voices", N_("Voci distinte; vuoto se meno di 5.")),
        ),
        _numbers,
    ),
    Dataset(
        "fonti",
        N_("Fonti pubbliche"),
        (
            _ID,
            ("channel", N_("Canale.")),
            _ZONE,
            ("municipality", N_("Comune, se indicato.")),
            _KIND,
            ("language", N_("Lingua del testo.")),
            ("text", N_("Ciò che è stato detto, parola per parola.")),
        ),
        _sources,
    ),
    Dataset(
        "risultanze",
        N_("Risultanze del position paper pubblicato"),
        (
            _ID,
            ("number", N_("Numero nel paper.")),
            _STRATEGY,
            ("title", N_("Titolo.")),
            ("version", N_("Versione del paper.")),
            ("published_at", N_("Quando è stata pubblicata.")),
        ),
        _findings,
    ),
    Dataset(
        "proposte",
        N_("Proposte"),
        (
            _ID,
            ("number", N_("Numero nel processo.")),
            _STRATEGY,
            ("title", N_("Titolo.")),
            ("text", N_("Testo, in Markdown.")),
            ("author", N_("Firma mostrata; vuota se non c’è.")),
            ("author_kind", N_("Tipo di autore.")),
            ("organisation", N_("A nome di chi.")),
            ("zones", N_("Zone, separate da spazi; vuoto per tutto il territorio.")),
            ("supports", N_("Sostegni.")),
            ("comments", N_("Commenti visibili.")),
            ("outcome", N_("Esito; vuoto se manca.")),
            ("outcome_reason", N_("Motivo pubblico dell’esito.")),
            ("created_at", N_("Quando è stata inviata.")),
        ),
        _proposals,
    ),
    Dataset(
        "esiti",
        N_("Esiti delle proposte, anche quelli ritirati"),
        (
            _ID,
            ("proposal", N_("Proposta.")),
            ("outcome", N_("Esito.")),
            ("reason_code", N_("Codice stabile del motivo.")),
            ("public_reason", N_("Motivo in parole.")),
            ("body", N_("Chi ha deciso.")),
            ("state", N_("published o reversed (ritirato).")),
            ("decided_at", N_("Quando.")),
            ("reversed_at", N_("Quando è stato ritirato.")),
        ),
        _outcomes,
    ),
    Dataset(
        "azioni",
        N_("Azioni del piano"),
        (
            _ID,
            ("code", N_("Codice, come 2.1.4.")),
            ("title", N_("Titolo.")),
            ("text", N_("Testo, in Markdown.")),
            ("state", N_("draft, under_review, adopted o withdrawn.")),
            ("origin", N_("promoted, imported o typed.")),
            ("competence", N_("direct, shared o others.")),
            ("lead_body", N_("Capofila.")),
            ("proposals", N_("Proposte su cui si appoggia.")),
            ("findings", N_("Risultanze a cui risponde.")),
            ("changed_at", N_("Ultima modifica.")),
        ),
        _actions,
    ),
    Dataset(
        "legami",
        N_("Il filo: da ogni fonte a ogni azione"),
        (
            ("from_kind", N_("source, finding o proposal.")),
            ("from_id", N_("Chiave di partenza.")),
            ("to_kind", N_("finding, proposal o action.")),
            ("to_id", N_("Chiave di arrivo.")),
            ("relation", N_("supporting, contrary, answers, oppure l’esito della proposta.")),
            ("passage", N_("Il passaggio accolto.")),
        ),
        _links,
    ),
)
BY_NAME = {dataset.name: dataset for dataset in DATASETS}
