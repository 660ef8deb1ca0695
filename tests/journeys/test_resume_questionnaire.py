"""A stakeholder answers half on a phone, goes on at a desk by the same link, sends, and sees the receipt."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect
from sqlalchemy.orm import Session

from consult.core.clock import database_now
from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from consult.listening.surveys.services import building, inviting, questions
from tests.factories.site import Site
from tests.factories.world import World
from tests.journeys.people import Crowd
from tests.journeys.small import SmallSite
from tests.journeys.test_thread import receipt

STAKEHOLDER = "consorzio@territorio.example"
FIRST, SECOND = "Mancano corsie per gli autobus tra i paesi della valle.", "Un biglietto unico per treno e autobus."


def questionnaire(session: Session, world: World) -> None:
    """Two questions on two pages, published, with one person on the list."""
    actor, now = Actor(account_id=world.accounts[Role.facilitator], name="Facilitatrice"), database_now(session)
    key = building.create_questionnaire(
        session,
        process_id=world.process_id,
        settings=building.Settings(title="Mobilità in valle"),
        actor=actor,
        now=now,
    )
    for page, words in enumerate(("Che cosa manca?", "Che cosa farebbe per primo?"), 1):
        questions.add_question(
            session,
            process_id=world.process_id,
            questionnaire_id=key,
            fields=questions.QuestionFields(kind="long", text=words, page=page, required=True),
            actor=actor,
            now=now,
        )
    building.publish(session, process_id=world.process_id, questionnaire_id=key, actor=actor, now=now)
    inviting.invite(session, process_id=world.process_id, questionnaire_id=key, text=STAKEHOLDER, actor=actor, now=now)


def test_half_on_a_phone_and_the_rest_at_a_desk(
    small_with_worker: SmallSite, crowd_on: Callable[[Site], Crowd]
) -> None:
    world = small_with_worker.world(questionnaire)
    crowd = crowd_on(small_with_worker.site)
    facilitator = small_with_worker.enter(crowd.person(), world.accounts[Role.facilitator])
    facilitator.go(f"/scrivania/{world.slug}/questionari").follow("Mobilità in valle").follow("Inviti").press(
        "Invia le lettere"
    )
    phone = crowd.person(phone=True)
    phone.letter_to(STAKEHOLDER)
    link = phone.link_in_letter("/q/")
    phone.go(link).page.locator("main form textarea").first.fill(FIRST)
    phone.press("Salva e continua dopo").sees("riprende")
    desk = crowd.person()
    # The first page is answered: the sheet opens at the second.
    desk.go(link).sees("Riprendi da dove eri").sees("Che cosa farebbe per primo?")
    desk.page.locator("main form textarea:visible").last.fill(SECOND)
    desk.press("Indietro")
    expect(desk.page.locator("main form textarea:visible").first).to_have_value(FIRST)
    desk.press("Avanti")
    expect(desk.page.locator("main form textarea:visible").last).to_have_value(SECOND)
    desk.press("Invia")
    code = receipt(desk.page)
    desk.go("/ricevuta").fill(codice=code).press("Vedi che cosa ne è stato").sees("Piano strategico di prova")
    assert crowd.complaints() == []
