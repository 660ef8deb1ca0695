"""From segments to groups: what people accepted is kept, new themes are found beside it, the rest is "other"."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from consult.analytics import numbers, themes
from consult.analytics.cores import WORTH_FORKING, shared_with_children
from consult.analytics.embedding import Vectors, unit_rows
from consult.analytics.segments import Material, Segment, split_by_theme, whole
from consult.analytics.types import KnownTheme, Parameters

PER_THEME = 9  # a strategy gets at most as many themes as the root of its arguments over this: with twenty-one, two; with fifty-seven, three
MOST_PER_STRATEGY = 6
FEWEST_VOICES = (
    5  # a theme that fewer carry joins its nearest sibling, or what fits no strategy; a few less in small sets:
)
VOICES_PER_FEWEST = 12  # one less for each so many voices that a set has below `FEWEST_VOICES` times this
LOOSE = 0.12  # cosine with its theme's centre below which a text is left in "other"
LOOSE_WITHOUT_STRATEGY = 0.4  # and a theme outside the frame must hold together at least this well on average
JOINS_KNOWN = 0.3  # least cosine with a kept theme's centre for a new source to join it
NEARLY = 1e-4  # of a cosine: more than what is lost when it is told to five digits
SAME_THEME = 0.3  # overlap of members from which a found theme takes over the key of an earlier one


@dataclass(frozen=True, slots=True)
class _Branch:
    """What is said under one strategy of the frame, by its place there; -1 for what fits none."""

    target: int
    members: list[Segment]


@dataclass(slots=True)
class Group:
    """A theme in the making."""

    strategy_code: str | None
    segments: list[Segment]
    key: str = ""
    label: str = ""
    accepted: bool = False
    excluded: frozenset[str] = field(default_factory=frozenset)

    def centre(self) -> Vectors:
        """Mean of its segments, of length 1; zero when it has none."""
        if not self.segments:
            return np.zeros(1, dtype=np.float32)
        mean: Vectors = unit_rows(np.asarray([segment.row for segment in self.segments]).mean(axis=0)[None])[0]
        return mean


def _ids(material: Material, segments: Sequence[Segment]) -> set[str]:
    return {material.items[material.usable[segment.place]].source.id for segment in segments}


def _cut(
    material: Material,
    segments: list[Segment],
    latent: NDArray[np.float16],
    wished: int | None,
    most: int,
    sample_size: int,
    least: int,
    parameters: Parameters,
) -> np.ndarray:
    """Theme numbers of segments: found on one segment per argument (a sample), all others by the nearest centre.

    A theme that fewer than `least` voices carry joins its nearest sibling.
    """
    by_argument: dict[str, list[int]] = defaultdict(list)
    for number, segment in enumerate(segments):
        by_argument[material.argument(segment.place)].append(number)
    groups = list(by_argument.values())[:sample_size]
    sample = [places[0] for places in groups]
    rows = np.asarray([segments[number].row for number in sample])
    words = latent[[segments[number].place for number in sample]].astype(np.float32)
    even = material.even(rows)
    wide = unit_rows(np.concatenate([even, parameters.lexical_weight * words], axis=1)) if words.size else even
    labels = themes.discover(wide, wished, most, parameters)
    if wished is None:
        weights = np.asarray([voices_of(material, [segments[place] for place in places]) for places in groups])
        labels = themes.absorb_small(wide, labels, weights, least)
    result = np.full(len(segments), -1, dtype=np.intp)
    for places, label in zip(groups, labels.tolist(), strict=True):
        result[places] = label
    missing = np.flatnonzero(result < 0)
    if len(missing):
        centres = themes.centroids(rows, labels)
        result[missing] = (np.asarray([segments[number].row for number in missing]) @ centres.T).argmax(axis=1)
    return result


def _keep_known(
    material: Material, segments: list[Segment], known: Sequence[KnownTheme], codes: Sequence[str]
) -> tuple[list[Group], list[Segment]]:
    """Groups of the themes to keep, with the sources people have put there; and the segments not yet taken."""
    if not known:
        return [], segments
    groups = [
        Group(theme.strategy_code, [], theme.key, theme.label, theme.accepted, frozenset(theme.excluded_ids))
        for theme in sorted(known, key=lambda theme: theme.key)
    ]
    pinned: dict[str, list[Group]] = defaultdict(list)
    for theme, group in zip(sorted(known, key=lambda theme: theme.key), groups, strict=True):
        for source_id in sorted(set(theme.member_ids) - group.excluded):
            pinned[source_id].append(group)
    by_place: dict[int, list[Segment]] = defaultdict(list)
    for segment in segments:
        by_place[segment.place].append(segment)
    free: list[Segment] = []
    for place in sorted(by_place):
        parts = by_place[place]
        homes = pinned.get(material.items[material.usable[place]].source.id, [])
        taken: set[int] = set()
        for group in homes:
            place_of = codes.index(group.strategy_code) if group.strategy_code in codes else -1
            fitting = [number for number, part in enumerate(parts) if part.target == place_of]
            # A person's word stands even where the machine sees no sentence for it: then the whole source counts.
            for number in fitting or range(len(parts)):
                group.segments.append(parts[number])
                taken.add(number)
        if not homes:
            free += parts
        else:
            free += [part for number, part in enumerate(parts) if number not in taken and part.target >= 0]
    return groups, free


def _join_known(
    material: Material, groups: list[Group], free: list[Segment], codes: Sequence[str], least: float
) -> list[Segment]:
    """Let free segments join a kept theme of their strategy when near enough; returns those that stay free."""
    if not groups:
        return free
    still: list[Segment] = []
    centres = {id(group): group.centre() for group in groups if group.segments}
    by_strategy: dict[str | None, list[Group]] = defaultdict(list)
    for group in groups:
        if group.segments:
            by_strategy[group.strategy_code].append(group)
    for segment in free:
        source_id = material.items[material.usable[segment.place]].source.id
        code = codes[segment.target] if segment.target >= 0 else None
        near = [
            (-float(segment.row @ centres[id(group)]), group.key, group)
            for group in by_strategy.get(code, [])
            if source_id not in group.excluded
        ]
        best = min(near, key=lambda item: item[:2], default=None)
        if best is not None and -best[0] >= least:
            best[2].segments.append(segment)
        else:
            still.append(segment)
    return still


def with_frame(
    material: Material,
    segments: list[Segment],
    latent: NDArray[np.float16],
    codes: Sequence[str],
    known: Sequence[KnownTheme],
    discover: bool,
    parameters: Parameters,
) -> list[Group]:
    """Groups under each strategy, then those of what fits no strategy. Without `discover` only known themes are filled."""
    kept, free = _keep_known(material, segments, [theme for theme in known if theme.accepted or not discover], codes)
    free = _join_known(material, kept, free, codes, JOINS_KNOWN if discover else LOOSE)
    groups = list(kept)
    if not discover:
        return groups
    least = fewest_voices(material)
    by_target: dict[int, list[Segment]] = defaultdict(list)
    for segment in free:
        by_target[segment.target].append(segment)
    kept_codes = {group.strategy_code for group in kept}
    for target in sorted(by_target):
        # A strategy that hardly anybody speaks of makes no theme; what was said is looked at again with all that fits none.
        if target >= 0 and codes[target] not in kept_codes and voices_of(material, by_target[target]) < least:
            by_target[-1] += [replace(segment, target=-1) for segment in by_target.pop(target)]
    by_target[-1].sort(key=lambda segment: (segment.place, segment.sentences))
    branches = [_Branch(target, members) for target, members in sorted(by_target.items()) if members]

    def cut(branch: _Branch) -> np.ndarray:
        arguments = len({material.argument(segment.place) for segment in branch.members})
        most = max(1, min(MOST_PER_STRATEGY, round(math.sqrt(arguments / PER_THEME))))
        if branch.target < 0:
            most = max(1, min(4 * MOST_PER_STRATEGY, arguments // least))
        sample_size = parameters.sample_of_one * (1 if branch.target >= 0 else 2)
        return _cut(material, branch.members, latent, None, most, sample_size, least, parameters)

    share = shared_with_children if len(free) >= WORTH_FORKING else map
    # The largest first, so that nobody is left with it when the others are done.
    order = sorted(range(len(branches)), key=lambda place: -len(branches[place].members))
    cuts = dict(zip(order, share(cut, [branches[place] for place in order]), strict=True))
    for place, branch in enumerate(branches):
        labels = cuts[place]
        code = codes[branch.target] if branch.target >= 0 else None
        for label in range(int(labels.max()) + 1):
            group = Group(code, [branch.members[number] for number in np.flatnonzero(labels == label).tolist()])
            if group.segments and not (code is None and _is_loose(material, group, least)):
                groups.append(group)
    return groups


def fewest_voices(material: Material) -> int:
    """How many voices a theme needs: five, and fewer where the whole set has fewer than sixty."""
    everyone = {
        numbers.voice_of(material.items[place].source) or material.items[place].source.id for place in material.usable
    }
    return max(1, min(FEWEST_VOICES, round(len(everyone) / VOICES_PER_FEWEST)))


def voices_of(material: Material, segments: Sequence[Segment]) -> int:
    """How many voices say these segments."""
    found = (material.items[material.usable[segment.place]].source for segment in segments)
    return len({numbers.voice_of(source) or source.id for source in found})


def _is_loose(material: Material, group: Group, least: int) -> bool:
    """Whether texts that fit no strategy have too little in common to be a theme."""
    if voices_of(material, group.segments) < least:
        return True
    rows = np.asarray([segment.row for segment in group.segments])
    return float((rows @ group.centre()).mean()) < LOOSE_WITHOUT_STRATEGY


def without_frame(
    material: Material, latent: NDArray[np.float16], known: Sequence[KnownTheme], discover: bool, parameters: Parameters
) -> list[Group]:
    """Groups of all sources together; sentences that clearly speak of another theme go there, loose texts nowhere."""
    kept, free = _keep_known(
        material, whole(material), [theme for theme in known if theme.accepted or not discover], ()
    )
    free = _join_known(material, kept, free, (), 2 * JOINS_KNOWN if discover else LOOSE)
    groups = list(kept)
    if not discover or not free:
        return groups
    least = fewest_voices(material)
    most = max(2, len({material.argument(segment.place) for segment in free}) // max(2, least))
    labels = _cut(material, free, latent, parameters.themes, most, parameters.sample, least, parameters)
    centres = themes.centroids(np.asarray([segment.row for segment in free]), labels)
    found = [Group(None, []) for _ in range(len(centres))]
    for segment, label in zip(free, labels.tolist(), strict=True):
        for part, theme in split_by_theme(material, segment, label, centres):
            if part.row @ centres[theme] >= LOOSE:
                found[theme].segments.append(part)
    return groups + [group for group in found if group.segments]


def name_keys(material: Material, groups: list[Group], known: Sequence[KnownTheme], discover: bool) -> None:
    """Give new groups their key: of the earlier theme they overlap most with, else from the source at their middle."""
    if discover:
        earlier = [theme for theme in known if not theme.accepted]
        pairs = []
        said_by = [_ids(material, group.segments) for group in groups] if earlier else []
        for theme in earlier:
            before = set(theme.member_ids)
            for number, group in enumerate(groups):
                now = said_by[number]
                if not group.key and group.strategy_code == theme.strategy_code and before & now:
                    pairs.append((-len(before & now) / len(before | now), theme.key, number, theme))
        used: set[str] = {group.key for group in groups}
        for overlap, key, number, theme in sorted(pairs, key=lambda pair: pair[:3]):
            if -overlap >= SAME_THEME and not groups[number].key and key not in used:
                used.add(key)
                groups[number].key = key
                excluded = set(theme.excluded_ids)
                groups[number].segments = [
                    segment
                    for segment in groups[number].segments
                    if material.items[material.usable[segment.place]].source.id not in excluded
                ]
    taken = {group.key for group in groups if group.key}
    for group in groups:
        if group.key or not group.segments:
            continue
        near = np.asarray([segment.row for segment in group.segments]) @ group.centre()
        # Only what lies as near as the nearest, to five digits, may be its middle.
        likely = np.flatnonzero(near >= near.max() - NEARLY).tolist()
        middle = min(
            (-round(float(near[number]), 5), material.items[material.usable[group.segments[number].place]].source.id)
            for number in likely
        )[1]
        salt = 0
        while not group.key or group.key in taken:
            seed = f"{group.strategy_code or ''}|{middle}|{salt}"
            group.key = "t" + hashlib.sha256(seed.encode()).hexdigest()[:10]
            salt += 1
        taken.add(group.key)
