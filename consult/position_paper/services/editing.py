"""Edits by people: texts and states of findings, words of sections. Each carries the version its author saw."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import Support, ThingKind
from consult.framework.models import Strategy
from consult.listening.sources.models import Source
from consult.people import queries as people
from consult.position_paper import queries, rules
from consult.position_paper.models import Finding, FindingSource, Paper, Section
from consult.position_paper.services.drafting import keep
from consult.position_paper.types import FindingRow, Measure, Sentence, resting
from consult.process.models import Process
from consult.process.queries import slug_of


def save_finding(
    session: Session,
    *,
    process_id: uuid.UUID,
    finding_id: uuid.UUID,
    version: int,
    title: str,
    statement: str,
    strategy_id: uuid.UUID | None,
    actor: Actor,
    now: datetime,
) -> int:
    """Save a finding's title, statement (one sentence a line, or as running text) and strategy; returns its new version.

    Sentences left as they were keep who made them and what they rest on. Raises Conflict with both texts when somebody saved meanwhile.
    """
    required(title, statement)
    finding, language = _load(session, process_id, finding_id)
    if strategy_id != finding.strategy_id:
        own_strategy(session, process_id, strategy_id)
    live = _live_sources(session, finding_id)
    old = resting((Sentence.from_json(s) for s in finding.sentences), (s.id for s in live if s.supports))
    known: dict[str, Measure] = {}
    now_there: Sequence[Sentence] = old
    if counts_anything(old, statement):
        row, whole = _row(session, finding), queries.whole(session, process_id=process_id)
        known = rules.known_measures(row, whole)[1]
        now_there = rules.present(row, whole, language)
    sentences = rules.edit_sentences(
        old, shown(session, now_there), statement, {s.id: (s.text, s.revision) for s in live}, known
    )
    values = {
        "title": title[:200], "sentences": [s.as_json() for s in sentences], "strategy_id": strategy_id,
        "origin": rules.origin_of(sentences) if finding.origin != "human" else "human",
    }  # fmt: skip  # one row of values reads better so
    if finding.title != title and values["origin"] == "machine":
        values["origin"] = "edited"
    yours = {"Titolo": title, "Testo": statement, "Strategia": str(strategy_id or "")}
    return change(session, finding, version, values, actor, now, action="edited", yours=yours)


def set_state(
    session: Session,
    *,
    process_id: uuid.UUID,
    finding_id: uuid.UUID,
    version: int,
    state: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Accept, refuse, withdraw or reopen a finding; returns its new version."""
    finding = load(session, process_id, finding_id)
    if not rules.may_become(finding.state, state) and finding.state != state:
        raise Invalid("Questa decisione non si può prendere per una risultanza in questo stato.")
    return change(session, finding, version, {"state": state}, actor, now, action=state, yours={})


def save_section(
    session: Session,
    *,
    process_id: uuid.UUID,
    section_id: uuid.UUID,
    version: int,
    title: str,
    words: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Save a section's title and the words people put at its head; returns its new version."""
    if not title.strip():
        raise Invalid("Una sezione ha bisogno di un titolo.", {"title": "Scrivi qualche parola."})
    of_process = select(Paper.id).where(Paper.process_id == process_id).scalar_subquery()
    found = session.execute(
        select(Section.id).where(Section.id == section_id, Section.paper_id == of_process)
    ).scalar_one_or_none()
    if found is None:
        raise NotFound("Questa sezione non c’è.")
    number = session.execute(
        update(Section)
        .where(Section.id == section_id, Section.version == version)
        .values(version=Section.version + 1, title=title[:300], words=words, changed_by=actor.account_id)
        .returning(Section.version)
    ).scalar_one_or_none()
    if number is None:
        there = session.execute(
            select(Section).where(Section.id == section_id).execution_options(populate_existing=True)
        ).scalar_one()
        raise Conflict(
            "Qualcun altro ha appena salvato questa sezione.",
            link_endpoint="position_paper.edit_section",
            link_values={"slug": slug_of(session, process_id=process_id), "section_id": str(section_id)},
            differences=(Difference("Titolo", there.title, title), Difference("Testo", there.words, words)),
            changed_by=people.name_of(session, account_id=there.changed_by),
            current_version=there.version,
            whole=True,
        )
    record(
        session,
        actor=actor,
        action="section.edited",
        kind=ThingKind.paper,
        object_id=section_id,
        process_id=process_id,
        version=number,
    )
    session.flush()
    return number


def counts_anything(sentences: Sequence[Sentence], statement: str) -> bool:
    """Whether a text says how many, or holds numbers from the data: only then are they read."""
    return any(s.numbers or s.role in rules.COUNTED for s in sentences) or bool(rules.find(statement))


def _row(session: Session, finding: Finding) -> FindingRow:
    row = queries.finding(session, process_id=finding.process_id, finding_id=finding.id)
    if row is None:
        raise NotFound("Questa risultanza non c’è.")
    return row


class _LiveSource(NamedTuple):
    """A live source that a finding cites, which its quotes may be bound to."""

    id: str
    text: str
    revision: int
    supports: bool


def _live_sources(session: Session, finding_id: uuid.UUID) -> list[_LiveSource]:
    """The live sources that a finding cites, in its order. One statement."""
    cite = FindingSource
    rows = session.execute(
        select(Source.id, Source.text, Source.revision, cite.support)
        .join(cite, cite.source_id == Source.id)
        .where(cite.finding_id == finding_id, Source.state == "live")
        .order_by(cite.position, Source.id)
    )
    return [_LiveSource(str(row.id), row.text, row.revision, row.support == Support.supporting) for row in rows]


def shown(session: Session, sentences: Sequence[Sentence]) -> list[str]:
    """Sentences as an editor reads them, with the words of their quotes; numbers must stand in them already (`rules.present`)."""
    words = queries.quoted_words(session, places=[p for s in sentences for p in s.quotes])
    return [rules.show(sentence, words).text for sentence in sentences]


def load(session: Session, process_id: uuid.UUID, finding_id: uuid.UUID) -> Finding:
    """A finding of this process as it stands now. Raises NotFound."""
    return _load(session, process_id, finding_id)[0]


def _load(session: Session, process_id: uuid.UUID, finding_id: uuid.UUID) -> tuple[Finding, str]:
    """A finding as it stands now and the language of its paper. Raises NotFound."""
    found = session.execute(
        select(Finding, Paper.language)
        .join(Paper, Paper.id == Finding.paper_id)
        .where(Finding.id == finding_id, Finding.process_id == process_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound("Questa risultanza non c’è.")
    return found[0], found[1]


def change(
    session: Session,
    finding: Finding,
    version: int,
    values: dict[str, Any],
    actor: Actor,
    now: datetime,
    *,
    action: str,
    yours: dict[str, str],
    citations: dict[str, Any] | None = None,
) -> int:
    """Write if `version` is still the present one, comparing and writing in one statement; keep what was there before.

    `citations` are kept too where the decision is one that may be taken back.
    """
    before = Finding(
        id=finding.id, version=finding.version, title=finding.title, sentences=finding.sentences, state=finding.state
    )  # A plain copy: the update below refreshes the loaded row.
    number = session.execute(
        update(Finding)
        .where(Finding.id == finding.id, Finding.version == version)
        .values(version=Finding.version + 1, changed_by=actor.account_id, changed_at=now, **values)
        .returning(Finding.version)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()
    if number is None or before.version != version:
        raise _stale(session, finding, yours)
    keep(session, before, action=action, changed_by=actor.account_id, now=now, citations=citations)
    record(
        session, actor=actor, action=f"finding.{action}", kind=ThingKind.finding, object_id=finding.id, process_id=finding.process_id,
        version=number,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return number


def _stale(session: Session, finding: Finding, yours: dict[str, str]) -> Conflict:
    there = session.execute(
        select(Finding).where(Finding.id == finding.id).execution_options(populate_existing=True)
    ).scalar_one()
    row, whole = _row(session, there), queries.whole(session, process_id=there.process_id)
    language = session.execute(select(Paper.language).where(Paper.id == there.paper_id)).scalar_one()
    theirs = {
        "Titolo": there.title,
        "Testo": "\n".join(shown(session, rules.present(row, whole, language))),
    }
    if "Strategia" in yours:
        codes = select(Strategy.id, Strategy.code, Strategy.title).where(
            Strategy.id.in_([key for key in (there.strategy_id, yours["Strategia"] or None) if key])
        )
        named = {str(key): f"{code} {title}" for key, code, title in session.execute(codes)}
        theirs["Strategia"] = named.get(str(there.strategy_id), "–")
        yours = {**yours, "Strategia": named.get(yours["Strategia"], "–")}
    return Conflict(
        "Qualcun altro ha appena salvato questa risultanza.",
        link_endpoint="position_paper.edit_finding",
        link_values={"slug": slug_of(session, process_id=there.process_id), "finding_id": str(there.id)},
        differences=tuple(Difference(name, theirs[name], text) for name, text in yours.items()),
        changed_by=people.name_of(session, account_id=there.changed_by),
        current_version=there.version,
        whole=True,
    )


def required(title: str, statement: str) -> None:
    """Raise Invalid for a finding without title or statement."""
    missing = {
        name: "Scrivi qualche parola."
        for name, text in (("title", title), ("statement", statement))
        if not text.strip()
    }
    if missing:
        raise Invalid("Una risultanza ha bisogno di un titolo e di un testo.", missing)


def own_strategy(session: Session, process_id: uuid.UUID, strategy_id: uuid.UUID | None) -> None:
    """Raise Invalid for a strategy that is not of the process's frame."""
    if strategy_id is None:
        return
    found = session.execute(
        select(Strategy.id)
        .join(Process, Process.frame_id == Strategy.frame_id)
        .where(Strategy.id == strategy_id, Process.id == process_id)
    ).scalar_one_or_none()
    if found is None:
        raise Invalid("Questa strategia non è del piano.", {"strategy_id": "Scegli una delle strategie dell’elenco."})
