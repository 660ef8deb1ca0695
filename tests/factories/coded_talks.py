"""An interview that may be coded, codes, and passages that are coded with them, one call each."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from consult.core.permissions import SYSTEM, Actor
from consult.evidence.services import codebook, coding
from consult.listening.interviews import services as interviews
from tests.factories.world import World

NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)
TALK = "D: Che cosa serve?\n\nR: Serve un treno ogni mezz'ora. Anche la sera. 🚆 Poi il bosco.\n\nLe scuole chiudono.\n\nIl medico manca."


def talk(
    session: Session, world: World, role: str = "sindaca", held: date = date(2026, 9, 20), words: str = TALK
) -> uuid.UUID:
    """An interview of three passages, with consent to be transcribed and coded."""
    key = interviews.plan_interview(
        session, process_id=world.process_id, role=role, held_on=held, actor=SYSTEM, now=NOW
    )
    interviews.record_consent(
        session, process_id=world.process_id, interview_id=key, actor=SYSTEM, now=NOW,
        consent=interviews.Consent(may_transcribe=True, may_code=True, quote="role"),
    )  # fmt: skip  # one row of values reads better so
    interviews.add_transcript(session, process_id=world.process_id, interview_id=key, text=words, actor=SYSTEM, now=NOW)
    return key


def make(session: Session, world: World, name: str, parent: uuid.UUID | None = None) -> uuid.UUID:
    """A code of the codebook."""
    return codebook.make_code(
        session,
        process_id=world.process_id,
        fields=codebook.CodeFields(name=name, parent_id=parent),
        actor=SYSTEM,
        now=NOW,
    )


def put(
    session: Session,
    world: World,
    source: uuid.UUID,
    code: uuid.UUID,
    who: Actor = SYSTEM,
    span: tuple[int, int] | None = None,
) -> uuid.UUID:
    """Put a code on a passage, or on `span` of its characters."""
    return coding.apply_code(
        session, process_id=world.process_id, source_id=source, code_id=code, actor=who, now=NOW, span=span
    )
