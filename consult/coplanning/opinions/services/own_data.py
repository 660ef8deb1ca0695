"""Conversations in the export and erasure of a person."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from consult.coplanning.opinions.models import (
    OpinionBallot,
    OpinionConversation,
    OpinionParticipant,
    OpinionStatement,
    OpinionTurnout,
)
from consult.coplanning.opinions.types import NUMBERS, StatementOrigin
from consult.process.models import Process

_WORDS = {number: str(vote) for vote, number in NUMBERS.items()}


class OwnOpinions:
    """Votes, own statements and turnout of one person; implements `core.protocols.PersonalData`."""

    name = "opinions"

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """Votes of conversations that run, with the statements; statements written; of those that are over only that the person took part."""
        c, s = OpinionConversation, OpinionStatement
        rows: list[Mapping[str, Any]] = [
            {"kind": "vote", "process": slug, "conversation": title, "statement": text, "vote": _WORDS[vote]}
            for slug, title, text, vote in session.execute(
                select(Process.slug, c.title, s.text, OpinionBallot.vote)
                .join(c, c.process_id == Process.id)
                .join(OpinionParticipant, OpinionParticipant.conversation_id == c.id)
                .join(OpinionBallot, OpinionBallot.participant_id == OpinionParticipant.id)
                .join(s, s.id == OpinionBallot.statement_id)
                .where(OpinionParticipant.account_id == account_id)
                .order_by(c.id, s.number)
            )
        ]
        rows += [
            {
                "kind": "statement",
                "process": slug,
                "conversation": title,
                "text": text,
                "state": state,
                "written_at": at.isoformat(),
            }
            for slug, title, text, state, at in session.execute(
                select(Process.slug, c.title, s.text, s.state, s.created_at)
                .join(c, c.process_id == Process.id)
                .join(s, s.conversation_id == c.id)
                .where(s.author_id == account_id, s.origin == StatementOrigin.participant)
                .order_by(s.created_at, s.id)
            )
        ]
        found = session.execute(
            select(Process.slug, c.title)
            .join(c, c.process_id == Process.id)
            .join(OpinionTurnout, OpinionTurnout.conversation_id == c.id)
            .where(OpinionTurnout.account_id == account_id)
            .order_by(c.id)
        )
        return rows + [{"kind": "took_part", "process": slug, "conversation": title} for slug, title in found]

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """Votes stay as numbers and statements as sentences, without their person; turnout goes."""
        session.execute(
            update(OpinionParticipant)
            .where(OpinionParticipant.account_id == account_id)
            .values(account_id=None, changed_at=None)
        )
        session.execute(delete(OpinionTurnout).where(OpinionTurnout.account_id == account_id))
        session.execute(update(OpinionStatement).where(OpinionStatement.author_id == account_id).values(author_id=None))
        session.execute(
            update(OpinionConversation).where(OpinionConversation.created_by == account_id).values(created_by=None)
        )


PERSONAL_DATA = OwnOpinions()
