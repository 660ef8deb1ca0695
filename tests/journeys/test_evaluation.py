"""A moderator asks an office, the office answers, the moderator hears of it, compares, prepares the outcome and publishes it."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect
from sqlalchemy.orm import Session

from consult.coplanning.proposals import services as proposals
from consult.core.clock import database_now
from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from tests.factories.site import Site
from tests.factories.world import World
from tests.journeys.people import Crowd
from tests.journeys.small import SmallSite

TITLE = "Un autobus serale per la valle"
OPINION = "Le ore di guida ci sono, manca il centralino."


def a_proposal(session: Session, world: World) -> None:
    """A proposal that waits for its outcome."""
    proposals.submit(
        session,
        process_id=world.process_id,
        title=TITLE,
        text=f"{TITLE}: dopo le venti chi lavora resta a piedi.",
        strategy_id=world.strategies["2.2"],
        actor=Actor(account_id=world.others[0], name="persona"),
        now=database_now(session),
    )


def test_from_the_question_to_the_published_outcome(
    small_with_worker: SmallSite, crowd_on: Callable[[Site], Crowd]
) -> None:
    world = small_with_worker.world(a_proposal)
    crowd = crowd_on(small_with_worker.site)
    desk = f"/scrivania/{world.slug}"
    moderator = small_with_worker.enter(crowd.person(), world.accounts[Role.moderator])
    moderator.go(f"{desk}/valutazioni/uffici").fill(name="Ufficio mobilità")
    moderator.page.get_by_role("group", name="Chi ci lavora").get_by_role("checkbox").last.check()
    moderator.press("Aggiungi l’ufficio").sees("Ufficio mobilità")
    moderator.go(f"{desk}/valutazioni/chiedi")
    moderator.page.get_by_role("checkbox", name=TITLE).check()
    moderator.page.get_by_role("checkbox", name="Ufficio mobilità").check()
    moderator.fill(question="Si può fare con i mezzi che ci sono?").press("Chiedi").sees("1 valutazione chiesta")
    office = small_with_worker.enter(crowd.person(), world.accounts[Role.evaluator])
    office.go(f"{desk}/valutazioni").follow(TITLE).sees("Si può fare con i mezzi che ci sono?")
    office.page.locator("[name=competence]").first.check()
    office.page.locator("[name=feasibility]").nth(3).check()
    office.fill(opinion=OPINION).press("Consegna e apri la prossima")
    for _second in range(40):
        moderator.go("/io/avvisi")
        if moderator.page.get_by_text("tutte le valutazioni sono arrivate").count():
            break
        moderator.page.wait_for_timeout(500)
    moderator.press("Apri").sees(OPINION, "Ufficio mobilità")
    moderator.follow("Prepara l’esito")
    moderator.page.locator("main [name=outcome][value=postponed]").check()
    moderator.page.locator("main [name=reason]").select_option("needs_agreement")
    moderator.fill(public_reason="Serve prima un accordo con chi gestisce le corse.", body="Unità di progetto").press("Salva la bozza")
    expect(moderator.page.get_by_role("checkbox", name=TITLE)).to_be_checked()
    moderator.press("Pubblica gli esiti scelti")
    anyone = crowd.person(phone=True)
    anyone.go(f"/processi/{world.slug}/proposte").follow(TITLE)
    anyone.sees("Serve prima un accordo con chi gestisce le corse.")
    expect(anyone.page.locator("body")).not_to_contain_text(OPINION)
    assert crowd.complaints() == []
