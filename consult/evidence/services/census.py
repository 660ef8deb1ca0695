"""All sources and voices of a process counted at once: of all, of each theme, of themes together, of each zone.

The database hands over who said what as a few bytes a source; counting those takes a tenth of a second for a hundred thousand, while each
question put to the database by itself sorts them all anew. Pages that ask of a few themes go on asking the database (`queries.counting`).
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import ARRAY, SmallInteger, String, Uuid, func, literal, select
from sqlalchemy.orm import Session

from consult.analytics.types import Tally
from consult.core.bulk import binary_rows
from consult.core.vocabulary import Channel
from consult.evidence.models import Assignment, SourceReading, Theme, ThemeDecision
from consult.evidence.queries.counting import HEARD, ROOT, VOICE
from consult.framework.models import Zone
from consult.listening.sources.models import Source

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

DIMENSIONS = ("channel", "zone", "speaker")
#: Characters of a group's key at most.
_KEY = 80


@dataclass(frozen=True, slots=True)
class Census:
    """Live sources by number with what is counted of them; `theme` and `source` say which source stands under which theme.

    `keys` are the sources' own, sixteen bytes each. Values of a dimension are numbers from 1 in the order of `names`, 0 where there is none;
    a voice of -1 is nobody's.
    """

    keys: Any
    names: dict[str, list[str]]
    values: dict[str, Numbers]
    voices: Numbers
    themes: list[uuid.UUID]
    theme: Numbers
    source: Numbers

    def whole(self) -> Tally:
        """All sources and voices."""
        import numpy as np  # noqa: PLC0415  # The web shares this room and must not load the analytics.

        everyone = np.arange(len(self.voices))
        return self._tallies(np.zeros_like(everyone), everyone, DIMENSIONS).get(0, Tally({}, {}))

    def under_themes(self) -> dict[uuid.UUID, Tally]:
        """Those of each theme, of what was merged into it too."""
        found = self._tallies(self.theme, self.source, DIMENSIONS)
        return {self.themes[number]: tally for number, tally in found.items()}

    def of_places(self, places: Iterable[tuple[uuid.UUID, str, str]]) -> dict[tuple[uuid.UUID, str, str], list[str]]:
        """The sources of a theme that have some value of a dimension, in order of key, for each (theme, dimension, value)."""
        import numpy as np  # noqa: PLC0415  # The web shares this room and must not load the analytics.

        number_of = {theme: number for number, theme in enumerate(self.themes)}
        order = np.argsort(self.theme, kind="stable")
        ends = np.searchsorted(self.theme[order], np.arange(len(self.themes) + 1))
        found = {}
        for theme, dimension, value in places:
            first, last = ends[number_of[theme]], ends[number_of[theme] + 1]
            own = self.source[order[first:last]]
            own = _distinct(own[self.values[dimension][own] == self.names[dimension].index(value) + 1])
            found[theme, dimension, value] = sorted(_letters(self.keys[own]))
        return found

    def repeated(self, marked: Any, groups: Numbers) -> dict[uuid.UUID, dict[str, int]]:
        """Per theme the sources of it that share their group with another one of it, in order of key, each with its group.

        `marked` are keys as in `keys`, `groups` a number for each; themes without any are missing.
        """
        import numpy as np  # noqa: PLC0415  # The web shares this room and must not load the analytics.

        keys, (mine, theirs) = _numbered(self.keys, marked)
        # Numbers of keys are in their order, and so in that of their letters.
        group_of = np.full(len(keys), -1, dtype=np.int64)
        group_of[theirs] = groups
        number = mine[self.source]
        pairs = _distinct((self.theme * len(keys) + number)[group_of[number] >= 0])
        theme, number = np.divmod(pairs, max(1, len(keys)))
        group = group_of[number]
        among = theme * (int(groups.max(initial=0)) + 1) + group
        rank = _ranks(among)
        several = np.bincount(rank, minlength=1)[rank] > 1
        theme, number, group = theme[several], number[several], group[several]
        ends = np.searchsorted(theme, np.arange(len(self.themes) + 1))
        found = {}
        for place, root in enumerate(self.themes):
            own = slice(ends[place], ends[place + 1])
            if own.start < own.stop:
                found[root] = dict(zip(_letters(keys[number[own]]), group[own].tolist(), strict=True))
        return found

    def without(self, left_out: Sequence[tuple[uuid.UUID, uuid.UUID]]) -> dict[uuid.UUID, dict[str, int]]:
        """Voices by channel of the themes that some sources (theme, source) are to be left out of, without these."""
        import numpy as np  # noqa: PLC0415  # The web shares this room and must not load the analytics.

        if not left_out:
            return {}
        number_of = {theme: number for number, theme in enumerate(self.themes)}
        given = np.frombuffer(b"".join([source.bytes for _, source in left_out]), dtype="V16")
        keys, (mine, away) = _numbered(self.keys, given)
        themes = np.asarray([number_of.get(theme, len(self.themes)) for theme, _ in left_out])
        kept = np.isin(self.theme, themes)
        pairs = self.theme * len(keys) + mine[self.source]
        kept &= ~np.isin(pairs, themes * len(keys) + away)
        counted = self._tallies(self.theme[kept], self.source[kept], ("channel",))
        found: dict[uuid.UUID, dict[str, int]] = {theme: {} for theme, _ in left_out}
        for number, tally in counted.items():
            found[self.themes[number]] = {value: voices for (_, value, _), voices in tally.voices.items()}
        return found

    def together(self, groups: Iterable[tuple[uuid.UUID, str, str]]) -> dict[tuple[str, str], Tally]:
        """By channel those of several themes together: of groups told as (theme, level, key), and of each zone as far as it is under a theme."""
        import numpy as np  # noqa: PLC0415  # The web shares this room and must not load the analytics.

        number_of = {theme: number for number, theme in enumerate(self.themes)}
        places: dict[tuple[str, str], list[int]] = defaultdict(list)
        for theme, level, key in groups:
            if theme in number_of:
                places[level, key].append(number_of[theme])
        zone_of = self.values["zone"][self.source]
        owners, sources = [], []
        for number, themes in enumerate(places.values()):
            chosen = np.zeros(len(self.themes), dtype=bool)
            chosen[themes] = True
            own = self.source[chosen[self.theme]]
            owners.append(np.full(len(own), number))
            sources.append(own)
        listed = list(places)
        for number, code in enumerate(self.names["zone"], start=1):
            own = self.source[zone_of == number]
            if len(own):
                owners.append(np.full(len(own), len(listed)))
                sources.append(own)
                listed.append(("zone", code))
        if not owners:
            return {}
        found = self._tallies(np.concatenate(owners), np.concatenate(sources), ("channel",))
        return {listed[number]: tally for number, tally in found.items()}

    def _tallies(self, owners: Numbers, sources: Numbers, dimensions: Sequence[str]) -> dict[int, Tally]:
        """Counts by owner; a source that is named twice under one counts once."""
        import numpy as np  # noqa: PLC0415  # The web shares this room and must not load the analytics.

        pairs = _distinct(owners * max(1, len(self.voices)) + sources)
        owners, sources = np.divmod(pairs, max(1, len(self.voices)))
        channels, heard = self.values["channel"][sources], self.voices[sources]
        counted: dict[int, tuple[dict[Any, int], dict[Any, int]]] = defaultdict(lambda: ({}, {}))
        most = int(self.voices.max(initial=0)) + 1
        repeats = np.bincount(self.voices[self.voices >= 0], minlength=most)
        for dimension in dimensions:
            names, values = ["", *self.names[dimension]], self.values[dimension][sources]
            there = values > 0
            for (owner, value), number in _counted(owners[there] * len(names) + values[there], len(names)):
                counted[owner][0][dimension, names[value]] = number
            there &= heard >= 0
            width = len(self.names["channel"]) + 1
            places = (owners[there] * len(names) + values[there]) * width + channels[there]
            # Most voices are heard once in all; only those that are not need be looked for twice under one owner.
            again = repeats[heard[there]] > 1
            once = _distinct(places[again] * most + heard[there][again]) // most
            for (place, channel), number in _counted(np.concatenate([places[~again], once]), width):
                owner, value = divmod(place, len(names))
                counted[owner][1][dimension, names[value], self.names["channel"][channel - 1]] = number
        return {owner: Tally(*numbers) for owner, numbers in counted.items()}


def _distinct(values: Numbers) -> Numbers:
    """Distinct values in order: by sorting, which takes a tenth of what numpy's own hashing does."""
    import numpy as np  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    ranked = np.sort(values)
    return np.asarray(ranked[np.append(True, ranked[1:] != ranked[:-1])[: len(ranked)]])


def _ranks(values: Numbers) -> Numbers:
    """The place of each value among all distinct ones."""
    import numpy as np  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    return np.asarray(np.searchsorted(_distinct(values), values))


def _counted(keys: Numbers, width: int) -> Iterable[tuple[tuple[int, int], int]]:
    """How often each key occurs, told as its two parts."""
    import numpy as np  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    numbers = np.bincount(keys)
    distinct = np.flatnonzero(numbers)
    return zip((divmod(key, width) for key in distinct.tolist()), numbers[distinct].tolist(), strict=True)


def take(session: Session, *, process_id: uuid.UUID, shown: bool = False) -> Census:
    """The live sources of a process and the themes of its latest run that they stand under. Three statements.

    Voices are those of the analytics; with `shown` those of pages and papers (`queries.counting`), and all themes are counted, also such as the
    latest run found no more.
    """
    import numpy as np  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    live = (Source.process_id == process_id) & (Source.state == "live")
    kinds = session.execute(
        select(Source.channel, Source.speaker_kind, Source.zone_id, Zone.code)
        .outerjoin(Zone, Zone.id == Source.zone_id)
        .where(live)
        .distinct()
    ).all()
    zones = dict(sorted({row.zone_id: row.code for row in kinds if row.zone_id}.items(), key=lambda zone: str(zone[0])))
    names = {
        "channel": sorted({row.channel for row in kinds}),
        "speaker": sorted({row.speaker_kind for row in kinds if row.speaker_kind}),
        "zone": sorted(set(zones.values())),
    }
    lines = [
        func.uuid_send(Source.id),
        func.uuid_send(VOICE if shown else func.coalesce(HEARD, Source.id)),
        _place(names["channel"], Source.channel, String),
        _place(names["speaker"], Source.speaker_kind, String),
        _place(list(zones), Source.zone_id, Uuid),
    ]
    own = _read(session, select(*lines).where(live), "id voice channel speaker place")
    under = (
        select(func.uuid_send(ROOT), func.uuid_send(Assignment.source_id))
        .select_from(Assignment)
        .join(Theme, Theme.id == Assignment.theme_id)
        .outerjoin(ThemeDecision, ThemeDecision.theme_id == Theme.id)
        .where(Theme.process_id == process_id, *([] if shown else [Theme.present]))
    )
    pairs = _read(session, under, "theme source")
    themes, (theme,) = _numbered(pairs["theme"])
    keys, (mine, others) = _numbered(own["id"], pairs["source"])
    number_of = np.full(len(keys), -1, dtype=np.int64)
    number_of[mine] = np.arange(len(mine))
    source = number_of[others]
    voices = _numbered(own["voice"])[1][0]
    channel = own["channel"].astype(np.int64)
    if Channel.document in names["channel"] and not shown:
        voices[channel == names["channel"].index(Channel.document) + 1] = -1
    code_of = np.asarray([0, *(names["zone"].index(code) + 1 for code in zones.values())], dtype=np.int64)
    return Census(
        keys=own["id"],
        names=names,
        values={"channel": channel, "speaker": own["speaker"].astype(np.int64), "zone": code_of[own["place"]]},
        voices=voices,
        themes=[uuid.UUID(bytes=key.tobytes()) for key in themes],
        theme=theme[source >= 0],
        source=source[source >= 0],
    )


def _letters(keys: Any) -> list[str]:
    """Keys as they are written."""
    told = keys.tobytes().hex()
    return [
        f"{told[n : n + 8]}-{told[n + 8 : n + 12]}-{told[n + 12 : n + 16]}-{told[n + 16 : n + 20]}-{told[n + 20 : n + 32]}"
        for n in range(0, len(told), 32)
    ]


def copies(session: Session, *, process_id: uuid.UUID) -> tuple[Any, Numbers]:
    """The sources of a process that are nearly equal to others, as keys, with a number for the group of each. One statement."""
    import numpy as np  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    # Only one table is asked: right after a merge the database knows no statistics of what it took in, and joins it one by one.
    line = func.uuid_send(SourceReading.source_id).op("||")(
        func.convert_to(func.rpad(SourceReading.duplicate_key, _KEY), "UTF8")
    )
    told = select(func.string_agg(line, sa.literal_column("''::bytea"))).where(
        SourceReading.process_id == process_id, SourceReading.duplicate_key.is_not(None)
    )
    block = next(binary_rows(session, told))[0] or b""
    rows = np.frombuffer(block, dtype=[("id", "V16"), ("group", f"S{_KEY}")])
    return rows["id"], np.unique(rows["group"], return_inverse=True)[1].astype(np.int64)


def _place(values: Sequence[Any], column: Any, kind: Any) -> Any:
    """Where a column's value stands in a list, from 1; 0 where it has none."""
    found = func.array_position(literal(list(values), ARRAY(kind)), column)
    return func.int2send(sa.cast(func.coalesce(found, 0), SmallInteger))


def _read(session: Session, statement: sa.Select[Any], names: str) -> Any:
    """Rows of keys and small numbers as one array; the first two columns are keys, the others numbers."""
    import numpy as np  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    columns = list(statement.subquery().c)
    line: Any = columns[0]
    for column in columns[1:]:
        line = line.op("||")(column)
    block = next(binary_rows(session, select(func.string_agg(line, sa.literal_column("''::bytea")))))[0] or b""
    return np.frombuffer(block, dtype=[(name, "V16" if n < 2 else ">i2") for n, name in enumerate(names.split())])


def _numbered(*columns: Any) -> tuple[Any, list[Numbers]]:
    """All keys of some columns, and each column with the numbers of its keys among them."""
    import numpy as np  # noqa: PLC0415  # The web shares this room and must not load the analytics.

    joined = np.concatenate([np.ascontiguousarray(column) for column in columns])
    halves = joined.view(">u8").reshape(-1, 2).astype(np.uint64)
    # Keys are random: their first half alone tells them apart, but for the rarest accident.
    order = np.argsort(halves[:, 0])
    ranked = halves[order]
    if ((ranked[1:, 0] == ranked[:-1, 0]) & (ranked[1:, 1] != ranked[:-1, 1])).any():
        order = np.lexsort((halves[:, 1], halves[:, 0]))
        ranked = halves[order]
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (ranked[1:] != ranked[:-1]).any(axis=1)
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.cumsum(fresh) - 1
    ends = np.cumsum([len(column) for column in columns])[:-1]
    return joined[order[fresh]], np.split(numbers, ends)
