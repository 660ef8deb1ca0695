"""What each step of a merge makes of what it is handed, and how that is written down: the same whether one process does all of them
with everything in memory or many workers do one each.

Nothing here reads sources or knows where what it is handed was kept in between.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from consult.analytics.types import FrameTarget, Parameters, PreparedSource, Quote, SourceText, Span
from consult.core.bulk import Json, packed_lines
from consult.evidence.models import Run, Theme
from consult.evidence.rules import words_hash
from consult.evidence.services import mapping
from consult.process.models import Process

if TYPE_CHECKING:
    from consult.analytics.duplicates import Heads
    from consult.analytics.embedding import Embedder
    from consult.analytics.finding import Found
    from consult.analytics.finding import Unnamed as ThemesUnnamed
    from consult.analytics.linking import Part
    from consult.analytics.survey import Survey
    from consult.analytics.types import KnownTheme, Member, StrategyLinks, Suggestion

LINK_COLUMNS = ("source_id", "rank", "strategy_id", "score", "confidence", "reasons")
MEMBER_COLUMNS = ("theme_id", "source_id", "share", "margin", "spans", "origin")
#: Sources by key with the revision that was read.
Stored = Mapping[str, tuple[PreparedSource, int]]
#: Sources of a part in order: key, content hash, whether it says something, revision.
Listed = Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Setting:
    """What all steps of a run rest on beside its sources."""

    run: Run
    targets: list[FrameTarget]
    strategy_ids: dict[str, uuid.UUID]
    parameters: Parameters
    embedder: Embedder


@dataclass(frozen=True, slots=True)
class Linked:
    """What is stored at the end of a part that was read by itself."""

    told: list[Any]
    rows: bytes


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Themes found among all sources, without labels yet; keys of the themes, and what is told of the whole but for what changed."""

    themes: ThemesUnnamed
    given: dict[str, Any]
    ids: dict[str, str]

    @property
    def found(self) -> Found:
        """The themes as far as they are known."""
        return self.themes.found


@dataclass(frozen=True, slots=True)
class Themed:
    """Themes found among all sources: how many sources and usable ones there were, what changed, with what method."""

    found: Found
    given: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Branch:
    """The themes of one strategy told: what is stored of them, their keys, and the rows of their members."""

    told: list[Any]
    ids: Mapping[str, str]
    rows: bytes

    def labelled(self, labels: Mapping[str, str]) -> Branch:
        """The same with the labels of its themes, by key."""
        return replace(self, told=[{**theme, "label": labels[theme["key"]]} for theme in self.told])


@contextmanager
def steadily() -> Iterator[None]:
    """One thread for each sum of floats, so that they add up the same way on every run, and no search for cycles among millions of rows."""
    from threadpoolctl import threadpool_limits  # noqa: PLC0415  # Only workers need it.

    from consult.analytics.pipeline import without_collections  # noqa: PLC0415  # The web must not load the analytics.

    with threadpool_limits(limits=1), without_collections():
        yield


def setting_of(session: Session, run: Run, embedder: Embedder) -> Setting:
    """The frame and the parameters of a run."""
    process = session.execute(select(Process).where(Process.id == run.process_id)).scalar_one()
    targets, strategy_ids = mapping.frame_targets(session, frame_id=process.frame_id, process_id=run.process_id)
    return Setting(run, targets, strategy_ids, mapping.parameters_from(run.parameters), embedder)


def look(setting: Setting, stored: Stored, heads: Heads) -> Survey:
    """A look at all sources, of which copies were found before."""
    from consult.analytics import survey  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    with steadily():
        items = [item for item, _ in stored.values()]
        return survey.look(items, setting.targets, setting.parameters, setting.embedder, heads=heads)


def cut(stored: Stored, size: int | None) -> list[tuple[Listed, int]]:
    """Sources cut into parts, each with how many usable ones stand before it."""
    from consult.analytics import linking  # noqa: PLC0415  # The web shares this room and must not load the analytics.
    from consult.analytics.segments import says_something  # noqa: PLC0415  # See above.

    parts = linking.parts_of([item for item, _ in stored.values()], size or linking.PART_SOURCES)
    listed = [[[i.source.id, i.digest, says_something(i), stored[i.source.id][1]] for i in part] for part in parts]
    return list(zip(listed, linking.starts_of(parts), strict=True))


def link(setting: Setting, listed: Listed, start: int, stored: Stored, seen: Survey) -> tuple[Part, Linked]:
    """Read one part by itself: suggestions with reasons, and under which strategy each sentence goes."""
    from consult.analytics import linking  # noqa: PLC0415  # The web shares this room and must not load the analytics.
    from consult.analytics.segments import says_something  # noqa: PLC0415  # See above.

    items, gone = in_order(listed, stored, setting.embedder)
    with steadily():
        read = linking.read_part(items, seen, setting.targets, setting.parameters, setting.embedder, start=start)
        homes = read.homes
        if gone:
            homes = homes.copy()
            usable = filter(says_something, items)
            homes[[place for place, item in enumerate(usable) if item.source.id in gone]] = linking.LEFT_OUT
        fit = {row.source_id: (row.fits, row.none_confidence) for row in read.links}
        # An empty answer gets no links: nothing fits it.
        told = [
            [item.source.id, stored[item.source.id][1], *fit.get(item.source.id, (False, 1.0)), item.kind, item.marks]
            for item in items
            if item.source.id not in gone
        ]
        links = [row for row in read.links if row.source_id not in gone]
        rows = packed_lines(link_lines(links, setting.strategy_ids))
    return replace(read, homes=homes, links=()), Linked(told, rows)


@dataclass(frozen=True, slots=True)
class Known:
    """Themes of earlier runs, and the keys of all there are."""

    themes: Sequence[KnownTheme]
    ids: Mapping[str, uuid.UUID]


def known_before(session: Session, setting: Setting, listed: Listed, stored: Stored) -> Known:
    """What themes must be found beside: read before they are looked for, so that the database has its hands free meanwhile."""
    process_id = setting.run.process_id
    codes = {key: code for code, key in setting.strategy_ids.items()}
    live = {key for key, digest, _, _ in listed if key in stored and stored[key][0].digest == digest}
    rows = session.execute(select(Theme.key, Theme.id).where(Theme.process_id == process_id))
    return Known(
        mapping.known_themes(session, process_id=process_id, codes=codes, live=live), {row.key: row.id for row in rows}
    )


def find(
    setting: Setting, listed: Listed, stored: Stored, parts: Sequence[Part], seen: Survey, before: Known
) -> Unnamed:
    """Find the themes among all sources together. Which sources must be there sentence by sentence says `to_be_split`."""
    from consult.analytics import finding, linking, pipeline  # noqa: PLC0415  # The web must not load the analytics.

    usable = [key for key, _, says, _ in listed if says]
    items, gone = in_order(listed, stored, setting.embedder)
    homes, _, _ = linking.joined(parts)
    homes[[place for place, key in enumerate(usable) if key in gone]] = linking.LEFT_OUT
    targets, parameters, known = setting.targets, setting.parameters, before.themes
    with steadily():
        unnamed = finding.find(items, seen, parts, targets, known, parameters, homes=homes)
    given = {
        "method": pipeline.method_of(seen, targets, known, parameters, setting.embedder),
        "sources": len(listed),
        "usable": len(usable),
    }
    ids = {t.key: str(before.ids.get(t.key) or uuid.uuid4()) for t in unnamed.found.themes}
    return Unnamed(unnamed, given, ids)


def name(setting: Setting, unnamed: Unnamed, before: Known) -> Themed:
    """Give the themes their labels, and say what changed since the last run."""
    from consult.analytics import pipeline  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    with steadily():
        found = unnamed.themes.named(setting.embedder)
    sizes = [(theme.key, theme.label, len({name for name, _ in theme.said})) for theme in found.themes]
    changes = [asdict(change) for change in pipeline.changes_between(before.themes, sizes)]
    return Themed(found, {"changes": changes, **unnamed.given})


def to_be_split(setting: Setting, listed: Listed, parts: Sequence[Part]) -> list[str]:
    """The sources of which a sentence goes elsewhere than the rest; without a frame that may be any."""
    from consult.analytics import linking  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    usable = [key for key, _, says, _ in listed if says]
    _, away, _ = linking.joined(parts)
    return list(dict.fromkeys(usable[place] for place, *_ in away) if setting.targets else dict.fromkeys(usable))


def names_in(found: Found) -> list[str]:
    """The sources that speak of some themes."""
    return sorted({name for theme in found.themes for name, _ in theme.said})


def tell(
    setting: Setting, found: Found, places: Sequence[int], stored: Stored, seen: Survey, ids: Mapping[str, str]
) -> Branch:
    """Tell the themes of one strategy: members, quotes, definition, where voices differ. Who is not in `stored` is left out."""
    from consult.analytics import assembly  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    items = [stored[name][0] for name in names_in(found) if name in stored]
    with steadily():
        told = assembly.tell(
            items, {item.source.id: seen.argument_of(item) for item in items}, seen.centre, found.themes, places,
            found.centres, setting.parameters,
        )  # fmt: skip  # one row of values reads better so

    def place(quote: Quote) -> list[Any]:
        return [
            quote.source_id,
            stored[quote.source_id][1],
            quote.start,
            quote.end,
            words_hash(quote.text),
            quote.minority,
        ]

    kept = [
        {
            "key": row.theme.key, "code": row.theme.strategy_code, "label": row.theme.label, "keywords": row.theme.keywords,
            "definition": place(row.definition) if row.definition else None, "coverage": row.theme.coverage,
            "concentrated": row.theme.concentrated, "quotes": [place(quote) for quote in row.theme.quotes],
            "tested": {"tests": [asdict(t) for t in row.tested], "heard": row.heard.sources, "until": row.heard.until},
        }
        for row in told
    ]  # fmt: skip  # one row of values reads better so
    keys = {key: uuid.UUID(theme_id) for key, theme_id in ids.items()}
    return Branch(kept, ids, packed_lines(member_lines({row.theme.key: row.theme.members for row in told}, keys)))


def in_order(listed: Listed, stored: Stored, embedder: Embedder) -> tuple[list[PreparedSource], set[str]]:
    """Sources in the order they were looked at, and which of them changed or were withdrawn since: an empty row keeps their place."""
    items: list[PreparedSource] = []
    gone: set[str] = set()
    for key, digest, says, _ in listed:
        found = stored.get(key)
        if found is not None and found[0].digest == digest:
            items.append(found[0])
            continue
        gone.add(key)
        items.append(
            PreparedSource(
                source=SourceText(key, ""), digest=digest, language="", sentences=(Span(0, 0),) if says else (),
                marks=() if says else ("empty",), kind=None, signature=b"", vectors=bytes(2 * embedder.dimensions),
                dimensions=embedder.dimensions, model=embedder.name,
            )
        )  # fmt: skip  # one row of values reads better so
    return items, gone


def link_rows(found: Sequence[StrategyLinks], strategy_ids: Mapping[str, uuid.UUID]) -> Iterator[tuple[Any, ...]]:
    """Rows of suggestions, up to three a source. The words of a reason are the source's own: only where they stand is kept."""
    for item in found:
        for rank, suggestion in enumerate(item.suggestions[:3], start=1):
            yield (
                item.source_id, rank, strategy_ids[suggestion.code], suggestion.score, suggestion.confidence, Json(_reasons(suggestion)),
            )  # fmt: skip  # one row of values reads better so


def link_lines(found: Sequence[StrategyLinks], strategy_ids: Mapping[str, uuid.UUID]) -> Iterator[str]:
    """The same rows written out as COPY takes them."""
    key_of = {code: str(key) for code, key in strategy_ids.items()}
    for item in found:
        for rank, told in enumerate(item.suggestions[:3], start=1):
            # Keys, numbers and names of kinds: nothing in them is ever escaped.
            yield f"{item.source_id}\t{rank}\t{key_of[told.code]}\t{told.score}\t{told.confidence}\t{_reasons(told)}\n"


def _reasons(suggestion: Suggestion) -> str:
    told = [f'{{"kind": "{r.kind}", "start": {r.start}, "end": {r.end}}}' for r in suggestion.reasons]
    return f"[{', '.join(told)}]"


def member_rows(found: Mapping[str, Sequence[Member]], ids: Mapping[str, uuid.UUID]) -> Iterator[tuple[Any, ...]]:
    """Rows of sources under themes; `ids` are the themes' by key."""
    for key, members in found.items():
        for member in members if key in ids else ():
            yield ids[key], member.source_id, member.share, member.margin, Json(_spans(member)), "machine"


def member_lines(found: Mapping[str, Sequence[Member]], ids: Mapping[str, uuid.UUID]) -> Iterator[str]:
    """The same rows written out as COPY takes them."""
    for key, members in found.items():
        theme = str(ids.get(key, ""))
        for member in members if theme else ():
            yield f"{theme}\t{member.source_id}\t{member.share}\t{member.margin}\t{_spans(member)}\tmachine\n"


def _spans(member: Member) -> str:
    return f"[{', '.join([f'[{span.start}, {span.end}]' for span in member.spans])}]"
