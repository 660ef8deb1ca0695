"""Comments one level deep, counts, reports, pages, erasure."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from consult.core.errors import Conflict, Forbidden, Invalid, NotFound
from consult.core.vocabulary import Role, Stance, ThingKind
from consult.discussion import queries, services
from consult.discussion.types import ReportReason
from tests.factories.proposals import actor_of
from tests.factories.world import World, load_world

NOW = datetime.now(UTC)
ABOUT = uuid.uuid4()
WHERE = {"target_kind": ThingKind.action, "target_id": ABOUT}


@pytest.fixture
def world(session: Session) -> World:
    return load_world(session)


@pytest.fixture
def counts() -> list[int]:
    return []


def write(session: Session, world: World, counts: list[int], text: str = "Ecco.", **more: object) -> uuid.UUID:
    values = {"stance": Stance.neutral, "actor": actor_of(world.others[0]), "now": NOW, **more}
    return services.comment(
        session,
        process_id=world.process_id,
        text=text,
        on_count=lambda _s, _k, _t, step: counts.append(step),
        **WHERE,
        **values,  # type: ignore[arg-type]
    )


def answer(session: Session, world: World, counts: list[int], comment_id: uuid.UUID) -> uuid.UUID:
    return services.reply(
        session, comment_id=comment_id, text="Rispondo.", actor=actor_of(world.others[1]), now=NOW,
        on_count=lambda _s, _k, _t, step: counts.append(step), **WHERE,  # type: ignore[arg-type]
    )  # fmt: skip  # one call of named values reads better so


def test_replies_are_one_level_deep(session: Session, world: World, counts: list[int]) -> None:
    comment = write(session, world, counts)
    reply = answer(session, world, counts, comment)
    with pytest.raises(Invalid, match="non a una risposta"):
        answer(session, world, counts, reply)
    assert counts == [1, 1]


def test_a_reply_stands_under_its_own_thing(session: Session, world: World, counts: list[int]) -> None:
    comment = write(session, world, counts)
    with pytest.raises(NotFound):
        services.reply(
            session,
            comment_id=comment,
            target_kind=ThingKind.action,
            target_id=uuid.uuid4(),
            text="x",
            actor=actor_of(world.others[1]),
            now=NOW,
        )


def test_counts_follow_hiding_restoring_and_withdrawing(session: Session, world: World, counts: list[int]) -> None:
    moderator = actor_of(world.accounts[Role.moderator])
    tell = {"process_id": world.process_id, "now": NOW, "on_count": lambda _s, _k, _t, step: counts.append(step)}
    comment = write(session, world, counts)
    reply = answer(session, world, counts, comment)
    services.hide(session, comment_id=reply, actor=moderator, version=1, **tell)  # type: ignore[arg-type]
    services.hide(session, comment_id=reply, actor=moderator, **tell)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        services.restore(session, comment_id=reply, actor=moderator, version=1, **tell)  # type: ignore[arg-type]
    assert queries.comments(session, **WHERE).rows[0].comment.replies_count == 0  # type: ignore[arg-type]
    services.restore(session, comment_id=reply, actor=moderator, version=2, **tell)  # type: ignore[arg-type]
    with pytest.raises(Forbidden):
        services.withdraw(session, comment_id=comment, actor=moderator, **tell)  # type: ignore[arg-type]
    services.withdraw(session, comment_id=comment, actor=actor_of(world.others[0]), **tell)  # type: ignore[arg-type]
    with pytest.raises(Conflict):
        services.restore(session, comment_id=comment, actor=moderator, **tell)  # type: ignore[arg-type]
    assert counts == [1, 1, -1, 1, -1]
    shown = queries.comments(session, **WHERE).rows[0]  # type: ignore[arg-type]
    assert (shown.comment.html, shown.comment.state, len(shown.replies)) == ("", "withdrawn", 1)


def test_pages_are_complete_newest_first_and_by_stance(session: Session, world: World, counts: list[int]) -> None:
    written = [
        write(session, world, counts, f"numero {i}", stance=list(Stance)[i % 3], now=NOW + timedelta(seconds=i // 4))
        for i in range(50)
    ]
    seen: list[uuid.UUID] = []
    cursor = None
    while True:
        page = queries.comments(session, cursor=cursor, **WHERE)  # type: ignore[arg-type]
        seen += [c.comment.id for c in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert len(seen) == 50
    assert set(seen) == set(written)
    against = queries.comments(session, stance=Stance.against, **WHERE)  # type: ignore[arg-type]
    assert {c.comment.stance for c in against.rows} == {"against"}
    sides = queries.arguments(session, per_side=2, **WHERE)  # type: ignore[arg-type]
    assert (sides.in_favour_count, sides.against_count, sides.neutral_count) == (17, 17, 16)
    assert [len(s) for s in (sides.in_favour, sides.against, sides.neutral)] == [2, 2, 2]


def test_all_replies_of_a_comment_are_on_its_own_page(session: Session, world: World, counts: list[int]) -> None:
    comment = write(session, world, counts)
    for _ in range(30):
        answer(session, world, counts, comment)
    assert len(queries.comments(session, **WHERE).rows[0].replies) == queries.REPLIES_SHOWN  # type: ignore[arg-type]
    found = queries.conversation(session, comment_id=comment, **WHERE)  # type: ignore[arg-type]
    assert found is not None
    first = found[1]
    rest = queries.conversation(session, comment_id=comment, cursor=first.next_cursor, **WHERE)  # type: ignore[arg-type]
    assert rest is not None
    assert len({r.id for r in [*first.rows, *rest[1].rows]}) == 30


def test_a_report_counts_once_per_person_and_is_closed_with_all_others(session: Session, world: World) -> None:
    tell = {"process_id": world.process_id, "target_kind": ThingKind.comment, "target_id": ABOUT, "now": NOW}
    for person, expected in ((0, True), (0, False), (1, True)):
        made = services.report(
            session, reason=ReportReason.insult, note="Offende.", actor=actor_of(world.others[person]), **tell
        )  # type: ignore[arg-type]
        assert made is expected
    waiting = queries.reported(session, process_id=world.process_id).rows
    assert [(r.target_id, r.number, list(r.reasons)) for r in waiting] == [(ABOUT, 2, ["insult"])]
    assert services.close_reports(session, upheld=True, actor=actor_of(world.accounts[Role.moderator]), **tell) == 2  # type: ignore[arg-type]
    assert list(queries.reported(session, process_id=world.process_id).rows) == []


def test_empty_and_very_long_comments_are_refused(session: Session, world: World, counts: list[int]) -> None:
    for text in ("  ", "x" * (services.MAX_COMMENT + 1)):
        with pytest.raises(Invalid) as refused:
            write(session, world, counts, text)
        assert "text" in refused.value.fields
    assert counts == []


def test_erasure_leaves_words_without_a_person(session: Session, world: World, counts: list[int]) -> None:
    me = world.others[0]
    comment = write(session, world, counts, "Resta scritto.", pseudonym="Lupo")
    services.report(
        session,
        process_id=world.process_id,
        reason=ReportReason.other,
        note="Mi chiamo Mario.",
        actor=actor_of(me),
        now=NOW,
        **WHERE,  # type: ignore[arg-type]
    )
    assert [row["kind"] for row in services.PERSONAL_DATA.export(session, account_id=me)] == ["comment", "report"]
    services.PERSONAL_DATA.erase(session, account_id=me, now=NOW)
    shown = queries.comments(session, **WHERE).rows[0].comment  # type: ignore[arg-type]
    assert (shown.id, shown.author, shown.author_id) == (comment, None, None)
    assert "Resta scritto." in shown.html
    assert queries.reports_of(session, **WHERE)[0][:2] == ("other", "")  # type: ignore[arg-type]
    assert services.PERSONAL_DATA.export(session, account_id=me) == []
