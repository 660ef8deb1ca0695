"""Findings and notes of meetings taken up into actions: verbatim passages, one link whoever is first, taking back, and what is shown."""

from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.jobs import OutboxJob
from consult.core.permissions import Actor
from consult.core.vocabulary import Role, ThingKind
from consult.listening.contributions import services as contributions
from consult.listening.sources import services as sources
from consult.moderation.services import taking_up, undo
from consult.moderation.services.answering import tell_action, tell_given_back, tell_taken_up
from consult.notices.models import Notification
from consult.plan import queries as plan
from consult.plan.models import DraftAction, Promotion
from consult.process.models import Membership
from tests.conftest import Stage
from tests.factories.answers import BODY, NOTE, NOTE_PASSAGE, REASON, facilitator, take_up, told_meeting
from tests.factories.decisions import STATEMENT, moderator, promote, publish_finding, say, submit
from tests.factories.world import Client, World

PASSAGE = "Chi lavora la sera torna a casa con fatica"


def finding(session: Session, world: World) -> uuid.UUID:
    return publish_finding(session, world, [say(session, world, "Di sera mancano i treni per tornare.")])


def test_a_finding_and_a_note_become_what_actions_rest_on(session: Session, world: World) -> None:
    key, (_meeting, note) = finding(session, world), told_meeting(session, world)
    first = take_up(session, world, ThingKind.finding, key, passage=PASSAGE)
    second = take_up(session, world, ThingKind.source, note, passage=NOTE_PASSAGE, action_id=first.action_id)
    assert (first.code, first.created, second.code, second.created) == ("2.2.1", True, "2.2.1", False)
    again = take_up(session, world, ThingKind.finding, key, passage=PASSAGE, seen=1, title="Un’altra azione")
    assert again.code == "2.2.2"
    promote(session, world, submit(session, world), action_id=first.action_id)
    rows = {g.kind: g for g in plan.grounds(session, action_ids=[first.action_id])}
    assert set(rows) == {"finding", "source", "proposal"}
    assert (rows["finding"].passage, rows["finding"].reason, rows["finding"].body) == (PASSAGE, REASON, BODY)
    assert (rows["source"].passage, rows["source"].reason) == (NOTE_PASSAGE, REASON)
    codes = session.execute(select(Promotion.reason_code).where(Promotion.proposal_id.is_(None)).distinct()).scalars()
    assert list(codes) == ["need_heard"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reason_code": "fits_strategy"}, "reason"),
        ({"public_reason": "perché sì"}, "public_reason"),
        ({"body": " "}, "body"),
        ({"passage": "un treno ogni ora"}, "passage"),
        ({"new_action": None}, "action"),
        ({"strategy_id": None}, "strategy"),
    ],
)
def test_what_is_missing_is_said_at_its_field(session: Session, world: World, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        take_up(session, world, ThingKind.finding, finding(session, world), **{"passage": PASSAGE, **changes})
    assert list(refused.value.fields) == [field]
    assert session.execute(select(func.count()).select_from(DraftAction)).scalar_one() == 0


def test_only_what_anyone_may_read_is_taken_up(session: Session, world: World) -> None:
    draft = publish_finding(session, world, [], title="Non pubblicata", number=7, published=False)
    spoken = say(session, world, "Un contributo, non un appunto.")
    for kind, key in ((ThingKind.finding, draft), (ThingKind.source, spoken), (ThingKind.source, uuid.uuid4())):
        with pytest.raises(NotFound):
            take_up(session, world, kind, key, passage="Non pubblicata")


def test_what_changed_meanwhile_is_a_conflict_with_a_link(session: Session, world: World) -> None:
    key = finding(session, world)
    taken = take_up(session, world, ThingKind.finding, key, passage=PASSAGE)
    for changes in ({"seen": 0}, {"seen": 1, "action_id": taken.action_id}):
        with pytest.raises(Conflict) as refused:
            take_up(session, world, ThingKind.finding, key, passage=PASSAGE, **changes)
        assert refused.value.link_values == {"slug": world.slug, "code": "2.2.1"}
        assert (refused.value.changed_by or "").startswith("moderator")


def test_undo_and_giving_back_withdraw_what_rests_on_nothing(session: Session, world: World) -> None:
    key, start = finding(session, world), datetime.now(UTC)
    taken = take_up(session, world, ThingKind.finding, key, passage=PASSAGE, now=start)
    job = session.execute(select(OutboxJob).where(OutboxJob.topic == "moderation.tell_taken_up")).scalar_one()
    assert job.not_before is not None
    assert job.not_before >= start + timedelta(seconds=13)
    with pytest.raises(Conflict):
        undo.undo(session, process_id=world.process_id, act_id=taken.act_id, actor=moderator(world), now=start + timedelta(seconds=13))
    undo.undo(session, process_id=world.process_id, act_id=taken.act_id, actor=moderator(world), now=start + timedelta(seconds=9))
    assert session.get_one(DraftAction, taken.action_id).state == "withdrawn"
    later = take_up(session, world, ThingKind.finding, key, passage=PASSAGE, seen=1)
    with pytest.raises(Invalid):
        taking_up.give_back(session, process_id=world.process_id, act_id=later.act_id, why="no", actor=moderator(world), now=start)
    taking_up.give_back(
        session, process_id=world.process_id, act_id=later.act_id, why="La risultanza riguarda altro.", actor=moderator(world), now=start
    )
    assert plan.grounds(session, action_ids=[later.action_id]) == []
    note = [h.note for h in plan.history(session, action_id=later.action_id) if h.kind == "unlinked"]
    assert note == ["La risultanza riguarda altro."]


def test_ending_a_link_may_be_undone_and_only_who_was_told_hears_of_it(session: Session, world: World) -> None:
    start = datetime.now(UTC)
    me, other = world.others[:2]
    given = [
        contributions.submit(
            session, process_id=world.process_id, text=f"La sera mancano i treni, parola di {n}.", publish=True, actor=Actor(account_id=n), now=start
        ).source_id
        for n in (me, other)
    ]
    key = publish_finding(session, world, given)
    taken = take_up(session, world, ThingKind.finding, key, passage=PASSAGE, now=start)

    def end(at: datetime) -> None:
        taking_up.give_back(
            session, process_id=world.process_id, act_id=taken.act_id, why="La risultanza riguarda altro.", actor=moderator(world), now=at
        )

    def put_back(at: datetime) -> None:
        taking_up.put_back(session, process_id=world.process_id, act_id=taken.act_id, actor=moderator(world), now=at)

    def told() -> list[str]:
        return list(session.execute(select(Notification.key).where(Notification.kind == "taken_up").order_by(Notification.key)).scalars())

    end(start)
    assert session.get_one(DraftAction, taken.action_id).state == "withdrawn"
    with pytest.raises(Conflict):
        put_back(start + timedelta(seconds=13))
    put_back(start + timedelta(seconds=9))
    session.expire_all()
    assert session.get_one(DraftAction, taken.action_id).state == "draft"
    assert [g.thing_id for g in plan.grounds(session, action_ids=[taken.action_id])] == [key]
    changes = [h.version for h in plan.history(session, action_id=taken.action_id) if h.kind == "state"]
    assert sum(tell_action(session, action_id=taken.action_id, version=v, now=start) for v in changes[:1]) == 0
    pending = session.execute(select(OutboxJob.topic, OutboxJob.payload).order_by(OutboxJob.id)).all()
    assert [p["version"] for topic, p in pending if topic == "moderation.tell_action"] == [changes[0]], "the draft again is no news"
    assert tell_given_back(session, act_id=taken.act_id, now=start) == 0
    assert tell_taken_up(session, act_id=taken.act_id, now=start) == 2
    with pytest.raises(NotFound):
        put_back(start)
    late = start + timedelta(hours=1)
    end(late)
    assert (tell_given_back(session, act_id=taken.act_id, now=late), tell_given_back(session, act_id=taken.act_id, now=late)) == (2, 0)
    assert len(told()) == 4
    note = session.execute(select(Notification.body).where(Notification.key.startswith("given_back"))).scalars().first()
    assert note is not None
    assert "La risultanza riguarda altro." in note


def test_a_note_that_is_redacted_or_withdrawn_takes_its_words_out_of_the_plan(stage: Stage) -> None:
    with stage.work() as session:
        _meeting, note = told_meeting(session, stage.world)
        code = take_up(session, stage.world, ThingKind.source, note, passage=NOTE_PASSAGE).code
    page = f"/processi/{stage.world.slug}/piano/{code}"
    reader = stage.client_as(None)
    assert NOTE_PASSAGE in reader.get(page).text
    assert REASON in reader.get(page).text
    for change, words in (("redact", "Al tavolo siamo tutti d'accordo: serve […]."), ("withdraw", None)):
        with stage.work() as session:
            sources.change_source(
                session, process_id=stage.world.process_id, source_id=note, change=change, reason_code="personal_data", text=words,
                actor=facilitator(stage.world), now=datetime.now(UTC),
            )  # fmt: skip  # one row of values reads better so
        for address in (page, f"/processi/{stage.world.slug}/filo/source/{note}"):
            assert NOTE_PASSAGE not in reader.get(address).text


def form(**changes: Any) -> dict[str, Any]:
    return {
        "passage": PASSAGE, "action": "nuova", "title": "Più treni la sera", "text": "", "reason": "need_heard", "public_reason": REASON,
        "body": BODY, "seen": "0", **changes,
    }  # fmt: skip  # one row of values reads better so


def test_the_desk_lists_what_is_in_no_action_and_the_form_takes_it_up(stage: Stage) -> None:
    with stage.work() as session:
        key = finding(session, stage.world)
        _meeting, note = told_meeting(session, stage.world)
    client, desk = stage.client_as(Role.moderator), f"/scrivania/{stage.world.slug}/moderazione/raccogli"
    # Once as a choice of the filter, and once for each that is in none.
    assert client.get(desk).text.count("in nessuna azione") == 2
    opened = client.get(f"{desk}/risultanze/{key}").text
    assert STATEMENT in opened
    sent = client.send(f"{desk}/risultanze/{key}", form(strategy=str(stage.world.strategies["2.2"])))
    assert sent.status_code == 303
    after = client.get(sent.location).text
    assert "Annulla la decisione" in after
    assert "azione 2.2.1" in after
    assert client.get(f"{desk}?elenco=risultanze").text.count("in nessuna azione") == 1
    wrong = client.send(f"{desk}/appunti/{note}", form(passage="altro", strategy=str(stage.world.strategies["2.2"])))
    assert wrong.status_code == 422
    assert "Queste parole non sono nel testo" in wrong.text
    stale = client.send(f"{desk}/risultanze/{key}", form(strategy=str(stage.world.strategies["2.2"])))
    assert stale.status_code == 409
    assert f'href="/processi/{stage.world.slug}/piano/2.2.1"' in stale.text
    thread = stage.client_as(None).get(f"/processi/{stage.world.slug}/filo/finding/{key}").text
    assert PASSAGE in thread
    assert REASON in thread
    assert stage.client_as(Role.facilitator).get(desk).status_code == 404
    assert NOTE in stage.client_as(Role.evaluator).get(f"{desk}/appunti/{note}").text.replace("&#39;", "'")


def race(stage: Stage, clients: tuple[Client, Client]) -> list[tuple[int, str]]:
    with stage.work() as session:
        key = finding(session, stage.world)
    url = f"/scrivania/{stage.world.slug}/moderazione/raccogli/risultanze/{key}"
    barrier, answers = threading.Barrier(2), []

    def send(client: Client) -> None:
        barrier.wait(10)
        answer = client.send(url, form(strategy=str(stage.world.strategies["2.2"])))
        answers.append((answer.status_code, answer.text))

    threads = [threading.Thread(target=send, args=(c,)) for c in clients]
    for t in threads:
        t.start()
    for t in threads:
        t.join(30)
    return sorted(answers)


def two_moderators(stage: Stage) -> tuple[Client, Client]:
    with stage.work() as session:
        session.add(Membership(process_id=stage.world.process_id, account_id=stage.world.others[3], role=str(Role.moderator)))
    return stage.client_as(Role.moderator), stage.client_of(stage.world.others[3])


def test_two_moderators_at_once_make_one_action(stage: Stage) -> None:
    answers = race(stage, two_moderators(stage))
    assert [status for status, _text in answers] == [303, 409]
    assert f'href="/processi/{stage.world.slug}/piano/2.2.1"' in answers[1][1]
    with stage.work() as session:
        assert list(session.execute(select(DraftAction.code)).scalars()) == ["2.2.1"]


def test_negative_control_without_the_look_at_links_the_race_is_lost(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taking_up, "_check_unchanged", lambda *_args: None)
    answers = race(stage, two_moderators(stage))
    assert [status for status, _text in answers] == [303, 303]
    with stage.work() as session:
        assert session.execute(text("SELECT count(*) FROM draft_action")).scalar_one() == 2
