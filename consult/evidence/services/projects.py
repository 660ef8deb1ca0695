"""Coded projects in and out as REFI-QDA files: interviews as texts, one after another their passages."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.evidence.models import Code, Coding
from consult.evidence.rules import anchored
from consult.evidence.rules.projects import CodedText, Piece, Project
from consult.evidence.services.coding import apply_code
from consult.evidence.services.exchange import CodebookReport, export_codebook, import_codebook
from consult.evidence.services.finishing import note_progress
from consult.listening.interviews.models import Interview
from consult.listening.sources.models import Source
from consult.process.models import Process

#: Stands between passages in the text of an interview.
BETWEEN = "\n\n"


@dataclass(frozen=True, slots=True)
class ProjectReport:
    """What an import did: the codebook, pieces coded anew or already there, and what it could not use, one sentence each."""

    codebook: CodebookReport
    codings: int
    notes: tuple[str, ...]


def _texts(session: Session, process_id: uuid.UUID) -> dict[uuid.UUID, tuple[str, list[tuple[uuid.UUID, int, str]]]]:
    """By interview: its role, and its live passages with where each begins in the whole text."""
    rows = session.execute(
        select(Interview.id, Interview.role, Source.id, Source.text)
        .join(Source, Source.unit_id == Interview.id)
        .where(Interview.process_id == process_id, Source.state == "live")
        .order_by(Interview.held_on.nulls_last(), Interview.id, Source.position, Source.id)
    )
    found: dict[uuid.UUID, tuple[str, list[tuple[uuid.UUID, int, str]]]] = {}
    for interview_id, role, source_id, text in rows:
        _role, passages = found.setdefault(interview_id, (role, []))
        begins = passages[-1][1] + len(passages[-1][2]) + len(BETWEEN) if passages else 0
        passages.append((source_id, begins, text))
    return found


def export_project(session: Session, *, process_id: uuid.UUID) -> Project:
    """The codebook, the interviews that may be read, and what was coded in them. People who coded are numbered, never named."""
    rows = session.execute(
        select(Coding, Code.guid)
        .join(Code, Code.id == Coding.code_id)
        .where(Coding.process_id == process_id, Coding.live, Code.state == "live")
        .order_by(Coding.source_id, Coding.span_start, Coding.span_end, Code.guid, Coding.id)
    ).all()
    by_source: dict[uuid.UUID, list[tuple[Coding, uuid.UUID]]] = defaultdict(list)
    coders: dict[uuid.UUID | None, uuid.UUID] = {}
    for coding, guid in rows:
        by_source[coding.source_id].append((coding, guid))
    for who in sorted({row[0].coder_id for row in rows}, key=str):
        coders[who] = uuid.uuid5(process_id, str(who))
    texts = []
    for interview_id, (role, passages) in _texts(session, process_id).items():
        pieces = []
        for source_id, begins, text in passages:
            for coding, guid in by_source[source_id]:
                place = anchored(text, coding.span_start, coding.span_end, coding.sha256, None)
                if place is not None:
                    pieces.append(
                        Piece(begins + place[0], begins + place[1], guid, coders[coding.coder_id], coding.memo)
                    )
        whole = BETWEEN.join(text for _key, _begins, text in passages)
        texts.append(CodedText(interview_id, role, whole, tuple(pieces)))
    title = session.execute(select(Process.title).where(Process.id == process_id)).scalar_one()
    numbered = tuple((guid, f"Persona {number}") for number, guid in enumerate(sorted(coders.values(), key=str), 1))
    return Project(title, export_codebook(session, process_id=process_id), numbered, tuple(texts))


def import_project(
    session: Session, *, process_id: uuid.UUID, project: Project, actor: Actor, now: datetime
) -> ProjectReport:
    """Add a project's codes, and its pieces where its texts are interviews of this process: by identifier, else by equal words.

    A text that is none stays outside, since nothing is known of its consent: it comes in as a transcript first.
    """
    report = import_codebook(session, process_id=process_id, book=project.book, actor=actor, now=now)
    codes = {
        row.guid: row
        for row in session.execute(select(Code).where(Code.process_id == process_id).order_by(Code.id)).scalars()
    }
    here = _texts(session, process_id)
    wholes = {BETWEEN.join(text for _k, _b, text in passages): key for key, (_role, passages) in here.items()}
    notes = [
        Sentence("%(kind)s: %(n)s, di un tipo che qui non si legge.", kind=kind, n=n) for kind, n in project.left_out
    ]
    added = 0
    for text in project.texts:
        key = wholes.get(text.text)
        if key is None:
            notes.append(
                Sentence(
                    "«%(name)s» non è un'intervista di questo processo, o il suo testo è cambiato.", name=text.name
                )
            )
            continue
        for piece in text.pieces:
            code = codes.get(piece.code)
            spot = next(
                (
                    (source_id, piece.start - begins, piece.end - begins)
                    for source_id, begins, words in here[key][1]
                    if begins <= piece.start and piece.end <= begins + len(words)
                ),
                None,
            )
            if code is None or code.state != "live" or not code.codable or spot is None:
                notes.append(Sentence("«%(name)s»: un brano non si può riportare qui.", name=text.name))
                continue
            apply_code(
                session, process_id=process_id, source_id=spot[0], code_id=code.id, span=(spot[1], spot[2]), memo=piece.memo,
                actor=actor, now=now, follow=False,
            )  # fmt: skip  # one row of values reads better so
            added += 1
        if here[key][1]:
            note_progress(session, process_id=process_id, source_id=here[key][1][0][0], actor=actor, now=now)
    return ProjectReport(report, added, tuple(dict.fromkeys([*report.notes, *notes])))
