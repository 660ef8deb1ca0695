"""Adding, importing and changing sources on a real database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.audit.models import AuditEvent
from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from consult.evidence.services.mapping import live_among
from consult.framework.models import Zone
from consult.listening.sources import queries, services
from consult.listening.sources.models import Source
from consult.listening.sources.types import ImportRow
from tests.factories.world import World, load_world

NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)


@pytest.fixture
def world(session: Session) -> World:
    return load_world(session)


def _actor(world: World) -> Actor:
    return Actor(account_id=world.accounts[Role.facilitator], name="Facilitatrice")


def test_a_source_comes_back_as_card_and_to_the_aggregation(session: Session, world: World) -> None:
    key = services.add_source(
        session, process_id=world.process_id, channel="contribution", text="Serve un treno ogni mezz'ora per la valle.",
        zone_id=world.zones["2"], municipality_id=world.municipalities["Borgo"], speaker_kind="resident", actor=_actor(world), now=NOW,
    )  # fmt: skip
    card = queries.cards(session, ids=[key], public_only=False)[key]
    assert (card.zone_code, card.municipality, card.language, card.state, card.revision) == (
        "2",
        "Borgo",
        "it",
        "live",
        1,
    )
    (row,) = live_among(session, ids=[key])
    assert (row.id, row.zone_code, row.revision) == (key, "2", 1)


def test_answers_leave_no_audit_row(session: Session, world: World) -> None:
    before = session.execute(select(AuditEvent.id)).all()
    services.add_source(
        session, process_id=world.process_id, channel="answer", text="Più treni.", actor=_actor(world), now=NOW
    )
    assert session.execute(select(AuditEvent.id)).all() == before


def test_redaction_empties_the_history_and_correction_keeps_it(session: Session, world: World) -> None:
    key = services.add_source(
        session,
        process_id=world.process_id,
        channel="contribution",
        text="Parla con Tizio",
        actor=_actor(world),
        now=NOW,
    )

    def change(what: str, **more: object) -> int:
        return services.change_source(
            session,
            process_id=world.process_id,
            source_id=key,
            change=what,
            reason_code="personal_data",
            actor=_actor(world),
            now=NOW,
            **more,
        )  # type: ignore[arg-type]

    assert change("correct", text="Parla con Tizio!") == 2
    assert [r.text for r in queries.revisions(session, source_id=key)] == ["Parla con Tizio"]
    assert change("redact", text="Parla con […]!", seen_revision=2) == 3
    assert [r.text for r in queries.revisions(session, source_id=key)] == [None, None]
    with pytest.raises(Conflict):
        change("withdraw", seen_revision=2)
    assert change("withdraw") == 4
    assert live_among(session, ids=[key]) == []
    assert queries.cards(session, ids=[key], public_only=True)[key].text == ""
    assert change("restore") == 5
    with pytest.raises(Invalid):
        change("redact", text="  ")
    with pytest.raises(Invalid):
        change("erase")


def test_withdrawn_for_want_of_consent_it_comes_back_by_who_withdrew_it(session: Session, world: World) -> None:
    who, other = _actor(world), Actor(account_id=world.accounts[Role.manager], name="Responsabile")
    key = services.add_source(
        session, process_id=world.process_id, channel="contribution", text="Più treni", actor=who, now=NOW
    )

    def change(what: str, by: Actor) -> int:
        return services.change_source(
            session, process_id=world.process_id, source_id=key, change=what, reason_code="consent_withdrawn", actor=by, now=NOW
        )  # fmt: skip  # one call reads better so

    change("withdraw", who)
    # A contribution has no interview to come back with: nobody is told to wait for one.
    with pytest.raises(Invalid, match="solo chi l’ha ritirata"):
        change("restore", other)
    assert change("restore", who) == 3


def test_a_source_of_another_process_is_not_found(session: Session, world: World) -> None:
    other = load_world(session, slug="altro-processo")
    key = services.add_source(
        session, process_id=other.process_id, channel="contribution", text="Più treni", actor=_actor(world), now=NOW
    )
    with pytest.raises(NotFound):
        services.change_source(
            session,
            process_id=world.process_id,
            source_id=key,
            change="hide",
            reason_code="offence",
            actor=_actor(world),
            now=NOW,
        )


def test_importing_twice_adds_nothing_and_bad_rows_are_listed(session: Session, world: World) -> None:
    rows = [
        ImportRow(2, "Più treni la sera", zone="Valle", speaker="associazione"),
        ImportRow(3, "Più treni la sera", zone="zona 3"),
        ImportRow(4, "   "),
        ImportRow(5, "ciao\x00"),
        ImportRow(6, "x" * 70_000),
        ImportRow(7, "We need more buses in the early morning", zone="Atlantide", speaker="marziano"),
    ]
    first = services.import_rows(
        session, process_id=world.process_id, rows=rows, actor=_actor(world), now=NOW, column="testo"
    )
    assert (first.added, first.already_there) == (3, 0)
    assert [b.line for b in first.bad] == [4, 5, 6]
    assert len(first.notes) == 2
    again = services.import_rows(
        session, process_id=world.process_id, rows=rows, actor=_actor(world), now=NOW, column="testo"
    )
    assert (again.added, again.already_there) == (0, 3)
    found = session.execute(select(Source.language, Zone.code).outerjoin(Zone, Zone.id == Source.zone_id)).all()
    assert sorted((r.code or "", r.language) for r in found) == [("", "en"), ("2", "it"), ("3", "it")]


def test_voices_are_counted_once_per_channel(session: Session, world: World) -> None:
    voice = world.process_id
    for text in ("Treni", "Verde"):
        services.add_source(
            session,
            process_id=world.process_id,
            channel="answer",
            text=text,
            voice_id=voice,
            actor=_actor(world),
            now=NOW,
        )
    services.add_source(
        session, process_id=world.process_id, channel="contribution", text="Bus", actor=_actor(world), now=NOW
    )
    rows = {d.channel: (d.sources, d.voices) for d in queries.denominators(session, process_id=world.process_id)}
    assert rows == {"answer": (2, 1), "contribution": (1, 1)}
