"""PostgreSQL crashes and returns while people write: acknowledged is stored, exactly once; the phase closes on 200 submissions."""

from __future__ import annotations

import threading
import time
import uuid

import pytest
from sqlalchemy import text

from tests.drills.conftest import Drill, until
from tests.drills.ledger import Ledger, at_once, join_all

pytestmark = pytest.mark.drill
MARKS = "SELECT substring(text from '(m[0-9]+)[.]$') FROM source WHERE text LIKE '%numero m%'"


def send(drill: Drill, ledger: Ledger, mark: str, *, gate: threading.Barrier | None = None) -> None:
    """Open the page, wait for the others where asked, and send until it is taken."""
    visitor = drill.visitor()
    path = f"/processi/{drill.world.slug}/contributi/nuovo"
    fields = {**visitor.form(path), "text": f"Manca la luce al sottopasso, segnalazione numero {mark}.", "place": ""}
    if gate:
        gate.wait()
    ledger.deliver(visitor, mark, path, fields)


def counted(drill: Drill) -> dict[str, int]:
    """How often each mark is stored."""
    found: dict[str, int] = {}
    for (mark,) in drill.rows(MARKS):
        found[mark] = found.get(mark, 0) + 1
    return found


def test_the_database_restarts_while_people_write(drill: Drill) -> None:
    """Each has the page open already; the database crashes among the sendings, twice, and stays away for two seconds."""
    ledger, number = Ledger(), 150
    visitors = [drill.visitor() for _ in range(number)]
    path = f"/processi/{drill.world.slug}/contributi/nuovo"
    forms = [
        {**v.form(path), "text": f"Manca la luce al sottopasso, segnalazione numero m{n}.", "place": ""}
        for n, v in enumerate(visitors)
    ]

    def work(n: int) -> None:
        ledger.deliver(visitors[n], f"m{n}", path, forms[n])
        time.sleep(0.15)  # People write one after the other, so that some meet the crash and some do not.

    threads = at_once(work, range(number), threads=10)
    for _crash in range(2):
        time.sleep(0.8)  # Some have been taken already when it crashes.
        drill.servers.stop_postgres(immediate=True)
        time.sleep(2.0)  # How long the database stays away.
        drill.servers.start_postgres()
        probe = drill.visitor()
        back_again = until(lambda probe=probe: probe.ask("GET", "/readyz").status == 200, seconds=30)
        assert back_again, "the site did not recover by itself"
    join_all(threads)
    assert ledger.given_up == set()
    assert ledger.refused == set()
    assert ledger.retries > 0, "no request met the crash: the drill drilled nothing"
    assert counted(drill) == dict.fromkeys(ledger.acknowledged, 1)
    assert len(ledger.acknowledged) == number
    assert ledger.pages_503, "the site must say that it will be back"
    assert any("segnalazione numero m" in page for page in ledger.pages_503), "the typed text must stand on the page"
    assert not [s for s in ledger.statuses if s == 500]


def test_without_its_key_a_repeated_form_is_stored_twice(drill: Drill) -> None:
    """The negative control of «exactly once»: the receipt's row is what prevents the second effect."""
    ledger, visitor = Ledger(), drill.visitor()
    path = f"/processi/{drill.world.slug}/contributi/nuovo"
    fields = {**visitor.form(path), "text": "Manca la luce al sottopasso, segnalazione numero m1.", "place": ""}
    for _time in range(3):
        ledger.deliver(visitor, "m1", path, fields)
    assert counted(drill) == {"m1": 1}
    with drill.engine.begin() as connection:
        connection.execute(text("DELETE FROM form_receipt WHERE id = :id"), {"id": uuid.UUID(fields["_once"])})
        # The receipt code printed on the page is unique as well: without it too, nothing tells the second sending from a first one.
        connection.execute(text("UPDATE contribution SET receipt_hash = decode(md5(id::text), 'hex')"))
    ledger.deliver(visitor, "m1", path, fields)
    assert counted(drill) == {"m1": 2}


def straddle(drill: Drill, *, closes_in: str | None, number: int = 200) -> Ledger:
    """Submissions spread over some seconds, in the middle of which the phase closes by the database's clock."""
    ledger = Ledger()
    visitors = [drill.visitor() for _ in range(number)]
    path = f"/processi/{drill.world.slug}/contributi/nuovo"
    forms = [
        {**v.form(path), "text": f"Manca la luce al sottopasso, segnalazione numero m{n}.", "place": ""}
        for n, v in enumerate(visitors)
    ]
    if closes_in:
        with drill.engine.begin() as connection:
            connection.execute(
                text(
                    "UPDATE phase SET closes_at = clock_timestamp() + CAST(:wait AS interval) WHERE kind = 'listening'"
                ),
                {"wait": closes_in},
            )
    join_all(at_once(lambda n: ledger.deliver(visitors[n], f"m{n}", path, forms[n]), range(number), threads=16))
    return ledger


def test_the_phase_closes_on_two_hundred_submissions(drill: Drill) -> None:
    ledger = straddle(drill, closes_in="700 milliseconds")
    assert ledger.acknowledged, "all came too late: the drill drilled nothing"
    assert ledger.refused, "all came in time: the drill drilled nothing"
    assert counted(drill) == dict.fromkeys(ledger.acknowledged, 1)
    assert set(ledger.statuses) <= {303, 403, 409, 410, 422}, set(ledger.statuses)
    late = drill.number(
        "SELECT count(*) FROM form_receipt r, phase p"
        " WHERE p.kind = 'listening' AND r.endpoint = 'contributions.create' AND r.taken_at > p.closes_at"
    )
    assert late == 0, "a form taken after the close was counted"
    after = Ledger()
    visitor = drill.visitor()
    visitor.ask("GET", "/")
    late_form = {"_once": str(uuid.uuid4()), "text": "Fuori tempo, numero m999."}
    after.deliver(visitor, "m999", f"/processi/{drill.world.slug}/contributi/nuovo", late_form)
    assert "m999" in after.refused
    assert "m999" not in counted(drill)


def test_with_the_phase_open_nobody_is_refused(drill: Drill) -> None:
    """The control: it is the close that refuses."""
    ledger = straddle(drill, closes_in=None, number=40)
    assert ledger.refused == set()
    assert len(counted(drill)) == 40
