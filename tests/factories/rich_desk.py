"""What the desk's later rooms of the rich world hold: files of answers that were taken in, a document read from its file, a paper in review."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from consult.files.types import FileKind, Upload
from consult.framework.models import Provision, ReferencePlan
from consult.listening.contributions import services as contributions
from consult.listening.documents import services as documents
from consult.listening.surveys import queries as surveys
from consult.listening.surveys import services as survey_services
from consult.ports.storage import MemoryStorage
from consult.position_paper.services import approving, confronting, reviewing
from tests.factories.world import World

Say = Callable[[str], str]


def add_files(
    session: Session, *, world: World, questionnaire_id: uuid.UUID, say: Say, actor: Actor, now: datetime
) -> dict[str, uuid.UUID]:
    """A file of texts and one of answers, both taken in with a row left out, and a document with the paragraphs of its file."""
    here: dict[str, Any] = {"process_id": world.process_id, "actor": actor, "now": now}
    storage = MemoryStorage()
    table = "testo,zona\nIl forno del paese ha chiuso.,2\n,2\nLa piazza la sera resta al buio.,99\n"
    texts = contributions.bring_file(
        session, upload=Upload("risposte.csv", FileKind.csv, table.encode()), storage=storage, **here
    )
    contributions.start_import(session, import_id=texts, mapping={"text": "testo", "place": "zona"}, **here)
    contributions.run_import(session, import_id=texts, storage=storage, actor=actor, now=now)
    question = next(q for q in surveys.questions(session, questionnaire_id=questionnaire_id) if q.kind == "long")
    sheet = f"id,{question.code}\n1,Una biblioteca aperta la sera.\n2,\n"
    about: dict[str, Any] = {"questionnaire_id": questionnaire_id, "storage": storage, **here}
    answers = survey_services.begin_import(session, upload=Upload("altrove.csv", FileKind.csv, sheet.encode()), **about)
    survey_services.work_through(session, import_id=answers, mapping={1: question.code}, incomplete=True, work="take", **about)
    document = documents.add_document(session, title="Studio sui trasporti", author="Università", **here)
    page = f"I treni sono pochi.\n\nLe corse serali mancano da anni. {say('unread_paragraph')}"
    documents.bring_file(
        session,
        document_id=document,
        upload=Upload("studio.txt", FileKind.text, page.encode()),
        storage=storage,
        **here,
    )
    return {"source_import": texts, "answer_import": answers, "read_document": document}


def review_paper(
    session: Session,
    *,
    world: World,
    finding_id: uuid.UUID,
    section_id: uuid.UUID,
    say: Say,
    actor: Actor,
    now: datetime,
) -> dict[str, uuid.UUID]:
    """A note in the margin, a section sent for approval and approved, and a finding held against a provision of an existing plan."""
    here: dict[str, Any] = {"process_id": world.process_id, "now": now}
    reviewing.write_note(
        session, finding_id=finding_id, sentence=1, text=f"Da dire meglio. {say('margin_note')}", actor=actor, **here
    )
    asked = Actor(account_id=world.accounts[Role.reviewer], name="revisore")
    approving.ask_approval(
        session, section_id=section_id, account_ids=[world.accounts[Role.reviewer]], actor=actor, **here
    )
    approving.answer_approval(
        session, section_id=section_id, approved=True, note=f"Va bene. {say('approval_note')}", actor=asked, **here
    )
    plan = session.execute(select(ReferencePlan).where(ReferencePlan.frame_id == world.frame_id)).scalars().first()
    assert plan is not None
    provision = session.execute(select(Provision.id).where(Provision.plan_id == plan.id)).scalars().first()
    key = confronting.confront(
        session, finding_id=finding_id, plan_id=plan.id, provision_id=provision, state="partly", note="In parte.", version=0,
        actor=actor, **here,
    )  # fmt: skip  # one row of values reads better so
    return {"plan": plan.id, "confrontation": key}
