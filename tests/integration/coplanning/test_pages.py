"""The pages: filters, orders and keyset pages, numbers of statements, safe files and texts."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from consult.coplanning.proposals import services
from consult.core.vocabulary import Outcome, Role, Stance
from consult.people.models import Account
from tests.factories.lent import Lending
from tests.factories.proposals import TEXT, actor_of, comment_on, propose
from tests.factories.world import World, app_engine, counted_statements, lent_app
from tests.integration.coplanning.conftest import LIST, Room, room_on

HOSTILE = (
    "<script>alert(1)</script> **forte** [clicca](javascript:alert(1)) <img src=x onerror=alert(1)> "
    "![tracciante](https://example.org/x.png) [buono](https://example.org/)\n\n# Titolo grande\n\n- uno\n- due"
)


def numbers(page: str) -> list[int]:
    """The numbers of the proposals on a page of the list, in order."""
    return [int(n) for n in re.findall(r'<p class="kicker">n. (\d+) ·', page)]


@pytest.fixture(scope="module")
def forty(lending: Lending) -> Iterator[tuple[str, World]]:
    """A database with forty proposals with different supports and comments, for tests that only read."""
    with lending.lend() as url:
        with lent_app(url) as app:
            room = room_on(lending, url, app)
            _fill(room)
        yield url, room.world


def _fill(room: Room) -> None:
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


@pytest.fixture
def busy(forty: tuple[str, World]) -> Iterator[Room]:
    """The site of the forty proposals, to be read."""
    url, world = forty
    with lent_app(url) as app:
        yield Room(app, world)


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
