"""Without ever touching the mouse: a moderator promotes two proposals into one action, a person answers statements; and on a phone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.coplanning.proposals import services as proposals
from consult.core.clock import database_now
from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from consult.plan.models import DraftAction, Promotion
from tests.factories import opinions
from tests.factories.site import Site
from tests.factories.world import World
from tests.journeys.people import Crowd
from tests.journeys.small import SmallSite
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


def statements(session: Session, world: World) -> None:
    """What people are asked for their opinion on."""
    opinions.open_up(session, world, opinions.prepare(session, world))


def test_promotion_by_keyboard(small: SmallSite, crowd_on: Callable[[Site], Crowd]) -> None:
    world = small.world(two_proposals)
    crowd = crowd_on(small.site)
    moderator = small.enter(crowd.person(), world.accounts[Role.moderator])
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
    with small.session() as session:
        actions = session.scalars(select(DraftAction.id).where(DraftAction.process_id == world.process_id)).all()
        promoted = session.scalars(select(Promotion.proposal_id).where(Promotion.action_id.in_(actions))).all()
    assert len(actions) == 1
    assert len(set(promoted) - {None}) == 2
    with moderator.page.expect_navigation():
        keys.press("u")
    moderator.sees(TITLES[0])
    assert crowd.complaints() == []


def test_statements_by_key_and_by_touch(small: SmallSite, crowd_on: Callable[[Site], Crowd]) -> None:
    """One key an answer at a desk, one touch on a phone; what was said is there on the other device, and can be taken back."""
    world = small.world(statements)
    crowd = crowd_on(small.site)
    everything = len(opinions.WORDS)
    desk = small.enter(crowd.person(), world.accounts[Role.account])
    desk.go(f"/processi/{world.slug}/opinioni").follow("Come ci si muove?")
    said: list[str] = []
    for number, key in enumerate("123", 1):
        said.append(desk.page.locator("#frase-testo").inner_text())
        with desk.page.expect_navigation():
            desk.page.keyboard.press(key)
        desk.sees(f"Risposte date: {number} di {everything}")
        expect(desk.page.locator("#frase-testo")).not_to_have_text(said[-1])
    phone = small.enter(crowd.person(phone=True), world.accounts[Role.account])
    phone.go(f"/processi/{world.slug}/opinioni").follow("Come ci si muove?")
    said.append(phone.page.locator("#frase-testo").inner_text())
    with phone.page.expect_navigation():
        phone.page.get_by_role("button", name="Non d’accordo").tap()
    phone.sees(f"Risposte date: 4 di {everything}")
    phone.follow("Rivedi le tue risposte")
    for words, answer in zip(said, ("D’accordo", "Non d’accordo", "Non so", "Non d’accordo"), strict=True):
        group = phone.page.get_by_role("group", name=words)
        expect(group.get_by_role("radio", name=answer, exact=True)).to_be_checked()
    phone.press("Ritira tutte le risposte").sees("Le tue risposte sono ritirate")
    expect(phone.page.get_by_role("radio", checked=True)).to_have_count(0)
    desk.go(f"/processi/{world.slug}/opinioni").follow("Come ci si muove?").sees(f"Risposte date: 0 di {everything}")
    assert crowd.complaints() == []
