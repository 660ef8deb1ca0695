"""Hidden means hidden: a canary in every text, looked for on every surface, as everybody."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from consult.coplanning.proposals import services
from consult.coplanning.proposals.types import ProposalState
from consult.core.vocabulary import Role
from consult.discussion import services as discussion
from tests.factories.proposals import TEXT, actor_of, author, comment_on, propose
from tests.integration.coplanning.conftest import LIST, Room

CANARY = "Zibaldonissimo"


@pytest.fixture
def hidden(room: Room) -> tuple[Room, str, str]:
    """A proposal with a version, a comment and a reply, all with the canary, then hidden; the keys of proposal and comment."""
    world = room.world
    with room.session() as session:
        propose(session, world, title="Treni della valle in orario")
        key = propose(session, world, title=f"{CANARY} in valle", text=f"{CANARY}: {TEXT}")
        services.edit(
            session, process_id=world.process_id, proposal_id=key, version=1, title=f"{CANARY} bis", text=f"{TEXT} {CANARY}",
            strategy_id=world.strategies["2.2"], actor=author(world), now=datetime.now(UTC),
        )  # fmt: skip  # one call of named values reads better so
        comment = comment_on(session, world, key, by=actor_of(world.others[0]), text=f"{CANARY} davvero")
        services.change_state(
            session,
            proposal_id=key,
            version=2,
            state=ProposalState.hidden,
            actor=actor_of(world.accounts[Role.moderator]),
            now=datetime.now(UTC),
        )
        session.commit()
    return room, str(key), str(comment)


def test_lists_feed_files_and_search_do_not_know_it(hidden: tuple[Room, str, str]) -> None:
    room, key, _comment = hidden
    surfaces = (
        "",
        "?q=zibaldonissimo",
        "?ordine=sostenute",
        "?ordine=discusse",
        "?ordine=a-caso",
        "/feed.atom",
        "/dati.csv",
        "/dati.json",
    )
    for role in (None, Role.account, Role.moderator, Role.administrator):
        browser = room.browser(room.world.accounts[role] if role else None)
        for surface in surfaces:
            page = browser.get(LIST + surface).get_data(as_text=True)
            assert CANARY not in page.replace('value="zibaldonissimo"', ""), (role, surface)
            assert key not in page, (role, surface)


def test_its_own_pages_answer_404_to_everybody(hidden: tuple[Room, str, str]) -> None:
    room, key, comment = hidden
    for role in (None, Role.account, Role.moderator):
        browser = room.browser(room.world.accounts[role] if role else None)
        for page in ("", "/versioni", "/commenti", f"/commenti/{comment}"):
            response = browser.get(f"{LIST}/{key}{page}")
            assert response.status_code == 404, (role, page)
            assert CANARY not in response.get_data(as_text=True)
    for page in ("/modifica", "/segnala", f"/commenti/{comment}/segnala"):
        assert room.browser(room.world.accounts[Role.account]).get(f"{LIST}/{key}{page}").status_code == 404, page


def test_nothing_can_be_done_to_it(hidden: tuple[Room, str, str]) -> None:
    room, key, comment = hidden
    browser = room.browser(room.world.others[1])
    acts = {
        "sostieni": {"text_version": "2"},
        "segui": {},
        "commenti": {"stance": "neutral", "text": "ciao"},
        f"commenti/{comment}": {"text": "ciao"},
        "segnala": {"reason": "other"},
    }
    for path, data in acts.items():
        assert browser.send(f"{LIST}/{key}/{path}", data).status_code == 404, path


def test_it_is_not_called_similar(hidden: tuple[Room, str, str]) -> None:
    room, _key, _comment = hidden
    browser = room.browser(room.world.others[1])
    page = browser.post(f"{LIST}/nuova/simili", data={"title": f"{CANARY} bis", "text": f"{TEXT} {CANARY}"}).get_data(
        as_text=True
    )
    assert CANARY not in page
    assert "Treni della valle in orario" in page


def test_a_hidden_comment_leaves_its_place_only_where_it_was_answered(room: Room) -> None:
    world = room.world
    moderator = actor_of(world.accounts[Role.moderator])
    with room.session() as session:
        key = propose(session, world)
        answered = comment_on(session, world, key, by=actor_of(world.others[0]), text=f"{CANARY} uno")
        alone = comment_on(session, world, key, by=actor_of(world.others[0]), text=f"{CANARY} due")
        services.reply(
            session,
            process_id=world.process_id,
            proposal_id=key,
            comment_id=answered,
            text="Rispondo io.",
            actor=author(world),
            now=datetime.now(UTC),
        )
        for comment in (answered, alone):
            discussion.hide(
                session,
                comment_id=comment,
                process_id=world.process_id,
                actor=moderator,
                now=datetime.now(UTC),
                version=1,
                on_count=services.count_comments,
            )
        session.commit()
    browser = room.browser(None)
    for page in ("", "/commenti", f"/commenti/{answered}"):
        words = browser.get(f"{LIST}/{key}{page}").get_data(as_text=True)
        assert CANARY not in words, page
        assert str(alone) not in words, page
    shown = browser.get(f"{LIST}/{key}/commenti").get_data(as_text=True)
    assert "Commento nascosto dai moderatori" in shown
    assert "Rispondo io." in shown
    assert browser.get(f"{LIST}/{key}/commenti/{alone}").status_code == 404
    with room.session() as session:
        discussion.restore(
            session,
            comment_id=alone,
            process_id=world.process_id,
            actor=moderator,
            now=datetime.now(UTC),
            on_count=services.count_comments,
        )
        session.commit()
    assert f"{CANARY} due" in browser.get(f"{LIST}/{key}/commenti").get_data(as_text=True)
