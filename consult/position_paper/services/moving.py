"""What moved under a finding: sources that changed or were withdrawn, that came under its theme or left it; and what people decide of it.

`follow_coding` is asked for by whatever changes themes (`evidence.services.decisions`), so that a finding knows at once and not at the
next aggregation. Every decision keeps the citations as they were, and may be taken back while nothing was done after it.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.core.errors import Invalid
from consult.core.permissions import Actor
from consult.core.vocabulary import Support
from consult.evidence import queries as evidence
from consult.evidence.rules import words_hash
from consult.listening.sources.models import Source
from consult.position_paper.models import Finding, FindingChange, FindingSource, Paper
from consult.position_paper.rules import UNDOABLE
from consult.position_paper.services.citing import insert_sources, live_texts
from consult.position_paper.services.drafting import moved_news
from consult.position_paper.services.editing import change, load
from consult.position_paper.types import Sentence

#: Columns of a citation that a decision may change.
_CITATION = (
    "source_id",
    "support",
    "revision",
    "position",
    "quote_start",
    "quote_end",
    "quote_sha256",
    "origin",
    "codes",
)


def follow_coding(session: Session, *, process_id: uuid.UUID) -> int:
    """Note on each finding which sources came under its theme or left it since; returns how many have something new. Safe to repeat."""
    paper_id = session.execute(select(Paper.id).where(Paper.process_id == process_id)).scalar_one_or_none()
    if paper_id is None:
        return 0
    standing = (
        session.execute(
            select(Finding)
            .where(
                Finding.paper_id == paper_id,
                Finding.theme_id.is_not(None),
                Finding.state.in_(["proposed", "accepted", "withdrawn"]),
            )
            .order_by(Finding.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .scalars()
        .all()
    )
    themes = [f.theme_id for f in standing if f.theme_id is not None]
    roots, states = evidence.roots(session, theme_ids=themes), evidence.states(session, theme_ids=themes)
    under = evidence.sources_under(session, theme_ids=sorted(set(roots.values())))
    cited: dict[uuid.UUID, set[str]] = defaultdict(set)
    machine: dict[uuid.UUID, set[str]] = defaultdict(set)
    rows = session.execute(
        select(FindingSource.finding_id, FindingSource.source_id, FindingSource.origin)
        .join(Source, Source.id == FindingSource.source_id)
        .where(FindingSource.finding_id.in_([f.id for f in standing]), Source.state == "live")
        .order_by(FindingSource.finding_id, FindingSource.source_id)
    )
    for row in rows:
        cited[row.finding_id].add(str(row.source_id))
        if row.origin == "machine":
            machine[row.finding_id].add(str(row.source_id))
    told = 0
    for finding in standing:
        news: dict[str, Any] = {}
        if finding.theme_id is None or states.get(finding.theme_id) == "refused":
            news = {"theme_gone": True}
        else:
            there = {str(key) for key in under.get(roots.get(finding.theme_id, finding.theme_id), ())}
            news = moved_news(cited[finding.id], machine[finding.id], there, finding.set_aside)
        before = {name: value for name, value in finding.news.items() if name not in {"run_id", "coded"}}
        if news == before:
            continue
        told += bool(news)
        session.execute(
            update(Finding).where(Finding.id == finding.id).values(news={**news, "coded": True} if news else {})
        )
    session.flush()
    return told


def _citations(session: Session, finding: Finding) -> dict[str, Any]:
    """Citations, news and what was put aside, as they are now."""
    rows = session.execute(
        select(*(getattr(FindingSource, name) for name in _CITATION))
        .where(FindingSource.finding_id == finding.id)
        .order_by(FindingSource.position, FindingSource.source_id)
    )
    cited = [[str(row[0]), *row[1:]] for row in rows]
    return {"cited": cited, "news": finding.news, "set_aside": finding.set_aside}


def take_news(
    session: Session,
    *,
    process_id: uuid.UUID,
    finding_id: uuid.UUID,
    version: int,
    does: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Decide on sources that came under a finding's theme or left it; returns the new version.

    `does` is add (cite those that came), drop (no longer cite those that left) or leave. What is not taken up is put aside for good.
    """
    finding = load(session, process_id, finding_id)
    new, gone = finding.news.get("new", []), finding.news.get("gone", [])
    aside = sorted({*finding.set_aside, *(() if does == "add" else new), *(() if does == "drop" else gone)})
    values: dict[str, Any] = {"news": {}, "set_aside": aside}
    if does == "drop":
        sentences, kept = _dropped(finding, set(gone))
        values |= {"sentences": sentences}
        aside_too = sorted({*aside, *kept})
        values["set_aside"] = aside_too
        gone = [key for key in gone if key not in kept]
        if finding.origin == "machine":
            values["origin"] = "edited"
    action = {"add": "news_taken", "drop": "news_dropped"}.get(does, "news_left")
    number = change(
        session, finding, version, values, actor, now, action=action, yours={}, citations=_citations(session, finding)
    )
    if does == "add":
        texts = live_texts(session, process_id, [uuid.UUID(key) for key in new], strict=False)
        insert_sources(session, finding_id, texts, Support.supporting, origin="machine")
    if does == "drop" and gone:
        session.execute(
            delete(FindingSource).where(
                FindingSource.finding_id == finding_id, FindingSource.source_id.in_([uuid.UUID(key) for key in gone])
            )
        )
    return number


def _dropped(finding: Finding, gone: set[str]) -> tuple[list[dict[str, Any]], set[str]]:
    """The sentences without some sources, and those of them that a person's sentence quotes: they stay cited until it is rewritten."""
    sentences = [Sentence.from_json(s) for s in finding.sentences]
    kept = {p.source_id for s in sentences if s.origin != "machine" for p in s.quotes} & gone
    left = []
    for sentence in sentences:
        if sentence.origin == "machine" and any(p.source_id in gone - kept for p in sentence.quotes):
            continue  # A machine's sentence made of this source's words goes with it.
        ids = [key for key in sentence.source_ids if key not in gone or key in kept]
        left.append({**sentence.as_json(), "source_ids": ids})
    return left, kept


def reread(
    session: Session, *, process_id: uuid.UUID, finding_id: uuid.UUID, version: int, actor: Actor, now: datetime
) -> int:
    """Say that changed sources were read again and the finding holds: they are pinned anew, withdrawn ones and lost quotes go."""
    finding = load(session, process_id, finding_id)
    number = change(
        session, finding, version, {}, actor, now, action="reread", yours={}, citations=_citations(session, finding)
    )
    rows = session.execute(
        select(FindingSource, Source)
        .join(Source, Source.id == FindingSource.source_id)
        .where(FindingSource.finding_id == finding_id)
    ).all()
    codes = evidence.codes_of(session, source_ids=[source.id for _cited, source in rows])
    for cited, source in rows:
        if source.state != "live":
            session.delete(cited)
            continue
        cited.revision, cited.codes = source.revision, codes.get(source.id, [])
        if (
            cited.quote_start is not None
            and words_hash(source.text[cited.quote_start : cited.quote_end]) != cited.quote_sha256
        ):
            cited.quote_start = cited.quote_end = cited.quote_sha256 = None
    session.flush()
    return number


def take_back_decision(
    session: Session, *, process_id: uuid.UUID, finding_id: uuid.UUID, version: int, actor: Actor, now: datetime
) -> int:
    """Take back the last decision on what moved under a finding: its citations stand again as they were; returns the new version.

    Raises Invalid where the last change was no such decision.
    """
    finding = load(session, process_id, finding_id)
    last = session.execute(
        select(FindingChange)
        .where(FindingChange.finding_id == finding_id)
        .order_by(FindingChange.version.desc())
        .limit(1)
    ).scalar_one_or_none()
    if last is None or last.version != finding.version - 1 or last.action not in UNDOABLE or last.citations is None:
        raise Invalid("Dopo questa decisione la risultanza è cambiata ancora: non si può più annullare.")
    was = last.citations
    values = {"sentences": last.sentences, "news": was["news"], "set_aside": was["set_aside"]}
    number = change(session, finding, version, values, actor, now, action="undone", yours={})
    session.execute(delete(FindingSource).where(FindingSource.finding_id == finding_id))
    if was["cited"]:
        # Citations kept before codes were pinned end with their origin: their sources count as never coded.
        rows = [
            {"finding_id": finding_id, "codes": [], **dict(zip(_CITATION, [uuid.UUID(row[0]), *row[1:]], strict=False))}
            for row in was["cited"]
        ]
        session.execute(insert(FindingSource), rows)
    session.flush()
    return number
