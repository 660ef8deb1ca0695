"""Reading a draft together: comments in the margin, approvals asked by section and answered on a known text."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.notices.services import notify
from consult.people import queries as people
from consult.position_paper import queries, rules
from consult.position_paper.models import Finding, MarginNote, Paper, Section, SectionApproval
from consult.position_paper.types import Sentence
from consult.process.models import Process


def write_note(
    session: Session,
    *,
    process_id: uuid.UUID,
    finding_id: uuid.UUID | None = None,
    section_id: uuid.UUID | None = None,
    sentence: int | None = None,
    text: str,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Write a comment in the margin of a finding (of one of its sentences) or of a section; returns its key."""
    if not text.strip():
        raise Invalid("Un commento ha bisogno di qualche parola.", {"text": "Scrivi qualche parola."})
    quoted = ""
    if finding_id is not None:
        sentences = session.execute(
            select(Finding.sentences).where(Finding.id == finding_id, Finding.process_id == process_id)
        ).scalar_one_or_none()
        if sentences is None:
            raise NotFound("Questa risultanza non c'è.")
        if sentence is not None and 1 <= sentence <= len(sentences):
            # Without the words of its quotes: a withdrawal must reach them here too.
            quoted = rules.without_marks(Sentence.from_json(sentences[sentence - 1]))[:300]
        else:
            sentence = None
    elif not _section_of(session, process_id, section_id):
        raise NotFound("Questa sezione non c'è.")
    note = MarginNote(
        process_id=process_id, finding_id=finding_id, section_id=section_id if finding_id is None else None, sentence=sentence,
        quoted=quoted, text=text, author_id=actor.account_id, author_name=actor.name[:120], created_at=now,
    )  # fmt: skip  # one row of values reads better so
    session.add(note)
    session.flush()
    record(
        session, actor=actor, action="margin.noted", kind=ThingKind.paper, object_id=finding_id or section_id or note.id,
        process_id=process_id,
    )  # fmt: skip  # one row of values reads better so
    return note.id


def settle_note(
    session: Session, *, process_id: uuid.UUID, note_id: uuid.UUID, settled: bool, actor: Actor, now: datetime
) -> MarginNote:
    """Say that a comment was dealt with, or open it again; returns it."""
    values: dict[str, Any] = {
        "settled_by": actor.account_id if settled else None,
        "settled_at": now if settled else None,
    }
    note = session.execute(
        update(MarginNote)
        .where(MarginNote.id == note_id, MarginNote.process_id == process_id)
        .values(**values)
        .returning(MarginNote)
    ).scalar_one_or_none()
    if note is None:
        raise NotFound("Questo commento non c'è.")
    record(
        session, actor=actor, action="margin.settled" if settled else "margin.reopened", kind=ThingKind.paper, object_id=note_id,
        process_id=process_id,
    )  # fmt: skip  # one row of values reads better so
    return note


def _section_of(session: Session, process_id: uuid.UUID, section_id: uuid.UUID | None) -> Section | None:
    return session.execute(
        select(Section)
        .join(Paper, Paper.id == Section.paper_id)
        .where(Section.id == section_id, Paper.process_id == process_id)
    ).scalar_one_or_none()


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
    section = _section_of(session, process_id, section_id)
    if section is None:
        raise NotFound("Questa sezione non c'è.")
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
    slug, language = session.execute(select(Process.slug, Process.language).where(Process.id == process_id)).one()
    words = (
        (
            "Section to approve: {title}",
            "You are asked to read the section “{title}” of the position paper and to say whether it can stand.",
        )
        if language == "en"
        else (
            "Sezione da approvare: {title}",
            "Si chiede di leggere la sezione «{title}» del position paper e di dire se può andare così.",
        )
    )
    notify(
        session, account_ids=fresh, kind="approval_asked", subject=words[0].format(title=section.title)[:200],
        body=words[1].format(title=section.title), link_endpoint="position_paper.edit_section",
        link_values={"slug": slug, "section_id": str(section_id)}, process_id=process_id,
        key=f"approval:{section_id}:{now.isoformat()}", now=now,
    )  # fmt: skip  # one row of values reads better so
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
    asked.text_sha256 = fingerprint(session, section_id=section_id)
    record(
        session,
        actor=actor,
        action=f"section.{asked.state}",
        kind=ThingKind.paper,
        object_id=section_id,
        process_id=process_id,
    )
    session.flush()


def fingerprint(session: Session, *, section_id: uuid.UUID) -> str:
    """Hash of a section's own words and of its standing findings' texts: an approval of another text says so."""
    section = session.execute(select(Section.title, Section.words).where(Section.id == section_id)).one_or_none()
    findings = session.execute(
        select(Finding.number, Finding.title, Finding.sentences)
        .where(Finding.section_id == section_id, Finding.state.in_(["proposed", "accepted"]))
        .order_by(Finding.number)
    ).all()
    texts = [
        [f.number, f.title, [[s["text"], s.get("source_ids", []), s.get("quotes", [])] for s in f.sentences]]
        for f in findings
    ]
    whole = [list(section) if section else [], texts]
    return hashlib.sha256(json.dumps(whole, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
