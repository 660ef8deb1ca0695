"""Interviews: consent by scope reaches every source at once; stale saves are refused; transcripts become passages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.errors import Conflict, Invalid
from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from consult.listening.interviews import queries, rules, services
from consult.listening.sources.models import Source
from tests.conftest import Stage
from tests.factories.world import World

NOW = datetime.now(UTC)
FULL = services.Consent(may_record=True, may_transcribe=True, may_code=True, quote="role")


def somebody(world: World) -> Actor:
    return Actor(world.accounts[Role.facilitator], "facilitatore")


def planned(session: Session, world: World) -> tuple[Actor, object]:
    who = somebody(world)
    key = services.plan_interview(
        session,
        process_id=world.process_id,
        role="sindaca",
        person_name="Nome",
        zone_id=world.zones["2"],
        speaker_kind="municipality",
        actor=who,
        now=NOW,
    )
    return who, key


def sources(session: Session, key: object) -> list[Source]:
    statement = (
        select(Source).where(Source.unit_id == key).order_by(Source.position).execution_options(populate_existing=True)
    )
    return list(session.execute(statement).scalars())


def test_without_consent_nothing_is_taken_down(session: Session, world: World) -> None:
    who, key = planned(session, world)
    with pytest.raises(Invalid, match="consenso"):
        services.add_transcript(
            session, process_id=world.process_id, interview_id=key, text="Qualcosa.", actor=who, now=NOW
        )
    assert sources(session, key) == []


def test_passages_carry_zone_kind_and_the_consent_to_quote(session: Session, world: World) -> None:
    who, key = planned(session, world)
    services.record_consent(session, process_id=world.process_id, interview_id=key, consent=FULL, actor=who, now=NOW)
    text = "D: Che cosa manca?\n\nManca il medico.\n\nE manca il treno la sera."
    assert (
        services.add_transcript(session, process_id=world.process_id, interview_id=key, text=text, actor=who, now=NOW)
        == 2
    )
    first, second = sources(session, key)
    assert (first.text, second.text) == ("Manca il medico.", "E manca il treno la sera.")
    assert first.zone_id == world.zones["2"]
    assert (first.quotable, first.attribution) == ("role", "sindaca")
    assert "Nome" not in first.attribution


def test_withdrawing_consent_reaches_every_source_and_counts_as_a_revision(session: Session, world: World) -> None:
    who, key = planned(session, world)
    services.record_consent(session, process_id=world.process_id, interview_id=key, consent=FULL, actor=who, now=NOW)
    services.add_transcript(
        session, process_id=world.process_id, interview_id=key, text="Uno.\n\nDue.", actor=who, now=NOW
    )
    before = [s.revision for s in sources(session, key)]
    services.record_consent(
        session,
        process_id=world.process_id,
        interview_id=key,
        consent=services.Consent(may_transcribe=True, may_code=True),
        actor=who,
        now=NOW,
    )
    after = sources(session, key)
    assert [s.quotable for s in after] == ["none", "none"]
    assert [s.attribution for s in after] == ["", ""]
    assert [s.revision for s in after] == [r + 1 for r in before]
    assert [c.quote_consent for c in queries.consents(session, interview_id=key)] == ["none", "role"]


def test_an_embargo_holds_quotes_back_until_it_ends(session: Session, world: World) -> None:
    who, key = planned(session, world)
    tomorrow = NOW.date() + timedelta(days=1)
    consent = services.Consent(may_transcribe=True, may_code=True, quote="anonymous", embargo_until=tomorrow)
    services.record_consent(session, process_id=world.process_id, interview_id=key, consent=consent, actor=who, now=NOW)
    services.add_transcript(session, process_id=world.process_id, interview_id=key, text="Uno.", actor=who, now=NOW)
    assert sources(session, key)[0].quotable == "none"
    services.lift_embargoes(session, actor=who, now=NOW + timedelta(days=2))
    assert sources(session, key)[0].quotable == "anonymous"


def test_a_stale_save_is_refused(session: Session, world: World) -> None:
    who, key = planned(session, world)
    values = {
        "role": "sindaca", "organisation": "", "person_name": "", "zone_id": None, "speaker_kind": None,
        "status": "held", "held_on": None, "guide": "",
    }  # fmt: skip  # one row of values reads better so
    services.describe_interview(
        session, process_id=world.process_id, interview_id=key, version=1, actor=who, now=NOW, **values
    )
    with pytest.raises(Conflict):
        services.describe_interview(
            session, process_id=world.process_id, interview_id=key, version=1, actor=who, now=NOW, **values
        )


@pytest.mark.parametrize(
    ("text", "passages"),
    [
        ("Una sola riga", ["Una sola riga"]),
        ("SINDACA: Serve il medico.\n\nDOMANDA: E poi?\n\nR: Il treno.", ["Serve il medico.", "Il treno."]),
        ("Q: Why?\n\nBecause of the bus.", ["Because of the bus."]),
        ("Ho detto questo: non basta.", ["Ho detto questo: non basta."]),
        ("\n\n \n\n", []),
    ],
)
def test_transcripts_are_parted_into_passages(text: str, passages: list[str]) -> None:
    assert [p.text for p in rules.split_transcript(text)] == passages


def test_a_facilitator_records_an_interview_through_the_pages(stage: Stage) -> None:
    client = stage.client_as(Role.facilitator)
    base = f"/scrivania/{stage.world.slug}/interviste"
    made = client.send(
        f"{base}/nuova",
        {"role": "preside", "zone": str(stage.world.zones["1"]), "speaker": "education", "status": "held"},
    )
    assert made.status_code == 303
    page = made.location
    assert client.send(f"{page}/consenso", {"may_transcribe": "y", "may_code": "y", "quote": "role"}).status_code == 303
    assert (
        client.send(f"{page}/brani", {"transcript": "Le aule sono fredde.\n\nServono corsi la sera."}).status_code
        == 303
    )
    body = client.get(page).get_data(as_text=True)
    assert "Le aule sono fredde." in body
    assert "preside" in client.get(base).get_data(as_text=True)


def test_an_operator_reads_but_does_not_record(stage: Stage) -> None:
    client = stage.client_as(Role.operator)
    base = f"/scrivania/{stage.world.slug}/interviste"
    assert client.get(base).status_code == 200
    assert client.send(f"{base}/nuova", {"role": "x", "status": "held"}).status_code == 404
