"""Acts of coding. Each person's codings are their own; every act is appended to the record, and the last one can be undone."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from consult.core.errors import Conflict, Invalid, NotFound
from consult.core.permissions import Actor
from consult.evidence.models import Code, Coding, CodingAction, SuggestionDecision, Theme, ThemeDecision
from consult.evidence.rules import trimmed, words_hash
from consult.evidence.services.codebook import CodeFields, live_code, make_code
from consult.evidence.services.finishing import note_progress
from consult.framework.models import Strategy
from consult.listening.sources.models import Source
from consult.process.models import Process
from consult.process.queries import slug_of


def _source(session: Session, process_id: uuid.UUID, source_id: uuid.UUID) -> Source:
    source = session.execute(
        select(Source).where(Source.id == source_id, Source.process_id == process_id).with_for_update(key_share=True, read=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()  # fmt: skip  # one chain reads better so
    if source is None or source.state != "live":
        raise NotFound("Questo passaggio non c’è, o è stato ritirato.")
    return source


def apply_code(
    session: Session,
    *,
    process_id: uuid.UUID,
    source_id: uuid.UUID,
    code_id: uuid.UUID,
    actor: Actor,
    now: datetime,
    revision: int | None = None,
    span: tuple[int, int] | None = None,
    memo: str = "",
) -> uuid.UUID:
    """Put a piece of a source (None: all of it) under a code; returns the coding. Doing it twice does it once.

    An interview whose last passage this codes is then coded.

    Raises Conflict where the text was changed since `revision`, Invalid for a span outside it.
    """
    source = _source(session, process_id, source_id)
    code = live_code(session, process_id=process_id, code_id=code_id)
    if not code.codable:
        raise Invalid("Questo codice è solo un titolo: raggruppa altri codici.", {"code": "Scegli un altro codice."})
    if revision is not None and revision != source.revision:
        raise Conflict(
            "Il testo di questo passaggio è cambiato mentre lo leggevi: scegli di nuovo le parole.",
            link_endpoint="evidence.coding_source",
            link_values={"slug": slug_of(session, process_id=process_id), "source_id": str(source_id)},
            current_version=source.revision,
        )
    place = trimmed(source.text, *(span or (0, len(source.text))))
    if place is None:
        raise Invalid("Le parole scelte non stanno in questo passaggio.", {"span_start": "Scegli di nuovo le parole."})
    values = {
        "id": uuid.uuid4(), "process_id": process_id, "source_id": source_id, "code_id": code_id, "coder_id": actor.account_id,
        "span_start": place[0], "span_end": place[1], "revision": source.revision, "coded_at": now, "live": True, "memo": memo,
        "sha256": words_hash(source.text[place[0] : place[1]]),
    }  # fmt: skip  # one row of values reads better so
    statement = insert(Coding).values(values)
    again = {
        "live": True,
        "revision": source.revision,
        "sha256": values["sha256"],
        "coded_at": now,
        "version": Coding.version + 1,
    }
    if memo:
        again["memo"] = memo
    changed = session.execute(
        statement.on_conflict_do_update(
            constraint="uq_coding_once", set_=again, where=Coding.live.is_(False)
        ).returning(Coding.id)
    ).scalar_one_or_none()
    if changed is None:
        return session.execute(
            select(Coding.id).where(
                Coding.source_id == source_id, Coding.span_start == place[0], Coding.span_end == place[1], Coding.code_id == code_id,
                Coding.coder_id.is_not_distinct_from(actor.account_id),
            )
        ).scalar_one()  # fmt: skip  # one row of conditions reads better so
    _act(session, changed, "added", actor, now)
    note_progress(session, process_id=process_id, source_id=source_id, actor=actor, now=now)
    return changed


def apply_many(
    session: Session,
    *,
    process_id: uuid.UUID,
    pieces: Sequence[tuple[uuid.UUID, uuid.UUID, int, int, str]],
    actor: Actor,
    now: datetime,
) -> list[uuid.UUID]:
    """Put many pieces (source, code, first character, after the last, note) under codes in a few statements; returns what is new.

    For files: sources that are not live and spans without words are left out, codes are the caller's to have looked up.
    """
    wanted = sorted({row[0] for row in pieces})
    sources = {
        row.id: row
        for row in session.execute(
            select(Source.id, Source.text, Source.revision)
            .where(Source.id.in_(wanted), Source.process_id == process_id, Source.state == "live")
            .order_by(Source.id)
            .with_for_update(key_share=True, read=True)
        )
    }
    values: dict[tuple[uuid.UUID, uuid.UUID, int, int], dict[str, Any]] = {}
    for source_id, code_id, start, end, memo in pieces:
        source = sources.get(source_id)
        place = trimmed(source.text, start, end) if source is not None else None
        if source is None or place is None:
            continue
        values[source_id, code_id, *place] = {
            "id": uuid.uuid4(), "process_id": process_id, "source_id": source_id, "code_id": code_id, "coder_id": actor.account_id,
            "span_start": place[0], "span_end": place[1], "revision": source.revision, "coded_at": now, "live": True, "memo": memo,
            "sha256": words_hash(source.text[place[0] : place[1]]),
        }  # fmt: skip  # one row of values reads better so
    made: list[uuid.UUID] = []
    rows = list(values.values())
    for begin in range(0, len(rows), 500):
        statement = insert(Coding).values(rows[begin : begin + 500])
        given = statement.excluded
        again = {
            "live": True, "revision": given.revision, "sha256": given.sha256, "coded_at": now, "memo": given.memo,
            "version": Coding.version + 1,
        }  # fmt: skip  # one row of values reads better so
        statement = statement.on_conflict_do_update(
            constraint="uq_coding_once", set_=again, where=Coding.live.is_(False)
        )
        made += session.execute(statement.returning(Coding.id)).scalars()
    _act_on_all(session, made, "added", actor, now)
    return made


def remove_many(
    session: Session, *, process_id: uuid.UUID, coding_ids: Sequence[uuid.UUID], actor: Actor, now: datetime
) -> int:
    """Take off what a file had brought, as far as it still stands; returns how many pieces."""
    gone = list(
        session.execute(
            update(Coding)
            .where(Coding.id.in_(coding_ids), Coding.process_id == process_id, Coding.live)
            .values(live=False, version=Coding.version + 1)
            .returning(Coding.id)
            .execution_options(synchronize_session=False)
        ).scalars()
    )
    _act_on_all(session, gone, "removed", actor, now)
    return len(gone)


def _act_on_all(session: Session, coding_ids: Sequence[uuid.UUID], kind: str, actor: Actor, now: datetime) -> None:
    if coding_ids:
        acts = [{"coding_id": key, "kind": kind, "by": actor.account_id, "at": now} for key in coding_ids]
        session.execute(insert(CodingAction), acts)


def remove_code(
    session: Session, *, process_id: uuid.UUID, coding_id: uuid.UUID, actor: Actor, now: datetime
) -> Coding:
    """Take one's own coding off. Raises NotFound for another person's: theirs to take off."""
    coding = _own(session, process_id, coding_id, actor)
    if coding.live:
        coding.live, coding.version = False, coding.version + 1
        _act(session, coding_id, "removed", actor, now)
        note_progress(session, process_id=process_id, source_id=coding.source_id, actor=actor, now=now)
    return coding


def recode(
    session: Session, *, process_id: uuid.UUID, coding_id: uuid.UUID, code_id: uuid.UUID, actor: Actor, now: datetime
) -> None:
    """Give a piece to another code, as its coder coded it: for what a split code still holds."""
    coding = session.execute(
        select(Coding).where(Coding.id == coding_id, Coding.process_id == process_id, Coding.live).with_for_update()
    ).scalar_one_or_none()
    if coding is None:
        raise NotFound("Questa codifica non c’è più.")
    live_code(session, process_id=process_id, code_id=code_id)
    twin = insert(Coding).values(
        id=uuid.uuid4(), process_id=process_id, source_id=coding.source_id, code_id=code_id, coder_id=coding.coder_id,
        span_start=coding.span_start, span_end=coding.span_end, revision=coding.revision, sha256=coding.sha256, memo=coding.memo,
        live=True, coded_at=now,
    )  # fmt: skip  # one row of values reads better so
    made = session.execute(
        twin.on_conflict_do_update(constraint="uq_coding_once", set_={"live": True}).returning(Coding.id)
    ).scalar_one()
    coding.live, coding.version = False, coding.version + 1
    _act(session, coding_id, "removed", actor, now)
    _act(session, made, "added", actor, now)


def write_memo(
    session: Session,
    *,
    process_id: uuid.UUID,
    coding_id: uuid.UUID,
    version: int,
    memo: str,
    actor: Actor,
    now: datetime,
) -> Coding:
    """Write the note of one's own coding. Raises Conflict where it was changed since `version`."""
    coding = _own(session, process_id, coding_id, actor)
    if coding.version != version:
        raise Conflict("Questa nota è stata cambiata in un’altra finestra.", current_version=coding.version)
    before = coding.memo
    coding.memo, coding.version = memo.strip(), coding.version + 1
    _act(session, coding_id, "memo", actor, now, memo_before=before)
    return coding


def undo(session: Session, *, process_id: uuid.UUID, unit_id: uuid.UUID, actor: Actor, now: datetime) -> str | None:
    """Undo the last act of this person in an interview that is not undone yet; returns its kind, None where there is none."""
    undoing = aliased(CodingAction)
    action = session.execute(
        select(CodingAction)
        .join(Coding, Coding.id == CodingAction.coding_id)
        .join(Source, Source.id == Coding.source_id)
        .outerjoin(undoing, undoing.undoes == CodingAction.number)
        .where(
            Coding.process_id == process_id, Source.unit_id == unit_id, CodingAction.undoes.is_(None), undoing.number.is_(None),
            _by(actor),
        )
        .order_by(CodingAction.number.desc())
        .limit(1)
    ).scalar_one_or_none()  # fmt: skip  # one row of conditions reads better so
    if action is None:
        return None
    coding = session.execute(
        select(Coding).where(Coding.id == action.coding_id).with_for_update().execution_options(populate_existing=True)
    ).scalar_one()
    inverse = {"added": "removed", "removed": "added", "memo": "memo"}[action.kind]
    before = coding.memo
    if action.kind == "memo":
        coding.memo = action.memo_before or ""
    else:
        coding.live = action.kind == "removed"
    coding.version += 1
    _act(
        session, coding.id, inverse, actor, now, memo_before=before if inverse == "memo" else None, undoes=action.number
    )
    note_progress(session, process_id=process_id, source_id=coding.source_id, actor=actor, now=now)
    return action.kind


def decide_suggestion(
    session: Session,
    *,
    process_id: uuid.UUID,
    source_id: uuid.UUID,
    kind: str,
    target_id: uuid.UUID,
    verdict: str,
    actor: Actor,
    now: datetime,
) -> uuid.UUID | None:
    """Accept or refuse what the machine suggests for a passage; accepting codes it, with the code of that strategy or theme."""
    if kind not in {"strategy", "theme"} or verdict not in {"accepted", "refused"}:
        raise Invalid("Questa decisione non si può prendere.")
    _source(session, process_id, source_id)
    coding = None
    if verdict == "accepted":
        code_id = (_code_of_strategy if kind == "strategy" else _code_of_theme)(
            session, process_id, target_id, actor, now
        )
        coding = apply_code(session, process_id=process_id, source_id=source_id, code_id=code_id, actor=actor, now=now)
    values = {"verdict": verdict, "decided_by": actor.account_id, "decided_at": now}
    session.execute(
        insert(SuggestionDecision)
        .values(source_id=source_id, kind=kind, target_id=target_id, **values)
        .on_conflict_do_update(index_elements=["source_id", "kind", "target_id"], set_=values)
    )
    return coding


def _code_of_strategy(
    session: Session, process_id: uuid.UUID, target_id: uuid.UUID, actor: Actor, now: datetime
) -> uuid.UUID:
    strategy = session.execute(
        select(Strategy.code, Strategy.title)
        .join(Process, Process.frame_id == Strategy.frame_id)
        .where(Strategy.id == target_id, Process.id == process_id)
    ).one_or_none()
    if strategy is None:
        raise NotFound("Questa strategia non c’è.")
    known = session.execute(
        select(Code.id)
        .where(Code.process_id == process_id, Code.state == "live", Code.codable, Code.strategy_id == target_id)
        .order_by(Code.parent_id.is_not(None), Code.position, Code.id)
        .limit(1)
    ).scalar_one_or_none()
    name = f"{strategy.code} {strategy.title}"[:200]
    return known or _named_or_made(session, process_id, name, target_id, actor, now)


def _code_of_theme(
    session: Session, process_id: uuid.UUID, target_id: uuid.UUID, actor: Actor, now: datetime
) -> uuid.UUID:
    theme = session.execute(
        select(Theme, ThemeDecision)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .where(Theme.id == target_id, Theme.process_id == process_id)
    ).one_or_none()
    if theme is None:
        raise NotFound("Questo tema non c’è.")
    found, decision = theme
    label = (decision.label if decision else None) or found.label
    strategy_id = decision.strategy_id if decision and decision.moved else found.strategy_id
    return _named_or_made(session, process_id, label, strategy_id, actor, now)


def _named_or_made(
    session: Session, process_id: uuid.UUID, name: str, strategy_id: uuid.UUID | None, actor: Actor, now: datetime
) -> uuid.UUID:
    known = session.execute(
        select(Code.id)
        .where(Code.process_id == process_id, Code.state == "live", Code.codable, Code.name == name)
        .limit(1)
    ).scalar_one_or_none()
    fields = CodeFields(name=name, strategy_id=strategy_id)
    return known or make_code(session, process_id=process_id, fields=fields, actor=actor, now=now)


def _own(session: Session, process_id: uuid.UUID, coding_id: uuid.UUID, actor: Actor) -> Coding:
    coding = session.execute(
        select(Coding)
        .where(
            Coding.id == coding_id,
            Coding.process_id == process_id,
            Coding.coder_id.is_not_distinct_from(actor.account_id),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if coding is None:
        raise NotFound("Questa codifica non c’è, o è di un’altra persona.")
    return coding


def _by(actor: Actor) -> ColumnElement[bool]:
    return CodingAction.by.is_not_distinct_from(actor.account_id)


def _act(
    session: Session,
    coding_id: uuid.UUID,
    kind: str,
    actor: Actor,
    now: datetime,
    *,
    memo_before: str | None = None,
    undoes: int | None = None,
) -> None:
    session.flush()
    session.execute(
        insert(CodingAction).values(
            coding_id=coding_id, kind=kind, memo_before=memo_before, undoes=undoes, by=actor.account_id, at=now
        )
    )
