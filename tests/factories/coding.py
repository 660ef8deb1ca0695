"""A codebook, a coded passage, a closed and an open sample, and a file of a transcript that waits to be confirmed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from html import escape

from sqlalchemy.orm import Session

from consult.core.permissions import Actor
from consult.core.vocabulary import Role
from consult.evidence.services import bringing, codebook, coding, sampling
from consult.files.types import FileKind, Upload
from consult.listening.interviews import services as interviews
from consult.listening.sources.queries import of_unit
from consult.ports.storage import MemoryStorage
from consult.process.models import Membership
from tests.factories.world import World


def add_coding(
    session: Session, *, world: World, interview_id: uuid.UUID, say: Callable[[str], str], actor: Actor, now: datetime
) -> dict[str, uuid.UUID]:
    """Code the first passage of an interview; returns keys by name."""
    here = {"process_id": world.process_id, "actor": actor, "now": now}
    fields = codebook.CodeFields(
        name=f"Treni {say('code')}"[:200], definition=say("code_definition"), example=say("code_example")
    )
    code_id = codebook.make_code(session, fields=fields, **here)
    source_id = of_unit(session, unit_id=interview_id, live_only=True)[0].id
    coding_id = coding.apply_code(
        session, source_id=source_id, code_id=code_id, memo=f"Da rileggere {say('memo')}", **here
    )
    second = world.accounts[Role.reader]
    session.add(Membership(process_id=world.process_id, account_id=second, role="facilitator"))
    session.flush()
    sample_id = sampling.draw_sample(
        session,
        name=f"Prova {say('sample')}"[:200],
        size=1,
        coder_ids=[world.accounts[Role.facilitator], second],
        **here,
    )
    talk = f"D: Che cosa serve?\n\nR: Un autobus in più. {say('waiting_transcript')}"
    original_id = interviews.keep_file(
        session,
        interview_id=interview_id,
        upload=Upload("valle.txt", FileKind.text, talk.encode()),
        storage=MemoryStorage(),
        **here,
    )
    book = (
        '<CodeBook xmlns="urn:QDA-XML:codebook:1.0" origin="Altrove"><Codes>'
        f'<Code guid="{uuid.uuid4()}" name="{escape(("Arrivato " + say("imported_code"))[:200])}" isCodable="true"/></Codes></CodeBook>'
    )
    drafts = [
        bringing.bring(session, name=f"altro {say('coding_file')}.qdc"[:200], data=book.encode(), **here)
        for _number in range(2)
    ]
    bringing.confirm(session, import_id=drafts[1], **here)
    session.query(Membership).filter_by(account_id=second, role="facilitator").delete()
    return {
        "code": code_id,
        "coding": coding_id,
        "sample": sample_id,
        "original": original_id,
        "coded_passage": source_id,
        "coding_draft": drafts[0],
        "coding_import": drafts[1],
    }
