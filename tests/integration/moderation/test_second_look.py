"""Appeals to another moderator, and decisions read again, blind: who may, once, with an answer, undone within ten seconds, told once."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from consult.coplanning.proposals import services as proposals
from consult.coplanning.proposals.models import Amendment, Proposal
from consult.core import settling
from consult.core.errors import Conflict, Forbidden, Invalid, NotFound
from consult.core.jobs import OutboxJob
from consult.core.permissions import Actor
from consult.core.vocabulary import Role, ThingKind
from consult.discussion.models import Comment
from consult.discussion.types import ReportReason
from consult.moderation.models import ModerationAct, ModerationAppeal, ModerationReading
from consult.moderation.queries import agreement, items
from consult.moderation.queries import second_look as queries
from consult.moderation.services import appeals, overdue, screening, second_reading, telling, undo, visibility
from consult.moderation.services.own_data import PERSONAL_DATA
from consult.notices.models import Notification
from consult.process.models import Membership
from tests.conftest import Stage
from tests.factories.amendments import WHY, amend
from tests.factories.days import told as told_day
from tests.factories.proposals import TEXT, propose
from tests.factories.second_look import draw, hide_comment, more_moderators
from tests.factories.world import World

NOW = datetime.now(UTC)
BEFORE = NOW - timedelta(minutes=5)
WORDS = "Parlavo proprio di questo: rileggete, per favore."


def by(account_id: uuid.UUID) -> Actor:
    return Actor(account_id=account_id, name="persona")


def state_of(session: Session, comment: uuid.UUID) -> str:
    return session.execute(select(Comment.state).where(Comment.id == comment)).scalar_one()


def hidden(session: Session, world: World, **more: Any) -> tuple[uuid.UUID, uuid.UUID]:
    about = propose(session, world)
    return hide_comment(
        session, world, about, author=world.others[0], first=world.accounts[Role.moderator], text="Un commento fuori tema.",
        at=BEFORE, **more,
    )  # fmt: skip  # one call of named values reads better so


def filed(session: Session, world: World, act: uuid.UUID, who: uuid.UUID | None = None, words: str = WORDS) -> uuid.UUID:
    return appeals.file_appeal(
        session, process_id=world.process_id, act_id=act, words=words, actor=by(who or world.others[0]), now=NOW
    )


def test_only_the_author_appeals_once_in_time_and_is_told_the_answer_once(session: Session, world: World) -> None:
    comment, act = hidden(session, world, drawn=False)
    (second,) = more_moderators(session, world, 1)
    assert telling.tell_read(session, act_id=act, now=NOW) == 1
    subject = session.execute(select(Notification.subject).where(Notification.account_id == world.others[0])).scalars().all()
    assert subject == ["Il tuo commento è stato nascosto"]
    with pytest.raises(NotFound):
        filed(session, world, act, world.others[1])
    with pytest.raises(Invalid):
        filed(session, world, act, words="no")
    appeal = filed(session, world, act)
    with pytest.raises(Conflict):
        filed(session, world, act)
    # Told: the other moderator, not the one who decided.
    assert telling.tell_appeal(session, appeal_id=appeal, now=NOW) == 1
    assert telling.tell_appeal(session, appeal_id=appeal, now=NOW) == 0
    common: dict[str, Any] = {"process_id": world.process_id, "appeal_id": appeal, "now": NOW}
    listed = {"process_id": world.process_id}
    assert queries.appeals(session, account_id=world.accounts[Role.moderator], **listed).rows == []
    assert [row.id for row in queries.appeals(session, account_id=second, **listed).rows] == [appeal]
    for wrong in (world.accounts[Role.moderator], world.others[0]):
        with pytest.raises(Forbidden):
            appeals.answer(session, accept=True, words="Va bene così com’è.", actor=by(wrong), **common)
    with pytest.raises(Invalid):
        appeals.answer(session, accept=True, words="", actor=by(second), **common)
    appeals.answer(session, accept=True, words="Va bene: parla del tema.", actor=by(second), **common)
    assert state_of(session, comment) == "visible"
    with pytest.raises(Conflict):
        appeals.answer(session, accept=False, words="Invece no, non va bene.", actor=by(second), **common)
    assert telling.tell_appeal(session, appeal_id=appeal, now=NOW) == 1
    assert telling.tell_appeal(session, appeal_id=appeal, now=NOW) == 0
    # Within ten seconds the answer is given back: hidden again, and the appeal open.
    undo.undo(session, process_id=world.process_id, act_id=appeal, actor=by(second), now=NOW + timedelta(seconds=3))
    assert state_of(session, comment) == "hidden"
    assert session.get_one(ModerationAppeal, appeal).state == "open"
    appeals.answer(session, accept=False, words="La decisione resta quella.", actor=by(second), **common)
    assert state_of(session, comment) == "hidden"
    with pytest.raises(Conflict):
        undo.undo(session, process_id=world.process_id, act_id=appeal, actor=by(second), now=NOW + timedelta(minutes=1))


def test_a_late_appeal_is_refused_and_one_about_a_text_that_came_back_is_settled(session: Session, world: World) -> None:
    comment, act = hidden(session, world, drawn=False)
    appeal = filed(session, world, act)
    moderator = by(world.accounts[Role.moderator])
    shown = visibility.restore(
        session, process_id=world.process_id, kind=ThingKind.comment, thing_id=comment, version=None, actor=moderator, now=NOW
    )
    assert session.get_one(ModerationAppeal, appeal).state == "settled"
    undo.undo(session, process_id=world.process_id, act_id=shown, actor=moderator, now=NOW)
    session.expire_all()
    assert session.get_one(ModerationAppeal, appeal).state == "open"
    _comment, other = hidden(session, world, drawn=False)
    session.execute(
        update(ModerationAct).where(ModerationAct.id == other).values(acted_at=NOW - timedelta(days=31))
    )
    with pytest.raises(Invalid):
        filed(session, world, other)
    log = agreement.appeal_log(session, process_id=world.process_id)
    assert log.total is None
    exported = [row for row in PERSONAL_DATA.export(session, account_id=world.others[0]) if row["kind"] == "appeal"]
    assert [row["words"] for row in exported] == [WORDS]
    PERSONAL_DATA.erase(session, account_id=world.others[0], now=NOW)
    session.expire_all()
    left = session.get_one(ModerationAppeal, appeal)
    assert (left.appellant_id, left.words) == (None, "")


def test_the_lot_falls_on_the_share_that_the_rules_say(session: Session, world: World) -> None:
    manager = by(world.accounts[Role.manager])

    def share(percent: int, version: int) -> int:
        numbers = {"most_links": 2, "burst_count": 0, "burst_minutes": 10, "second_percent": percent}
        screening.publish_policy(
            session, process_id=world.process_id, seen_version=version, words="Si parla del tema, con rispetto.", insults="",
            numbers=numbers, actor=manager, now=NOW,
        )  # fmt: skip  # one call of named values reads better so
        before = session.execute(select(func.count()).select_from(ModerationReading)).scalar_one()
        for _n in range(3):
            hidden(session, world)
        return session.execute(select(func.count()).select_from(ModerationReading)).scalar_one() - before

    assert share(100, 0) == 3
    assert share(0, 1) == 0
    with pytest.raises(Invalid):
        share(101, 2)


def test_a_decision_is_read_again_by_another_and_a_third_settles_it(session: Session, world: World) -> None:
    comment, act = hidden(session, world, drawn=True)
    reading = session.execute(select(ModerationReading.id).where(ModerationReading.act_id == act)).scalar_one()
    second, third = more_moderators(session, world, 2)
    first = world.accounts[Role.moderator]
    common: dict[str, Any] = {"process_id": world.process_id, "reading_id": reading, "now": NOW}

    def to_read(who: uuid.UUID) -> list[uuid.UUID]:
        page = queries.readings(session, process_id=world.process_id, account_id=who, now=NOW)
        return [row.id for row in page.rows]

    assert (to_read(first), to_read(second)) == ([], [reading])
    with pytest.raises(Forbidden):
        second_reading.read_again(session, reason_code="", actor=by(first), **common)
    with pytest.raises(Invalid):
        second_reading.read_again(session, reason_code="nonsense", actor=by(second), **common)
    # What was decided is not in what the second sees.
    seen = queries.to_read(session, process_id=world.process_id, reading_id=reading, account_id=second, now=NOW)
    assert seen is not None
    assert not {"verb", "reason_code", "note"} & set(seen.__slots__)
    second_reading.read_again(session, reason_code="", actor=by(second), **common)
    assert state_of(session, comment) == "hidden"
    assert (to_read(second), to_read(third)) == ([], [reading])
    undo.undo(session, process_id=world.process_id, act_id=reading, actor=by(second), now=NOW)
    assert to_read(second) == [reading]
    second_reading.read_again(session, reason_code="", actor=by(second), **common)
    with pytest.raises(Forbidden):
        second_reading.read_again(session, reason_code="", actor=by(second), **common)
    second_reading.read_again(session, reason_code="", actor=by(third), **common)
    assert state_of(session, comment) == "visible"
    undo.undo(session, process_id=world.process_id, act_id=reading, actor=by(third), now=NOW)
    assert state_of(session, comment) == "hidden"
    second_reading.read_again(session, reason_code="insult", actor=by(third), **common)
    assert state_of(session, comment) == "hidden"
    with pytest.raises(Conflict):
        second_reading.read_again(session, reason_code="", actor=by(world.others[0]), **common)
    found = agreement.agreed(session, process_id=world.process_id)
    assert (found.read, found.agreed, found.settled, found.for_the_second) == (1, 0, 1, 0)


def test_what_no_moderator_decides_in_two_weeks_comes_to_who_manages(session: Session, world: World) -> None:
    comment, act = hidden(session, world, drawn=True)
    manager, first = world.accounts[Role.manager], world.accounts[Role.moderator]
    appeal = filed(session, world, act)
    later, soon = NOW + timedelta(days=14), NOW + timedelta(days=13)
    # Nobody else moderates: who manages hears of it at once, and may answer once the time is over.
    assert telling.tell_appeal(session, appeal_id=appeal, now=NOW) == 1
    told = session.execute(select(Notification).where(Notification.account_id == manager)).scalar_one()
    assert told.link_endpoint == "process_admin.members"
    assert told_day("può rispondere dal %(day)s", later, here=False) in told.body
    assert "dare subito il ruolo di moderatore" in told.body
    assert overdue.tell_overdue(session, kind="appeal", thing_id=appeal, now=soon) == 0
    assert [overdue.tell_overdue(session, kind="appeal", thing_id=appeal, now=later) for _again in range(2)] == [1, 0]
    listed: dict[str, Any] = {"process_id": world.process_id, "account_id": manager}
    manages, moderates = frozenset({Role.manager}), frozenset({Role.manager, Role.moderator})
    assert settling.late_for(moderates, NOW) is None
    for moment, found in ((soon, []), (later, [appeal])):
        page = queries.appeals(session, late_before=settling.late_for(manages, moment), **listed)
        assert [row.id for row in page.rows] == found
    said: dict[str, Any] = {"process_id": world.process_id, "appeal_id": appeal, "accept": False, "words": "La decisione resta quella."}
    for who, moment in ((manager, soon), (first, later), (world.accounts[Role.administrator], later)):
        with pytest.raises(Forbidden):
            appeals.answer(session, actor=by(who), now=moment, **said)
    appeals.answer(session, actor=by(manager), now=later, **said)
    assert overdue.tell_overdue(session, kind="appeal", thing_id=appeal, now=later) == 0
    # Two moderators differ on another text, and there is no third.
    other, act = hidden(session, world, drawn=True)
    reading = session.execute(select(ModerationReading.id).where(ModerationReading.act_id == act)).scalar_one()
    (second,) = more_moderators(session, world, 1)
    common: dict[str, Any] = {"process_id": world.process_id, "reading_id": reading, "reason_code": ""}
    with pytest.raises(Forbidden):
        second_reading.read_again(session, actor=by(manager), now=later, **common)
    second_reading.read_again(session, actor=by(second), now=NOW, **common)
    due = session.execute(select(OutboxJob.not_before).where(OutboxJob.topic == "moderation.tell_overdue")).scalars().all()
    assert due == [later, later]
    assert overdue.tell_overdue(session, kind="reading", thing_id=reading, now=soon) == 0
    assert overdue.tell_overdue(session, kind="reading", thing_id=reading, now=later) == 1
    for moment, found in ((soon, []), (later, [reading])):
        page = queries.readings(session, now=moment, late_before=settling.late_for(manages, moment), **listed)
        assert [row.id for row in page.rows] == found
    with pytest.raises(Forbidden):
        second_reading.read_again(session, actor=by(manager), now=soon, **common)
    second_reading.read_again(session, actor=by(manager), now=later, **common)
    assert (state_of(session, comment), state_of(session, other)) == ("hidden", "visible")
    undo.undo(session, process_id=world.process_id, act_id=reading, actor=by(manager), now=later + timedelta(seconds=3))
    assert state_of(session, other) == "hidden"


def test_where_nobody_is_left_administrators_are_sent_to_where_they_give_the_role(stage: Stage) -> None:
    world, later = stage.world, NOW + timedelta(days=14)
    boss = world.accounts[Role.administrator]
    with stage.work() as session:
        _comment, act = hidden(session, world, drawn=False)
        appeal = filed(session, world, act)
        session.execute(delete(Membership).where(Membership.process_id == world.process_id, Membership.role == str(Role.manager)))
        assert telling.tell_appeal(session, appeal_id=appeal, now=NOW) == 1
        assert overdue.tell_overdue(session, kind="appeal", thing_id=appeal, now=later) == 1
        told = session.execute(select(Notification).where(Notification.account_id == boss)).scalars().all()
        assert {(n.link_endpoint, n.link_values["slug"]) for n in told} == {("process_admin.members", world.slug)}
        assert all("a un’altra persona" in n.body for n in told)
    assert stage.client_of(boss).get(f"/scrivania/{world.slug}/persone").status_code == 200
    assert stage.client_of(boss).get(f"/scrivania/{world.slug}/moderazione/seconda-lettura").status_code == 404


def test_a_text_that_was_changed_since_is_read_as_it_was_decided_on(session: Session, world: World) -> None:
    about = propose(session, world)
    session.execute(update(Proposal).where(Proposal.id == about).values(created_at=BEFORE - timedelta(minutes=5)))
    change = amend(session, world, about, by=by(world.others[0]), add="Anche il sabato.")
    session.execute(update(Amendment).where(Amendment.id == change).values(created_at=BEFORE - timedelta(minutes=5)))
    second, third = more_moderators(session, world, 2)
    common: dict[str, Any] = {"process_id": world.process_id}
    readings = {}
    reported: dict[str, Any] = {"reason": ReportReason.other, "note": "", "actor": by(third), "now": BEFORE, **common}
    proposals.report(session, proposal_id=about, **reported)
    proposals.report_amendment(session, amendment_id=change, **reported)
    for kind, key in ((ThingKind.proposal, about), (ThingKind.amendment, change)):
        act = visibility.keep(
            session, kind=kind, thing_id=key, actor=by(world.accounts[Role.moderator]), now=BEFORE, **common
        )
        draw(session, world, act, at=BEFORE)
        readings[key] = session.execute(select(ModerationReading.id).where(ModerationReading.act_id == act)).scalar_one()

    def read(key: uuid.UUID, kind: ThingKind) -> items.Item:
        session.expire_all()
        found = items.item(session, kind=str(kind), thing_id=key, whole=True, **common)
        assert found is not None
        return items.as_decided(session, found=found, at=BEFORE, **common)

    assert not read(about, ThingKind.proposal).changed_since
    assert not read(change, ThingKind.amendment).changed_since
    version = session.execute(select(Amendment.version).where(Amendment.id == change)).scalar_one()
    proposals.edit_amendment(
        session, amendment_id=change, version=version, base_version=1, title="Treni ogni mezz'ora", text=TEXT + " Anche a Natale.",
        reason=WHY, actor=by(world.others[0]), now=NOW, **common,
    )  # fmt: skip  # one call of named values reads better so
    proposals.edit(
        session, proposal_id=about, version=session.execute(select(Proposal.version).where(Proposal.id == about)).scalar_one(),
        title="Treni ogni quarto d'ora", text=TEXT, strategy_id=world.strategies["2.2"], actor=by(world.accounts[Role.account]), now=NOW,
        **common,
    )  # fmt: skip  # one call of named values reads better so
    then = read(about, ThingKind.proposal)
    assert (then.title, then.changed_since) == ("Treni ogni mezz'ora", True)
    was = read(change, ThingKind.amendment)
    assert was.changed_since
    assert was.difference is not None
    assert "sabato" in str(was.difference)
    assert "Natale" not in str(was.difference)
    # Both others would hide what it said: what it says today stays, since nobody read it.
    for who in (second, third):
        second_reading.read_again(session, reading_id=readings[about], reason_code="insult", actor=by(who), now=NOW, **common)
    assert session.execute(select(Proposal.state).where(Proposal.id == about)).scalar_one() == "published"


def test_agreement_is_counted_over_both_readings(session: Session, world: World) -> None:
    (second,) = more_moderators(session, world, 1)
    about = propose(session, world)
    for place, reason in enumerate(["insult", "off_topic", "", "insult"]):
        _comment, act = hide_comment(
            session, world, about, author=world.others[0], first=world.accounts[Role.moderator], text=f"Commento {place}", at=BEFORE,
            drawn=True,
        )  # fmt: skip  # one call of named values reads better so
        if place == 3:
            act = visibility.restore(
                session, process_id=world.process_id, kind=ThingKind.comment, thing_id=_comment, version=None,
                actor=by(world.accounts[Role.moderator]), now=BEFORE + timedelta(seconds=1),
            )  # fmt: skip  # one call of named values reads better so
            session.execute(update(ModerationAct).where(ModerationAct.id == act).values(verb="kept"))
            draw(session, world, act, at=BEFORE)
            reason = ""
        reading = session.execute(select(ModerationReading.id).where(ModerationReading.act_id == act)).scalar_one()
        second_reading.read_again(
            session, process_id=world.process_id, reading_id=reading, reason_code=reason, actor=by(second), now=NOW
        )
    found = agreement.agreed(session, process_id=world.process_id)
    assert (found.read, found.agreed) == (4, 3)
    # First away, away, away, visible; second away, away, visible, visible: kappa by hand is a half.
    assert found.kappa == pytest.approx(0.5)
    assert found.alpha is not None
    assert 0.4 < found.alpha < 0.6


def test_the_pages_of_author_and_moderators(stage: Stage) -> None:
    with stage.work() as session:
        world = stage.world
        _comment, act = hidden(session, world, drawn=True)
        (second,) = more_moderators(session, world, 1)
    own, desk = f"/processi/{world.slug}/moderazione/decisioni/{act}", f"/scrivania/{world.slug}/moderazione"
    author, other = stage.client_of(world.others[0]), stage.client_of(second)
    assert stage.client_of(world.others[1]).get(own).status_code == 404
    assert "Non riguarda il processo" in author.get(own).get_data(as_text=True)
    assert "Testi che un moderatore ha tolto" in author.get("/io").get_data(as_text=True)
    assert author.send(own, {"words": "no"}).status_code == 422
    assert author.send(own, {"words": WORDS}).status_code == 303
    assert "aspetta una risposta" in author.get(own).get_data(as_text=True)
    first = stage.client_as(Role.moderator)
    assert "Nessun ricorso contro una decisione di altri" in first.get(f"{desk}/seconda-lettura").get_data(as_text=True)
    page = other.get(f"{desk}/seconda-lettura").get_data(as_text=True)
    assert WORDS in page
    appeal = page.split(f"{desk}/ricorsi/")[1].split('"')[0]
    blind = other.get(f"{desk}/seconda-lettura?elenco=riletture").get_data(as_text=True)
    assert "Un commento fuori tema." in blind
    # Neither the verb nor the reason of the first stands with the text; the list of keys names every verb.
    assert "nascosto" not in blind.split('id="voce"')[1].split("desk-keys")[0]
    reading = blind.split(f"{desk}/riletture/")[1].split('"')[0]
    assert first.send(f"{desk}/riletture/{reading}", {"motivo": ""}).status_code == 403
    answered = other.send(f"{desk}/ricorsi/{appeal}", {"esito": "confermato", "answer": ""})
    assert answered.status_code == 303
    assert "Per dieci secondi si può annullare" in other.get(answered.location).get_data(as_text=True)
    assert "la decisione resta" in author.get(own).get_data(as_text=True)
    assert other.send(f"{desk}/riletture/{reading}", {"motivo": "off_topic"}).status_code == 303
    public = stage.client_as(None).get(f"/processi/{world.slug}/moderazione").get_data(as_text=True)
    assert "Ricorsi: meno di 5." in public
    assert "Decisioni rilette: meno di 5." in public
