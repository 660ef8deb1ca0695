"""Texts looked through by the process's rules, and the rules themselves, version by version.

The clock asks for it, never the submission: who leaves an anonymous contribution leaves no job behind.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core import jobs
from consult.core.errors import Invalid
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.moderation import rules
from consult.moderation.models import ModerationPolicy, TextScreening
from consult.moderation.queries import flags as queries
from consult.process.models import Process

TOPIC = "moderation.screen"
#: A job for a process is asked for at most once in so many seconds; while texts are left, each job asks for the next.
PERIOD_S = 300
PART = 500
NUMBERS = ("most_links", "burst_count", "burst_minutes", "second_percent")


def ask_for_due(session: Session, *, now: datetime) -> None:
    """Ask for a look at every process with texts that its present rules have not looked through."""
    period = int(now.timestamp()) // PERIOD_S
    for process_id in queries.processes_with_unscreened(session):
        jobs.enqueue(session, TOPIC, key=f"{process_id}:{period}:0", process_id=process_id, period=period, part=0)


def screen(session: Session, *, process_id: uuid.UUID, period: int, part: int) -> int:
    """Look through up to a part's worth of texts and ask for the next part where there are more; returns how many."""
    policy = queries.policy(session, process_id=process_id)
    rows = queries.unscreened(session, process_id=process_id, policy=policy, limit=PART + 1)
    for row in rows[:PART]:
        found = [str(flag) for flag in rules.flags_of(row.text, policy, lately=row.lately)]
        statement = insert(TextScreening).values(
            thing_kind=row.kind, thing_id=row.id, process_id=process_id, revision=row.revision,
            policy_version=policy.version, flags=found,
        )  # fmt: skip  # one row of values reads better so
        fresh = statement.excluded.flags
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["thing_kind", "thing_id"],
                set_={
                    "revision": row.revision,
                    "policy_version": policy.version,
                    "flags": fresh,
                    # What a moderator has dealt with comes back only when something new is found in it.
                    "closed_act_id": case((TextScreening.flags.contains(fresh), TextScreening.closed_act_id)),
                },
            )
        )
    if len(rows) > PART:
        jobs.enqueue(
            session, TOPIC, key=f"{process_id}:{period}:{part + 1}", process_id=process_id, period=period, part=part + 1
        )
    return min(len(rows), PART)


def close_flags(session: Session, *, kind: ThingKind, thing_id: uuid.UUID, act_id: uuid.UUID) -> None:
    """Note that this act dealt with what the rules found in a text."""
    session.execute(
        update(TextScreening)
        .where(TextScreening.thing_kind == str(kind), TextScreening.thing_id == thing_id, *queries.OPEN)
        .values(closed_act_id=act_id)
    )


def reopen_flags(session: Session, *, act_id: uuid.UUID) -> None:
    """What this act dealt with waits again, since the act was undone."""
    session.execute(update(TextScreening).where(TextScreening.closed_act_id == act_id).values(closed_act_id=None))


def publish_policy(
    session: Session,
    *,
    process_id: uuid.UUID,
    seen_version: int,
    words: str,
    insults: str,
    numbers: dict[str, Any],
    actor: Actor,
    now: datetime,
) -> int:
    """Put a new version of a process's moderation rules in force and return its number.

    Raises Invalid, with a sentence for each field, and where somebody published another version than `seen_version` meanwhile.
    """
    # The process's row is held, so that two versions never get one number.
    session.execute(select(Process.id).where(Process.id == process_id).with_for_update())
    latest = session.execute(
        select(func.coalesce(func.max(ModerationPolicy.version), 0)).where(ModerationPolicy.process_id == process_id)
    ).scalar_one()
    wrong: dict[str, str] = {}
    if latest != seen_version:
        wrong["words"] = Sentence(
            "Qualcun altro ha pubblicato la versione %(n)s delle regole mentre scrivevi. Confrontala, poi salva di nuovo.",
            n=latest,
        )
    lines = rules.insult_lines(insults)
    if len(lines) > rules.MOST_INSULTS:
        wrong["insults"] = Sentence("L’elenco può avere al massimo %(n)s voci.", n=rules.MOST_INSULTS)
    if len(words.strip()) < 20:
        wrong["words"] = Sentence("Scrivi le regole in parole: chiunque le può leggere.")
    counts = {name: int(numbers.get(name) or 0) for name in NUMBERS}
    wrong |= {name: Sentence("Scrivi un numero da 0 a 1000.") for name, n in counts.items() if not 0 <= n <= 1000}
    if counts["second_percent"] > 100:
        wrong["second_percent"] = Sentence("Scrivi un numero da 0 a 100.")
    if wrong:
        raise Invalid("Alle regole manca qualcosa.", wrong)
    row = ModerationPolicy(
        id=uuid.uuid4(), process_id=process_id, version=latest + 1, words=words, insults=list(lines),
        published_at=now, published_by=actor.account_id, **counts,
    )  # fmt: skip  # one row of values reads better so
    session.add(row)
    record(
        session,
        actor=actor,
        action="moderation.policy",
        kind=ThingKind.process,
        object_id=process_id,
        process_id=process_id,
        version=row.version,
    )
    session.flush()
    return row.version
