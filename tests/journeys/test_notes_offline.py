"""A facilitator types while the line is gone: what is typed outlives the connection, the page and an answer that never came."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, Route, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.listening.meetings import services
from consult.listening.meetings.models import Meeting
from consult.listening.sources.models import Source
from tests.factories.site import Site
from tests.factories.world import World
from tests.journeys.people import Crowd
from tests.journeys.small import SmallSite


def a_meeting(session: Session, world: World) -> None:
    """A meeting with a table."""
    now = datetime.now(UTC)
    here = {"process_id": world.process_id, "actor": SYSTEM, "now": now}
    fields = services.MeetingFields(title="Incontro di valle", starts_at=now - timedelta(hours=1), place="Sala")
    meeting_id = services.create_meeting(session, fields=fields, **here)
    services.save_table(
        session, meeting_id=meeting_id, table_id=None, number=1, title="", zone_id=world.zones["1"], facilitator_id=None, seats=10, **here
    )
    services.set_state(session, meeting_id=meeting_id, state="published", **here)


def note(page: Page, words: str) -> None:
    """Type a note and add it by the keyboard."""
    page.locator("#nuovo-appunto [name=text]").fill(words)
    page.locator("#nuovo-appunto [name=text]").press("Control+Enter")


def test_what_is_typed_outlives_line_page_and_lost_answer(
    small: SmallSite, crowd_on: Callable[[Site], Crowd]
) -> None:
    world = small.world(a_meeting)
    with small.session() as session:
        meeting_id = session.execute(select(Meeting.id).where(Meeting.process_id == world.process_id)).scalar_one()
    crowd = crowd_on(small.site)
    person = small.enter(crowd.person(), world.accounts[Role.facilitator])
    address = f"/scrivania/{world.slug}/incontri/{meeting_id}"
    page, context = person.page, person.page.context
    answer = page.goto(person.site.base_url + address)
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    taken = page.locator("#appunti-presi article.note")
    queue = page.locator(".note-queue > li")

    # With the line: one note; and one whose answer is lost on the way, though the server has it.
    note(page, "Con la linea.")
    expect(taken).to_have_count(1)

    answered: list[int] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST":
            answered.append(route.fetch(max_redirects=0).status)
            # The line goes with the answer: the page may try again at any moment.
            context.set_offline(True)
            route.abort()
        else:
            route.continue_()

    page.route("**/*", lose)
    with page.expect_event("requestfailed"):
        note(page, "La risposta si è persa.")
    expect(queue).to_have_count(1)
    assert answered == [303]

    # Without the line: two notes that wait, and one still in the field when the page is closed.
    page.unroute("**/*", lose)
    note(page, "Senza linea, uno.")
    note(page, "Senza linea, due.")
    expect(queue).to_have_count(3)
    expect(page.locator(".note-status")).to_contain_text("3 appunti aspettano")
    page.locator("#nuovo-appunto [name=text]").press_sequentially("Ancora in penna")
    page.close(run_before_unload=False)
    with small.session() as session:
        kept = session.execute(select(Source.text).where(Source.unit_id == meeting_id)).scalars().all()
        assert sorted(kept) == ["Con la linea.", "La risposta si è persa."]

    # The line is back, the laptop is opened again.
    context.set_offline(False)
    page = context.new_page()
    page.on("pageerror", lambda error: person.heard.append(str(error)))
    page.goto(person.site.base_url + address)
    expect(page.locator("#appunti-presi article.note")).to_have_count(4)
    expect(page.locator(".note-queue > li")).to_have_count(0)
    expect(page.locator(".note-status")).to_contain_text("Tutti gli appunti sono salvati")
    expect(page.locator("#nuovo-appunto [name=text]")).to_have_value("Ancora in penna")
    page.locator("#nuovo-appunto [name=text]").press("Control+Enter")
    expect(page.locator("#appunti-presi article.note")).to_have_count(5)
    with small.session() as session:
        rows = session.execute(select(Source.text).where(Source.unit_id == meeting_id)).scalars().all()
        assert sorted(rows) == [
            "Ancora in penna", "Con la linea.", "La risposta si è persa.", "Senza linea, due.", "Senza linea, uno.",
        ]  # fmt: skip  # one row of values reads better so
    assert crowd.complaints() == []
