"""Proposals on paper with their receipt, points on the map, ways of showing the list, what changed, one-click words on comments."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import queries, rules, services
from consult.coplanning.proposals.models import Proposal
from consult.coplanning.proposals.types import ProposalOrigin
from consult.core.errors import Forbidden, Invalid, NotFound
from consult.core.vocabulary import Role
from consult.core.wordings import changes
from consult.discussion.models import Comment, CommentReaction
from consult.discussion.types import ReactionKind
from tests.factories.proposals import TEXT, actor_of, author, comment_on, propose
from tests.factories.world import World
from tests.integration.coplanning.conftest import LIST, Room
from tests.integration.coplanning.test_priorities import _send
from tests.integration.coplanning.test_races import together

NOW = datetime.now(UTC)


def test_what_came_on_paper_has_an_origin_a_receipt_and_no_author(room: Room) -> None:
    world = room.world
    operator, anyone = room.browser(world.accounts[Role.operator]), room.browser(None)
    desk = f"/scrivania/{world.slug}/proposte/carta"
    code = re.search(r'name="code"[^>]*value="([^"]+)"', operator.get(desk).get_data(as_text=True))
    assert code is not None
    form = {
        "origin": "paper", "title": "Una panchina alla fermata", "text": TEXT, "strategy_id": str(world.strategies["2.2"]),
        "author_kind": "resident", "received_on": "2026-01-03", "code": code.group(1), "signature": "pseudonimo",
    }  # fmt: skip  # one row of values reads better so
    assert operator.send(desk, {**form, "text": "corto"}).status_code == 422
    assert operator.send(desk, {**form, "origin": "meeting"}).status_code == 422
    assert operator.send(desk, {**form, "received_on": "2199-01-01"}).status_code == 422
    given = operator.send(desk, form)
    assert given.status_code == 303
    # The same sheet sent again is the same proposal.
    assert operator.send(desk, form).location == given.location
    page = operator.get(str(given.location)).get_data(as_text=True)
    assert code.group(1) in page
    key = str(given.location).rsplit("/", 1)[1]
    assert code.group(1) not in room.browser(world.accounts[Role.facilitator]).get(str(given.location)).get_data(
        as_text=True
    )
    shown = anyone.get(f"{LIST}/{key}").get_data(as_text=True)
    assert "arrivata su carta" in shown
    assert "cancellato il proprio account" not in shown + anyone.get(LIST).get_data(as_text=True)
    found = anyone.post("/ricevuta", data={"codice": code.group(1).lower().replace("-", " ")})
    assert f"/proposte/{key}" in found.get_data(as_text=True)
    with room.session() as session:
        assert session.execute(select(func.count()).select_from(Proposal)).scalar_one() == 1
        row = session.get_one(Proposal, uuid.UUID(key))
        assert (row.author_id, row.entered_by, row.origin) == (None, world.accounts[Role.operator], "paper")
        services.PERSONAL_DATA.erase(session, account_id=world.accounts[Role.operator], now=NOW)
        session.refresh(row)
        assert row.entered_by is None
    assert room.browser(world.accounts[Role.account]).get(desk).status_code == 404


def test_a_signature_is_shown_where_the_sheet_allows_it(session: Session, world: World) -> None:
    done = services.enter_on_paper(
        session, process_id=world.process_id, title="Una panchina alla fermata", text=TEXT, strategy_id=world.strategies["2.2"],
        origin=ProposalOrigin.paper, signature="Nonna Rita", actor=actor_of(world.accounts[Role.operator]), now=NOW,
        point=(45.07, 7.68),
    )  # fmt: skip  # one call of named values reads better so
    card = queries.cards(session, ids=[done.proposal_id])[done.proposal_id]
    assert (card.author, card.author_id) == ("Nonna Rita", None)
    shown = queries.show(session, process_id=world.process_id, proposal_id=done.proposal_id, viewer_id=None)
    assert shown is not None
    assert (shown.latitude, shown.longitude, shown.received_on) == (45.07, 7.68, NOW.date())
    with pytest.raises(Invalid):
        services.enter_on_paper(
            session, process_id=world.process_id, title="Una panchina alla fermata", text=TEXT, strategy_id=world.strategies["2.2"],
            origin=ProposalOrigin.paper, received_on=NOW.date() + timedelta(days=2), actor=actor_of(world.accounts[Role.operator]), now=NOW,
        )  # fmt: skip  # one call of named values reads better so


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("45.0703, 7.6869", (45.0703, 7.6869)), ("45,0703; 7,6869", (45.0703, 7.6869)), ("-33.9 151.2", (-33.9, 151.2)), ("91, 7", None),
        ("45.07, 181", None), ("piazza Castello", None), ("45", None), ("<b>1, 2</b>", None),
    ],
)  # fmt: skip  # one list of pairs reads better so
def test_points_as_maps_copy_them(text: str, point: tuple[float, float] | None) -> None:
    assert rules.read_point(text) == point


def test_changes_are_marked_word_by_word() -> None:
    pieces = changes("Treni ogni ora la sera", "Treni ogni mezz'ora la sera e la notte")
    assert [p for p in pieces if p[0] != "same"] == [("gone", "ora"), ("added", "mezz'ora"), ("added", " e la notte")]
    assert "".join(t for k, t in pieces if k != "gone") == "Treni ogni mezz'ora la sera e la notte"
    assert "".join(t for k, t in pieces if k != "added") == "Treni ogni ora la sera"


def test_point_versions_and_ways_of_showing_on_the_pages(room: Room) -> None:
    world = room.world
    writer, anyone = room.browser(world.accounts[Role.account]), room.browser(None)
    form = {
        "title": "Treni ogni mezz'ora", "text": TEXT, "strategy_id": str(world.strategies["2.2"]), "author_kind": "resident",
        "signature": "nome", "point": "qui sotto",
    }  # fmt: skip  # one row of values reads better so
    assert writer.send(f"{LIST}/nuova", form).status_code == 422
    here = str(
        writer.send(f"{LIST}/nuova", {**form, "point": "45.0703, 7.6869", "zone_ids": str(world.zones["2"])}).location
    )
    assert "mlat=45.0703" in anyone.get(here).get_data(as_text=True)
    assert "45.0703, 7.6869" in writer.get(f"{here}/modifica").get_data(as_text=True)
    changed = {**form, "point": "", "version": "1", "title": "Treni ogni quarto d'ora"}
    assert writer.send(f"{here}/modifica", changed).status_code == 303
    assert "mlat" not in anyone.get(here).get_data(as_text=True)
    versions = anyone.get(f"{here}/versioni").get_data(as_text=True)
    assert "[tolto: </span>mezz&#39;ora" in versions
    assert "[aggiunto: </span>quarto d&#39;ora" in versions
    with room.session() as session:
        propose(session, world, title="Fibra in valle", zone_ids=[world.zones["2"], world.zones["1"]])
        talked = propose(session, world, title="Molto discussa")
        comment_on(session, world, talked, by=actor_of(world.others[0]))
        session.commit()
    table = anyone.get(f"{LIST}?vista=tabella&q=fibra").get_data(as_text=True)
    assert "<table" in table
    assert "vista=mappa&amp;" in table or "vista=mappa" in table
    drawn = anyone.get(f"{LIST}?vista=mappa").get_data(as_text=True)
    assert re.findall(r'tile-value">(\d+) propost', drawn) == ["1", "1", "0"]
    quiet = anyone.get(f"{LIST}?ordine=da-commentare").get_data(as_text=True)
    assert quiet.index("Molto discussa") > quiet.index("Fibra in valle")


def react(
    session: Session, world: World, proposal: uuid.UUID, comment: uuid.UUID, who: uuid.UUID, *, on: bool = True
) -> bool:
    return services.react(
        session, process_id=world.process_id, proposal_id=proposal, comment_id=comment, kind=ReactionKind.useful, on=on,
        actor=actor_of(who), now=NOW,
    )  # fmt: skip  # one call of named values reads better so


def test_a_mark_counts_once_and_can_be_taken_back(session: Session, world: World) -> None:
    key = propose(session, world)
    comment = comment_on(session, world, key, by=actor_of(world.others[0]))
    assert react(session, world, key, comment, world.others[1])
    assert not react(session, world, key, comment, world.others[1])
    with pytest.raises(Forbidden):
        react(session, world, key, comment, world.others[0])
    with pytest.raises(NotFound):
        react(session, world, key, uuid.uuid4(), world.others[1])
    session.expire_all()
    assert session.get_one(Comment, comment).useful_count == 1
    assert not react(session, world, key, comment, world.others[2], on=False)
    assert react(session, world, key, comment, world.others[1], on=False)
    session.expire_all()
    assert session.get_one(Comment, comment).useful_count == 0


def test_marks_at_the_same_moment_add_up_and_the_page_shows_them(room: Room) -> None:
    world = room.world
    with room.session() as session:
        key = propose(session, world)
        comment = comment_on(session, world, key, by=author(world))
        session.commit()
    here = f"{LIST}/{key}/commenti/{comment}/segna"
    calls = [partial(_send, room.browser(person), here, {"azione": "si:agree"}) for person in world.others]
    calls += [partial(_send, room.browser(world.others[0]), here, {"azione": "si:agree"}) for _ in range(4)]
    assert set(together(calls)) == {303}  # type: ignore[arg-type]
    with room.session() as session:
        assert session.get_one(Comment, comment).agree_count == 16
        assert session.execute(select(func.count()).select_from(CommentReaction)).scalar_one() == 16
    assert "16 persone sono d’accordo" in room.browser(None).get(f"{LIST}/{key}").get_data(as_text=True)
    mine = room.browser(world.others[0])
    assert 'value="no:agree" aria-pressed="true"' in mine.get(f"{LIST}/{key}/commenti").get_data(as_text=True)
    assert mine.send(here, {"azione": "no:agree", "da": "commenti"}).status_code == 303
    assert mine.send(here, {"azione": "forse:agree"}).status_code == 400
    assert mine.send(here, {"azione": "si:odio"}).status_code == 400
    assert "15 persone" in room.browser(None).get(f"{LIST}/{key}").get_data(as_text=True)
