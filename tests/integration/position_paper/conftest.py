"""A drafted paper, and one whose first version is published."""

from __future__ import annotations

import uuid
from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from config import Settings
from consult.core.clock import database_now
from consult.evidence import queries as evidence
from consult.evidence import services as themes
from consult.position_paper import queries, services
from tests.conftest import Stage
from tests.factories.lent import Lending
from tests.factories.voices import HEARD, facilitator, hear_and_run


@pytest.fixture
def drafted(stage: Stage, lending: Lending) -> Stage:
    """A stage with a finished run and the draft made of it."""
    hear_and_run(lending, stage.database_url, stage.app.extensions["consult"].sessions, stage.world)
    return stage


def accept_all(stage: Stage) -> None:
    """Accept every theme and every finding that waits."""
    process_id, who = stage.world.process_id, facilitator(stage.world)
    with stage.work() as session:
        now = database_now(session)
        for theme in evidence.themes_of(session, process_id=process_id):
            themes.set_state(
                session,
                process_id=process_id,
                theme_id=theme.id,
                version=theme.version,
                state="accepted",
                actor=who,
                now=now,
            )
        paper = queries.paper(session, process_id=process_id)
        assert paper is not None
        for row in queries.findings(session, paper_id=paper.id):
            if row.state == "proposed":
                services.set_state(
                    session,
                    process_id=process_id,
                    finding_id=row.id,
                    version=row.version,
                    state="accepted",
                    actor=who,
                    now=now,
                )


@pytest.fixture
def published(drafted: Stage, lending: Lending) -> Stage:
    """A stage with version 1 published and its files built."""

    def write() -> None:
        accept_all(drafted)
        with drafted.work() as session:
            now = database_now(session)
            number = services.publish(
                session, process_id=drafted.world.process_id, note="La prima.", actor=facilitator(drafted.world), now=now
            )
            paper = queries.paper(session, process_id=drafted.world.process_id)
            assert paper is not None
            build_all(session, paper.id, number, now=now)

    lending.bring(drafted.database_url, "a first version published", write, on=HEARD)
    return drafted


def build_all(
    session: Session,
    paper_id: uuid.UUID,
    number: int,
    *,
    now: datetime,
    kinds: tuple[str, ...] = ("html", "pdf"),
    draft_number: int = 0,
) -> None:
    """Build the files of a version, or of a draft in consultation."""
    for kind in kinds:
        services.build_file(
            session, paper_id=paper_id, version_number=number, draft_number=draft_number, kind=kind, settings=Settings(), now=now
        )  # fmt: skip  # one call of named values reads better so
