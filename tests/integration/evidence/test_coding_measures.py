"""What the coding is worth: blind samples that two read and compare, and how many new codes each interview still brings."""

from __future__ import annotations

import re
import uuid
from datetime import date

import pytest
from sqlalchemy.orm import Session

from consult.core.errors import Conflict
from consult.core.permissions import SYSTEM, Actor
from consult.core.vocabulary import Role
from consult.evidence import queries
from consult.evidence.services import exchange, sampling
from consult.listening.sources.queries import of_unit
from consult.process.models import Membership
from tests.conftest import Stage
from tests.factories.coded_talks import NOW, make, put, talk
from tests.factories.world import World


def test_two_read_blindly_and_are_compared(stage: Stage) -> None:
    world = stage.world
    second = world.accounts[Role.reader]
    with stage.work() as session:
        session.add(Membership(process_id=world.process_id, account_id=second, role="facilitator"))
        unit = talk(session, world)
        sources = [card.id for card in of_unit(session, unit_id=unit)]
        code, other = make(session, world, "Treni"), make(session, world, "Scuole")
        put(session, world, sources[0], other)
    client, twin = stage.client_as(Role.facilitator), stage.client_of(second)
    root = f"/scrivania/{world.slug}/concordanza"
    people = {"first_id": str(world.accounts[Role.facilitator]), "second_id": str(second)}
    assert client.send(root, {"name": "Prova", "size": 3, **people, "second_id": people["first_id"]}).status_code == 422
    made = client.send(root, {"name": "Prova", "size": 3, **people})
    assert made.status_code == 303
    for number, source in enumerate(sources):
        assert (
            client.send(f"{made.location}/passaggi/{source}", {"codes": [str(code)] if number < 2 else []}).status_code
            == 303
        )
    assert client.send(f"{made.location}/chiusura", {}).status_code == 409
    assert "Treni" not in re.findall(
        r"checked[^>]*>\s*<label[^>]*>([^<]*)", twin.get(made.location).get_data(as_text=True)
    )
    blind = twin.get(f"/scrivania/{world.slug}/codifica/{unit}?fonte={sources[0]}").get_data(as_text=True)
    assert "campione in cieco" in blind
    assert "<mark" not in blind
    for number, source in enumerate(sources):
        assert (
            twin.send(f"{made.location}/passaggi/{source}", {"codes": [str(code)] if number < 1 else []}).status_code
            == 303
        )
    assert client.send(f"{made.location}/chiusura", {}).status_code == 303
    page = client.get(made.location).get_data(as_text=True)
    assert "1 differenza" in page
    assert "0.40" in page
    sample_id = uuid.UUID(made.location.rpartition("/")[2])
    assert client.send(f"{made.location}/differenze/{sources[1]}/{code}", {"applies": "1"}).status_code == 303
    with stage.work() as session:
        (sample,) = queries.samples(session, process_id=world.process_id, sample_id=sample_id)
        _units, (difference,) = queries.compared(session, sample=sample)
        assert difference.applies is True
        assert any(
            row.code_id == code for row in queries.codings_of(session, source_id=sources[1], text="Le scuole chiudono.")
        )
        with pytest.raises(Conflict):
            sampling.read_blindly(
                session, process_id=world.process_id, sample_id=sample_id, source_id=sources[0], code_ids=[],
                actor=Actor(account_id=second), now=NOW,
            )  # fmt: skip  # one row of values reads better so


def test_saturation_counts_codes_by_the_interview_that_brought_them(session: Session, world: World) -> None:
    early, late = talk(session, world, "prima", date(2026, 9, 1)), talk(session, world, "seconda", date(2026, 9, 9))
    a, b = make(session, world, "A"), make(session, world, "B")
    for unit, codes in ((late, [a, b]), (early, [a])):
        for code in codes:
            put(session, world, of_unit(session, unit_id=unit)[0].id, code)
    rows = queries.saturation(session, process_id=world.process_id)
    assert [(row.title, row.fresh, row.total) for row in rows] == [("prima", 1, 1), ("seconda", 1, 2)]
    report = exchange.import_codebook(
        session,
        process_id=world.process_id,
        book=exchange.export_codebook(session, process_id=world.process_id),
        actor=SYSTEM,
        now=NOW,
    )
    assert (report.added, report.changed, report.unchanged) == (0, 0, 2)
