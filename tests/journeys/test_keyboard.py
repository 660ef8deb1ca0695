"""A moderator promotes two proposals into one action without ever touching the mouse (A3)."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.orm import Session

from consult.coplanning.proposals import services as proposals
from consult.core.clock import database_now
from consult.core.db import make_engine
from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from tests.factories.site import Site
from tests.factories.world import World
from tests.journeys.people import Crowd
from tests.journeys.small import enter_as, write_world
from tests.journeys.test_phone_contribution import enter, tab_to

TITLES = ("Un autobus serale per la valle", "Corse notturne per chi lavora su turni")


def two_proposals(session: Session, world: World) -> None:
    """Two proposals of the same strategy by two people."""
    for title, author in zip(TITLES, world.others, strict=False):
        proposals.submit(
            session,
            process_id=world.process_id,
            title=title,
            text=f"{title}: dopo le venti chi lavora resta a piedi.",
            strategy_id=world.strategies["2.2"],
            actor=Actor(account_id=author, name="persona"),
            now=database_now(session),
        )


def test_promotion_by_keyboard(
    new_database: Callable[[], str], site_on: Callable[[str], Site], crowd_on: Callable[[Site], Crowd]
) -> None:
    url = new_database()
    world = write_world(url, two_proposals)
    crowd = crowd_on(site_on(url))
    moderator = enter_as(crowd.person(), url, world.accounts[Role.moderator])
    keys = moderator.page.keyboard
    moderator.go(f"/scrivania/{world.slug}/moderazione")
    with moderator.page.expect_navigation():
        keys.press("p")
    tab_to(moderator, "con")
    keys.press("Space")
    tab_to(moderator, "title")
    keys.press("Control+A")
    keys.type("Trasporto serale di valle")
    tab_to(moderator, "reason")
    keys.press("ArrowDown")
    tab_to(moderator, "public_reason")
    keys.type("Risponde a un bisogno che molti hanno detto.")
    tab_to(moderator, "body")
    keys.press("Control+A")
    keys.type("Ufficio piano")
    tab_to(moderator, "Promuovi")
    enter(moderator)
    moderator.sees("Decisione salvata")
    engine = make_engine(url, application="consult-tests")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM draft_action")).scalar() == 1
        assert connection.execute(text("SELECT count(*) FROM promotion WHERE proposal_id IS NOT NULL")).scalar() == 2
    engine.dispose()
    with moderator.page.expect_navigation():
        keys.press("u")
    moderator.sees(TITLES[0])
    assert crowd.complaints() == []
