"""An interview that was held, with the consent of who spoke and its transcript."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime

import pytest

from consult.core.permissions import SYSTEM
from consult.listening.interviews import services
from tests.conftest import Stage

NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)
TALK = "D: Che cosa serve?\n\nR: Un treno ogni mezz'ora.\n\nE il verde lungo il fiume."


@pytest.fixture
def interview(stage: Stage) -> uuid.UUID:
    """The key of the interview: two passages of it are sources."""
    with stage.work() as session:
        key = services.plan_interview(
            session, process_id=stage.world.process_id, role="sindaca di un comune di valle", zone_id=stage.world.zones["2"],
            speaker_kind="municipality", held_on=date(2026, 9, 20), actor=SYSTEM, now=NOW,
        )  # fmt: skip
        consent = services.Consent(may_transcribe=True, may_code=True, quote="role")
        services.record_consent(
            session, process_id=stage.world.process_id, interview_id=key, consent=consent, actor=SYSTEM, now=NOW
        )
        services.add_transcript(
            session, process_id=stage.world.process_id, interview_id=key, text=TALK, actor=SYSTEM, now=NOW
        )
    return key
