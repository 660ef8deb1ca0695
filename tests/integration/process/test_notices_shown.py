"""Each form that takes something from a person shows its phase's notice, and the version that was in force is recorded; limits at each door."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from config import Settings
from consult.app import create_app
from consult.coplanning.proposals import services as proposals
from consult.core.permissions import SYSTEM, Actor
from consult.core.vocabulary import Role
from consult.listening.meetings import services as meetings
from consult.listening.meetings.models import MeetingRegistration
from consult.people.rules import NOTICE_VERSION
from consult.process.models import NoticeSeen, PrivacyNotice
from consult.web.limits import limiter
from tests.conftest import Stage
from tests.factories.surveys import QUESTIONS, make_questionnaire
from tests.factories.world import Client, client_for

SECOND = "Usiamo i tuoi dati solo per questo processo, seconda versione."


def publish_second(stage: Stage) -> None:
    """A second version of both notices, in force from now on."""
    with stage.work() as session:
        for kind in ("listening", "co_planning"):
            session.add(PrivacyNotice(process_id=stage.world.process_id, phase_kind=kind, version=2, text=SECOND))


def seen(stage: Stage) -> list[tuple[str, int, str]]:
    """What is recorded: phase, version, kind of thing given."""
    with stage.work() as session:
        rows = session.execute(
            select(PrivacyNotice.phase_kind, PrivacyNotice.version, NoticeSeen.kind)
            .join(NoticeSeen, NoticeSeen.notice_id == PrivacyNotice.id)
            .order_by(PrivacyNotice.phase_kind, NoticeSeen.kind)
        )
        return [(row[0], row[1], row[2]) for row in rows]


def test_the_version_shown_is_the_version_recorded(stage: Stage) -> None:
    publish_second(stage)
    world, public = stage.world, f"/processi/{stage.world.slug}"
    with stage.work() as session:
        now = datetime.now(UTC)
        meeting = meetings.create_meeting(
            session, process_id=world.process_id, actor=SYSTEM, now=now,
            fields=meetings.MeetingFields(title="Incontro", place="Sala", starts_at=now.replace(year=now.year + 1), registration=True),
        )  # fmt: skip  # one call reads better so
        meetings.set_state(
            session, process_id=world.process_id, meeting_id=meeting, state="published", actor=SYSTEM, now=now
        )
        proposal = proposals.submit(
            session, process_id=world.process_id, title="Panchine alla fermata", text="Chi aspetta sta in piedi, anche se piove.",
            strategy_id=world.strategies["2.2"], actor=Actor(account_id=world.others[0]), now=now,
        )  # fmt: skip  # one call reads better so
    asked = make_questionnaire(stage, access="open", questions=QUESTIONS[:1])
    client = stage.client_of(world.others[1])
    forms: list[tuple[str, str, dict[str, str]]] = [
        (f"{public}/contributi/nuovo", "", {"text": "Serve una panchina alla fermata."}),
        (f"{public}/incontri/{meeting}", "", {"email": "io@posta.example", "name": "Io"}),
        (f"{public}/questionari/{asked.id}", "", asked.form() | {"code": "0000-0000-0000-0000"}),
        (
            f"{public}/proposte/nuova",
            "",
            {
                "title": "Più corse la sera",
                "text": "Dopo le venti chi lavora resta a piedi, ogni giorno dell'anno.",
                "strategy_id": str(world.strategies["2.2"]),
            },
        ),
        (f"{public}/proposte/{proposal}", "/commenti", {"text": "Sono d'accordo.", "stance": "in_favour"}),
    ]  # fmt: skip  # one row per form reads better so
    for page, action, fields in forms:
        shown = client.get(page)
        assert SECOND in shown.text, page
        assert "versione 2" in shown.text, page
        hidden = {
            name: shown.text.split(f'name="{name}"', 1)[1].split('value="', 1)[1].split('"', 1)[0]
            for name in ("notice_id", "code")
            if f'name="{name}"' in shown.text
        }
        sent = client.send(page + action, {"author_kind": "resident", "signature": "nome"} | fields | hidden)
        assert sent.status_code == 303, (page, sent.text[-2000:])
    assert seen(stage) == [
        ("co_planning", 2, "comment"),
        ("co_planning", 2, "proposal"),
        ("listening", 2, "contribution"),
        ("listening", 2, "meeting"),
        ("listening", 2, "questionnaire"),
    ]
    with stage.work() as session:
        version = select(PrivacyNotice.version).join(
            MeetingRegistration, MeetingRegistration.notice_id == PrivacyNotice.id
        )
        assert session.execute(version).scalar_one() == 2


def test_signing_up_records_which_notice_was_read(stage: Stage) -> None:
    client = stage.client_as(None)
    assert f"versione {NOTICE_VERSION.rpartition('-')[2]}" in client.get("/registrazione").text
    fields = {"email": "nuova@posta.example", "display_name": "Nuova", "password": "tre parole insieme", "notice": "y"}
    assert client.send("/registrazione", {**fields, "notice": ""}).status_code == 422
    assert client.send("/registrazione", fields).status_code == 303
    record = stage.client_as(Role.administrator).get("/scrivania/amministrazione")
    assert record.status_code == 200
    with stage.work() as session:
        from consult.audit.models import AuditEvent  # noqa: PLC0415  # Only this test looks into the record.

        meta = session.execute(select(AuditEvent.meta).where(AuditEvent.action == "account.signed_up")).scalar_one()
    assert meta["notice"] == NOTICE_VERSION


@pytest.fixture
def limited(stage: Stage) -> Iterator[Flask]:
    """The application with its rate limits, counted in memory."""
    app = create_app(Settings(database_url=stage.database_url, testing=True, rate_limits=True))
    app.config["WTF_CSRF_ENABLED"] = app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.test_client_class = Client
    limiter.reset()
    try:
        yield app
    finally:
        limiter.enabled = False


@pytest.mark.parametrize(
    ("path", "fields", "most"),
    [
        ("/registrazione", {"email": "x"}, 10),
        ("/password", {"email": "x"}, 6),
        ("/processi/{slug}/contributi/nuovo", {"text": ""}, 20),
        ("/processi/{slug}/proposte/nuova", {"title": ""}, 20),
        ("/processi/{slug}/proposte/{proposal}/commenti", {"text": ""}, 20),
    ],
)
def test_a_flood_at_a_door_is_stopped_with_a_sentence(
    stage: Stage, limited: Flask, path: str, fields: dict[str, str], most: int
) -> None:
    world = stage.world
    with stage.work() as session:
        proposal = proposals.submit(
            session, process_id=world.process_id, title="Panchine alla fermata", text="Chi aspetta sta in piedi, anche se piove.",
            strategy_id=world.strategies["2.2"], actor=Actor(account_id=world.others[0]), now=datetime.now(UTC),
        )  # fmt: skip  # one call reads better so
    client = client_for(limited, world.others[1] if "proposte" in path else None)
    url = path.format(slug=world.slug, proposal=proposal)
    # Who only looks uses nothing up.
    assert {client.get(url).status_code for _ in range(most + 1)} == {200}
    answers = [client.send(url, fields) for _ in range(most + 1)]
    assert [a.status_code for a in answers[:most]] == [422] * most
    assert answers[-1].status_code == 429
    assert "Troppi invii" in answers[-1].text
    with stage.work() as session:
        assert session.execute(select(func.count()).select_from(NoticeSeen)).scalar_one() == 0
