"""Questionnaires of the rich world: one that anyone may answer, with an answer in it, and one still in the making with an invitation.

Kept apart from `rich` so that rooms can grow their own part of that world.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from consult.core.permissions import Actor
from consult.listening.sources.rules import new_receipt_code
from consult.listening.surveys import queries, rules, services
from consult.listening.surveys.models import Invitation
from tests.factories.surveys import QUESTIONS

INVITED = "invitata@example.org"


def add_questionnaires(
    session: Session, *, process_id: uuid.UUID, say: Callable[[str], str], actor: Actor, now: datetime
) -> tuple[dict[str, uuid.UUID], str]:
    """Write them; returns their keys by name, and the token of the personal link to the second."""
    keys: dict[str, uuid.UUID] = {}
    for name, access in (("questionnaire", "open"), ("invited_questionnaire", "invitation")):
        keys[name] = services.create_questionnaire(
            session,
            process_id=process_id,
            settings=services.Settings(
                title=f"Che cosa serve qui? {say(name)}"[:200], intro=f"Due minuti. {say(name)}", access=access
            ),
            actor=actor,
            now=now,
        )
        for fields in QUESTIONS:
            services.add_question(
                session, process_id=process_id, questionnaire_id=keys[name], fields=fields, actor=actor, now=now
            )
        services.publish(session, process_id=process_id, questionnaire_id=keys[name], actor=actor, now=now)
    questions = queries.questions(session, questionnaire_id=keys["questionnaire"])
    services.send_open(
        session,
        process_id=process_id,
        questionnaire_id=keys["questionnaire"],
        raw={str(q.id): f"Un consultorio vicino. {say('answer')}" for q in questions if q.kind == "long"},
        code=new_receipt_code(),
        actor=Actor(),
        now=now,
    )
    keys["question"] = questions[0].id
    services.invite(
        session,
        process_id=process_id,
        questionnaire_id=keys["invited_questionnaire"],
        text=INVITED,
        actor=actor,
        now=now,
    )
    draft = services.create_questionnaire(
        session,
        process_id=process_id,
        settings=services.Settings(title=f"Ancora da scrivere {say('draft_questionnaire')}"[:200]),
        actor=actor,
        now=now,
    )
    keys["draft_questionnaire"] = draft
    services.add_question(
        session, process_id=process_id, questionnaire_id=draft, fields=QUESTIONS[1], actor=actor, now=now
    )
    keys["draft_question"] = queries.questions(session, questionnaire_id=draft)[0].id
    keys["told_questionnaire"], keys["told_question"] = _told(session, process_id, say, actor, now)
    return keys, _sent(session, keys["invited_questionnaire"], f"Consorzio {say('invited_organisation')}"[:200], now)


def _told(
    session: Session, process_id: uuid.UUID, say: Callable[[str], str], actor: Actor, now: datetime
) -> tuple[uuid.UUID, uuid.UUID]:
    """A questionnaire that is over, with results anyone may read."""
    about = {"process_id": process_id, "actor": actor, "now": now}
    settings = services.Settings(title=f"Che cosa è stato risposto? {say('told')}"[:200], access="open")
    key = services.create_questionnaire(session, settings=settings, **about)  # type: ignore[arg-type]  # Keywords by name.
    asked = {"questionnaire_id": key, **about}
    extra = (
        services.QuestionFields(kind="ranking", text=f"In che ordine? {say('ranked')}", options=("Uno", "Due", "Tre")),
        services.QuestionFields(kind="matrix", text="Come va?", options=("Bene", "Male"), rows=("Scuole", "Treni")),
    )
    for fields in (*QUESTIONS, *extra):
        services.add_question(session, fields=fields, **asked)  # type: ignore[arg-type]  # Keywords by name.
    services.publish(session, **asked)  # type: ignore[arg-type]  # Keywords by name.
    questions = queries.questions(session, questionnaire_id=key)
    typed = {
        "long": "Più treni",
        "single": "1",
        "multiple": "1 2",
        "scale": "4",
        "place": "1",
        "speaker": "1",
        "ranking": "2 1 3",
        "matrix": "1 2",
    }
    lines = {q.id: typed[q.kind] for q in questions}
    for _sheet in range(6):
        services.enter_paper(session, lines=lines, code=new_receipt_code(), **asked)  # type: ignore[arg-type]  # Keywords by name.
    services.close(session, **asked)  # type: ignore[arg-type]  # Keywords by name.
    services.publish_results(session, question_ids=None, **asked)  # type: ignore[arg-type]  # Keywords by name.
    return key, questions[1].id


def _sent(session: Session, questionnaire_id: uuid.UUID, organisation: str, now: datetime) -> str:
    """What the worker does when it mails the invitation, without the letter; the organisation's words would break the list's line."""
    key = session.execute(select(Invitation.id).where(Invitation.questionnaire_id == questionnaire_id)).scalar_one()
    token = rules.token_of(key, "rich")
    session.execute(
        update(Invitation)
        .where(Invitation.id == key)
        .values(token_hash=rules.token_hash(token), sent_on=now.date(), state="sent", organisation=organisation)
    )
    return token
