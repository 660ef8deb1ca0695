"""A person's own contributions, for export and erasure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from consult.core.permissions import SYSTEM
from consult.files.services import forget
from consult.listening.contributions.models import Contribution, ContributionFile
from consult.listening.contributions.queries import own
from consult.listening.sources.services import change_source

ERASED_TEXT = "[testo tolto su richiesta di chi lo aveva scritto]"


class OwnContributions:
    """A person's contributions, for export and erasure (`core.protocols.PersonalData`)."""

    name = "contributi"

    def export(self, session: Session, *, account_id: uuid.UUID) -> list[Mapping[str, Any]]:
        """All contributions the person gave while signed in."""
        return [
            {
                "processo": row.process_title,
                "testo": row.text,
                "dato_il": row.given_on.isoformat(),
                "stato": row.state,
                "visibilita": row.visibility,
                "fonte": str(row.source_id),
            }
            for row in own(session, account_id=account_id, limit=100_000)
        ]

    def erase(self, session: Session, *, account_id: uuid.UUID, now: datetime) -> None:
        """Take the person and their words away; the contribution stays counted, and what cites it becomes stale."""
        rows = session.execute(
            select(Contribution.process_id, Contribution.source_id)
            .where(Contribution.account_id == account_id)
            .order_by(Contribution.id)
        ).all()
        for process_id, source_id in rows:
            change_source(
                session,
                process_id=process_id,
                source_id=source_id,
                change="redact",
                text=ERASED_TEXT,
                reason_code="author_asked",
                actor=SYSTEM,
                now=now,
            )
            change_source(
                session,
                process_id=process_id,
                source_id=source_id,
                change="withdraw",
                reason_code="author_asked",
                actor=SYSTEM,
                now=now,
            )
        files = (
            session.execute(
                delete(ContributionFile)
                .where(
                    ContributionFile.contribution_id.in_(
                        select(Contribution.id).where(Contribution.account_id == account_id)
                    )
                )
                .returning(ContributionFile.file_id)
            )
            .scalars()
            .all()
        )
        forget(session, file_ids=files)
        session.execute(update(Contribution).where(Contribution.account_id == account_id).values(account_id=None))
        session.flush()


PERSONAL_DATA = OwnContributions()
