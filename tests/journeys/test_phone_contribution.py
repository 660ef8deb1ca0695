"""A resident without account, on a phone: from the first page to a receipt, by keyboard alone, and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.factories.site import Site
from tests.journeys.people import Crowd, Person
from tests.journeys.small import SmallSite
from tests.journeys.test_thread import receipt

VOICE = "Nel mio paese dopo le venti non passa più nessun autobus."
#: A field is known by its name, all else by its words.
FOCUSED = "(e => e.matches('input, select, textarea') ? e.name : (e.innerText || '').trim())(document.activeElement)"
#: Whether what has the focus is marked for the eye: by an outline or a shadow.
MARKED = """() => { const s = getComputedStyle(document.activeElement);
  return (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none' }"""


def tab_to(person: Person, words: str, *, most: int = 80) -> None:
    """Press Tab until something with these words or this name has the focus; each stop is marked and none is a trap."""
    last, same = "", 0
    for _press in range(most):
        person.page.keyboard.press("Tab")
        here = str(person.page.evaluate(FOCUSED))
        if here == words or (" " in words and words in here):
            assert person.page.evaluate(MARKED), f"the focus on «{words}» can't be seen"
            return
        same = same + 1 if here == last and here else 0
        assert same < 6, f"the focus is trapped on «{here}»"
        last = here
    raise AssertionError(f"{most} presses of Tab do not reach «{words}»")


def enter(person: Person) -> None:
    """Press Enter, and wait for the page it leads to."""
    with person.page.expect_navigation():
        person.page.keyboard.press("Enter")


def test_by_keyboard_alone(
    small: SmallSite, crowd_on: Callable[[Site], Crowd]
) -> None:
    small.world()
    resident = crowd_on(small.site).person(phone=True)
    resident.go("/")
    tab_to(resident, "Piano strategico di prova")
    enter(resident)
    tab_to(resident, "Di’ che cosa serve")
    enter(resident)
    tab_to(resident, "text")
    resident.page.keyboard.type("Poco")
    tab_to(resident, "Invia il contributo")
    resident.page.keyboard.press("Enter")
    # Refused: four letters say nothing. The summary has the focus and leads to the field.
    expect(resident.page.locator("[role=alert], .error-summary").first).to_be_visible()
    resident.go(resident.path())
    tab_to(resident, "text")
    resident.page.keyboard.press("Control+A")
    resident.page.keyboard.type(VOICE)
    tab_to(resident, "publish")
    resident.page.keyboard.press("Space")
    tab_to(resident, "Invia il contributo")
    enter(resident)
    code = receipt(resident.page)
    resident.go("/ricevuta")
    tab_to(resident, "codice")
    resident.page.keyboard.type(code.lower())
    enter(resident)
    resident.sees("Piano strategico di prova")


@pytest.mark.parametrize("publish", [True, False])
def test_without_scripts(
    small: SmallSite, crowd_on: Callable[[Site], Crowd], publish: bool
) -> None:
    small.world()
    resident = crowd_on(small.site).person(phone=True, scripts=False)
    resident.go("/").follow("Piano strategico di prova").follow("Di’ che cosa serve")
    resident.fill(text=VOICE)
    if publish:
        resident.field("publish").check()
    resident.page.get_by_role("button", name="Invia il contributo").click()
    code = receipt(resident.page)
    resident.go("/ricevuta").fill(codice=code)
    resident.page.get_by_role("button", name="Vedi che cosa ne è stato").click()
    resident.sees("Piano strategico di prova")
