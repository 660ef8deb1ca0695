"""The front pages: what is open, a process, one's own things, the desk, receipts, open data, method."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from config import Settings
from consult.app import create_app
from consult.core.permissions import NOBODY
from consult.core.vocabulary import PhaseKind, Role
from consult.listening.contributions import services as contributions
from consult.listening.sources.rules import new_receipt_code
from consult.process.models import Phase, Process
from consult.web.limits import limiter
from tests.conftest import Stage
from tests.factories.decisions import promote, publish_finding, say, submit
from tests.factories.world import app_engine, client_for, counted_statements, make_app


def close(stage: Stage, *kinds: PhaseKind) -> None:
    with stage.work() as session:
        for kind in kinds:
            session.get_one(Phase, stage.world.phases[kind]).closes_at = datetime.now(UTC) - timedelta(minutes=1)


def test_the_first_page_says_what_is_open_and_until_when(stage: Stage) -> None:
    page = stage.client_as(None).get("/").text
    assert "Piano strategico di prova" in page
    assert "Fai una proposta per il piano" in page
    assert "bastano 30 secondi" in page
    assert "chiude tra" in page
    close(stage, PhaseKind.co_planning)
    assert "Fai una proposta" not in stage.client_as(None).get("/").text


def test_an_unpublished_process_is_not_there(stage: Stage) -> None:
    with stage.work() as session:
        session.execute(update(Process).values(state="draft"))
    assert "Piano strategico di prova" not in stage.client_as(None).get("/").text
    assert stage.client_as(None).get(f"/processi/{stage.world.slug}").status_code == 404
    assert stage.client_as(Role.reader).get(f"/processi/{stage.world.slug}").status_code == 200


def test_one_primary_action_on_a_process_page(stage: Stage) -> None:
    page = stage.client_as(None).get(f"/processi/{stage.world.slug}").text
    main = page[page.index("<main") : page.index("</main>")]
    assert main.count("btn-primary") == 1
    close(stage, *PhaseKind)
    assert "Oggi non si raccolgono contributi" in stage.client_as(None).get(f"/processi/{stage.world.slug}").text


def test_numbers_have_their_denominators_and_small_cells_are_not_shown(stage: Stage) -> None:
    with stage.work() as session:
        for n in range(6):
            say(session, stage.world, f"Voce della valle {n}", zone="2")
        say(session, stage.world, "Una voce sola", zone="3")
        promote(session, stage.world, submit(session, stage.world))
        submit(session, stage.world, title="Ancora senza risposta")
    page = stage.client_as(None).get(f"/processi/{stage.world.slug}").text
    assert "1 di 2 hanno una risposta" in page
    assert "1 di 1 fanno parte di un’azione" in page
    assert "meno di 5" in page


def test_my_things_say_what_became_of_them(stage: Stage) -> None:
    me = stage.world.others[0]
    with stage.work() as session:
        finding = publish_finding(session, stage.world, [say(session, stage.world, "Mancano i treni.")])
        promote(session, stage.world, submit(session, stage.world, author=me, finding_id=finding))
        submit(session, stage.world, author=stage.world.others[1], title="Di un'altra persona")
    page = stage.client_of(me).get("/io").text
    assert "Treni la sera" in page
    assert "2.2.1 Più treni la sera" in page
    assert "Di un'altra persona" not in page
    assert "Treni la sera" not in stage.client_of(stage.world.others[2]).get("/io").text
    assert stage.client_as(None).get("/io").status_code == 302


def test_the_desk_says_what_waits_for_each_role(stage: Stage) -> None:
    with stage.work() as session:
        submit(session, stage.world)
        publish_finding(session, stage.world, [], state="proposed", published=False)
    moderator, facilitator = (stage.client_as(r).get("/scrivania").text for r in (Role.moderator, Role.facilitator))
    assert "1 proposta senza esito" in moderator
    assert "risultanza proposta" not in moderator
    assert "Bozza del position paper: 1 risultanza da rivedere" in facilitator
    assert "senza esito" not in facilitator
    for role in (Role.manager, Role.operator, Role.reader, Role.reviewer, Role.evaluator, Role.administrator):
        assert stage.client_as(role).get("/scrivania").status_code == 200
    assert stage.client_as(Role.account).get("/scrivania").status_code == 404


def test_a_receipt_leads_to_what_became_of_it(stage: Stage) -> None:
    code = give(stage, "Di sera mancano i treni.")
    client = stage.client_as(None)
    waiting = client.post("/ricevuta", data={"codice": code.lower().replace("-", " ")})
    assert waiting.status_code == 200
    assert "Per ora nessuna risultanza" in waiting.text
    assert code not in waiting.request.url
    with stage.work() as session:
        from consult.listening.contributions.models import Contribution  # noqa: PLC0415  # Only this test asks the table.

        source = session.query(Contribution).one().source_id
        finding = publish_finding(session, stage.world, [source])
        promote(session, stage.world, submit(session, stage.world, finding_id=finding))
    found = client.post("/ricevuta", data={"codice": code}).text
    order = [found.index(words) for words in ("La sera mancano i treni", "Treni la sera", "2.2.1 Più treni la sera")]
    assert order == sorted(order)


@pytest.mark.parametrize("code", ["", "0000-0000-0000-0000", "non è un codice", "x" * 500, "7K3M-7K3M-7K3M-7K3M'--"])
def test_a_wrong_code_is_a_plain_sentence(stage: Stage, code: str) -> None:
    answer = stage.client_as(None).post("/ricevuta", data={"codice": code})
    assert answer.status_code == 422
    assert "non corrisponde a nessuna ricevuta" in answer.text


def test_guessing_codes_is_slowed_down(stage: Stage) -> None:
    app = create_app(Settings(database_url=stage.database_url, testing=True, rate_limits=True))
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        client = app.test_client()
        statuses = [client.post("/ricevuta", data={"codice": new_receipt_code()}).status_code for _n in range(32)]
    finally:
        limiter.enabled = False
        app_engine(app).dispose()
    assert statuses[0] == 422
    assert statuses[-1] == 429


def give(stage: Stage, text: str) -> str:
    """A contribution left by nobody known; returns the receipt code."""
    with stage.work() as session:
        given = contributions.submit(
            session, process_id=stage.world.process_id, text=text, actor=NOBODY, now=datetime.now(UTC), publish=True
        )
    return given.code


DATASETS = ("ascolto", "fonti", "risultanze", "proposte", "esiti", "azioni", "legami")


@pytest.mark.parametrize("name", DATASETS)
def test_open_data_match_their_dictionary(stage: Stage, name: str) -> None:
    with stage.work() as session:
        finding = publish_finding(session, stage.world, [say(session, stage.world, f"=voce {n}") for n in range(6)])
        promote(session, stage.world, submit(session, stage.world, finding_id=finding))
        say(session, stage.world, "Parole riservate", public=False)
    client = stage.client_as(None)
    base = f"/processi/{stage.world.slug}/dati"
    page = client.get(base).text
    answer = client.get(f"{base}/{name}.csv")
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    data = client.get(f"{base}/{name}.json").get_json()
    assert rows[0] == list(data["columns"]) or set(rows[0]) == set(data["columns"])
    assert len(rows) - 1 == len(data["rows"]) > 0
    assert all(f"<code>{column}</code>" in page for column in rows[0])
    assert "Parole riservate" not in answer.text
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)


def test_unknown_tables_are_not_found(stage: Stage) -> None:
    base = f"/processi/{stage.world.slug}/dati"
    for name in ("account.csv", "azioni.xml", "azioni.csv.json"):
        assert stage.client_as(None).get(f"{base}/{name}").status_code == 404


def test_declarations_stand_here_only_where_the_authority_has_none(stage: Stage) -> None:
    client = stage.client_as(None)
    assert "Usiamo i tuoi dati solo per questo processo" in client.get("/privacy").text
    assert client.get("/accessibilita").status_code == 200
    app = make_app(
        stage.database_url,
        privacy_url="https://ente.example.it/privacy",
        accessibility_url="https://ente.example.it/dichiarazione",
    )
    other = client_for(app, None)
    assert other.get("/privacy").location == "https://ente.example.it/privacy"
    assert other.get("/accessibilita").location == "https://ente.example.it/dichiarazione"


def test_statements_are_few_and_do_not_grow(stage: Stage) -> None:
    me, process = stage.world.others[0], f"/processi/{stage.world.slug}"
    people = {"": stage.client_as(None), "me": stage.client_of(me), "staff": stage.client_as(Role.facilitator)}
    budgets = {
        ("", "/"): 5, ("", process): 9, ("me", "/io"): 19, ("staff", "/scrivania"): 9, ("", f"{process}/metodo"): 6, ("", f"{process}/dati"): 2,
        ("", f"{process}/dati/legami.csv"): 5,
    }  # fmt: skip  # pages with their budgets

    def write(n: int) -> None:
        with stage.work() as session:
            finding = publish_finding(session, stage.world, [say(session, stage.world, f"Voce {n}")], number=n)
            promote(session, stage.world, submit(session, stage.world, author=me, finding_id=finding))
            submit(session, stage.world, author=me, title=f"In attesa {n}")
        give(stage, f"Un contributo {n}")

    def count() -> dict[tuple[str, str], int]:
        found = {}
        for who, url in budgets:
            assert people[who].get(url).status_code == 200
            with counted_statements(stage.engine) as sent:
                people[who].get(url)
            found[who, url] = len(sent)
        return found

    write(1)
    few = count()
    for n in range(2, 14):
        write(n)
    assert count() == few
    assert {page: n for page, n in few.items() if n > budgets[page]} == {}
