"""What was said: typed, or read from a file, looked at, and then confirmed."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.normalise import MAX_CHARACTERS, UnreadableText, clean_text
from consult.core.permissions import Actor
from consult.core.reading.running import read_blocks
from consult.core.sentences import Sentence
from consult.core.vocabulary import Channel, ThingKind
from consult.files import services as files
from consult.files.rules import refuse
from consult.files.types import FileKind, Upload
from consult.listening.interviews import queries
from consult.listening.interviews.models import Interview, InterviewOriginal, InterviewPassage
from consult.listening.interviews.rules import (
    STATUSES,
    Transcript,
    Turn,
    attribution,
    quotable,
    recognise,
    split_transcript,
    with_interviewers,
)
from consult.listening.sources.models import Source
from consult.listening.sources.queries import taken_back
from consult.listening.sources.rules import fold, stays_withdrawn
from consult.listening.sources.services import add_sources
from consult.listening.sources.types import NewSource
from consult.ports.storage import Storage

_NO_CONSENT = Sentence(
    "Manca il consenso a trascrivere e a codificare: prima si registra il consenso, poi si scrive il testo."
)
#: What a transcript may arrive as; subtitles and Markdown are text.
KINDS = frozenset({FileKind.docx, FileKind.odt, FileKind.text, FileKind.csv})


@dataclass(frozen=True, slots=True)
class Transcribed:
    """The sources that a text became, and how many of its passages stayed out, since who said them had taken them back."""

    sources: list[uuid.UUID]
    left_out: int = 0


def as_transcript(upload: Upload) -> Upload:
    """The file as a transcript: text with commas in its first line is still text."""
    kind = FileKind.text if upload.kind is FileKind.csv else upload.kind
    return upload if kind is upload.kind else Upload(upload.name.removesuffix(".csv") + ".txt", kind, upload.data)


def read_transcript(upload: Upload) -> Transcript:
    """Who says what in a file, and when; nothing is stored. Raises Invalid with a sentence at `file`."""
    kind = "text" if upload.kind in {FileKind.text, FileKind.csv} else str(upload.kind)
    found = recognise(read_blocks(upload.data, kind))
    if not found.turns:
        raise refuse("Nel file non si riconosce nessun passaggio di un’intervista.")
    return found


def process_of(session: Session, *, interview_id: uuid.UUID) -> uuid.UUID:
    """The process of an interview. Raises NotFound."""
    found = session.execute(select(Interview.process_id).where(Interview.id == interview_id)).scalar_one_or_none()
    if found is None:
        raise NotFound("Questa intervista non c’è.")
    return found


def _interview(session: Session, process_id: uuid.UUID, interview_id: uuid.UUID) -> Interview:
    """The interview, held for this transaction. Raises NotFound, Invalid without consent to transcribe and code."""
    interview = session.execute(
        select(Interview)
        .where(Interview.id == interview_id, Interview.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if interview is None:
        raise NotFound("Questa intervista non c’è.")
    if not (interview.consent_transcribe and interview.consent_code):
        raise Invalid(_NO_CONSENT, {"transcript": _NO_CONSENT, "file": _NO_CONSENT})
    return interview


def keep_file(
    session: Session,
    *,
    process_id: uuid.UUID,
    interview_id: uuid.UUID,
    upload: Upload,
    storage: Storage,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Read a file and keep it with what was recognised, to be confirmed; returns the key of the reading. Raises Invalid."""
    interview = _interview(session, process_id, interview_id)
    found = read_transcript(upload)
    file_id = files.keep(
        session, upload=as_transcript(upload), process_id=process_id, storage=storage, actor=actor, now=now
    )
    original = InterviewOriginal(
        interview_id=interview.id, file_id=file_id, layout=found.layout, sure=found.sure, read_at=now,
        turns=[[turn.speaker, turn.text, turn.asked, turn.at] for turn in found.turns], left_out=list(found.left_out),
    )  # fmt: skip  # one row of values reads better so
    session.add(original)
    record(
        session, actor=actor, action="interview.file_read", kind=ThingKind.interview, object_id=interview_id, process_id=process_id,
        passages=len(found.turns),
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return original.id


def confirm_file(
    session: Session,
    *,
    process_id: uuid.UUID,
    interview_id: uuid.UUID,
    original_id: uuid.UUID,
    interviewers: Collection[str],
    actor: Actor,
    now: datetime,
) -> Transcribed:
    """Make passages of what was read, with the voices that ask named by a person. A file with words that the person took back is not kept.

    Raises Conflict where it was done already.
    """
    interview = _interview(session, process_id, interview_id)
    original = session.execute(
        select(InterviewOriginal)
        .where(InterviewOriginal.id == original_id, InterviewOriginal.interview_id == interview_id)
        .with_for_update()
    ).scalar_one_or_none()
    if original is None:
        raise NotFound("Questo file non c’è.")
    if original.imported_at is not None or not original.turns:
        raise Conflict("Questo file è già stato importato.")
    turns = tuple(Turn(*row) for row in original.turns)
    named = with_interviewers(Transcript(original.layout, turns, (), original.sure), interviewers)
    made = _add_turns(
        session, interview=interview, turns=named.turns, language=None, actor=actor, now=now, original_id=original_id
    )
    if made.left_out:
        # It holds what the person took back.
        _forget(session, [original])
    else:
        original.turns, original.left_out, original.imported_at = [], [], now
        session.flush()
    return made


def drop_file(
    session: Session,
    *,
    process_id: uuid.UUID,
    interview_id: uuid.UUID,
    original_id: uuid.UUID,
    actor: Actor,
    now: datetime,
) -> None:
    """Remove a file for good: one that was read but not confirmed, or one that nobody may open any more. Raises NotFound, Conflict."""
    original = session.execute(
        select(InterviewOriginal)
        .join(Interview, Interview.id == InterviewOriginal.interview_id)
        .where(
            InterviewOriginal.id == original_id,
            InterviewOriginal.interview_id == interview_id,
            Interview.process_id == process_id,
        )
        .with_for_update(of=InterviewOriginal)
    ).scalar_one_or_none()
    if original is None:
        raise NotFound("Questo file non c’è.")
    if original.imported_at is not None and original_id not in queries.closed_files(session, interview_id=interview_id):
        raise Conflict("Questo file è già stato importato.")
    _forget(session, [original])
    record(
        session,
        actor=actor,
        action="interview.file_dropped",
        kind=ThingKind.interview,
        object_id=interview_id,
        process_id=process_id,
    )
    session.flush()


def forget_files(session: Session, *, interview_id: uuid.UUID) -> None:
    """Remove the files of an interview whose person no longer allows a transcript."""
    rows = session.execute(
        select(InterviewOriginal).where(InterviewOriginal.interview_id == interview_id).order_by(InterviewOriginal.id)
    ).scalars().all()  # fmt: skip  # one chain reads better so
    _forget(session, rows)


def _forget(session: Session, rows: Sequence[InterviewOriginal]) -> None:
    """Remove files and what was read in them."""
    file_ids = [row.file_id for row in rows]
    for row in rows:
        session.delete(row)
    session.flush()
    files.forget(session, file_ids=file_ids)


def add_transcript(
    session: Session,
    *,
    process_id: uuid.UUID,
    interview_id: uuid.UUID,
    text: str,
    actor: Actor,
    now: datetime,
    language: str | None = None,
) -> Transcribed:
    """Add passages after those that are there. Questions of the interviewer are kept beside, not as sources.

    What the person took back stays out, however often it is typed or read again. Raises Invalid without consent to transcribe and to
    code, or where nothing was said.
    """
    interview = _interview(session, process_id, interview_id)
    return _add_turns(
        session, interview=interview, turns=split_transcript(text), language=language, actor=actor, now=now
    )


def _add_turns(
    session: Session,
    *,
    interview: Interview,
    turns: Sequence[Turn],
    language: str | None,
    actor: Actor,
    now: datetime,
    original_id: uuid.UUID | None = None,
) -> Transcribed:
    """Passages after those that are there."""
    interview_id, process_id = interview.id, interview.process_id
    pieces = [piece for turn in turns for piece in _pieces(turn)]
    taken = _taken_words(session, interview_id)
    turns = [turn for turn in pieces if turn.asked or fold(turn.text) not in taken]
    left_out = len(pieces) - len(turns)
    if left_out and not any(not turn.asked for turn in turns):
        only = Sentence("Qui ci sono solo parole che chi le ha dette ha ritirato: restano fuori.")
        raise Invalid(only, {"transcript": only, "interviewers": only})
    if not any(not turn.asked for turn in turns):
        raise Invalid(
            "Nel testo non c’è nessun passaggio di chi è stato intervistato.",
            {
                "transcript": "Scrivi almeno un passaggio.",
                "interviewers": "Almeno una voce deve rispondere.",
            },
        )
    last = session.execute(
        select(func.coalesce(func.max(InterviewPassage.position), 0)).where(
            InterviewPassage.interview_id == interview_id
        )
    ).scalar_one()
    said = [(last + i, turn) for i, turn in enumerate(turns, 1) if not turn.asked]
    keys = add_sources(
        session,
        process_id=process_id,
        rows=[
            NewSource(
                channel=Channel.interview, text=turn.text, language=language or interview.language, zone_id=interview.zone_id,
                speaker_kind=interview.speaker_kind, unit_kind=str(ThingKind.interview), unit_id=interview_id, voice_id=interview_id,
                position=position, said_on=interview.held_on,
                quotable=quotable(consent_quote=interview.consent_quote, embargo_until=interview.embargo_until, today=now.date()),
                attribution=attribution(consent_quote=interview.consent_quote, role=interview.role, person_name=interview.person_name),
            )
            for position, turn in said
        ],
    )  # fmt: skip  # one row of values reads better so
    source_at = dict(zip((position for position, _turn in said), keys, strict=True))
    session.execute(
        insert(InterviewPassage),
        [
            {
                "id": uuid.uuid4(),
                "interview_id": interview_id,
                "position": last + i,
                "speaker": turn.speaker,
                "asked": turn.text if turn.asked else None,
                "source_id": source_at.get(last + i),
                "original_id": original_id,
                "at_ms": turn.at,
            }
            for i, turn in enumerate(turns, 1)
        ],
    )
    if STATUSES.index(interview.status) < STATUSES.index("transcribed"):
        interview.status = "transcribed"
        interview.version += 1
    record(
        session, actor=actor, action="interview.transcribed", kind=ThingKind.interview, object_id=interview_id, process_id=process_id,
        passages=len(keys), left_out=left_out,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return Transcribed(keys, left_out)


def _taken_words(session: Session, interview_id: uuid.UUID) -> set[str]:
    """The passages of an interview that nobody but who said them may put back, as they are compared."""
    rows = session.execute(
        select(Source.id, Source.text)
        .where(Source.unit_id == interview_id, Source.state == "withdrawn")
        .order_by(Source.position, Source.id)
    ).all()
    how = taken_back(session, source_ids=[row.id for row in rows]) if rows else {}
    return {words for row in rows if stays_withdrawn(how.get(row.id), by=None) and (words := fold(row.text))}


def _pieces(turn: Turn) -> list[Turn]:
    """A turn as passages that a source can hold, cut between words; text that can't be stored is refused."""
    try:
        text = clean_text(turn.text)
    except UnreadableText as error:
        raise Invalid(str(error), {"transcript": str(error), "file": str(error)}) from error
    found = []
    while len(text) > MAX_CHARACTERS:
        cut = max(text.rfind(mark, 0, MAX_CHARACTERS) for mark in (". ", "? ", "! ", " ")) + 1 or MAX_CHARACTERS
        found.append(Turn(turn.speaker, text[:cut].strip(), turn.asked, turn.at))
        text = text[cut:].strip()
    return [*found, Turn(turn.speaker, text, turn.asked, turn.at)] if text else found
