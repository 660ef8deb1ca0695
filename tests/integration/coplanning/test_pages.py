"""The pages: filters, orders and keyset pages, numbers of statements, safe files and texts, forms and drafts."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest
from sqlalchemy import update

from consult.coplanning.proposals import services
from consult.core.vocabulary import Outcome, Role, Stance
from consult.people.models import Account
from tests.factories.proposals import TEXT, actor_of, comment_on, propose
from tests.factories.world import app_engine, counted_statements
from tests.integration.coplanning.conftest import LIST, Room

HOSTILE = (
    "<script>alert(1)</script> **forte** [clicca](javascript:alert(1)) <img src=x onerror=alert(1)> "
    "![tracciante](https://example.org/x.png) [buono](https://example.org/)\n\n# Titolo grande\n\n- uno\n- due"
)


def numbers(page: str) -> list[int]:
    """The numbers of the proposals on a page of the list, in order."""
    return [int(n) for n in re.findall(r'<p class="kicker">n. (\d+) ·', page)]


@pytest.fixture
def busy(room: Room) -> Room:
    """Forty proposals with different supports and comments."""
    world = room.world
    with room.session() as session:
        for i in range(40):
            key = propose(
                session,
                world,
                title=f"Proposta di prova {i}",
                strategy_id=world.strategies["1.1" if i % 4 else "2.1"],
                zone_ids=[world.zones["2"]] if i % 5 == 0 else [],
                author_kind="association" if i % 10 == 0 else "resident",
            )
            for person in world.others[: i % 7]:
                services.support(
                    session, process_id=world.process_id, proposal_id=key, actor=actor_of(person), now=datetime.now(UTC)
                )
            for person in world.others[: i % 3]:
                comment_on(session, world, key, by=actor_of(person))
            if i == 3:
                services.record_outcome(
                    session,
                    proposal_id=key,
                    outcome=Outcome.adopted,
                    reason="Sì",
                    body="Cabina",
                    actor=actor_of(person),
                    now=datetime.now(UTC),
                )
        session.commit()
    return room


@pytest.mark.parametrize("order", ["recenti", "sostenute", "discusse", "a-caso"])
def test_pages_are_complete_and_without_doubles(busy: Room, order: str) -> None:
    browser = busy.browser(None)
    address: str | None = f"{LIST}?ordine={order}"
    seen: list[int] = []
    for _ in range(5):
        page = browser.get(address).get_data(as_text=True)
        seen += numbers(page)
        found = re.search(r'class="pager-next" href="([^"]+)"', page)
        address = found.group(1).replace("&amp;", "&") if found else None
        if address is None:
            break
    assert sorted(seen) == list(range(1, 41))
    if order == "recenti":
        assert seen == sorted(seen, reverse=True)


def test_a_visitor_keeps_their_own_random_order(busy: Room) -> None:
    one, other = busy.browser(None), busy.browser(None)
    first = numbers(one.get(f"{LIST}?ordine=a-caso").get_data(as_text=True))
    assert numbers(one.get(f"{LIST}?ordine=a-caso").get_data(as_text=True)) == first
    assert numbers(other.get(f"{LIST}?ordine=a-caso").get_data(as_text=True)) != first


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?strategia=2.1", 10),
        ("?asse=1", 30),
        ("?zona=2", 8),
        ("?chi=association", 4),
        ("?stato=adopted", 1),
        ("?stato=aperte", 39),
        ("?stato=unite", 0),
        ("?q=%2312", 1),
        ("?q=treno", 40),  # The words are reduced to their stems: «treno» finds «treni».
        ("?q=astronave", 0),
        ("?q=treni&strategia=2.1&zona=2&chi=association", 2),
        ("?strategia=9.9", 40),
    ],
)
def test_filters_narrow_the_list(busy: Room, query: str, expected: int) -> None:
    page = busy.browser(None).get(LIST + query).get_data(as_text=True)
    assert re.search(rf"\b{expected} propost[ae]\b", page) or (not expected and "Nessuna proposta" in page)


def test_broken_cursors_and_filters_are_refused_with_a_sentence_or_ignored(busy: Room) -> None:
    browser = busy.browser(None)
    for cursor in ("x", "W10", "WyIxIiwieCIsInkiXQ", "%00", "a" * 3000):
        assert browser.get(f"{LIST}?da={cursor}").status_code == 422, cursor
    assert browser.get(f"{LIST}?zona=x&stato=x&chi=x&ordine=x&asse=x").status_code == 200
    assert browser.get(f"{LIST}?q=" + "%22%28%26%7C" * 30).status_code == 200


def test_statements_do_not_grow_with_the_proposals(room: Room) -> None:
    world = room.world
    engine = app_engine(room.app)

    def measure() -> dict[str, int]:
        made: dict[str, int] = {}
        for name, browser in (("nobody", room.browser(None)), ("somebody", room.browser(world.others[0]))):
            for page in ("", f"/{key}", f"/{key}/commenti", "/nuova", "/feed.atom"):
                browser.get(LIST + page)
                with counted_statements(engine) as sent:
                    browser.get(LIST + page)
                made[f"{name} {page[:2]} {page[-8:]}"] = len(sent)
        return made

    with room.session() as session:
        key = propose(session, world)
        comment_on(session, world, key, by=actor_of(world.others[0]))
        head = comment_on(session, world, key, by=actor_of(world.others[1]))
        services.reply(
            session,
            process_id=world.process_id,
            proposal_id=key,
            comment_id=head,
            text="Ecco.",
            actor=actor_of(world.others[2]),
            now=datetime.now(UTC),
        )
        for i in range(19):
            propose(session, world, title=f"Altra proposta {i}")
        session.commit()
    few = measure()
    with room.session() as session:
        for i in range(180):
            propose(session, world, title=f"Ancora una proposta {i}")
        for i in range(40):
            comment = comment_on(session, world, key, by=actor_of(world.others[i % 16]), stance=list(Stance)[i % 3])
            services.reply(
                session,
                process_id=world.process_id,
                proposal_id=key,
                comment_id=comment,
                text="Ecco.",
                actor=actor_of(world.others[2]),
                now=datetime.now(UTC),
            )
        session.commit()
    assert measure() == few
    assert few["nobody  "] <= 6
    assert max(v for k, v in few.items() if k.startswith("nobody /") and "nuova" not in k) <= 5


def test_cells_of_the_files_are_safe_and_tell_no_more_than_the_pages(room: Room) -> None:
    world = room.world
    with room.session() as session:
        for title in (
            "=HYPERLINK(1) e altro",
            "+39 011 numero verde",
            "-2 gradi in meno in città",
            "@tutti i comuni insieme",
        ):
            propose(session, world, title=title, show_name=False, pseudonym="", organisation="=cmd|calc")
        session.commit()
    browser = room.browser(None)
    body = browser.get(f"{LIST}/dati.csv").get_data(as_text=True)
    assert body.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(body.removeprefix("\ufeff"))))
    assert len(rows) == 4
    for row in rows:
        assert not any((value or "").startswith(("=", "+", "-", "@", "\t", "\r")) for value in row.values()), row
        assert row["author"] == "persona registrata"
    data = json.loads(browser.get(f"{LIST}/dati.json").get_data(as_text=True))
    assert set(data["proposals"][0]) == set(data["columns"])
    assert data["proposals"][0]["title"].startswith("=")  # JSON is no spreadsheet.
    assert world.accounts[Role.account].hex not in body.replace("-", "")


def test_hostile_markdown_is_harmless_on_every_page(room: Room) -> None:
    world = room.world
    with room.session() as session:
        key = propose(
            session,
            world,
            title="<b onmouseover=alert(1)>Titolo</b>",
            text=HOSTILE + "\n\n" + TEXT,
            organisation="<i>Ente</i>",
        )
        comment = comment_on(session, world, key, by=actor_of(world.others[0]), text=HOSTILE)
        session.commit()
    browser = room.browser(world.others[1])
    for page in (
        "",
        f"/{key}",
        f"/{key}/commenti",
        f"/{key}/commenti/{comment}",
        f"/{key}/versioni",
        f"/{key}/commenti/{comment}/segnala",
    ):
        html = browser.get(LIST + page).get_data(as_text=True)
        for poison in (
            "<script>alert",
            "<b onmouseover",
            "<i>Ente",
            'javascript:alert(1)"',
            "<img src=x",
            "<h1>Titolo grande",
        ):
            assert poison not in html, (page, poison)
        assert not re.search(r"<img[^>]+example\.org", html)
    shown = browser.get(f"{LIST}/{key}").get_data(as_text=True)
    assert "<strong>forte</strong>" in shown
    assert 'rel="nofollow noopener ugc"' in shown
    feed = ElementTree.fromstring(browser.get(f"{LIST}/feed.atom").data)  # noqa: S314  # Our own output.
    assert len(feed.findall("{http://www.w3.org/2005/Atom}entry")) == 1


def test_parts_that_are_kept_show_nothing_of_who_looked_before(room: Room) -> None:
    world = room.world
    moderator, resident, nobody = (room.browser(who) for who in (world.accounts[Role.moderator], world.others[0], None))
    for page in ("", "/nuova"):
        pages = {}
        for name, browser in (("moderator", moderator), ("resident", resident), ("nobody", nobody), ("again", moderator)):
            html = browser.get(LIST + page, follow_redirects=True).get_data(as_text=True)
            bar = html[html.index('class="site-nav"') : html.index("<main")]
            pages[name] = html
            assert ("Scrivania" in bar) == (name in {"moderator", "again"}), name
            assert ("Ricevuta" in bar) == (name == "nobody"), name
        english = resident.get(LIST + page, headers={"Accept-Language": "en"}).get_data(as_text=True)
        assert "Accessibility statement" in english
        assert "Dichiarazione di accessibilità" in pages["resident"]
        # Each page has tokens of its own, and no key of a form stands in two.
        keys = [set(re.findall(r'name="_once" value="([^"]+)"', html)) for html in pages.values()]
        assert len(set().union(*keys)) == sum(len(each) for each in keys)
    with room.session() as session:
        first, second = (session.get_one(Account, key).display_name for key in world.others[:2])
    assert first in resident.get(f"{LIST}/nuova").get_data(as_text=True)
    others = room.browser(world.others[1]).get(f"{LIST}/nuova").get_data(as_text=True)
    assert second in others
    assert first not in others


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


def test_a_pseudonym_is_not_lifted_by_the_authors_own_comment(room: Room) -> None:
    world = room.world
    with room.session() as session:
        key = propose(session, world, show_name=False, pseudonym="Lupo")
        session.commit()
    browser = room.browser(world.accounts[Role.account])
    assert browser.send(f"{LIST}/{key}/commenti", {"stance": "neutral", "text": "Preciso una cosa."}).status_code == 303
    page = room.browser(None).get(f"{LIST}/{key}/commenti").get_data(as_text=True)
    assert "Preciso una cosa." in page
    assert "Lupo" in page
    assert "ha scritto la proposta" in page
    assert "account-" not in page


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
