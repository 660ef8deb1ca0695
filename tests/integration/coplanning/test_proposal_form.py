"""The form for a proposal: drafts, what is suggested while one types, odd characters, and that it holds nothing of whoever else sees it."""

from __future__ import annotations

import re

from sqlalchemy import update

from consult.people.models import Account
from tests.factories.proposals import TEXT, propose
from tests.factories.world import app_engine, counted_statements
from tests.integration.coplanning.conftest import LIST, Room


def test_a_draft_is_kept_previewed_and_dropped_when_sent(room: Room) -> None:
    world = room.world
    browser = room.browser(world.others[0])
    data = {
        "title": "Sentieri curati", "text": "Un **custode** per ogni sentiero di valle, pagato dai comuni insieme.",
        "strategy_id": str(world.strategies["2.1"]), "zone_ids": [str(world.zones["2"])], "author_kind": "resident", "signature": "pseudonimo",
        "pseudonym": "Lupo",
    }  # fmt: skip  # one row of values reads better so
    led = browser.send(f"{LIST}/nuova", {**data, "azione": "controlla"})
    assert led.status_code == 303
    page = browser.get(led.location).get_data(as_text=True)
    assert "<strong>custode</strong>" in page
    assert 'value="Sentieri curati"' in page
    assert "Abbiamo ritrovato la bozza" in page
    assert room.browser(world.others[1]).get(f"{LIST}/nuova").get_data(as_text=True).count("Sentieri curati") == 0
    with counted_statements(app_engine(room.app)) as drafted:
        sent = browser.send(f"{LIST}/nuova", data)
    shown = browser.get(sent.location).get_data(as_text=True)
    assert "Lupo" in shown
    with counted_statements(app_engine(room.app)) as at_once:
        browser.send(f"{LIST}/nuova", data)
    # Who it is and where, the form's key, the locks, the clock with all that is checked, the record, the proposal, where it led; a draft
    # is dropped where there is one.
    assert (len(drafted), len(at_once)) == (8, 7)
    assert "Sentieri curati" not in browser.get(f"{LIST}/nuova").get_data(as_text=True)


def test_similar_proposals_are_offered_for_support(room: Room) -> None:
    world = room.world
    with room.session() as session:
        propose(
            session,
            world,
            title="Piste ciclabili lungo il fiume",
            text="Una pista ciclabile sicura lungo tutto il fiume per andare a scuola.",
        )
        propose(
            session,
            world,
            title="Mense con prodotti locali",
            text="Le mense scolastiche comprano dai contadini della zona, ogni giorno.",
        )
        for i in range(8):
            propose(
                session,
                world,
                title=f"Ambulatori di valle {i}",
                text="Un ambulatorio aperto il sabato in ogni comune montano, con il medico.",
            )
        session.commit()
    browser = room.browser(world.others[0])
    data = {
        "title": "Ciclabile sul fiume",
        "text": "Vorrei una pista per le bici lungo il fiume, sicura per chi va a scuola.",
    }
    page = browser.post(f"{LIST}/nuova/simili", data=data).get_data(as_text=True)
    assert "Piste ciclabili lungo il fiume" in page
    assert "Mense" not in page
    assert "Sostieni questa invece" in page
    nothing = browser.post(f"{LIST}/nuova/simili", data={"title": "", "text": "uno"}).get_data(as_text=True)
    assert "Sostieni" not in nothing
    assert "<a " not in nothing
    # Strategies are suggested while one types, until one is chosen; who asks for them is told also that there are none.
    asked, unasked = ({**data, "da_solo": alone} for alone in ("", "1"))
    assert "Nessun suggerimento" in browser.post(f"{LIST}/nuova/suggerimenti", data=asked).get_data(as_text=True)
    assert browser.post(f"{LIST}/nuova/suggerimenti", data=unasked).get_data(as_text=True).strip() == ""
    chosen = {**unasked, "strategy_id": str(world.strategies["2.2"])}
    assert browser.post(f"{LIST}/nuova/suggerimenti", data=chosen).status_code == 204


def test_unverified_people_and_a_closed_phase_are_told_so(room: Room) -> None:
    with room.session() as session:
        session.execute(update(Account).where(Account.id == room.world.others[0]).values(email_verified_at=None))
        session.commit()
    browser = room.browser(room.world.others[0])
    assert "conferma il tuo indirizzo" in browser.get(f"{LIST}/nuova").get_data(as_text=True)
    data = {
        "title": "Treni ogni mezz'ora",
        "text": TEXT,
        "strategy_id": str(room.world.strategies["2.2"]),
        "author_kind": "resident",
        "signature": "nome",
    }
    assert browser.send(f"{LIST}/nuova", data).status_code == 403


def test_odd_characters_in_every_field_are_refused_or_kept_never_an_error(room: Room) -> None:
    browser = room.browser(room.world.others[0])
    base = {
        "title": "Treni ogni mezz'ora",
        "text": TEXT,
        "strategy_id": str(room.world.strategies["2.2"]),
        "author_kind": "resident",
        "signature": "nome",
    }
    for name in (*base, "organisation", "pseudonym", "finding_id", "municipality_id", "zone_ids", "notice_id"):
        for value in (
            "\x00",
            "\ud800".encode("utf-8", "surrogatepass"),
            "\u202eabc" * 20,
            "😀" * 30,
            "x" * 1_000_000,
            "'; DROP TABLE proposal; --",
        ):
            status = browser.send(f"{LIST}/nuova", {**base, name: value}).status_code
            assert status in {303, 413, 422}, (name, value[:10], status)


def test_the_empty_form_is_drawn_once_and_holds_nothing_of_a_person(room: Room) -> None:
    """What two people get differs in their names and in what proves that a form is theirs, and in nothing else."""
    world = room.world

    def drawn(person: object, **chosen: str) -> tuple[str, str]:
        browser = room.browser(person)
        page = browser.get(f"{LIST}/nuova", query_string=chosen, headers={"Accept-Language": "it"}).get_data(as_text=True)
        form = page[page.index("data-draft") : page.index("</main>")]
        keys = re.findall(r'name="(?:csrf_token|_once)" value="([^"]+)"', form)
        for key in keys:
            form = form.replace(key, "")
        return form, "".join(keys)

    with room.session() as session:
        for n, person in enumerate(world.others[:2]):
            session.execute(update(Account).where(Account.id == person).values(display_name=f"Nome Numero {n}"))
        session.commit()
    (first, one), (second, other) = drawn(world.others[0]), drawn(world.others[1])
    assert "con il mio nome: Nome Numero 0" in first
    assert "Nome Numero 1" in second
    assert "Nome Numero 0" not in second
    assert first.replace("Nome Numero 0", "") == second.replace("Nome Numero 1", "")
    assert one != other
    # Whoever comes with a strategy finds it chosen, and nobody else does.
    strategy = str(world.strategies["2.1"])
    assert f'value="{strategy}" selected' in drawn(world.others[0], strategia=strategy)[0]
    assert f'value="{strategy}" selected' not in drawn(world.others[1])[0]
