"""Conversations of statements for tests, led by the services that the pages call."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from consult.coplanning.opinions import queries, services
from consult.coplanning.opinions.types import ConversationFields, NewStatement, OpinionVote, ResultsShown
from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from tests.factories.world import World

WORDS = (
    "Il treno deve passare ogni mezz'ora anche la sera",
    "I paesi piccoli devono unire i loro uffici",
    "Il centro va chiuso alle automobili",
    "Serve un medico in ogni valle",
    "I boschi vanno curati prima delle strade",
    "Le scuole devono restare aperte il pomeriggio",
    "La fibra viene prima dei lampioni",
    "Chi lavora di notte ha diritto a un autobus",
)
YES, NO, PASS = OpinionVote.agree, OpinionVote.disagree, OpinionVote.passed


def leader(world: World) -> Actor:
    """Who leads conversations."""
    return Actor(account_id=world.accounts[Role.manager], name="Responsabile")


def fields(**changes: Any) -> ConversationFields:
    """What a conversation is."""
    values: dict[str, Any] = {
        "title": "Come ci si muove?", "question": "Con **frasi brevi**.", "participants_add": True,
        "results_shown": ResultsShown.always, **changes,
    }  # fmt: skip  # one row of values reads better so
    return ConversationFields(**values)


def prepare(session: Session, world: World, *, words: Sequence[str] = WORDS, **changes: Any) -> uuid.UUID:
    """A conversation in preparation, with statements written by who leads it."""
    now = datetime.now(UTC)
    common: dict[str, Any] = {"process_id": world.process_id, "actor": leader(world), "now": now}
    key = services.prepare(session, fields=fields(**changes), **common)
    if words:
        services.add_statements(session, conversation_id=key, statements=[NewStatement(w) for w in words], **common)
    return key


def open_up(session: Session, world: World, key: uuid.UUID, *, days: float = 5, version: int = 1) -> uuid.UUID:
    """Open a conversation for some days."""
    now = datetime.now(UTC)
    services.open_up(
        session, process_id=world.process_id, round_id=key, version=version, closes_at=now + timedelta(days=days),
        actor=leader(world), now=now,
    )  # fmt: skip  # one call of named values reads better so
    return key


def keys_of(session: Session, key: uuid.UUID) -> list[uuid.UUID]:
    """The statements of a conversation, in order."""
    return [s.id for s in queries.statements(session, conversation_id=key)]


def vote(
    session: Session, world: World, key: uuid.UUID, account_id: uuid.UUID, votes: Mapping[uuid.UUID, OpinionVote]
) -> None:
    """Votes of one person."""
    services.vote(
        session, process_id=world.process_id, conversation_id=key, votes=votes, actor=Actor(account_id=account_id, name="persona"),
        now=datetime.now(UTC),
    )  # fmt: skip  # one call of named values reads better so


def two_camps(session: Session, world: World, key: uuid.UUID, people: Sequence[uuid.UUID]) -> None:
    """Every other person says yes where the others say no, but for the first statement, with which all agree."""
    asked = keys_of(session, key)
    for i, person in enumerate(people):
        votes = {
            statement: YES if place == 0 or (place + i) % 2 == 0 else PASS if (place + i) % 7 == 0 else NO
            for place, statement in enumerate(asked)
        }
        vote(session, world, key, person, votes)


def conversations(session: Session, world: World, say: Callable[[str], str], proposal: uuid.UUID) -> dict[str, uuid.UUID]:
    """An open conversation with a statement drawn from a proposal and one that waits, and one in preparation; their keys by name."""
    now = datetime.now(UTC)
    common: dict[str, Any] = {"process_id": world.process_id, "now": now}
    running = prepare(session, world, title=f"Come ci si muove {say('conversation')}"[:120])
    drawn = services.add_statements(
        session, conversation_id=running, statements=[NewStatement(f"Un autobus ogni ora {say('statement')}"[:200], proposal_id=proposal)],
        actor=leader(world), **common,
    )  # fmt: skip  # one call of named values reads better so
    open_up(session, world, running)
    people = [*world.others, world.accounts[Role.account], world.accounts[Role.reader], world.accounts[Role.operator]]
    two_camps(session, world, running, people)
    services.count(session, conversation_id=running, now=now, always=True)
    waiting = services.suggest_statement(
        session, conversation_id=running, text=f"Piste ciclabili {say('waiting_statement')}"[:200],
        actor=Actor(account_id=world.others[2], name="persona"), **common,
    )  # fmt: skip  # one call of named values reads better so
    draft = prepare(session, world, title=f"In preparazione {say('draft_conversation')}"[:120])
    return {
        "conversation": running,
        "statement": drawn[0],
        "waiting_statement": waiting,
        "draft_conversation": draft,
        "draft_statement": keys_of(session, draft)[0],
    }
