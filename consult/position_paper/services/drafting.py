"""The draft: findings proposed from a run's themes. What people wrote, accepted or refused is never overwritten."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Uuid, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.db import UtcDateTime
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
    anew: list[tuple[Finding, Draft, dict[str, Any]]] = []
    touched: list[tuple[Finding, Draft]] = []
    for position, draft in enumerate(drafts):
        present = by_theme.pop(draft.theme.id, [])
        section_id = section_of[f"asse-{draft.theme.axis_number}" if draft.theme.axis_number else "nessuna-strategia"]
        untouched = next((f for f in present if f.origin == "machine" and f.state in {"proposed", "superseded"}), None)
        if untouched is not None:
            anew.append((untouched, draft, _as_drafted(untouched, draft, section_id, position)))
        elif not present:
            theirs[_add(session, paper, draft, section_id, position, run_id, now)] = draft
        touched += [(finding, draft) for finding in present if finding is not untouched]
    written = _redraft(session, [values for _, _, values in anew], run_id, now)
    for finding, draft, _ in anew:
        if finding.id in written:
            theirs[finding.id] = draft
            session.expire(finding)
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
    # Its key is chosen here, so that all findings of a draft go to the database together.
    finding = Finding(
        id=uuid.uuid4(), process_id=paper.process_id, paper_id=paper.id, section_id=section_id, number=paper.next_number, position=position,
        strategy_id=draft.theme.strategy_id, theme_id=draft.theme.id, title=draft.theme.label,
        sentences=[s.as_json() for s in draft.sentences], origin="machine", state="proposed", version=1, run_id=run_id, news={},
        changed_at=now, created_at=now,
    )  # fmt: skip  # one row of values reads better so
    paper.next_number += 1
    session.add(finding)
    return finding.id


def _as_drafted(finding: Finding, draft: Draft, section_id: uuid.UUID, position: int) -> dict[str, Any]:
    """An untouched proposal as it is now drafted, and whether it says something else than before."""
    title, sentences = draft.theme.label, [s.as_json() for s in draft.sentences]
    return {
        "id": finding.id, "version": finding.version, "section_id": section_id, "position": position, "strategy_id": draft.theme.strategy_id,
        "title": title, "sentences": sentences,
        "other": not (finding.title == title and finding.sentences == sentences and finding.state == "proposed"),
    }  # fmt: skip  # one row of values reads better so


#: The version of a proposal moves only if it says something else, so that an editor who has it open learns of it; what it said is kept then.
_REDRAFT = text("""
    WITH drafted AS (
        SELECT * FROM jsonb_to_recordset(:rows) AS drafted (
            id uuid, version integer, section_id uuid, position integer, strategy_id uuid, title text, sentences jsonb, other boolean
        )
    ),
    kept AS (
        INSERT INTO finding_change (id, finding_id, version, title, sentences, state, action, changed_at)
        SELECT gen_random_uuid(), f.id, f.version, f.title, f.sentences, f.state, 'redrafted', :now
        FROM finding f
        JOIN drafted d ON d.id = f.id AND d.version = f.version
        WHERE d.other AND f.origin = 'machine'
        ON CONFLICT (finding_id, version) DO NOTHING
    )
    UPDATE finding f
    SET section_id = d.section_id, position = d.position, strategy_id = d.strategy_id, title = d.title, sentences = d.sentences,
        run_id = :run_id, state = 'proposed', news = '{}', version = f.version + d.other::integer,
        changed_by = CASE WHEN d.other THEN NULL ELSE f.changed_by END,
        changed_at = CASE WHEN d.other THEN :now ELSE f.changed_at END
    FROM drafted d
    WHERE d.id = f.id AND d.version = f.version AND f.origin = 'machine'
    RETURNING f.id
""").bindparams(bindparam("rows", type_=JSONB), bindparam("run_id", type_=Uuid), bindparam("now", type_=UtcDateTime()))


def _redraft(
    session: Session, drafted: Sequence[dict[str, Any]], run_id: uuid.UUID, now: datetime
) -> frozenset[uuid.UUID]:
    """Write untouched proposals anew in one statement; returns which. One that a person took up while the draft was composed stays theirs."""
    rows = [{n: str(v) if isinstance(v, uuid.UUID) else v for n, v in values.items()} for values in drafted]
    return frozenset(session.execute(_REDRAFT, {"rows": rows, "run_id": run_id, "now": now}).scalars()) if rows else frozenset()


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
