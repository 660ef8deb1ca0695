"""Setting findings against existing plans: what a person states, takes back, and what the plan's owner replies."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.sentences import Sentence
from consult.core.vocabulary import ThingKind
from consult.framework.models import Provision, ReferencePlan
from consult.people import queries as people
from consult.position_paper import queries
from consult.position_paper.models import Confrontation
from consult.position_paper.rules import mark_of_reply
from consult.position_paper.services.editing import load
from consult.process.models import Process
from consult.process.queries import slug_of

WORDS = {
    "covered": Sentence("già previsto"), "partly": Sentence("previsto in parte"), "conflicting": Sentence("in contrasto"),
    "gap": Sentence("manca"), "not_competent": Sentence("non di competenza"),
}  # fmt: skip  # pairs read better side by side


def confront(
    session: Session,
    *,
    process_id: uuid.UUID,
    finding_id: uuid.UUID,
    plan_id: uuid.UUID,
    provision_id: uuid.UUID | None,
    state: str,
    note: str,
    version: int,
    score: float | None = None,
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """State how a finding stands to a provision, or that a plan has none on it; returns the key.

    `version` 0: nobody stated it yet. Raises Conflict with both words when somebody did meanwhile, Invalid for a provision that is not of
    the plan or a plan that is not of the process's frame.
    """
    load(session, process_id, finding_id)
    _own(session, process_id, plan_id, provision_id, state)
    values = {"state": state, "note": note, "changed_by": actor.account_id, "changed_at": now}
    here = (
        Confrontation.finding_id == finding_id,
        Confrontation.plan_id == plan_id,
        Confrontation.provision_id == provision_id if provision_id else Confrontation.provision_id.is_(None),
    )
    if version == 0:
        key = session.execute(
            insert(Confrontation)
            .values(
                id=uuid.uuid4(), process_id=process_id, finding_id=finding_id, plan_id=plan_id, provision_id=provision_id, score=score,
                origin="human" if score is None else "suggested", version=1, **values,
            )
            .on_conflict_do_nothing()
            .returning(Confrontation.id)
        ).scalar_one_or_none()  # fmt: skip  # one row of values reads better so
    else:
        key = session.execute(
            update(Confrontation)
            .where(*here, Confrontation.version == version)
            .values(version=Confrontation.version + 1, **values)
            .returning(Confrontation.id)
        ).scalar_one_or_none()
    if key is None:
        there = session.execute(
            select(Confrontation).where(*here).execution_options(populate_existing=True)
        ).scalar_one_or_none()
        if there is None:
            raise NotFound("Questo confronto non c’è più.")
        raise _stale(session, there, state, note)
    record(
        session, actor=actor, action="finding.confronted", kind=ThingKind.finding, object_id=finding_id, process_id=process_id,
        plan=plan_id, provision=provision_id, state=state,
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return key


def _own(
    session: Session, process_id: uuid.UUID, plan_id: uuid.UUID, provision_id: uuid.UUID | None, state: str
) -> None:
    if state not in queries.STATES:
        raise Invalid("Questo esito del confronto non c’è.", {"state": "Scegli uno degli esiti dell’elenco."})
    plan = session.execute(
        select(ReferencePlan.id)
        .join(Process, Process.frame_id == ReferencePlan.frame_id)
        .where(ReferencePlan.id == plan_id, Process.id == process_id)
    ).scalar_one_or_none()
    if plan is None:
        raise Invalid("Questo piano non c’è.", {"plan_id": "Scegli uno dei piani dell’elenco."})
    if provision_id is None:
        if state not in {"gap", "not_competent"}:
            raise Invalid(
                "Per questo esito serve una previsione.",
                {"state": "Senza previsione si può dire solo che manca, o che non compete."},
            )
        return
    own = select(Provision.id).where(Provision.id == provision_id, Provision.plan_id == plan_id)
    if session.execute(own).scalar_one_or_none() is None:
        raise Invalid("Questa previsione non è del piano.", {"provision_id": "Scegli una previsione del piano."})


def _stale(session: Session, there: Confrontation, state: str, note: str) -> Conflict:
    return Conflict(
        "Qualcun altro ha appena salvato questo confronto.",
        link_endpoint="position_paper.confront_finding",
        link_values={"slug": slug_of(session, process_id=there.process_id), "finding_id": str(there.finding_id)},
        differences=(
            Difference("Esito", WORDS[there.state], WORDS.get(state, state)),
            Difference("Nota", there.note, note),
        ),
        changed_by=people.name_of(session, account_id=there.changed_by),
        current_version=there.version,
        whole=True,
    )


def take_back(
    session: Session, *, process_id: uuid.UUID, confrontation_id: uuid.UUID, version: int, actor: Actor, now: datetime
) -> None:
    """Take a confrontation away, unless the plan's owner has replied to it: then it may only be changed."""
    there = session.execute(
        select(Confrontation).where(Confrontation.id == confrontation_id, Confrontation.process_id == process_id)
    ).scalar_one_or_none()
    if there is None:
        raise NotFound("Questo confronto non c’è più.")
    if there.reply:
        raise Invalid("L’ufficio ha già risposto: il confronto si può cambiare, non togliere.")
    gone = session.execute(
        delete(Confrontation)
        .where(Confrontation.id == confrontation_id, Confrontation.version == version)
        .returning(Confrontation.id)
    ).scalar_one_or_none()
    if gone is None:
        raise _stale(session, there, there.state, there.note)
    record(
        session,
        actor=actor,
        action="confrontation.taken_back",
        kind=ThingKind.finding,
        object_id=there.finding_id,
        process_id=process_id,
    )
    session.flush()


def reply(
    session: Session,
    *,
    process_id: uuid.UUID,
    confrontation_id: uuid.UUID,
    text: str,
    department: str,
    seen: str,
    actor: Actor,
    now: datetime,
) -> None:
    """The reply of the department that owns the plan; a later one takes its place, the record of changes keeps that it did.

    `seen` is the reply that its writer had before them (`rules.mark_of_reply`); Conflict with both where another came meanwhile.
    """
    if not text.strip() or not department.strip():
        raise Invalid(
            "Servono la risposta e il nome dell’ufficio.",
            {"reply": "Scrivi la risposta.", "department": "Scrivi l’ufficio."},
        )
    there = session.execute(
        select(Confrontation)
        .where(Confrontation.id == confrontation_id, Confrontation.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if there is None:
        raise NotFound("Questo confronto non c’è più.")
    if mark_of_reply(there.reply, there.reply_name) != seen:
        raise Conflict(
            "Un altro ufficio ha appena risposto qui.",
            link_endpoint="position_paper.confront_finding",
            link_values={"slug": slug_of(session, process_id=process_id), "finding_id": str(there.finding_id)},
            differences=(
                Difference("Ufficio che risponde", there.reply_name, department),
                Difference("Risposta", there.reply, text),
            ),
            changed_by=there.reply_name or None,
            again={"seen": mark_of_reply(there.reply, there.reply_name)},
            whole=True,
        )
    there.reply, there.reply_name, there.replied_by, there.replied_at = text, department[:200], actor.account_id, now
    done = there.finding_id
    record(
        session,
        actor=actor,
        action="confrontation.replied",
        kind=ThingKind.finding,
        object_id=done,
        process_id=process_id,
    )
    session.flush()
