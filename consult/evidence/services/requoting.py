"""Themes that lost quotes, or never had enough, get theirs anew at a refresh from the sources that speak of them now.

A quote falls away when its source is withdrawn, corrected, or taken out of the theme by somebody. The others are chosen anew with it, as a
full run would: quotes are chosen to stand for the theme together.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from consult.analytics.types import Parameters, Quote, Span, ThemeModel
from consult.core.bulk import copy_rows
from consult.evidence.models import (
    Assignment,
    SourceReading,
    SourceVector,
    Theme,
    ThemeDecision,
    ThemeQuote,
)
from consult.evidence.queries.counting import ROOT
from consult.evidence.rules import words_hash
from consult.evidence.services import mapping
from consult.evidence.services.storing import QUOTE_COLUMNS
from consult.evidence.types import Place
from consult.listening.sources.models import Source

if TYPE_CHECKING:
    from consult.analytics.quoting import Quotable
    from consult.analytics.refresh import Retold

#: Sources of a theme that are read to tell it, in order of their content: a full run looks at no more sentences than these have, and tests
#: no more voices than all but the last of them (`divergences.MOST_SOURCES`).
MOST_READ = 1201


@dataclass(frozen=True, slots=True)
class _Member:
    """A source under a theme: the sentences of it that are, and the group of copies it is in."""

    spans: tuple[Span, ...]
    argument: str


def requote(
    session: Session,
    *,
    process_id: uuid.UUID,
    model: ThemeModel,
    parameters: Parameters,
    lost: Set[uuid.UUID],
    fresh: Sequence[uuid.UUID],
) -> int:
    """Choose quotes and the defining sentence of each theme that lacks some anew. Returns how many themes there were.

    `lost`: themes from which a quote was taken in this refresh; `fresh`: sources that were read in it. A theme of few voices, which
    has fewer quotes than it has sources for good, is looked at again only where one of these touches it.
    """
    lacking = _lacking(session, process_id, parameters.quotes_per_theme, lost, fresh)
    for theme in lacking:
        read, revisions, _ = read_again(session, theme=theme, model=model, parameters=parameters)
        _store(session, theme, read.quotes(), revisions)
    return len(lacking)


def read_again(
    session: Session, *, theme: Theme, model: ThemeModel, parameters: Parameters, most: int = MOST_READ
) -> tuple[Retold, dict[str, int], bool]:
    """A theme read from the sources that speak of it now, their revisions, and whether there may be more than `most` of them."""
    from consult.analytics.refresh import told_anew  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    members, more = _members(session, theme.id, model.model, most)
    read = mapping.read_back(session, ids=[uuid.UUID(key) for key in members], model=model.model, whole=True)
    arguments = {key: members[key].argument for key in read}
    said = {key: members[key].spans for key in read}
    prepared = [item for item, _ in read.values()]
    told = told_anew(prepared, arguments, said, theme.key, theme.keywords, model, parameters)
    return told, {key: revision for key, (_, revision) in read.items()}, more


def _lacking(
    session: Session, process_id: uuid.UUID, wanted: int, lost: Set[uuid.UUID], fresh: Sequence[uuid.UUID]
) -> list[Theme]:
    """Themes that are shown and have words of a source that is no longer theirs, no quote at all, or fewer than they might have now."""
    root = aliased(ThemeDecision)
    shown = (
        select(Theme)
        .outerjoin(root, root.theme_id == Theme.id)
        .where(
            Theme.process_id == process_id, Theme.present, or_(root.theme_id.is_(None), root.merged_into_id.is_(None))
        )
        .order_by(Theme.key)
    )
    themes = list(session.execute(shown).scalars())
    members = _under(process_id).subquery()
    counted = select(members.c.root, func.count(members.c.source_id.distinct())).group_by(members.c.root)
    sizes: dict[uuid.UUID, int] = {row[0]: row[1] for row in session.execute(counted)}
    quoted: dict[uuid.UUID, set[str]] = defaultdict(set)
    words = [(theme.id, uuid.UUID(place["source_id"])) for theme in themes for place in theme.definition_quotes]
    rows = session.execute(
        select(ThemeQuote.theme_id, ThemeQuote.source_id).where(ThemeQuote.theme_id.in_([t.id for t in themes]))
    )
    for theme_id, source_id in rows:
        quoted[theme_id].add(str(source_id))
        words.append((theme_id, source_id))
    named = {source_id for _, source_id in words}
    kept = select(members.c.root, members.c.source_id).where(members.c.source_id.in_(named))
    theirs = {(row[0], row[1]) for row in session.execute(kept)}
    astray = {theme_id for theme_id, source_id in words if (theme_id, source_id) not in theirs}
    touched = lost | set(
        session.execute(select(members.c.root).where(members.c.source_id.in_(fresh)).distinct()).scalars()
    )
    return [
        theme
        for theme in themes
        if theme.id in astray
        or (
            len(quoted[theme.id]) < min(wanted, sizes.get(theme.id, 0))
            and (theme.id in touched or not quoted[theme.id])
        )
    ]


def _under(process_id: uuid.UUID) -> Select[Any, Any]:
    """Live sources under themes, those of merged ones under the theme they became part of."""
    return (
        select(ROOT.label("root"), Assignment.source_id)
        .select_from(Assignment)
        .join(Theme, Theme.id == Assignment.theme_id)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .join(Source, Source.id == Assignment.source_id)
        .where(Theme.process_id == process_id, Source.state == "live")
    )


def _members(session: Session, theme_id: uuid.UUID, model: str, most: int) -> tuple[dict[str, _Member], bool]:
    """The sources of a theme that are read, by key, and whether there may be more."""
    rows = session.execute(
        select(Assignment.source_id, Assignment.spans, SourceReading.duplicate_key, SourceVector.digest)
        .select_from(Assignment)
        .join(Theme, Theme.id == Assignment.theme_id)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .join(SourceVector, (SourceVector.source_id == Assignment.source_id) & (SourceVector.model == model))
        .outerjoin(SourceReading, SourceReading.source_id == Assignment.source_id)
        .where(ROOT.in_([theme_id]))
        .order_by(SourceVector.digest, Assignment.source_id, Theme.key)
        .limit(most)
    ).all()
    found: dict[str, _Member] = {}
    for source_id, spans, group, digest in rows:
        earlier = found.get(str(source_id))
        own = tuple(Span(start, end) for start, end in spans)
        # A source that stands here as a whole stays whole, whatever else of it was merged in.
        whole = earlier is not None and not (own and earlier.spans)
        both = () if whole else (*(earlier.spans if earlier else ()), *own)
        found[str(source_id)] = _Member(both, group or digest)
    return found, len(rows) == most


def _store(session: Session, theme: Theme, found: Quotable, revisions: dict[str, int]) -> None:
    """Replace a theme's quotes and defining sentence: by offsets, never by words."""

    def place(quote: Quote) -> Place:
        return Place(quote.source_id, quote.start, quote.end, words_hash(quote.text), revisions[quote.source_id])

    session.execute(delete(ThemeQuote).where(ThemeQuote.theme_id == theme.id))
    rows = []
    for position, quote in enumerate(found.chosen):
        at = place(quote)
        rows.append(
            (
                uuid.uuid4(),
                theme.id,
                position,
                uuid.UUID(at.source_id),
                at.revision,
                at.start,
                at.end,
                at.sha256,
                quote.minority,
            )
        )
    copy_rows(session, ThemeQuote, QUOTE_COLUMNS, rows)
    session.execute(
        update(Theme)
        .where(Theme.id == theme.id)
        .values(
            coverage=found.coverage,
            definition="«⟦0⟧»" if found.definition else "",
            definition_quotes=[place(found.definition).as_json()] if found.definition else [],
        )
    )
