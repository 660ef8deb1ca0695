"""A facilitator codes by selecting words, and by keyboard alone."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from sqlalchemy.orm import Session

from consult.core.clock import database_now
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.evidence import queries
from consult.listening.interviews import services as interviews
from consult.listening.sources.queries import of_unit
from tests.factories.site import Site
from tests.factories.world import World
from tests.journeys.people import Crowd
from tests.journeys.small import SmallSite
from tests.journeys.test_phone_contribution import tab_to

WORDS = "🚆 Serve un treno ogni mezz'ora. Anche la sera."
SELECT = """() => {
  const node = document.querySelector("[data-passage]").firstChild;
  const range = document.createRange();
  range.setStart(node, node.data.indexOf("un treno"));
  range.setEnd(node, node.data.indexOf(" ogni"));
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}"""


def test_words_are_coded_by_selection_and_by_keyboard(
    small: SmallSite, crowd_on: Callable[[Site], Crowd]
) -> None:
    made: list[uuid.UUID] = []

    def talk(session: Session, world: World) -> None:
        now = database_now(session)
        key = interviews.plan_interview(session, process_id=world.process_id, role="sindaca", actor=SYSTEM, now=now)
        interviews.record_consent(
            session, process_id=world.process_id, interview_id=key, actor=SYSTEM, now=now,
            consent=interviews.Consent(may_transcribe=True, may_code=True),
        )  # fmt: skip  # one row of values reads better so
        interviews.add_transcript(
            session,
            process_id=world.process_id,
            interview_id=key,
            text=f"R: {WORDS}\n\nR: Le scuole.",
            actor=SYSTEM,
            now=now,
        )
        made.append(key)

    world = small.world(talk)
    person = small.enter(crowd_on(small.site).person(), world.accounts[Role.facilitator])
    page, keys = person.page, person.page.keyboard
    person.go(f"/scrivania/{world.slug}/codifica/{made[0]}")
    page.evaluate(SELECT)
    page.get_by_text("Parole scelte: «un treno»").wait_for()
    page.fill("[name=code]", "Treni")
    with page.expect_navigation():
        page.click("text=Dai il codice")
    assert page.locator("mark.coded").inner_text() == "un treno"
    with page.expect_navigation():
        keys.press("j")
    assert "Le scuole." in page.locator("[data-passage]").inner_text()
    keys.press("c")
    keys.type("Scuole vicine")
    with page.expect_navigation():
        keys.press("Enter")
    assert page.locator("mark.coded").inner_text() == "Le scuole."
    with page.expect_navigation():
        keys.press("u")
    assert page.locator("mark.coded").count() == 0
    page.go_back()
    person.go(f"/scrivania/{world.slug}/codifica/{made[0]}")
    keys.press("f")
    tab_to(person, "code")
    with small.session() as session:
        first = of_unit(session, unit_id=made[0])[0]
        (row,) = queries.codings_of(session, source_id=first.id, text=first.text)
        assert first.text[row.start : row.end] == "un treno"
