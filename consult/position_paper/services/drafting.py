"""The draft: findings proposed from a run's themes. What people wrote, accepted or refused is never overwritten."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import ThingKind
from consult.evidence import queries as evidence
from consult.evidence.models import Run
from consult.position_paper.models import Finding, FindingChange, FindingSource, Paper, Section
from consult.position_paper.services.beginning import ensure_paper
from consult.position_paper.services.composing import Draft, compose
from consult.position_paper.services.pinning import pin


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
    # What is counted and pinned over all sources is sorted in memory, as in the run itself.
    session.execute(text("SET LOCAL work_mem = '64MB'"))
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
