"""A point set on the zones' outlines by click and by arrow keys; the typed coordinates stay the truth. A proposal's address handed on."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect
from sqlalchemy.orm import Session

from consult.core.clock import database_now
from consult.core.permissions import SYSTEM
from consult.core.vocabulary import Role
from consult.framework import services as framework
from tests.factories.proposals import propose
from tests.factories.site import Site
from tests.factories.world import World
from tests.journeys.people import Crowd
from tests.journeys.small import SmallSite


def outlines(session: Session, world: World) -> None:
    """Two zones side by side, the first in the west."""
    squares = {code: [[x, 45.0], [x + 0.5, 45.0], [x + 0.5, 45.4], [x, 45.4], [x, 45.0]] for code, x in (("1", 7.0), ("2", 7.5))}
    features = [
        {"properties": {"zone_code": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}} for code, ring in squares.items()
    ]
    framework.import_outlines(
        session, territory_id=world.territory_id, data={"features": features}, actor=SYSTEM, now=database_now(session)
    )


def test_a_proposal_s_address_is_handed_on_or_copied(small: SmallSite, crowd_on: Callable[[Site], Crowd]) -> None:
    keys = []
    world = small.world(lambda session, world: keys.append(propose(session, world)))
    crowd = crowd_on(small.site)
    person = crowd.person(phone=True)
    page, address = person.page, f"/processi/{world.slug}/proposte/{keys[0]}"
    # What the browser of a test does not have, or not always: the device's own sheet, and the clipboard.
    page.add_init_script(
        "navigator.share = window.name ? undefined : async (what) => { window.given = what; };"
        "Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (text) => { window.copied = text; } } });"
    )
    person.go(address)
    expect(page.get_by_label("Indirizzo da condividere")).to_have_value(re.compile(f"{address}$"))
    expect(page.get_by_role("button", name="Copia l’indirizzo")).to_be_hidden()
    page.get_by_role("button", name="Condividi la proposta").click()
    page.wait_for_function("window.given")
    assert page.evaluate("window.given.url").endswith(address)
    assert "Treni" in page.evaluate("window.given.title")
    # A computer without such a sheet copies it, by keyboard too, and says so.
    page.evaluate("window.name = 'computer'")
    person.go(address)
    expect(page.get_by_role("button", name="Condividi la proposta")).to_be_hidden()
    copy = page.get_by_role("button", name="Copia l’indirizzo")
    copy.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#copiato")).to_have_text("Indirizzo copiato.")
    assert page.evaluate("window.copied").endswith(address)
    assert crowd.complaints() == []


def test_a_point_is_set_by_click_and_by_keys(
    small: SmallSite, crowd_on: Callable[[Site], Crowd]
) -> None:
    world = small.world(outlines)
    crowd = crowd_on(small.site)
    person = small.enter(crowd.person(phone=True), world.accounts[Role.account])
    person.go(f"/processi/{world.slug}/proposte/nuova")
    sheet, point, said = person.page.locator(".point-map-sheet"), person.field("point"), person.page.locator("[data-said]")
    east, west = (person.page.locator(f'[name="zone_ids"][value="{world.zones[code]}"]') for code in ("2", "1"))
    box = sheet.bounding_box()
    assert box is not None
    sheet.click(position={"x": box["width"] * 0.75, "y": box["height"] / 2})
    expect(said).to_contain_text("Punto nella zona 2")
    expect(east).to_be_checked()
    latitude, longitude = (float(n) for n in point.input_value().split(","))
    assert abs(latitude - 45.2) < 0.01
    assert abs(longitude - 7.75) < 0.02
    sheet.focus()
    for _step in range(14):
        person.page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text("Punto nella zona 1")
    expect(west).to_be_checked()
    expect(east).not_to_be_checked()
    person.page.keyboard.press("Delete")
    expect(point).to_have_value("")
    expect(west).not_to_be_checked()
    point.fill("45.1, 7.2")
    point.blur()
    expect(person.page.locator(".outline-mark")).to_have_attribute("visibility", "visible")
    assert crowd.complaints() == []
