"""Actions brought in from a table, and the plan as files."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.errors import Invalid
from consult.core.vocabulary import Role
from consult.framework.models import Provision, ReferencePlan
from consult.plan.models import DraftAction
from consult.plan.queries import whole_plan
from consult.plan.services import Imported, import_actions
from tests.conftest import Stage
from tests.factories.decisions import moderator
from tests.factories.world import World

TABLE = (
    "code;title;competence;lead_body;zones;period\r\n"
    "2.2.3;Treni la sera;shared;Agenzia della mobilità;1, 2;2027-2028\r\n"
    "2.2.1;'=Biglietto unico;;;;\r\n"
)


def bring(session: Session, world: World, text: str) -> Imported:
    return import_actions(
        session, process_id=world.process_id, data=text.encode(), actor=moderator(world), now=datetime.now(UTC)
    )


def test_a_table_is_brought_in_once_with_its_own_codes(session: Session, world: World) -> None:
    assert bring(session, world, TABLE) == Imported(2, 0)
    assert bring(session, world, TABLE) == Imported(0, 2)
    first, second = whole_plan(session, process_id=world.process_id)
    assert (first.code, first.title, first.origin, first.competence) == (
        "2.2.1",
        "=Biglietto unico",
        "imported",
        "direct",
    )
    assert (second.code, second.zones, second.lead_body, second.period) == (
        "2.2.3", "1, 2", "Agenzia della mobilità", "2027-2028",
    )  # fmt: skip  # one row of values reads better so


def test_connections_and_provisions_come_back_as_they_went_out(session: Session, world: World) -> None:
    plan = session.execute(select(ReferencePlan).where(ReferencePlan.frame_id == world.frame_id)).scalar_one()
    session.add_all(
        [Provision(plan_id=plan.id, code=code, text="Corsie", position=n) for n, code in enumerate(("M1", "A, comma 2"))]
    )
    session.flush()
    head = "code;title;connections;provisions\r\n"
    bring(session, world, f'{head}2.2.1;Treni;"1.1, 2.1";"PUMS A, comma 2, PUMS M1"\r\n')
    (row,) = whole_plan(session, process_id=world.process_id)
    assert (row.connections, row.provisions) == ("1.1, 2.1", "PUMS M1, PUMS A, comma 2")
    for cells in ("9.9;", ";PUMS M9"):
        with pytest.raises(Invalid):
            bring(session, world, f"{head}2.2.2;Treni;{cells}\r\n")


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ("9.9.1;Titolo;;;;", "Riga 4"), ("2.2.x;Titolo;;;;", "Riga 4"), ("2.2.4;;;;;", "Riga 4"), ("2.2.4;Titolo;ours;;;", "Riga 4"),
        ("2.2.4;Titolo;;;77;", "Riga 4"), ("2.2.3;Ancora;;;;", "Riga 4"),
    ],
)  # fmt: skip  # one case after the other reads better so
def test_one_wrong_row_and_nothing_is_written(session: Session, world: World, row: str, line: str) -> None:
    with pytest.raises(Invalid) as refused:
        bring(session, world, f"{TABLE}{row}\r\n")
    assert [str(text)[: len(line)] for text in refused.value.fields.values()] == [line]
    assert session.execute(select(DraftAction.id)).first() is None


def test_files_through_the_pages(stage: Stage) -> None:
    client = stage.client_as(Role.moderator)
    url = f"/scrivania/{stage.world.slug}/piano/importa"
    assert client.get(url).status_code == 200
    wrong = client.send(url, {"file": (io.BytesIO(b"nome;altro\r\na;b\r\n"), "azioni.csv")})
    assert wrong.status_code == 422
    assert "Manca la colonna code, title" in wrong.text
    assert client.send(url, {"file": (io.BytesIO(TABLE.encode()), "azioni.csv")}).status_code == 303
    public = stage.client_as(None)
    table = public.get(f"/processi/{stage.world.slug}/piano.csv")
    assert "Treni la sera" in table.text
    assert "'=Biglietto unico" in table.text, "a cell that starts like a formula is neutralised"
