"""What findings cite: findings made by hand from chosen sources, citing and taking away."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid
from consult.core.permissions import Actor
from consult.core.vocabulary import Support, ThingKind
from consult.evidence import queries as evidence
from consult.evidence.rules import find_words, words_hash
from consult.listening.sources.models import Source
from consult.position_paper import queries, rules
from consult.position_paper.models import Finding, FindingSource, Section
from consult.position_paper.services.beginning import ensure_paper
from consult.position_paper.services.editing import change, load, own_strategy, required
from consult.position_paper.types import OWN, Sentence


def add_finding(
    session: Session,
    *,
    process_id: uuid.UUID,
    section_id: uuid.UUID,
    title: str,
    statement: str,
    strategy_id: uuid.UUID | None,
    source_ids: Sequence[uuid.UUID],
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """A finding written by hand, resting on chosen sources, or the writers' own consideration where none is named. Returns its key."""
    required(title, statement)
    own_strategy(session, process_id, strategy_id)
    paper = ensure_paper(session, process_id=process_id, now=now)
    section = session.execute(
        select(Section.id).where(Section.id == section_id, Section.paper_id == paper.id)
    ).scalar_one_or_none()
    if section is None:
        raise Invalid("Questa sezione non c’è.", {"section_id": "Scegli una delle sezioni dell’elenco."})
    position = session.execute(
        select(func.coalesce(func.max(Finding.position), 0) + 1).where(Finding.section_id == section_id)
    ).scalar_one()
    texts = live_texts(session, process_id, source_ids)
    plain = {str(key): (text, revision) for key, (text, revision) in texts.items()}
    sentences = rules.edit_sentences((), (), statement, plain)
    finding = Finding(
        process_id=process_id, paper_id=paper.id, section_id=section_id, number=paper.next_number, position=position,
        strategy_id=strategy_id, title=title[:200], origin="human", state="proposed", version=1, news={}, changed_by=actor.account_id,
        changed_at=now, created_at=now,
        sentences=[
            Sentence(s.text, "human", "words" if plain else OWN, s.source_ids or tuple(plain), s.quotes).as_json() for s in sentences
        ],
    )  # fmt: skip  # one row of values reads better so
    paper.next_number += 1
    session.add(finding)
    session.flush()
    insert_sources(session, finding.id, texts, Support.supporting)
    _bind_numbers(session, finding)
    record(
        session,
        actor=actor,
        action="finding.written",
        kind=ThingKind.finding,
        object_id=finding.id,
        process_id=process_id,
        sources=len(texts),
    )
    session.flush()
    return finding.id


def _bind_numbers(session: Session, finding: Finding) -> None:
    """Bind the numbers of a new finding, now that what it cites is known."""
    row = queries.finding(session, process_id=finding.process_id, finding_id=finding.id)
    if row is None or not any(rules.find(s.text) for s in row.sentences):
        return
    _counts, known = rules.known_measures(row, queries.whole(session, process_id=finding.process_id))
    bound = [(s, *rules.bind_numbers(s.text, known)) for s in row.sentences]
    finding.sentences = [replace(s, text=text, numbers=numbers).as_json() for s, text, numbers in bound]
    session.flush()


def cite(
    session: Session,
    *,
    process_id: uuid.UUID,
    finding_id: uuid.UUID,
    version: int,
    source_ids: Sequence[uuid.UUID],
    support: Support,
    actor: Actor,
    now: datetime,
    words: str = "",
) -> int:
    """Cite sources for or against a finding, with a quote where `words` stand verbatim in the only one named; returns the new version."""
    finding = load(session, process_id, finding_id)
    texts = live_texts(session, process_id, source_ids)
    if not texts:
        raise Invalid("Nessuna fonte scelta.", {"sources": "Scegli almeno una fonte."})
    span = None
    if words.strip():
        span = find_words(words.strip(' «»"“”'), next(iter(texts.values()))[0]) if len(texts) == 1 else None
        if span is None:
            raise Invalid(
                "La citazione deve essere parola per parola nella fonte.",
                {"words": "Queste parole non sono nella fonte."},
            )
    number = change(
        session, finding, version, {"news": _without(finding.news, source_ids)}, actor, now, action="cited", yours={}
    )
    insert_sources(session, finding_id, texts, support, span)
    session.flush()
    return number


def uncite(
    session: Session,
    *,
    process_id: uuid.UUID,
    finding_id: uuid.UUID,
    version: int,
    source_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> int:
    """Take a source away from a finding and from its sentences; returns the new version."""
    finding = load(session, process_id, finding_id)
    key = str(source_id)
    kept = []
    for sentence in (Sentence.from_json(s) for s in finding.sentences):
        if any(place.source_id == key for place in sentence.quotes):
            if sentence.origin == "machine":
                continue  # A machine's sentence made of this source's words goes with it.
            raise Invalid("Una frase scritta da una persona cita questa fonte: prima va cambiata la frase.")
        ids = [i for i in sentence.source_ids if i != key]
        kept.append({**sentence.as_json(), "source_ids": ids})
    values: dict[str, Any] = {"sentences": kept}
    if finding.origin == "machine":
        values["origin"] = "edited"
    number = change(session, finding, version, values, actor, now, action="uncited", yours={})
    session.execute(
        delete(FindingSource).where(FindingSource.finding_id == finding_id, FindingSource.source_id == source_id)
    )
    return number


def live_texts(
    session: Session, process_id: uuid.UUID, source_ids: Sequence[uuid.UUID], *, strict: bool = True
) -> dict[uuid.UUID, tuple[str, int]]:
    """Text and revision of chosen live sources, in the order chosen; Invalid where one is missing and `strict`."""
    rows = session.execute(
        select(Source.id, Source.text, Source.revision).where(
            Source.id.in_(source_ids), Source.process_id == process_id, Source.state == "live"
        )
    )
    found = {row.id: (row.text, row.revision) for row in rows}
    if strict and set(found) != set(source_ids):
        raise Invalid("Una delle fonti scelte non c’è più.", {"sources": "Una delle fonti scelte non c’è più."})
    return {key: found[key] for key in source_ids if key in found}


def insert_sources(
    session: Session,
    finding_id: uuid.UUID,
    texts: dict[uuid.UUID, tuple[str, int]],
    support: Support,
    span: tuple[int, int] | None = None,
    origin: str = "human",
) -> None:
    """Cite sources after those there are; one cited already takes the new side and quote."""
    last = session.execute(
        select(func.coalesce(func.max(FindingSource.position), -1)).where(FindingSource.finding_id == finding_id)
    ).scalar_one()
    codes = evidence.codes_of(session, source_ids=list(texts))
    for offset, (source_id, (text, revision)) in enumerate(texts.items(), start=1):
        quote: dict[str, Any] = {"quote_start": None, "quote_end": None, "quote_sha256": None}
        if span is not None:
            quote = {"quote_start": span[0], "quote_end": span[1], "quote_sha256": words_hash(text[span[0] : span[1]])}
        values = {
            "support": str(support),
            "revision": revision,
            "origin": origin,
            "codes": codes.get(source_id, []),
            **quote,
        }
        session.execute(
            insert(FindingSource)
            .values(finding_id=finding_id, source_id=source_id, position=last + offset, **values)
            .on_conflict_do_update(index_elements=["finding_id", "source_id"], set_=values)
        )


def _without(news: dict[str, Any], source_ids: Sequence[uuid.UUID]) -> dict[str, Any]:
    taken = {str(key) for key in source_ids}
    left = {**news, "new": [key for key in news.get("new", ()) if key not in taken]}
    return left if left["new"] or left.get("gone") or left.get("theme_gone") else {}
