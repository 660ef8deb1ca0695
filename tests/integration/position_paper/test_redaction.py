"""Consent that changes after publication makes a new version without what it no longer covers; the frozen ones stay, and show nothing of it."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from consult.core.clock import database_now
from consult.core.jobs import OutboxJob
from consult.core.vocabulary import Role
from consult.listening.sources.models import Source
from consult.listening.sources.services import FOLLOWED_BY, change_source, set_facts
from consult.notices.models import Notification
from consult.position_paper import queries, services
from consult.position_paper.models import PaperVersion
from tests.conftest import Stage
from tests.factories.voices import facilitator
from tests.integration.position_paper.conftest import build_all
from tests.integration.position_paper.test_publishing import public, quoted


def change(stage: Stage, source_id: uuid.UUID, how: str) -> None:
    """Take back, narrow, or change what was said, by the same services as the pages."""
    who = facilitator(stage.world)
    with stage.work() as session:
        now = database_now(session)
        if how == "consent":
            set_facts(session, source_id=source_id, actor=who, now=now, quotable="none", visibility="internal")
        elif how == "name":
            set_facts(session, source_id=source_id, actor=who, now=now, quotable="anonymous")
        elif how == "zone":
            set_facts(session, source_id=source_id, actor=who, now=now, zone_id=None)
        else:
            change_source(
                session, process_id=stage.world.process_id, source_id=source_id, change=how, reason_code="consent_withdrawn", actor=who,
                now=now, text="Testo tolto su richiesta." if how == "redact" else None,
            )  # fmt: skip  # one row of values reads better so


def follow(stage: Stage) -> int | None:
    """What the worker does when the job comes."""
    with stage.work() as session, stage.app.test_request_context("/"):
        return services.follow_consent(session, process_id=stage.world.process_id, now=database_now(session))


def asked(stage: Stage, version: int) -> set[str]:
    """Kinds of files asked for of a version."""
    with stage.work() as session:
        jobs = session.execute(select(OutboxJob.payload).where(OutboxJob.topic == "position_paper.build_file")).scalars()
        return {payload["kind"] for payload in jobs if payload["version_number"] == version}


@pytest.mark.parametrize("how", ["withdraw", "hide", "redact", "consent"])
def test_a_quote_that_may_no_longer_be_read_makes_a_new_version(published: Stage, how: str) -> None:
    stage = published
    finding_id, source_id, words = quoted(stage)
    with stage.work() as session:
        session.execute(OutboxJob.__table__.delete())
        frozen = queries.version(session, process_id=stage.world.process_id)
    assert frozen is not None
    change(stage, source_id, how)
    with stage.work() as session:
        (job,) = session.execute(select(OutboxJob).where(OutboxJob.topic == FOLLOWED_BY)).scalars()
        assert job.payload == {"process_id": str(stage.world.process_id)}
        assert job.not_before is not None
        assert job.not_before - job.created_at < timedelta(minutes=4)
    assert follow(stage) == 2
    assert follow(stage) is None
    with stage.work() as session:
        first = queries.version(session, process_id=stage.world.process_id, number=1)
        second = queries.version(session, process_id=stage.world.process_id)
        assert first == frozen
        assert second is not None
        assert (second.number, second.redacts, second.signed_name) == (2, 1, frozen.signed_name)
        said = second.manifest["redaction"]
        assert (said["of"], said["quotes"]) == (1, 1)
        assert said["of_content_sha256"] == frozen.manifest["content_sha256"]
        assert second.manifest["content_sha256"] != frozen.manifest["content_sha256"]
        assert str(source_id) not in json.dumps(said)
        gone = how in {"withdraw", "hide"}
        assert said["sources"] == gone
        assert (str(source_id) in json.dumps([second.content, second.manifest["cited_sources"]])) is not gone
        titles = {card.id: card.version for card in queries.published_findings(session, process_id=stage.world.process_id)}
        assert titles[finding_id] == 2
        told = session.execute(select(Notification.account_id).where(Notification.kind == "paper")).scalars().all()
        assert set(told) == {stage.world.accounts[Role.facilitator], stage.world.accounts[Role.manager]}
        cited = queries.cited_sources(session, finding_ids=[finding_id])[finding_id]
        assert any(row.source_id == source_id and row.stale for row in cited)
    assert len(asked(stage, 1)) == len(asked(stage, 2)) == 5
    new, old = public(stage), public(stage, "?versione=1")
    assert "Questa versione ha parti tolte." in new
    assert "parti tolte" in stage.client_as(None).get(f"/processi/{stage.world.slug}/position-paper/risultanze/{finding_id}").text
    assert "Da questa versione sono state tolte delle parti." in old
    assert "parti tolte" in stage.client_as(None).get(f"/processi/{stage.world.slug}/position-paper/confronto").text
    assert words not in new
    assert words not in old
    with stage.work() as session:
        paper = queries.paper(session, process_id=stage.world.process_id)
        assert paper is not None
        for number in (1, 2):
            build_all(session, paper.id, number, now=database_now(session), kinds=("html", "json"))
    client = stage.client_as(None)
    for number, newer in ((1, 2), (2, None)):
        page, data = (client.get(f"/processi/{stage.world.slug}/position-paper/versioni/{number}/{kind}") for kind in ("html", "json"))
        assert words not in page.text + data.text
        assert ("è uscita la versione 2" in page.text) is (newer is not None)
        assert ("rispetto alla versione 1" in page.text) is (newer is None)
        assert json.loads(data.text)["newer_version"] == newer


def test_less_consent_to_be_named_makes_a_version_and_a_corrected_zone_only_files(published: Stage) -> None:
    stage = published
    _finding, source_id, words = quoted(stage)
    change(stage, source_id, "zone")
    assert follow(stage) is None
    assert len(asked(stage, 1)) == 5
    with stage.work() as session:
        named = {"quotable": "name", "attribution": "Ada Bruni, sindaca"}
        session.execute(update(Source).where(Source.id == source_id).values(**named))
        now = database_now(session)
        services.publish(session, process_id=stage.world.process_id, note="", actor=facilitator(stage.world), now=now)
    assert "Ada Bruni" in public(stage)
    change(stage, source_id, "name")
    assert follow(stage) == 3
    page = public(stage)
    assert words in page
    assert "Ada Bruni" not in page
    assert "1 nome o ruolo" in page


def test_what_changed_without_asking_is_followed_when_the_clock_looks(published: Stage) -> None:
    stage = published
    _finding, source_id, words = quoted(stage)

    def look() -> list[str]:
        with stage.work() as session:
            services.ask_for_due(session)
            rows = session.execute(select(OutboxJob.payload["process_id"].astext).where(OutboxJob.topic == FOLLOWED_BY))
            return list(rows.scalars())

    # One job for the state as it is, and no other while it waits or after it is done.
    assert look() == look() == [str(stage.world.process_id)]
    with stage.work() as session:
        session.execute(update(OutboxJob).values(done_at=func.clock_timestamp()))
    assert follow(stage) is None
    assert len(look()) == 1
    # Consent that was narrowed past every service, as by a repair in the database: no job was asked for.
    with stage.work() as session:
        session.execute(update(Source).where(Source.id == source_id).values(quotable="none", visibility="internal"))
    assert len(look()) == 2
    assert follow(stage) == 2
    assert words not in public(stage)


def test_nothing_published_nothing_to_do(drafted: Stage) -> None:
    assert follow(drafted) is None
    with drafted.work() as session:
        assert session.execute(select(func.count()).select_from(PaperVersion)).scalar_one() == 0
