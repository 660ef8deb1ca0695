"""Blind samples: drawing, coding without seeing the other, comparing, deciding the differences."""

from __future__ import annotations

import random
import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Conflict, Forbidden, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import Channel, Role, ThingKind
from consult.evidence.models import Code, CodingSample, SampleReading, SampleVerdict
from consult.evidence.services.coding import apply_code
from consult.listening.sources.models import Source
from consult.process.queries import with_roles

MAXIMUM = 300


def draw_sample(
    session: Session,
    *,
    process_id: uuid.UUID,
    name: str,
    size: int,
    coder_ids: Sequence[uuid.UUID],
    actor: Actor,
    now: datetime,
) -> uuid.UUID:
    """Draw passages of interviews at random for two people to code blindly. Raises Invalid."""
    if len(set(coder_ids)) != 2:
        raise Invalid("Servono due persone diverse.", {"second_id": "Scegli un’altra persona."})
    if not set(coder_ids) <= set(with_roles(session, process_id=process_id, roles=(Role.facilitator,))):
        raise Invalid(
            "Chi codifica deve essere tra chi facilita il processo.", {"first_id": "Scegli una persona dell’elenco."}
        )
    if not 1 <= size <= MAXIMUM:
        raise Invalid("Il campione ha da 1 a 300 passaggi.", {"size": "Scrivi un numero da 1 a 300."})
    codes = session.execute(
        select(Code.id).where(Code.process_id == process_id, Code.state == "live", Code.codable).order_by(Code.position, Code.id)
    ).scalars().all()  # fmt: skip  # one chain reads better so
    if not codes:
        raise Invalid(
            "Prima serve un codebook: due persone concordano solo su codici definiti.", {"name": "Il codebook è vuoto."}
        )
    sources = session.execute(
        select(Source.id)
        .where(Source.process_id == process_id, Source.channel == str(Channel.interview), Source.state == "live")
        .order_by(Source.id)
    ).scalars().all()  # fmt: skip  # one chain reads better so
    if not sources:
        raise Invalid("Non ci sono ancora passaggi da codificare.", {"size": "Servono interviste trascritte."})
    chosen = random.SystemRandom().sample(list(sources), min(size, len(sources)))
    sample = CodingSample(
        process_id=process_id, name=name.strip(), source_ids=[str(key) for key in chosen], coder_ids=[str(key) for key in coder_ids],
        code_ids=[str(key) for key in codes], made_by=actor.account_id, made_at=now,
    )  # fmt: skip  # one row of values reads better so
    session.add(sample)
    session.flush()
    record(
        session,
        actor=actor,
        action="sample.drawn",
        kind=ThingKind.process,
        object_id=process_id,
        process_id=process_id,
        passages=len(chosen),
    )
    session.flush()
    return sample.id


def _sample(session: Session, process_id: uuid.UUID, sample_id: uuid.UUID) -> CodingSample:
    sample = session.execute(
        select(CodingSample)
        .where(CodingSample.id == sample_id, CodingSample.process_id == process_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if sample is None:
        raise NotFound("Questo campione non c’è.")
    return sample


def read_blindly(
    session: Session,
    *,
    process_id: uuid.UUID,
    sample_id: uuid.UUID,
    source_id: uuid.UUID,
    code_ids: Sequence[uuid.UUID],
    actor: Actor,
    now: datetime,
) -> None:
    """Keep the codes that one of the two gives to a passage; none is an answer too. Raises Forbidden for others, Conflict once closed."""
    sample = _sample(session, process_id, sample_id)
    if sample.state != "open":
        raise Conflict("Questo campione è chiuso: i codici si confrontano, non si cambiano più.")
    if actor.account_id is None or str(actor.account_id) not in sample.coder_ids:
        raise Forbidden("Questo campione è di altre due persone.")
    if str(source_id) not in sample.source_ids:
        raise NotFound("Questo passaggio non è nel campione.")
    given = [str(key) for key in dict.fromkeys(code_ids) if str(key) in sample.code_ids]
    values = {"code_ids": given, "read_at": now}
    session.execute(
        insert(SampleReading)
        .values(sample_id=sample_id, source_id=source_id, coder_id=actor.account_id, **values)
        .on_conflict_do_update(index_elements=["sample_id", "source_id", "coder_id"], set_=values)
    )


def close_sample(session: Session, *, process_id: uuid.UUID, sample_id: uuid.UUID, actor: Actor, now: datetime) -> None:
    """End the blindness once both have read everything that is still there. Raises Conflict before."""
    sample = _sample(session, process_id, sample_id)
    if sample.state != "open":
        return
    live = session.execute(
        select(func.count()).select_from(Source).where(
            Source.id.in_([uuid.UUID(key) for key in sample.source_ids]), Source.state == "live"
        )
    ).scalar_one()  # fmt: skip  # one row of conditions reads better so
    read = session.execute(
        select(func.count())
        .select_from(SampleReading)
        .join(Source, Source.id == SampleReading.source_id)
        .where(SampleReading.sample_id == sample_id, Source.state == "live")
    ).scalar_one()
    if read < 2 * live:
        raise Conflict("Manca ancora qualche passaggio: il confronto si fa quando entrambe le persone hanno finito.")
    sample.state, sample.closed_at = "closed", now
    record(
        session,
        actor=actor,
        action="sample.closed",
        kind=ThingKind.process,
        object_id=process_id,
        process_id=process_id,
    )
    session.flush()


def adjudicate(
    session: Session,
    *,
    process_id: uuid.UUID,
    sample_id: uuid.UUID,
    source_id: uuid.UUID,
    code_id: uuid.UUID,
    applies: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Decide a difference; where the code applies, the passage gets it from whoever decides. Raises Conflict while the sample is open."""
    sample = _sample(session, process_id, sample_id)
    if sample.state != "closed":
        raise Conflict("Prima si chiude il campione, poi si decidono le differenze.")
    if str(source_id) not in sample.source_ids or str(code_id) not in sample.code_ids:
        raise NotFound("Questa differenza non c’è.")
    values = {"applies": applies, "decided_by": actor.account_id, "decided_at": now}
    session.execute(
        insert(SampleVerdict)
        .values(sample_id=sample_id, source_id=source_id, code_id=code_id, **values)
        .on_conflict_do_update(index_elements=["sample_id", "source_id", "code_id"], set_=values)
    )
    if applies:
        apply_code(session, process_id=process_id, source_id=source_id, code_id=code_id, actor=actor, now=now)
