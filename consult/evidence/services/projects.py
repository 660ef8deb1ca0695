"""Coded projects in and out as REFI-QDA files: interviews as texts, one after another their passages."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.core.errors import Invalid
from consult.core.permissions import Actor
from consult.core.reading.running import Told
from consult.core.sentences import Sentence
from consult.evidence.models import Code, Coding
from consult.evidence.rules import anchored
from consult.evidence.rules.alignment import Alignment, Letters, align, letters
from consult.evidence.rules.projects import CodedText, Piece, Project
from consult.evidence.services.coding import apply_many
from consult.evidence.services.exchange import export_codebook, import_codebook
from consult.evidence.services.finishing import note_progress
from consult.evidence.types import ProjectReport, TextReport, Trail
from consult.listening.interviews import services as interviews
from consult.listening.interviews.models import Interview
from consult.listening.sources.models import Source
from consult.process.models import Process

TWICE = Sentence("Due testi non possono diventare la trascrizione della stessa intervista: scegli di nuovo.")
#: Stands between passages in the text of an interview.
BETWEEN = "\n\n"
NOTHING: Mapping[uuid.UUID, uuid.UUID] = MappingProxyType({})
#: No account has this key: codings of a command or an import have none at all.
_NOBODY = uuid.UUID(int=0)


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


def _known_as(session: Session, process_id: uuid.UUID) -> dict[uuid.UUID, str]:
    """By interview: what a file may call it, the role or name that may stand beside a quote; those without one are left out."""
    rows = session.execute(
        select(Source.unit_id, func.max(Source.attribution))
        .join(Interview, Interview.id == Source.unit_id)
        .where(Interview.process_id == process_id, Source.state == "live", Source.quotable.in_(("role", "name")))
        .group_by(Source.unit_id)
    )
    return {key: name for key, name in rows if key is not None and name}


def export_project(session: Session, *, process_id: uuid.UUID) -> Project:
    """The codebook, the interviews that may be read, and what was coded in them.

    People who coded are numbered, never named; an interview is called by role or name only as far as a quote of it may be.
    """
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
    known = _known_as(session, process_id)
    for number, (interview_id, (_role, passages)) in enumerate(_texts(session, process_id).items(), 1):
        pieces = []
        for source_id, begins, text in passages:
            for coding, guid in by_source[source_id]:
                place = anchored(text, coding.span_start, coding.span_end, coding.sha256, None)
                if place is not None:
                    pieces.append(
                        Piece(begins + place[0], begins + place[1], guid, coders[coding.coder_id], coding.memo)
                    )
        whole = BETWEEN.join(text for _key, _begins, text in passages)
        texts.append(CodedText(interview_id, known.get(interview_id, f"Intervista {number}"), whole, tuple(pieces)))
    title = session.execute(select(Process.title).where(Process.id == process_id)).scalar_one()
    numbered = tuple((guid, f"Persona {number}") for number, guid in enumerate(sorted(coders.values(), key=str), 1))
    return Project(title, export_codebook(session, process_id=process_id), numbered, tuple(texts))


def import_project(
    session: Session,
    *,
    process_id: uuid.UUID,
    project: Project,
    actor: Actor,
    now: datetime,
    chosen: Mapping[uuid.UUID, uuid.UUID] = NOTHING,
    trail: Trail | None = None,
    told: Told | None = None,
) -> ProjectReport:
    """Add a project's codes, and its pieces where its texts are interviews of this process: their passages stand in it, in order.

    `chosen` names, by text, interviews without a transcript that a text becomes the transcript of: consent is asked of the interview, as
    for any transcript. Every other text stays outside, since nothing is known of its consent. Raises Invalid where consent is missing.
    """
    trail = trail if trail is not None else Trail()
    if len(set(chosen.values())) < len(chosen):
        raise Invalid(TWICE)
    if any(key in _texts(session, process_id) for key in chosen.values()):
        raise Invalid("Una delle interviste scelte ha intanto una trascrizione: scegli di nuovo.")
    left_out = 0
    for text in project.texts:
        if text.guid in chosen:
            transcribed = interviews.add_transcript(
                session, process_id=process_id, interview_id=chosen[text.guid], text=text.text, actor=actor, now=now
            )
            trail.sources += transcribed.sources
            left_out += transcribed.left_out
    book = import_codebook(session, process_id=process_id, book=project.book, actor=actor, now=now, trail=trail)
    codes = {
        row.guid: row.id
        for row in session.execute(
            select(Code.guid, Code.id).where(Code.process_id == process_id, Code.state == "live", Code.codable).order_by(Code.id)
        )
    }  # fmt: skip  # one chain reads better so
    here = _texts(session, process_id)
    said = {key: [letters(words) for _source, _begins, words in passages] for key, (_role, passages) in here.items()}
    ours = {uuid.uuid5(process_id, str(coder)): coder for coder in _coders(session, process_id)}
    standing = _standing(session, process_id)
    texts, notes = [], _left_out(project, ours)
    if left_out:
        notes.append(Sentence("Passaggi che chi li ha detti aveva ritirato: %(n)s. Restano fuori.", n=left_out))
    free = set(here)
    for number_of_text, text in enumerate(project.texts):
        if told:
            told(number_of_text, len(project.texts))
        report = TextReport(text.guid, text.name, len(text.pieces))
        found = _interview_of(text, here, said, free, chosen.get(text.guid))
        if found is None:
            texts.append(report)
            continue
        key, place = found
        free.discard(key)
        role, passages = here[key]
        wanted: list[tuple[uuid.UUID, uuid.UUID, int, int, str]] = []
        already = lost = 0
        for piece in text.pieces:
            code_id, spots = codes.get(piece.code), place.spots(piece.start, piece.end)
            if code_id is None or not spots:
                lost += 1
                continue
            for number, start, end in spots:
                source_id, _begins, _words = passages[number]
                # What one of our own people coded, and still stands, is theirs: it is not coded again by who imports.
                theirs = (source_id, code_id, start, end, ours.get(piece.coder, _NOBODY))
                if theirs in standing or (source_id, code_id, start, end, actor.account_id) in standing:
                    already += 1
                else:
                    wanted.append((source_id, code_id, start, end, piece.memo))
        made = apply_many(session, process_id=process_id, pieces=wanted, actor=actor, now=now)
        trail.codings += made
        texts.append(
            replace(
                report,
                interview_id=key,
                interview=role,
                added=len(made),
                already=already,
                lost=lost,
                transcribed=text.guid in chosen,
            )
        )
    # At the end, each once: who finishes an interview holds it until the transaction ends.
    for key in sorted(report.interview_id for report in texts if report.interview_id is not None):
        if here[key][1]:
            note_progress(session, process_id=process_id, source_id=here[key][1][0][0], actor=actor, now=now)
    return ProjectReport(book, tuple(texts), tuple(dict.fromkeys([*book.notes, *notes])))


def _coders(session: Session, process_id: uuid.UUID) -> list[uuid.UUID | None]:
    rows = session.execute(
        select(Coding.coder_id).where(Coding.process_id == process_id).distinct().order_by(Coding.coder_id)
    )
    return list(rows.scalars())


def _standing(session: Session, process_id: uuid.UUID) -> set[tuple[uuid.UUID, uuid.UUID, int, int, uuid.UUID | None]]:
    """What is coded now, by whom."""
    rows = session.execute(
        select(Coding.source_id, Coding.code_id, Coding.span_start, Coding.span_end, Coding.coder_id)
        .where(Coding.process_id == process_id, Coding.live)
        .order_by(Coding.id)
    )
    return {(row[0], row[1], row[2], row[3], row[4]) for row in rows}


def _left_out(project: Project, ours: Mapping[uuid.UUID, uuid.UUID | None]) -> list[str]:
    notes: list[str] = [
        Sentence("%(kind)s: %(n)s, di un tipo che qui non si legge.", kind=kind, n=n) for kind, n in project.left_out
    ]
    others = {piece.coder for text in project.texts for piece in text.pieces} - ours.keys()
    if len(others) > 1:
        notes.append(
            Sentence("Nel file hanno codificato %(n)s persone: qui le codifiche sono di chi importa.", n=len(others))
        )
    return notes


def _interview_of(
    text: CodedText,
    here: Mapping[uuid.UUID, tuple[str, list[tuple[uuid.UUID, int, str]]]],
    said: Mapping[uuid.UUID, list[Letters]],
    free: set[uuid.UUID],
    chosen: uuid.UUID | None,
) -> tuple[uuid.UUID, Alignment] | None:
    """The interview that a text is: the one chosen, the one it names, else that of which most stands in it, with every passage found."""
    whole = letters(text.text)
    for key in (chosen, text.guid):
        if key is None or key not in here:
            continue
        place = align(said[key], whole)
        if place is not None:
            return key, place
    if chosen is not None:
        return None
    found = [(place.share, key, place) for key in sorted(free) if (place := align(said[key], whole)) is not None]
    return max(found, key=lambda one: one[:2])[1:] if found else None
