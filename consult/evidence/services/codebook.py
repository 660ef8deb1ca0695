"""The codebook: making, describing, moving, merging and splitting codes. Nothing is deleted."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from consult.audit.services import record
from consult.core.errors import Conflict, Difference, Invalid, NotFound
from consult.core.permissions import Actor
from consult.core.vocabulary import ThingKind
from consult.evidence.models import Code, CodeLineage
from consult.evidence.queries import merge_kept_list
from consult.framework.models import Strategy
from consult.process.models import Process
from consult.process.queries import slug_of

NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class CodeFields:
    """What can be typed about a code."""

    name: str
    definition: str = ""
    example: str = ""
    colour: str = ""
    codable: bool = True
    parent_id: uuid.UUID | None = None
    strategy_id: uuid.UUID | None = None


_TITLES = {"name": "Nome", "definition": "Definizione", "example": "Esempio", "colour": "Colore"}


def hold(session: Session, process_id: uuid.UUID) -> None:
    """Let one change of the codebook of a process happen at a time; what only refers to the process is written meanwhile."""
    held = select(Process.id).where(Process.id == process_id).with_for_update(key_share=True)
    if session.execute(held).scalar_one_or_none() is None:
        raise NotFound("Questo processo non c’è.")


def make_code(
    session: Session,
    *,
    process_id: uuid.UUID,
    fields: CodeFields,
    actor: Actor,
    now: datetime,
    guid: uuid.UUID | None = None,
) -> uuid.UUID:
    """Make a code. Raises Invalid where a live one of that name stands in the same place."""
    hold(session, process_id)
    _check(session, process_id, fields, own=None)
    last = session.execute(
        select(func.coalesce(func.max(Code.position), 0)).where(
            Code.process_id == process_id, Code.parent_id.is_not_distinct_from(fields.parent_id)
        )
    ).scalar_one()
    key = uuid.uuid4()
    code = Code(
        id=key, process_id=process_id, guid=guid or key, parent_id=fields.parent_id, position=last + 1, name=fields.name.strip(),
        definition=fields.definition, example=fields.example, colour=fields.colour, codable=fields.codable,
        strategy_id=fields.strategy_id, made_by=actor.account_id, made_at=now,
    )  # fmt: skip  # one row of values reads better so
    session.add(code)
    session.flush()
    record(session, actor=actor, action="code.made", kind=ThingKind.code, object_id=key, process_id=process_id)
    session.flush()
    return key


def code_named(session: Session, *, process_id: uuid.UUID, name: str, actor: Actor, now: datetime) -> uuid.UUID:
    """The live code of that name or path ("Mobilità › Treni"), made at the top where there is none."""
    words = " ".join(name.split())
    if not words:
        raise Invalid("Serve un codice.", {"code": "Scrivi o scegli un codice."})
    last = words.rpartition("›")[2].strip()
    rows = session.execute(
        select(Code.id, Code.name, Code.parent_id, Code.codable)
        .where(Code.process_id == process_id, Code.state == "live", func.lower(Code.name) == last.lower())
        .order_by(Code.position, Code.id)
    ).all()
    if len(rows) > 1 and "›" in words:
        above_ids = [r.parent_id for r in rows if r.parent_id]
        parents = {r[0]: r[1] for r in session.execute(select(Code.id, Code.name).where(Code.id.in_(above_ids)))}
        above = words.split("›")[-2].strip().lower()
        rows = [r for r in rows if r.parent_id and parents[r.parent_id].lower() == above] or rows
    if rows:
        if not rows[0].codable:
            raise Invalid(
                "Questo codice è solo un titolo: raggruppa altri codici.",
                {"code": "Scegli uno dei codici che contiene."},
            )
        return uuid.UUID(str(rows[0].id))
    return make_code(session, process_id=process_id, fields=CodeFields(name=last), actor=actor, now=now)


def describe_code(
    session: Session,
    *,
    process_id: uuid.UUID,
    code_id: uuid.UUID,
    version: int,
    fields: CodeFields,
    actor: Actor,
    now: datetime,
) -> None:
    """Save what is known of a code, and where it stands. Raises Conflict where it is stale, Invalid for a circle."""
    hold(session, process_id)
    code = live_code(session, process_id=process_id, code_id=code_id)
    _check(session, process_id, fields, own=code_id)
    if code.version != version:
        raise Conflict(
            "Qualcun altro ha modificato questo codice mentre lo leggevi.",
            link_endpoint="evidence.code",
            link_values={"slug": slug_of(session, process_id=process_id), "code_id": str(code_id)},
            differences=tuple(
                Difference(title, getattr(code, name), getattr(fields, name))
                for name, title in _TITLES.items()
                if getattr(code, name) != getattr(fields, name)
            ),
            current_version=code.version,
        )
    for name in ("definition", "example", "colour", "codable", "parent_id", "strategy_id"):
        setattr(code, name, getattr(fields, name))
    code.name = fields.name.strip()
    code.version += 1
    record(session, actor=actor, action="code.described", kind=ThingKind.code, object_id=code_id, process_id=process_id)
    session.flush()


def merge_codes(
    session: Session, *, process_id: uuid.UUID, code_id: uuid.UUID, into_id: uuid.UUID, actor: Actor, now: datetime
) -> None:
    """Make a code part of another: what it holds counts for the other, its children move under it. Raises Invalid."""
    hold(session, process_id)
    code = live_code(session, process_id=process_id, code_id=code_id)
    into = live_code(session, process_id=process_id, code_id=into_id)
    if into_id in (code_id, *_below(session, code_id)):
        raise Invalid(
            "Un codice non può confluire in sé stesso o in uno che contiene.", {"into_id": "Scegli un altro codice."}
        )
    below = update(Code).where(Code.parent_id == code_id).values(parent_id=into_id).returning(Code.id)
    moved = list(session.execute(below).scalars())
    # Whatever had become part of this one is from now on part of the other: no chains to follow.
    parts = update(Code).where(Code.merged_into_id == code_id).values(merged_into_id=into_id).returning(Code.id)
    moved += session.execute(parts).scalars()
    code.state, code.merged_into_id, code.version = "merged", into.id, code.version + 1
    _came_from(session, code_id, [into_id], "merge", actor, now, moved)
    record(
        session,
        actor=actor,
        action="code.merged",
        kind=ThingKind.code,
        object_id=code_id,
        process_id=process_id,
        into=str(into_id),
        moved=len(moved),
    )
    session.flush()


def unmerge_code(session: Session, *, process_id: uuid.UUID, code_id: uuid.UUID, actor: Actor, now: datetime) -> bool:
    """Take a code out of the one it was merged into: its pieces count for it again, and the codes that went with it come back.

    What somebody moved elsewhere since stays there. Of a merge that kept no list of what it moved, the codes that had become part of
    this one before come back, as their lineage says; which stood under it nobody wrote down. Returns whether all is known.

    Raises Invalid where another code has its name and place now, Conflict for one
    that is not merged.
    """
    hold(session, process_id)
    code = session.execute(
        select(Code).where(Code.id == code_id, Code.process_id == process_id).execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if code is None:
        raise NotFound("Questo codice non c’è.")
    into_id = code.merged_into_id
    if code.state != "merged" or into_id is None:
        raise Conflict("Questo codice non è unito a nessun altro: forse qualcuno lo ha già separato.")
    parent = session.execute(select(Code.state).where(Code.id == code.parent_id)).scalar_one_or_none()
    place = code.parent_id if parent == "live" else None
    fields = CodeFields(name=code.name, parent_id=place, strategy_id=code.strategy_id, colour=code.colour)
    _check(session, process_id, fields, own=code_id)
    # The merge may have been into a code that was itself merged later: what it moved then stands under the last of them.
    row = session.execute(
        select(CodeLineage)
        .where(CodeLineage.from_id == code_id, CodeLineage.how == "merge")
        .order_by(CodeLineage.at.desc())
        .limit(1)
    ).scalar_one_or_none()
    known = merge_kept_list(session, code_id=code_id)
    moved = [uuid.UUID(key) for key in row.moved] if row else []
    if not known and row is not None:
        parts = select(CodeLineage.from_id).where(
            CodeLineage.to_id == code_id, CodeLineage.how == "merge", CodeLineage.at <= row.at
        )
        moved += session.execute(parts.order_by(CodeLineage.from_id)).scalars()
    session.execute(
        update(Code)
        .where(Code.id.in_(moved), Code.parent_id == into_id, Code.state == "live")
        .values(parent_id=code_id)
    )
    session.execute(
        update(Code).where(Code.id.in_(moved), Code.merged_into_id == into_id).values(merged_into_id=code_id)
    )
    code.state, code.merged_into_id, code.parent_id, code.version = "live", None, place, code.version + 1
    if row is not None:
        row.how, row.by, row.at, row.moved = "unmerge", actor.account_id, now, []
    record(
        session, actor=actor, action="code.unmerged", kind=ThingKind.code, object_id=code_id, process_id=process_id, out_of=str(into_id)
    )  # fmt: skip  # one row of values reads better so
    session.flush()
    return known


def split_code(
    session: Session, *, process_id: uuid.UUID, code_id: uuid.UUID, names: Sequence[str], actor: Actor, now: datetime
) -> list[uuid.UUID]:
    """Make several codes of one; what it holds stays with it until each piece is given to one of them. Raises Invalid."""
    hold(session, process_id)
    code = live_code(session, process_id=process_id, code_id=code_id)
    wanted = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    if len(wanted) < 2:
        raise Invalid(
            "Per dividere un codice servono almeno due nomi.", {"names": "Scrivi un nome per riga, almeno due."}
        )
    code.state, code.version = "split", code.version + 1
    session.flush()
    keys = [
        make_code(
            session, process_id=process_id, actor=actor, now=now,
            fields=CodeFields(name=name, parent_id=code.parent_id, strategy_id=code.strategy_id, colour=code.colour),
        )
        for name in wanted
    ]  # fmt: skip  # one row of values reads better so
    session.execute(update(Code).where(Code.parent_id == code_id).values(parent_id=code.parent_id))
    _came_from(session, code_id, keys, "split", actor, now)
    record(
        session,
        actor=actor,
        action="code.split",
        kind=ThingKind.code,
        object_id=code_id,
        process_id=process_id,
        into=len(keys),
    )
    session.flush()
    return keys


def live_code(session: Session, *, process_id: uuid.UUID, code_id: uuid.UUID) -> Code:
    """A code in use. Raises NotFound, Conflict for one that was merged or split."""
    code = session.execute(
        select(Code).where(Code.id == code_id, Code.process_id == process_id).execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if code is None:
        raise NotFound("Questo codice non c’è.")
    if code.state != "live":
        raise Conflict(
            "Questo codice è stato unito o diviso da qualcun altro.",
            link_endpoint="evidence.code",
            link_values={"slug": slug_of(session, process_id=process_id), "code_id": str(code_id)},
        )
    return code


def _came_from(
    session: Session,
    code_id: uuid.UUID,
    keys: Sequence[uuid.UUID],
    how: str,
    actor: Actor,
    now: datetime,
    moved: Sequence[uuid.UUID] = (),
) -> None:
    """Write the lineage; merged again after it was taken out, a code has one row with the other, of the latest act."""
    listed = [str(key) for key in moved]
    for key in keys:
        values = {"how": how, "by": actor.account_id, "at": now, "moved": listed}
        session.execute(
            insert(CodeLineage)
            .values(from_id=code_id, to_id=key, **values)
            .on_conflict_do_update(index_elements=["from_id", "to_id"], set_=values)
        )


def _below(session: Session, code_id: uuid.UUID) -> list[uuid.UUID]:
    """All codes under this one."""
    tree = select(Code.id).where(Code.parent_id == code_id).cte("below", recursive=True)
    tree = tree.union(select(Code.id).join(tree, Code.parent_id == tree.c.id))
    return list(session.execute(select(tree.c.id)).scalars())


def _check(session: Session, process_id: uuid.UUID, fields: CodeFields, *, own: uuid.UUID | None) -> None:
    name = fields.name.strip()
    if not name or len(name) > NAME_LENGTH:
        raise Invalid("Un codice ha bisogno di un nome.", {"name": "Scrivi un nome, al massimo 200 caratteri."})
    if fields.colour and not (
        len(fields.colour) == 7
        and fields.colour[0] == "#"
        and set(fields.colour[1:].lower()) <= set("0123456789abcdef")
    ):
        raise Invalid("Il colore non è scritto bene.", {"colour": "Scrivi un colore come #0066CC."})
    if fields.parent_id is not None:
        if fields.parent_id == own or (own is not None and fields.parent_id in _below(session, own)):
            raise Invalid("Un codice non può stare sotto sé stesso.", {"parent_id": "Scegli un altro posto."})
        parent = session.execute(
            select(Code.state).where(Code.id == fields.parent_id, Code.process_id == process_id)
        ).scalar_one_or_none()
        if parent != "live":
            raise Invalid("Il codice sotto cui metterlo non c’è più.", {"parent_id": "Scegli un altro posto."})
    twin = session.execute(
        select(Code.id).where(
            Code.process_id == process_id, Code.state == "live", func.lower(Code.name) == name.lower(),
            Code.parent_id.is_not_distinct_from(fields.parent_id), Code.id != (own or uuid.UUID(int=0)),
        )
    ).first()  # fmt: skip  # one row of conditions reads better so
    if twin is not None:
        raise Invalid("In questo posto c’è già un codice con questo nome.", {"name": "Scegli un altro nome."})
    if fields.strategy_id is not None:
        known = session.execute(
            select(Strategy.id)
            .join(Process, Process.frame_id == Strategy.frame_id)
            .where(Strategy.id == fields.strategy_id, Process.id == process_id)
        ).scalar_one_or_none()
        if known is None:
            raise Invalid("Questa strategia non è del processo.", {"strategy_id": "Scegli una strategia dell’elenco."})
