"""The draft: findings proposed from a run's themes. What people wrote, accepted or refused is never overwritten."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import ThingKind
from consult.evidence import queries as evidence
from consult.evidence.models import Run
from consult.evidence.rules import shown
from consult.evidence.types import MemberRow, Place, QuoteRow, ThemeRow
from consult.framework import queries as framework
from consult.listening.sources import queries as sources
from consult.listening.sources.rules import may_quote
from consult.listening.sources.types import SourceCard
from consult.position_paper import rules
from consult.position_paper.models import Finding, FindingChange, FindingSource, Paper, Section
from consult.position_paper.services.pinning import pin
from consult.position_paper.types import Number, Sentence
from consult.process.models import Process

#: Sentences of the analytics' summaries that go into a statement, in this order. Counts are written here and quotes stand beside. Quotes
#: set against each other ("divergence") are left out: nothing that works offline reads safely whether two voices disagree.
ROLES = ("spread", "over", "under", "caution", "copies")
TITLES = {
    "it": (
        "Metodo e partecipazione", "Che cosa non sta sotto nessuna strategia", "Limiti", "Position paper", "Zona {code}. {name}",
        "Temi che attraversano più strategie", "Confronto con i piani esistenti",
    ),
    "en": (
        "Method and participation", "What fits no strategy", "Limits", "Position paper", "Zone {code}. {name}",
        "Themes that cross strategies", "Confrontation with existing plans",
    ),
}  # fmt: skip  # one language a row


@dataclass(frozen=True, slots=True)
class Draft:
    """A finding as the machine proposes it, not yet stored."""

    theme: ThemeRow
    sentences: tuple[Sentence, ...]
    places: tuple[Place, ...]
    contrary: frozenset[uuid.UUID]


def ensure_paper(session: Session, *, process_id: uuid.UUID, now: datetime) -> Paper:
    """The paper of a process with its sections, made where missing; its row is locked for this transaction."""
    process = session.execute(select(Process).where(Process.id == process_id)).scalar_one()
    titles = TITLES.get(process.language, TITLES["it"])
    session.execute(
        insert(Paper)
        .values(
            id=uuid.uuid4(),
            process_id=process_id,
            title=f"{titles[3]}. {process.title}"[:300],
            language=process.language,
            created_at=now,
        )
        .on_conflict_do_nothing(index_elements=["process_id"])
    )
    paper = session.execute(
        select(Paper)
        .where(Paper.process_id == process_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one()
    axes = framework.axes(session, frame_id=process.frame_id)
    wanted: list[dict[str, Any]] = [
        {"code": "metodo", "kind": "method", "position": 0, "title": titles[0], "axis_id": None}
    ]
    wanted += [
        {
            "code": f"asse-{axis.number}",
            "kind": "axis",
            "position": axis.number,
            "title": axis.title,
            "axis_id": axis.id,
        }
        for axis in axes
    ]
    zones = framework.zones(session, territory_id=process.territory_id)
    wanted += [
        {
            "code": f"zona-{z.code}",
            "kind": "zone",
            "position": 500 + i,
            "title": titles[4].format(code=z.code, name=z.name),
        }
        for i, z in enumerate(zones)
    ]
    wanted += [
        {"code": "trasversali", "kind": "cross_cutting", "position": 850, "title": titles[5]},
        {"code": "nessuna-strategia", "kind": "none_fit", "position": 900, "title": titles[1]},
        {"code": "confronto", "kind": "confrontation", "position": 950, "title": titles[6]},
        {"code": "limiti", "kind": "limits", "position": 990, "title": titles[2]},
    ]
    for values in wanted:
        session.execute(
            insert(Section)
            .values(id=uuid.uuid4(), paper_id=paper.id, words="", **{"axis_id": None, **values})
            .on_conflict_do_nothing(index_elements=["paper_id", "code"])
        )
    return paper


def draft_paper(session: Session, *, run_id: uuid.UUID, now: datetime) -> uuid.UUID | None:
    """Propose findings from a finished run; returns the paper's key, or None where the run is not finished.

    A machine's proposal that nobody touched is written anew; one that a person edited, accepted or refused keeps its text and gets a
    note of what the run found about it. A second call for the same run changes nothing.
    """
    run = session.execute(select(Run).where(Run.id == run_id)).scalar_one_or_none()
    if run is None or run.state != "done":
        return None
    paper = ensure_paper(session, process_id=run.process_id, now=now)
    if paper.last_run_id == run_id:
        return paper.id
    drafts = compose(session, run=run, language=paper.language)
    section_of = _sections(session, paper.id)
    findings = session.execute(
        select(Finding).where(Finding.paper_id == paper.id, Finding.theme_id.is_not(None)).order_by(Finding.number)
    ).scalars()
    by_theme: dict[uuid.UUID, list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.theme_id is not None:
            by_theme[finding.theme_id].append(finding)
    theirs: dict[uuid.UUID, Draft] = {}
    touched: list[tuple[Finding, Draft]] = []
    for position, draft in enumerate(drafts):
        present = by_theme.pop(draft.theme.id, [])
        section_id = section_of[f"asse-{draft.theme.axis_number}" if draft.theme.axis_number else "nessuna-strategia"]
        untouched = next((f for f in present if f.origin == "machine" and f.state in {"proposed", "superseded"}), None)
        if untouched is not None:
            if _redraft(session, untouched, draft, section_id, position, run_id, now):
                theirs[untouched.id] = draft
        elif not present:
            theirs[_add(session, paper, draft, section_id, position, run_id, now)] = draft
        touched += [(finding, draft) for finding in present if finding is not untouched]
    pin(
        session,
        process_id=run.process_id,
        findings={finding_id: draft.theme.id for finding_id, draft in theirs.items()},
        contrary=[
            (draft.theme.id, source_id) for draft in theirs.values() for source_id in sorted(draft.contrary, key=str)
        ],
        quotes={finding_id: draft.places for finding_id, draft in theirs.items()},
    )
    under = evidence.sources_under(session, theme_ids=sorted({draft.theme.id for _, draft in touched}, key=str))
    for finding, draft in touched:
        _note_news(session, finding, {str(key) for key in under[draft.theme.id]}, run_id)
    for left in by_theme.values():
        for finding in left:
            _theme_gone(session, finding, run_id, now)
    paper.last_run_id = run_id
    paper.drafted_at = now
    record(
        session, actor=SYSTEM, action="paper.drafted", kind=ThingKind.paper, object_id=paper.id, process_id=run.process_id,
        run=run_id, findings=len(drafts),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return paper.id


def compose(session: Session, *, run: Run, language: str) -> list[Draft]:
    """What the machine would say of each theme that was not refused, in the order of the paper. Reads only."""
    told = evidence.theme_summaries(session, run_id=run.id)
    themes = [
        t
        for t in evidence.themes_of(session, process_id=run.process_id)
        if t.state in {"proposed", "accepted"} and t.sources
    ]
    quotes = evidence.quotes(session, theme_ids=[t.id for t in themes])
    critics: dict[uuid.UUID, list[MemberRow]] = defaultdict(list)
    for member in evidence.members(session, process_id=run.process_id, criticism=True):
        critics[member.theme_id].append(member)
    wanted = {q.source_id for listed in quotes.values() for q in listed}
    wanted |= {m.source_id for listed in critics.values() for m in listed}
    wanted |= {uuid.UUID(p["source_id"]) for listed in told.values() for s in listed for p in s["quotes"]}
    cards = sources.cards(session, ids=sorted(wanted), public_only=False)
    texts = {str(key): card.text for key, card in cards.items()}
    contrary: dict[uuid.UUID, frozenset[uuid.UUID]] = {}
    for theme in themes:
        kinds = {str(m.source_id): (m.note_kind, m.kind) for m in critics[theme.id]}
        against = rules.contrary_ids(kinds, texts, of=theme.sources)
        contrary[theme.id] = frozenset(uuid.UUID(key) for key in against)
    heard = evidence.voices_without(
        session,
        process_id=run.process_id,
        left_out=[(key, own) for key, ids in contrary.items() for own in sorted(ids, key=str)],
    )
    return [
        _compose_one(
            theme, heard.get(theme.id), quotes[theme.id], told.get(theme.key, ()), cards, contrary[theme.id], language
        )
        for theme in themes
    ]


def _compose_one(
    theme: ThemeRow,
    heard: Mapping[str, int] | None,
    quotes: Sequence[QuoteRow],
    summary: Sequence[Mapping[str, Any]],
    cards: Mapping[uuid.UUID, SourceCard],
    contrary: frozenset[uuid.UUID],
    language: str,
) -> Draft:
    """One finding: the count, one voice, what the analytics says of spread and divergence; each sentence with its sources.

    `heard` are the voices by channel without those of contrary sources, where there are any. A sentence that names no source rests on all
    that support the finding (`Sentence.source_ids`).
    """
    places = [
        Place(str(q.source_id), q.start, q.end, q.sha256, q.revision)
        for q in quotes
        if (card := cards.get(q.source_id)) is not None and may_quote(card)
    ]
    voices = {c.value: c.voices for c in theme.by_channel} if heard is None else heard
    by_channel = [
        Number(c.value, voices[c.value], c.of, shown(voices[c.value])) for c in theme.by_channel if voices.get(c.value)
    ]
    sentences = [Sentence(rules.count_text(by_channel, language), "machine", "count")]
    lead = next((p for p in places if uuid.UUID(p.source_id) not in contrary), None)
    if lead is not None:
        sentences.append(Sentence(rules.wording(language)["voice"], "machine", "quote", (lead.source_id,), (lead,)))
    for role in ROLES:
        for found in summary:
            if found["role"] == role:
                bound = tuple(Place.from_json(p) for p in found["quotes"])
                if all(may_quote(cards[uuid.UUID(p.source_id)]) for p in bound if uuid.UUID(p.source_id) in cards):
                    words = found["text"]
                    sentences.append(
                        Sentence(words[:1].upper() + words[1:], "machine", role, tuple(found["source_ids"]), bound)
                    )
    return Draft(theme, tuple(sentences), tuple(places), contrary)


def _sections(session: Session, paper_id: uuid.UUID) -> dict[str, uuid.UUID]:
    rows = session.execute(
        select(Section.code, Section.id).where(Section.paper_id == paper_id).order_by(Section.position)
    )
    return {row.code: row.id for row in rows}


def _add(
    session: Session, paper: Paper, draft: Draft, section_id: uuid.UUID, position: int, run_id: uuid.UUID, now: datetime
) -> uuid.UUID:
    """A new finding for a theme that has none; returns its key."""
    finding = Finding(
        process_id=paper.process_id, paper_id=paper.id, section_id=section_id, number=paper.next_number, position=position,
        strategy_id=draft.theme.strategy_id, theme_id=draft.theme.id, title=draft.theme.label,
        sentences=[s.as_json() for s in draft.sentences], origin="machine", state="proposed", version=1, run_id=run_id, news={},
        changed_at=now, created_at=now,
    )  # fmt: skip  # one row of values reads better so
    paper.next_number += 1
    session.add(finding)
    session.flush()
    return finding.id


def _redraft(
    session: Session,
    finding: Finding,
    draft: Draft,
    section_id: uuid.UUID,
    position: int,
    run_id: uuid.UUID,
    now: datetime,
) -> bool:
    """Write an untouched proposal anew; its version moves only if it says something else, so that an editor who has it open learns of it.

    False where a person took it up while the draft was being composed: theirs stays.
    """
    values = {
        "section_id": section_id, "position": position, "strategy_id": draft.theme.strategy_id, "title": draft.theme.label,
        "sentences": [s.as_json() for s in draft.sentences], "run_id": run_id, "state": "proposed", "news": {},
    }  # fmt: skip  # one row of values reads better so
    same = finding.title == values["title"] and finding.sentences == values["sentences"] and finding.state == "proposed"
    if not same:
        keep(session, finding, action="redrafted", changed_by=None, now=now)
        values |= {"version": finding.version + 1, "changed_by": None, "changed_at": now}
    changed = session.execute(
        update(Finding)
        .where(Finding.id == finding.id, Finding.version == finding.version, Finding.origin == "machine")
        .values(**values)
        .returning(Finding.id)
    ).scalar_one_or_none()
    return changed is not None


def _note_news(session: Session, finding: Finding, under: set[str], run_id: uuid.UUID) -> None:
    """What a run found about a finding whose text it must leave alone: sources to add, sources no longer under its theme."""
    rows = session.execute(
        select(FindingSource.source_id, FindingSource.origin).where(FindingSource.finding_id == finding.id)
    ).all()
    news = moved_news(
        {str(row.source_id) for row in rows},
        {str(row.source_id) for row in rows if row.origin == "machine"},
        under,
        finding.set_aside,
    )
    _set_news(session, finding, {**news, "run_id": str(run_id)} if news else {})


def moved_news(cited: set[str], machine: set[str], under: set[str], aside: Sequence[str]) -> dict[str, Any]:
    """Sources now under a finding's theme that it does not cite, and those the machine cited that left; empty for neither.

    What a person put aside is no news again.
    """
    new, gone = sorted(under - cited - set(aside)), sorted(machine - under - set(aside))
    return {"new": new, "gone": gone} if new or gone else {}


def _theme_gone(session: Session, finding: Finding, run_id: uuid.UUID, now: datetime) -> None:
    """A finding whose theme was refused, merged away or not found again: set aside if nobody touched it, marked otherwise."""
    if finding.origin == "machine" and finding.state == "proposed":
        keep(session, finding, action="superseded", changed_by=None, now=now)
        session.execute(
            update(Finding)
            .where(Finding.id == finding.id, Finding.version == finding.version)
            .values(state="superseded", version=finding.version + 1, changed_by=None, changed_at=now)
        )
    elif finding.state not in {"superseded", "refused"}:
        _set_news(session, finding, {"theme_gone": True, "run_id": str(run_id)})


def _set_news(session: Session, finding: Finding, news: dict[str, Any]) -> None:
    session.execute(update(Finding).where(Finding.id == finding.id).values(news=news))


def keep(
    session: Session,
    finding: Finding,
    *,
    action: str,
    changed_by: uuid.UUID | None,
    now: datetime,
    citations: dict[str, Any] | None = None,
) -> None:
    """Keep what a finding says now, before it is changed; the same version is kept once."""
    session.execute(
        insert(FindingChange)
        .values(
            id=uuid.uuid4(),
            finding_id=finding.id,
            version=finding.version,
            title=finding.title,
            sentences=finding.sentences,
            state=finding.state,
            action=action,
            citations=citations,
            changed_by=changed_by,
            changed_at=now,
        )
        .on_conflict_do_nothing(index_elements=["finding_id", "version"])
    )
