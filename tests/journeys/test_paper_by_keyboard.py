"""A facilitator decides findings one after the other by keyboard alone, and takes the last decision back."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect
from sqlalchemy.orm import Session

from consult.core.clock import database_now
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.position_paper import queries, services
from tests.factories.site import Site
from tests.factories.world import World
from tests.journeys.people import Crowd
from tests.journeys.small import SmallSite

TITLES = ("Treni la sera", "Case vuote", "Medici nei paesi")


def write_findings(session: Session, world: World) -> None:
    now = database_now(session)
    services.ensure_paper(session, process_id=world.process_id, now=now)
    paper = queries.paper(session, process_id=world.process_id)
    assert paper is not None
    section = next(s for s in queries.sections(session, paper_id=paper.id) if s.kind == "axis")
    for title in TITLES:
        services.add_finding(
            session, process_id=world.process_id, section_id=section.id, title=title, statement="Lo pensa chi scrive.", strategy_id=None,
            source_ids=[], actor=SYSTEM, now=now,
        )  # fmt: skip  # one row of values reads better so


def test_findings_are_decided_by_keyboard_and_the_last_decision_is_taken_back(
    small: SmallSite, crowd_on: Callable[[Site], Crowd]
) -> None:
    world = small.world(write_findings)
    person = small.enter(crowd_on(small.site).person(), world.accounts[Role.facilitator])
    page, keys = person.page, person.page.keyboard
    person.go(f"/scrivania/{world.slug}/paper?stato=proposed")
    findings = page.locator("article.finding")
    expect(findings).to_have_count(3)
    keys.press("a")
    expect(findings).to_have_count(3)  # Nothing is decided where nobody stands on it.
    keys.press("j")
    expect(findings.first).to_be_focused()
    keys.press("a")
    expect(page.locator(".undo")).to_contain_text(f"«{TITLES[0]}»: accettata")
    expect(findings.first).to_be_focused()  # The next one is at hand.
    keys.press("r")
    expect(page.locator(".undo")).to_contain_text(f"«{TITLES[1]}»: rifiutata")
    expect(findings).to_have_count(1)
    keys.press("u")
    expect(findings).to_have_count(2)
    expect(page.locator(".tabs [aria-current]")).to_contain_text("2")
