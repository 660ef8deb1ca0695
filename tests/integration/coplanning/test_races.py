"""Many people at the same moment, through HTTP: one effect each, counts that add up."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable

from sqlalchemy import func, select

from consult.coplanning.proposals.models import Proposal, ProposalSupport
from tests.factories.proposals import TEXT, propose
from tests.integration.coplanning.conftest import LIST, Room


def together(calls: list[Callable[[], int]]) -> list[int]:
    """The statuses of calls made at the same moment."""
    barrier = threading.Barrier(len(calls))
    statuses: list[int] = []

    def run(call: Callable[[], int]) -> None:
        barrier.wait()
        statuses.append(call())

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def form(room: Room, **changes: str) -> dict[str, str]:
    return {
        "title": "Treni ogni mezz'ora", "text": TEXT, "strategy_id": str(room.world.strategies["2.2"]), "author_kind": "resident",
        "signature": "nome", **changes,
    }  # fmt: skip  # one row of values reads better so


def test_sixteen_people_support_at_once(room: Room) -> None:
    with room.session() as session:
        key = propose(session, room.world)
        session.commit()
    browsers = [room.browser(person) for person in room.world.others]
    statuses = together(
        [lambda b=b: b.send(f"{LIST}/{key}/sostieni", {"text_version": "1"}).status_code for b in browsers]
    )  # type: ignore[misc]
    assert statuses == [303] * 16
    with room.session() as session:
        assert session.get_one(Proposal, key).supports_count == 16


def test_one_person_supporting_sixteen_times_counts_once(room: Room) -> None:
    with room.session() as session:
        key = propose(session, room.world)
        session.commit()
    browsers = [room.browser(room.world.others[0]) for _ in range(16)]
    statuses = together([lambda b=b: b.send(f"{LIST}/{key}/sostieni").status_code for b in browsers])  # type: ignore[misc]
    assert set(statuses) == {303}
    with room.session() as session:
        assert session.get_one(Proposal, key).supports_count == 1
        rows = session.execute(select(func.count()).select_from(ProposalSupport)).scalar_one()
        assert rows == 1


def test_support_and_withdrawal_at_once_leave_count_and_rows_equal(room: Room) -> None:
    with room.session() as session:
        key = propose(session, room.world)
        session.commit()
    calls: list[Callable[[], int]] = []
    for person in room.world.others[:4]:
        for path in ("sostieni", "togli-sostegno", "sostieni", "togli-sostegno"):
            browser = room.browser(person)
            calls.append(lambda b=browser, p=path: b.send(f"{LIST}/{key}/{p}").status_code)  # type: ignore[misc]
    assert set(together(calls)) == {303}
    with room.session() as session:
        rows = session.execute(select(func.count()).select_from(ProposalSupport)).scalar_one()
        assert session.get_one(Proposal, key).supports_count == rows


def test_numbers_have_no_gap_and_no_double_when_many_submit_at_once(room: Room) -> None:
    browsers = [room.browser(person) for person in room.world.others[:12]]
    statuses = together([lambda b=b: b.send(f"{LIST}/nuova", form(room)).status_code for b in browsers])  # type: ignore[misc]
    assert statuses == [303] * 12
    with room.session() as session:
        assert sorted(session.execute(select(Proposal.number)).scalars()) == list(range(1, 13))


def test_a_double_click_and_a_replay_make_one_proposal_and_lead_to_it(room: Room) -> None:
    browser = room.browser(room.world.others[0])
    key = str(uuid.uuid4())
    places: list[str | None] = []
    statuses = together(
        [
            lambda: (places.append((r := browser.send(f"{LIST}/nuova", form(room), key=key)).location), r.status_code)[
                1
            ]
            for _ in range(8)
        ]
    )
    assert statuses == [303] * 8
    assert len(set(places)) == 1
    assert browser.send(f"{LIST}/nuova", form(room), key=key).location == places[0]
    with room.session() as session:
        assert session.execute(select(func.count()).select_from(Proposal)).scalar_one() == 1


def test_a_replayed_comment_is_written_once(room: Room) -> None:
    with room.session() as session:
        proposal = propose(session, room.world)
        session.commit()
    browser = room.browser(room.world.others[0])
    key = str(uuid.uuid4())
    data = {"stance": "against", "text": "Costa troppo."}
    for _ in range(3):
        assert browser.send(f"{LIST}/{proposal}/commenti", data, key=key).status_code == 303
    with room.session() as session:
        assert session.get_one(Proposal, proposal).comments_count == 1


def test_an_edit_and_a_support_at_once_never_attach_a_support_to_words_nobody_read(room: Room) -> None:
    for _ in range(6):
        with room.session() as session:
            key = propose(session, room.world)
            session.commit()
        writer, supporter = room.browser(room.world.accounts["account"]), room.browser(room.world.others[0])  # type: ignore[index]
        statuses = together(
            [
                lambda k=key, w=writer: (
                    w.send(f"{LIST}/{k}/modifica", form(room, version="1", title="Treni ogni dieci minuti")).status_code
                ),  # type: ignore[misc]
                lambda k=key, s=supporter: s.send(f"{LIST}/{k}/sostieni", {"text_version": "1"}).status_code,  # type: ignore[misc]
            ]
        )
        assert sorted(statuses) == [303, 409]
        with room.session() as session:
            row = session.get_one(Proposal, key)
            assert (row.supports_count, row.text_version) in {(1, 1), (0, 2)}
