"""Approvals: asked by section of people who may read the workshop, answered on a known text, told to who asked."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.notices.services import notify
from consult.people import queries as people
from consult.position_paper import emails, queries
from consult.position_paper.models import Finding, Section, SectionApproval
from consult.position_paper.queries import ApprovalRow
from consult.position_paper.services.reviewing import section_of
from consult.process.queries import slug_of


def ask_approval(
    session: Session,
    *,
    process_id: uuid.UUID,
    section_id: uuid.UUID,
    account_ids: Sequence[uuid.UUID],
    actor: Actor,
    now: datetime,
) -> int:
    """Ask people who may read the workshop to approve a section; returns how many were asked.

    One who was asked and has not answered is not asked twice.
    """
    section = section_of(session, process_id, section_id)
    if section is None:
        raise NotFound("Questa sezione non c’è.")
    allowed = {row.account_id for row in queries.reviewers(session, process_id=process_id)}
    chosen = [key for key in dict.fromkeys(account_ids) if key in allowed]
    if not chosen:
        raise Invalid("Nessuna persona scelta.", {"people": "Scegli almeno una persona."})
    waiting = set(
        session.execute(
            select(SectionApproval.account_id).where(
                SectionApproval.section_id == section_id, SectionApproval.state == "asked"
            )
        ).scalars()
    )
    names = people.names(session, account_ids=chosen)
    fresh = [key for key in chosen if key not in waiting]
    for key in fresh:
        session.add(
            SectionApproval(
                process_id=process_id, section_id=section_id, account_id=key, account_name=names.get(key, "")[:120],
                asked_by=actor.account_id, asked_at=now, state="asked",
            )
        )  # fmt: skip  # one row of values reads better so
    session.flush()
    _tell_asked(session, process_id, section, fresh, now)
    record(
        session,
        actor=actor,
        action="approval.asked",
        kind=ThingKind.paper,
        object_id=section_id,
        process_id=process_id,
        people=len(fresh),
    )
    session.flush()
    return len(fresh)


def answer_approval(
    session: Session,
    *,
    process_id: uuid.UUID,
    section_id: uuid.UUID,
    approved: bool,
    note: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Answer for oneself: the section can stand as it is now, or needs changes. Raises NotFound for one who was not asked."""
    if not approved and not note.strip():
        raise Invalid("Per chiedere modifiche servono due parole.", {"note": "Scrivi che cosa va cambiato."})
    asked = (
        session.execute(
            select(SectionApproval)
            .where(
                SectionApproval.section_id == section_id,
                SectionApproval.process_id == process_id,
                SectionApproval.account_id == actor.account_id,
            )
            .order_by(SectionApproval.asked_at.desc())
            .limit(1)
            .with_for_update()
        )
    ).scalar_one_or_none()
    if asked is None:
        raise NotFound("Questa approvazione non è stata chiesta.")
    asked.state = "approved" if approved else "changes"
    asked.note, asked.answered_at = note, now
    asked.text_sha256 = fingerprints(session, section_ids=[section_id])[section_id]
    record(
        session,
        actor=actor,
        action=f"section.{asked.state}",
        kind=ThingKind.paper,
        object_id=section_id,
        process_id=process_id,
    )
    session.flush()
    _tell_who_asked(session, process_id, asked, actor, now)


def fingerprints(session: Session, *, section_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
    """Hashes of sections' own words and of their standing findings' texts: an approval of another text says so. Two statements."""
    wanted = list(section_ids)
    rows = session.execute(
        select(Section.id, Section.title, Section.words).where(Section.id.in_(wanted)).order_by(Section.id)
    )
    own = {row.id: [row.title, row.words] for row in rows}
    texts: dict[uuid.UUID, list[Any]] = defaultdict(list)
    standing = (
        select(Finding.section_id, Finding.number, Finding.title, Finding.sentences)
        .where(Finding.section_id.in_(wanted), Finding.state.in_(["proposed", "accepted"]))
        .order_by(Finding.number)
    )
    for f in session.execute(standing):
        said = [[s["text"], s.get("source_ids", []), s.get("quotes", [])] for s in f.sentences]
        texts[f.section_id].append([f.number, f.title, said])
    return {
        key: hashlib.sha256(
            json.dumps([own.get(key, []), texts[key]], sort_keys=True, ensure_ascii=False).encode()
        ).hexdigest()
        for key in wanted
    }


def section_approvals(
    session: Session, *, process_id: uuid.UUID
) -> tuple[dict[uuid.UUID, list[ApprovalRow]], dict[uuid.UUID, str]]:
    """What was asked of whom, by section, and the fingerprint of each of these sections as it stands now. At most three statements."""
    asked: dict[uuid.UUID, list[ApprovalRow]] = defaultdict(list)
    for row in queries.approvals(session, process_id=process_id):
        asked[row.section_id].append(row)
    return dict(asked), fingerprints(session, section_ids=asked) if asked else {}


def signed_off(session: Session, *, process_id: uuid.UUID) -> list[dict[str, str]]:
    """What was approved of the sections as they stand now, as a manifest keeps it: by its key, so that a name that is erased is gone here too."""
    asked, now_there = section_approvals(session, process_id=process_id)
    codes = {
        row.id: row.code
        for row in session.execute(select(Section.id, Section.code).where(Section.id.in_(asked)).order_by(Section.id))
    }
    return [
        {"section": codes[key], "approval": str(row.id), "at": row.answered_at.isoformat() if row.answered_at else ""}
        for key in sorted(asked, key=codes.__getitem__)
        for row in asked[key]
        if row.state == "approved" and row.text_sha256 == now_there[key]
    ]


def _tell_asked(
    session: Session, process_id: uuid.UUID, section: Section, account_ids: Sequence[uuid.UUID], now: datetime
) -> None:
    notify(
        session, account_ids=account_ids, kind="approval_asked",
        words=lambda language: (
            emails.approval_subject(title=section.title, language=language)[:200],
            emails.approval_body(title=section.title, language=language),
        ),
        link_endpoint="position_paper.edit_section",
        link_values={"slug": slug_of(session, process_id=process_id), "section_id": str(section.id)}, process_id=process_id,
        key=f"approval:{section.id}:{now.isoformat()}", now=now,
    )  # fmt: skip  # one row of values reads better so


def _tell_who_asked(
    session: Session, process_id: uuid.UUID, asked: SectionApproval, actor: Actor, now: datetime
) -> None:
    """Tell who asked what the answer is, unless they answered themselves."""
    if asked.asked_by is None or asked.asked_by == actor.account_id:
        return
    title = session.execute(select(Section.title).where(Section.id == asked.section_id)).scalar_one()
    approved = asked.state == "approved"
    notify(
        session, account_ids=[asked.asked_by], kind="approval_answered",
        words=lambda language: (
            emails.approval_answer_subject(title=title, approved=approved, language=language)[:200],
            emails.approval_answer_body(name=actor.name, approved=approved, note=asked.note, language=language),
        ),
        link_endpoint="position_paper.edit_section",
        link_values={"slug": slug_of(session, process_id=process_id), "section_id": str(asked.section_id)}, process_id=process_id,
        key=f"approved:{asked.id}:{now.isoformat()}", now=now,
    )  # fmt: skip  # one row of values reads better so
