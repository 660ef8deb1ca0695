"""A rich world for crawls: one object of every kind, public ones and secret ones, each carrying a mark of its own.

Built on the small world through the services that the pages use. `say(name)` gives the words that go into the object of
that name: canaries look for them where they must not be, attacks put markup into them.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, sessionmaker

from config import ROOT
from consult.analytics.embedding import load_embedder
from consult.core.db import unit_of_work
from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from consult.evidence.models import RunShard, Theme
from consult.evidence.queries import themes_of
from consult.evidence.services import decisions, reduce, runs
from consult.framework.models import Provision, ReferencePlan
from consult.listening.interviews.models import Interview
from consult.listening.interviews.rules import door_hash
from consult.people.models import Account, Organisation
from consult.position_paper.models import Finding, Paper
from consult.position_paper.services import drafting, editing, publishing
from consult.process.models import Process
from tests.factories.coding import add_coding
from tests.factories.rich_desk import review_paper
from tests.factories.rich_drafts import add_consultation
from tests.factories.rich_listening import add_listening
from tests.factories.rich_planning import add_actions, add_moderation, add_proposals
from tests.factories.rich_world import Rich, Say, plain
from tests.factories.world import SLUG, load_world

DRAFT_SLUG = "processo-in-bozza"


def load_rich(sessions: sessionmaker[Session], say: Say = plain, *, publish: bool = True) -> Rich:
    """Write the rich world, each step in its own transaction as in life; with `publish` the paper is published too."""
    now = datetime.now(UTC)
    with unit_of_work(sessions) as session:
        world = load_world(session, others=6)
        draft = load_world(session, published=False, slug=DRAFT_SLUG)
        session.execute(
            update(Process)
            .where(Process.id == draft.process_id)
            .values(title=f"Bozza {say('draft_process')}"[:300], summary=say("draft_process"))
        )
        rich = Rich(world, draft)
        rich.addresses = [a for a in session.execute(select(Account.email).order_by(Account.email)).scalars() if a]
        _framework(session, rich, say)
    for step in (add_listening, _coding, _aggregation, _decisions, add_proposals, add_moderation, add_actions):
        with unit_of_work(sessions) as session:
            step(session, rich, say, now)
    if publish:
        with unit_of_work(sessions) as session:
            publish_paper(session, rich, say)
    return rich


def publish_paper(session: Session, rich: Rich, say: Say = plain) -> None:
    """Put what was accepted in consultation, then publish it."""
    rich.keys |= add_consultation(session, world=rich.world, say=say, now=datetime.now(UTC))
    rich.words["form"] = "json"
    publishing.publish(
        session,
        process_id=rich.world.process_id,
        note="Prima versione",
        actor=rich.actor(Role.facilitator),
        now=datetime.now(UTC),
    )


def _framework(session: Session, rich: Rich, say: Say) -> None:
    reference = session.execute(select(ReferencePlan).where(ReferencePlan.frame_id == rich.world.frame_id)).scalar_one()
    session.add(
        Provision(plan_id=reference.id, code="M1", text=f"Corsie per gli autobus. {say('provision')}", position=0)
    )
    session.add(Organisation(name=f"Associazione del bosco {say('organisation')}"[:200], kind="association"))


def _coding(session: Session, rich: Rich, say: Say, now: datetime) -> None:
    interview_id = rich.keys["interview"]
    actor = rich.actor(Role.facilitator)
    rich.keys |= add_coding(session, world=rich.world, interview_id=interview_id, say=say, actor=actor, now=now)
    rich.room_tokens["interviews"] = rich.room_tokens["interview_doors"] = door = "porta-di-prova-0123456789"
    session.get_one(Interview, interview_id).door_hash = door_hash(door)


def _aggregation(session: Session, rich: Rich, _say: Say, now: datetime) -> None:
    embedder = load_embedder(ROOT / "var" / "model")
    run_id = runs.start_run(
        session, process_id=rich.world.process_id, actor=rich.actor(Role.facilitator), now=now, through_queue=False
    )
    for number in session.execute(select(RunShard.number).where(RunShard.run_id == run_id)).scalars().all():
        runs.prepare_shard(session, run_id=run_id, number=number, embedder=embedder)
    reduce.reduce_run(session, run_id=run_id, embedder=embedder, now=now)
    drafting.draft_paper(session, run_id=run_id, now=now)
    rich.keys["run"] = run_id


def _decisions(session: Session, rich: Rich, say: Say, now: datetime) -> None:
    """Accept a theme and the findings on it; leave one finding in draft and refuse one theme, each marked."""
    actor, process_id = rich.actor(Role.facilitator), rich.world.process_id
    findings = list(
        session.execute(
            select(Finding)
            .join(Paper, Paper.id == Finding.paper_id)
            .where(Paper.process_id == process_id, Finding.theme_id.is_not(None))
            .order_by(Finding.number)
        ).scalars()
    )
    if len(findings) < 2:
        raise AssertionError(
            f"the rich world needs two findings to show one and hide one, the draft has {len(findings)}"
        )
    open_one, secret = findings[0], findings[-1]
    rich.keys |= {"finding": open_one.id, "draft_finding": secret.id, "section": open_one.section_id}
    for finding in findings[:-1]:
        if finding.theme_id is not None:
            _accept_theme(session, process_id, finding.theme_id, actor, now)
        editing.set_state(
            session,
            process_id=process_id,
            finding_id=finding.id,
            version=finding.version,
            state="accepted",
            actor=actor,
            now=now,
        )
        session.refresh(finding)
    rich.keys["theme"] = open_one.theme_id or uuid.uuid4()
    editing.save_finding(
        session,
        process_id=process_id,
        finding_id=secret.id,
        version=secret.version,
        title=f"Bozza {say('draft_finding')}"[:200],
        statement=f"Questa frase non è ancora decisa. {say('draft_finding')}",
        strategy_id=secret.strategy_id,
        actor=actor,
        now=now,
    )
    rich.keys |= review_paper(
        session, world=rich.world, finding_id=open_one.id, section_id=open_one.section_id, say=say, actor=actor, now=now
    )
    if secret.theme_id is not None and secret.theme_id != open_one.theme_id:
        rich.keys["draft_theme"] = secret.theme_id
        session.execute(
            update(Theme).where(Theme.id == secret.theme_id).values(label=f"Tema {say('draft_theme')}"[:200])
        )


def _accept_theme(session: Session, process_id: uuid.UUID, theme_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    theme = themes_of(session, process_id=process_id, theme_ids=[theme_id], include_gone=True)[0]
    if theme.state == "proposed":
        decisions.set_state(
            session,
            process_id=process_id,
            theme_id=theme_id,
            version=theme.version,
            state="accepted",
            actor=actor,
            now=now,
        )


__all__ = ["DRAFT_SLUG", "SLUG", "Rich", "load_rich", "plain", "publish_paper"]
