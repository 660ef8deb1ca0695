"""Who is told what became of what they said: once for each real change, and nobody else."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.jobs import OutboxJob
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.listening.contributions import services as contributions
from consult.moderation.services import answering
from consult.notices.models import Notification
from consult.plan import services as plan
from consult.plan.models import DraftAction
from consult.plan.types import ActionState
from consult.position_paper.models import PaperVersion, PublishedFinding
from tests.factories.answers import take_up
from tests.factories.decisions import moderator, promote, publish_finding, submit
from tests.factories.world import World


def told(session: Session) -> dict[uuid.UUID, list[str]]:
    found: dict[uuid.UUID, list[str]] = {}
    for row in session.execute(select(Notification).order_by(Notification.created_at, Notification.id)).scalars():
        found.setdefault(row.account_id, []).append(row.subject)
    return found


def contribute(session: Session, world: World, account_id: uuid.UUID | None, text: str) -> uuid.UUID:
    return contributions.submit(
        session, process_id=world.process_id, text=text, publish=True, actor=Actor(account_id=account_id), now=datetime.now(UTC)
    ).source_id


def test_who_is_cited_is_told_once_for_each_version_that_cites_something_new(session: Session, world: World) -> None:
    me, other = world.others[0], world.others[1]
    mine = [contribute(session, world, me, f"La sera mancano i treni, {n}.") for n in range(2)]
    theirs = contribute(session, world, other, "Servono più alberi lungo le strade.")
    contribute(session, world, None, "Anonimo, e nessuno me ne parla.")
    first = publish_finding(session, world, [*mine])
    second = publish_finding(session, world, [theirs, mine[0]], title="Alberi", number=2)
    version = session.execute(select(PaperVersion)).scalar_one()
    whole = version.content
    part = {**whole, "sections": [{**whole["sections"][0], "findings": whole["sections"][0]["findings"][:1]}]}
    version.content = part
    session.flush()
    for _ in range(3):
        answering.tell_published(session, version_id=version.id, now=datetime.now(UTC))
    assert told(session) == {me: ["Quello che hai detto è in una risultanza del position paper"]}
    row = session.execute(select(Notification)).scalar_one()
    assert (row.link_endpoint, row.link_values["thing_id"]) == ("thread.show", str(first))
    for number, content in ((2, part), (3, whole)):
        later = PaperVersion(
            process_id=world.process_id, paper_id=version.paper_id, number=number, content=content, manifest={}, signed_name="Ufficio"
        )
        session.add(later)
        session.flush()
        session.add(PublishedFinding(version_id=later.id, finding_id=second, title="Alberi", number=2))
        session.flush()
        answering.tell_published(session, version_id=later.id, now=datetime.now(UTC))
    assert {key: len(subjects) for key, subjects in told(session).items()} == {me: 2, other: 1}


def test_an_action_is_told_to_all_whose_words_it_rests_on(session: Session, world: World) -> None:
    author, contributor, stranger = world.others[:3]
    said = contribute(session, world, contributor, "La sera mancano i treni.")
    finding = publish_finding(session, world, [said])
    action = promote(session, world, submit(session, world, author=author)).action_id
    taken = take_up(session, world, ThingKind.finding, finding, passage="La sera mancano i treni", action_id=action)
    for _ in range(2):
        answering.tell_taken_up(session, act_id=taken.act_id, now=datetime.now(UTC))
    assert told(session) == {contributor: ["Quello che hai detto ha portato all’azione 2.2.1"]}
    for state in (ActionState.under_review, ActionState.adopted):
        plan.change_state(
            session, process_id=world.process_id, action_id=action, version=session.get_one(DraftAction, action).version, state=state,
            actor=moderator(world), now=datetime.now(UTC),
        )  # fmt: skip  # one row of values reads better so
    jobs = session.execute(select(OutboxJob).where(OutboxJob.topic == "moderation.tell_action")).scalars().all()
    assert [job.payload["version"] for job in jobs] == [session.get_one(DraftAction, action).version]
    for _ in range(2):
        answering.tell_action(session, action_id=action, version=jobs[0].payload["version"], now=datetime.now(UTC))
    assert told(session) == {
        contributor: ["Quello che hai detto ha portato all’azione 2.2.1", "L’azione 2.2.1 è adottata"],
        author: ["L’azione 2.2.1 è adottata"],
    }
    assert stranger not in told(session)
    assert answering.tell_action(session, action_id=action, version=1, now=datetime.now(UTC)) == 0
