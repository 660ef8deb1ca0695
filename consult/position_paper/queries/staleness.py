"""What changed in the sources of a finding since they were cited: their words then and now, or that they went, and what else."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from consult.audit.models import AuditEvent
from consult.core.wordings import changes
from consult.evidence import queries as evidence
from consult.listening.sources.models import SourceRevision
from consult.listening.sources.rules import may_quote
from consult.listening.sources.types import SourceCard
from consult.position_paper.models import FindingSource
from consult.position_paper.types import CitedSource


@dataclass(frozen=True, slots=True)
class ChangedSource:
    """A source that is no longer as it was cited.

    `how` is withdrawn, hidden, redacted, corrected, silent (its words may not be quoted any more), described (its words are the same) or
    recoded (it is the same, and people gave it other codes). `before` and `after` hold the two texts word by word, only where both may be
    read; `reason` and `facts` are codes. `given` and `taken` name the codes that people gave it or took off since.
    """

    source_id: uuid.UUID
    how: str
    before: tuple[tuple[str, str], ...] = ()
    after: tuple[tuple[str, str], ...] = ()
    reason: str = ""
    facts: tuple[str, ...] = ()
    given: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()


def changed_sources(
    session: Session, *, stale: Sequence[CitedSource], cards: Mapping[uuid.UUID, SourceCard]
) -> list[ChangedSource]:
    """What became of each of some sources since the revision it was cited at, in their order. Two statements, five where any was recoded."""
    keys = [s.source_id for s in stale]
    kept: dict[uuid.UUID, list[SourceRevision]] = {key: [] for key in keys}
    history = select(SourceRevision).where(SourceRevision.source_id.in_(keys))
    for row in session.execute(history.order_by(SourceRevision.source_id, SourceRevision.revision)).scalars():
        kept[row.source_id].append(row)
    facts = _facts(session, keys)
    found = []
    for cited in stale:
        later = [row for row in kept[cited.source_id] if row.revision >= cited.pinned]
        reason = later[-1].reason_code if later else ""
        named = {
            name for revision, names in facts.get(cited.source_id, ()) if revision > cited.pinned for name in names
        }
        card = cards.get(cited.source_id)
        if card is None or not cited.live:
            found.append(ChangedSource(cited.source_id, cited.state, reason=reason))
        elif cited.revision == cited.pinned:
            found.append(ChangedSource(cited.source_id, "recoded"))
        elif not may_quote(card):
            found.append(ChangedSource(cited.source_id, "silent", facts=tuple(sorted(named))))
        elif later and later[0].text is None:
            found.append(ChangedSource(cited.source_id, "redacted", after=(("same", card.text),), reason=reason))
        elif later and later[0].text != card.text:
            pieces = changes(later[0].text or "", card.text)
            found.append(
                ChangedSource(
                    cited.source_id,
                    "corrected",
                    tuple(p for p in pieces if p[0] != "added"),
                    tuple(p for p in pieces if p[0] != "gone"),
                    reason,
                )
            )
        else:
            found.append(ChangedSource(cited.source_id, "described", facts=tuple(sorted(named))))
    moved = _codes(session, [s for s in stale if s.recoded])
    return [
        replace(c, given=moved[c.source_id][0], taken=moved[c.source_id][1]) if c.source_id in moved else c
        for c in found
    ]


def _codes(
    session: Session, recoded: Sequence[CitedSource]
) -> dict[uuid.UUID, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Names of the codes that each source was given, and of those taken off it, since it was cited. Nothing is read where none was."""
    if not recoded:
        return {}
    keys = [(FindingSource.finding_id == s.finding_id) & (FindingSource.source_id == s.source_id) for s in recoded]
    pinned = session.execute(select(FindingSource.source_id, FindingSource.codes).where(or_(*keys)))
    then = {row.source_id: set(row.codes) for row in pinned}
    now = {key: set(codes) for key, codes in evidence.codes_of(session, source_ids=list(then)).items()}
    named = {key for codes in (*then.values(), *now.values()) for key in codes}
    names = evidence.code_names(session, code_ids=[uuid.UUID(key) for key in named])

    def words(codes: set[str]) -> tuple[str, ...]:
        return tuple(sorted(names[key] for key in codes if key in names))

    return {
        key: (words(now.get(key, set()) - codes), words(codes - now.get(key, set()))) for key, codes in then.items()
    }


def _facts(session: Session, keys: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[tuple[int, list[str]]]]:
    """Which facts beside the text were changed at which revision, as the audit keeps them: names, never values."""
    statement = (
        select(AuditEvent.object_id, AuditEvent.meta)
        .where(
            AuditEvent.object_kind == "source",
            AuditEvent.object_id.in_([str(key) for key in keys]),
            AuditEvent.action == "source.described",
        )
        .order_by(AuditEvent.id)
    )
    found: dict[uuid.UUID, list[tuple[int, list[str]]]] = {}
    for key, meta in session.execute(statement):
        found.setdefault(uuid.UUID(key), []).append((int(meta.get("revision", 0)), list(meta.get("changed", ()))))
    return found
