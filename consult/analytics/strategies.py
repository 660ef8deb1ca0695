"""Which strategy of a frame a text speaks of: three suggestions with reasons, calibrated confidence, "none of these".

A target is what its frame says of it: title and axis objective, better with a description and keywords, better still with
texts people confirmed. Base score: centred cosines with each part plus a little shared vocabulary, standardised over the
targets, after the directions that tell subjects apart were drawn out (`subjects`): a title and a complaint differ most in
how they are said. What many texts say together comes after (`learning`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from consult.analytics.embedding import Embedder, Vectors, kept_word, rows_of, unit_rows
from consult.analytics.facets import things_named
from consult.analytics.lexical import Terms, content_keys, count_matrix, term_matrix, weigh
from consult.analytics.prepare import language_of, readable
from consult.analytics.reference import beside_the_point, elsewhere, everyday, reference_centre
from consult.analytics.space import drawn_out
from consult.analytics.subjects import directions, middles, profiles
from consult.analytics.types import FrameTarget

Scores = NDArray[np.float64]
Ranked = tuple[list[int], list[float], list[float], float]

SUGGESTED = 3
LEXICAL_WEIGHT = 6.0  # of the raw TF-IDF cosine, beside standardised scores; zero where no word is shared
# How fast confidence grows with the score, by least log loss on the development halves under tests/gold, the demonstration and the
# titled sets (benchmarks/quality.py prints the fit).
SHARPNESS = {"described": 1.9, "titles": 1.5, "few": 1.4}
SPLIT_SHARPNESS = {
    "described": 1.7,
    "titles": 1.3,
    "few": 1.0,
}  # the same where sentences leave their source: less ready to
FEW_TARGETS = 10
# "None of these": how much nearer a text is to talk beside the point than to the frame, whose nearness is measured in that
# of everyday sentences, since every frame lies at another distance. Fitted on the development half and the demonstration.
NONE_AT = 0.12
NONE_SLOPE = 40.0
FRAME_WEIGHT = 0.2
FAR = {"described": 0.62, "titles": 0.5}  # of that nearness: what lies farther fits no target, whatever it speaks of
# And how much nearer to a subject that the frame does not speak of; fitted on the same, with texts from elsewhere (tests/gold/elsewhere.tsv).
ELSEWHERE_AT = {"described": 0.15, "titles": 0.17}
COVERED = 0.3  # cosine with a target from which on a subject counts as the frame's own
NEAREST_BESIDE = 2
NEARNESS_OF_WORDS = 0.1
FACETS = 0.35  # weight of the nearest thing that a target names, where it has no keywords; .5 does alike
# There, too, what subjects of public life a text and a title, or a thing it names, speak of (`subjects`), whatever their words.
SUBJECTS_OF_TITLES, SUBJECTS_OF_THINGS = 0.45, 0.3
# Of few targets each spans many subjects, so that the nearest one says less: in full from so many targets on.
SUBJECTS_IN_FULL = 10
# What people confirmed: so many texts weigh as much as a description, or a bare title, does; of the subjects a title speaks of they tell
# up to this share. Chosen on the development half and the demonstration, shown to each other and by halves.
OUTWEIGHED = (16, 8)
ABOUT_SHOWN = 0.5
PARTS = 4  # into which these are cut to see whether they help each other,
SURE = 1.645  # standard errors that the gain must be above (five in a hundred would be by chance),
FEWEST_GAINS = 10  # and texts of which it must be known
LEAST = 1e-9  # chance
# A bare title is read in several turns of phrase: the mean says better what it is about than any of them.
TURNS = {
    "it": ("{}", "Si parla di {}.", "Proposta su {}", "Servono più interventi per {}"),
    "en": ("{}", "This is about {}.", "A proposal on {}", "We need to do more for {}"),
    "fr": ("{}", "On parle de {}.", "Proposition sur {}", "Il faut plus de moyens pour {}"),
}


@dataclass(frozen=True, slots=True, eq=False)
class PreparedFrame:
    """A frame's targets with their vectors: one row per target and part; parts a target lacks are zero rows."""

    targets: tuple[FrameTarget, ...]
    titles: Vectors
    objectives: Vectors
    descriptions: Vectors
    keywords: Vectors
    examples: Vectors
    example_counts: NDArray[np.float64]
    keys: tuple[tuple[str, ...], ...]  # content keys of each target's words, for the lexical part and the reasons
    terms: Terms  # the same keys weighed by how few of the targets have them
    rarity: tuple[dict[str, float], ...]  # per target, its keys with one over how many targets have them
    beside: Vectors  # what speaks of no plan
    elsewhere: Vectors  # subjects that this frame does not speak of
    towards: Vectors  # per target, where its description (or its title) lies from the middle of them all
    facets: Vectors  # each thing that a title, an objective or a description names, by target
    facet_starts: tuple[int, ...]  # where each target's begin
    subjects: Vectors  # directions along which subjects lie apart
    middles: Vectors  # the subjects themselves,
    spoken_of: NDArray[np.float64]  # how much of each the titles speak of,
    named_of: NDArray[np.float64]  # and each thing named
    usual: float = 1.0  # nearness of everyday sentences to this frame

    @property
    def described(self) -> NDArray[np.bool_]:
        """Which targets carry more than a title."""
        return np.asarray(self.descriptions.any(axis=1) | self.keywords.any(axis=1))

    @property
    def _kind(self) -> str:
        return "described" if self.described.mean() > 0.5 and len(self.targets) > FEW_TARGETS else "titles"

    @property
    def far(self) -> float:
        """Nearness, as a share of that of everyday sentences, below which no target fits."""
        return FAR[self._kind]

    @property
    def elsewhere_at(self) -> float:
        """How much nearer to another subject than to the frame a text must be to fit no target."""
        return ELSEWHERE_AT[self._kind]

    @property
    def sharpness(self) -> float:
        """What scores are multiplied by to become chances; calibrated by what the frame says and how large it is."""
        return self._of_size(SHARPNESS)

    @property
    def split_sharpness(self) -> float:
        """The same for sentences that may leave their source's strategy."""
        return self._of_size(SPLIT_SHARPNESS)

    def _of_size(self, table: Mapping[str, float]) -> float:
        if len(self.targets) <= FEW_TARGETS:
            return table["few"]
        return table["described" if self.described.mean() > 0.5 else "titles"]


@lru_cache(maxsize=16)
def _prepare_frame(targets: tuple[FrameTarget, ...], embedder: Embedder, language: str) -> PreparedFrame:
    # Titles all in capitals are read as shouting by the model.
    titles = [target.title.capitalize() if target.title.isupper() else target.title for target in targets]
    language = _language_of(". ".join(titles), language, embedder)
    turned = [[turn.format(title) for title in titles] for turn in TURNS[language]]
    said = [text for row in turned for text in row]
    for target in targets:
        said += [target.axis_objective, target.description, *target.keywords]
    said = sorted({text for text in said if text})
    known = dict(zip(said, rows_of([readable(text) for text in said], embedder), strict=True))

    def rows(texts: Sequence[str]) -> Vectors:
        zero = np.zeros(embedder.dimensions, dtype=np.float32)
        return np.asarray([known.get(text, zero) for text in texts], dtype=np.float32).reshape(-1, embedder.dimensions)

    def means(groups: Sequence[Sequence[str]]) -> Vectors:
        zero = np.zeros((1, embedder.dimensions), dtype=np.float32)
        return unit_rows(np.concatenate([rows(group).mean(axis=0)[None] if group else zero for group in groups]))

    named = [things_named(target) for target in targets]
    things = list(dict.fromkeys(thing for own in named for thing in own))
    things_read = dict(zip(things, rows_of([readable(thing) for thing in things], embedder), strict=True))
    facets = np.asarray([things_read[thing] for own in named for thing in own])
    words = [
        content_keys(" . ".join([target.title, target.description, *target.keywords]), language)
        or content_keys(target.axis_objective, language)
        for target in targets
    ]
    read = unit_rows(np.mean([rows(row) for row in turned], axis=0))
    descriptions = rows([target.description for target in targets])
    along, about = directions(embedder), middles(embedder)
    drawn_facets = drawn_out(facets - np.asarray([things_read[thing] for thing in things]).mean(axis=0), along)
    centred = reference_centre(embedder).apply(read, [language] * len(read))
    frame = PreparedFrame(
        targets=targets,
        titles=read,
        objectives=rows([target.axis_objective for target in targets]),
        descriptions=descriptions,
        keywords=means([target.keywords for target in targets]),
        examples=np.zeros_like(descriptions),
        example_counts=np.zeros(len(targets)),
        **_words(words),
        beside=beside_the_point(embedder),
        elsewhere=_not_covered(np.concatenate([read, descriptions[descriptions.any(axis=1)]]), language, embedder),
        facets=drawn_facets,
        facet_starts=tuple(accumulate((len(own) for own in named[:-1]), initial=0)),
        subjects=along,
        middles=about,
        spoken_of=profiles(drawn_out(centred, along), about),
        named_of=profiles(drawn_facets, about),
        towards=np.where(
            descriptions.any(axis=1, keepdims=True), descriptions - descriptions.mean(axis=0), read - read.mean(axis=0)
        ),
    )
    frame = _measured(frame, embedder)
    return _taught(frame, language, embedder) if any(target.examples for target in targets) else frame


def _words(words: Sequence[Sequence[str]]) -> dict[str, Any]:
    """What a frame holds of the words of each target."""
    spread = Counter(key for keys in words for key in set(keys))
    return {
        "keys": tuple(tuple(keys) for keys in words),
        "terms": term_matrix(words, minimum=1, most=1.0),
        "rarity": tuple({key: 1 / spread[key] for key in sorted(set(keys))} for keys in words),
    }


def _measured(frame: PreparedFrame, embedder: Embedder) -> PreparedFrame:
    """A frame that knows how near everyday sentences come to it."""
    usual = float(np.median(nearness(*everyday(embedder), frame)))
    return replace(frame, usual=max(usual, 1e-6))


@dataclass(frozen=True, slots=True, eq=False)
class _Shown:
    """The texts that people confirmed, one after the other: vectors as read and centred, subjects, words, and the place of their target."""

    read: Vectors
    centred: Vectors
    about: NDArray[np.float64]
    keys: Sequence[Sequence[str]]
    of: NDArray[np.intp]


def _taught(frame: PreparedFrame, language: str, embedder: Embedder) -> PreparedFrame:
    """A frame with what people confirmed, where that helps: where each quarter of these texts finds its targets better by the others.

    A few single sentences may say of a strategy what no others say of it, and would take more from its title than they bring: they help
    where the gain, as log loss, is clearly above its own standard error.
    """
    # What people confirmed changes from day to day, the frame does not: each target's are read and kept by themselves.
    texts = [[readable(text) for text in target.examples] for target in frame.targets]
    read = np.concatenate([rows_of(own, embedder) for own in texts if own])
    centred = reference_centre(embedder).apply(read, [language] * len(read))
    keys = [content_keys(text, language) for own in texts for text in own]
    of = np.repeat(np.arange(len(texts)), [len(own) for own in texts])
    shown = _Shown(read, centred, profiles(drawn_out(centred, frame.subjects), frame.middles), keys, of)
    number = np.concatenate([np.arange(len(own)) for own in texts])
    gains = []
    for part in range(PARTS):
        asked = np.flatnonzero(number % PARTS == part)
        others = number % PARTS != part
        if len(asked) and others.any():
            rows, words = centred[asked], [keys[place] for place in asked.tolist()]
            likely = [
                chances(base_scores(rows, words, told) * told.sharpness, 1.0)[np.arange(len(asked)), of[asked]]
                for told in (_with_shown(frame, shown, others), frame)
            ]
            gains += (np.log(np.maximum(likely[0], LEAST)) - np.log(np.maximum(likely[1], LEAST))).tolist()
    if len(gains) < FEWEST_GAINS or np.mean(gains) <= SURE * np.std(gains) / len(gains) ** 0.5:
        return frame
    return _measured(_with_shown(frame, shown, np.ones(len(of), dtype=bool)), embedder)


def _with_shown(frame: PreparedFrame, shown: _Shown, which: NDArray[np.bool_]) -> PreparedFrame:
    """A frame that knows some of the confirmed texts: their middle, their words, and what subjects they speak of."""
    counts = np.bincount(shown.of[which], minlength=len(frame.targets)).astype(np.float64)
    middles, about = np.zeros_like(frame.titles), frame.spoken_of.copy()
    words = [list(keys) for keys in frame.keys]
    shares = ABOUT_SHOWN * counts / (counts + np.where(frame.described, *OUTWEIGHED))
    for target in np.flatnonzero(counts).tolist():
        own = np.flatnonzero(which & (shown.of == target))
        middles[target] = shown.read[own].mean(axis=0)
        about[target] += shares[target] * (shown.about[own].mean(axis=0) - about[target])
        words[target] += [key for place in own.tolist() for key in shown.keys[place]]
    return replace(frame, examples=unit_rows(middles), example_counts=counts, spoken_of=about, **_words(words))


def _language_of(titles: str, default: str, embedder: Embedder) -> str:
    """The language of a frame; kept beside the model like its vectors, so that a run of texts that were read before needs no detector."""
    known = tuple(sorted(TURNS))
    return kept_word(
        titles, embedder, lambda: language_of(titles, known, default), "language of a frame", default, *known
    )


def _not_covered(said: Vectors, language: str, embedder: Embedder) -> Vectors:
    """The subjects that none of these titles and descriptions comes near to."""
    subjects = elsewhere(embedder)
    centred = reference_centre(embedder).apply(said, [language] * len(said))
    return np.asarray(subjects[(subjects @ centred.T).max(axis=1) < COVERED])


def prepare_frame(targets: Sequence[FrameTarget], embedder: Embedder, language: str = "it") -> PreparedFrame:
    """Vectors and words of a frame, kept for the process: the first call takes seconds, later ones nothing."""
    return _prepare_frame(tuple(targets), embedder, language)


def standardised(scores: Scores) -> Scores:
    """Each row with mean 0 and deviation 1 over the targets; a row without differences becomes zeros."""
    deviation = scores.std(axis=1, keepdims=True)
    return np.asarray((scores - scores.mean(axis=1, keepdims=True)) / np.where(deviation < 1e-9, 1, deviation))


def _part(texts: NDArray[np.float64], part: Vectors, subjects: Vectors) -> Scores:
    """Cosines of drawn out texts with one part of the targets, centred with the part's own mean; zero where a target lacks the part."""
    there = part.any(axis=1)
    scores = np.zeros((len(texts), len(part)))
    if there.sum() > 1:
        centred = drawn_out(part[there] - part[there].mean(axis=0), subjects)
        scores[:, there] = standardised(texts @ centred.T.astype(np.float64))
    elif there.any():
        scores[:, there] = texts @ part[there].T.astype(np.float64)
    return scores


def shared_words(keys: Sequence[Sequence[str]], frame: PreparedFrame) -> Scores:
    """TF-IDF cosines, weighed by how few of the targets a word belongs to."""
    terms = frame.terms
    if not terms.vocabulary:
        return np.zeros((len(keys), len(frame.targets)))
    counts = count_matrix(keys, terms.vocabulary)
    texts = weigh(counts, terms.idf)
    # Scaled by how much of the text is vocabulary of the frame: one shared word in forty decides little.
    known = np.asarray(counts.sum(axis=1)).ravel() / np.maximum(1, [len(row) for row in keys])
    return np.asarray((texts @ terms.matrix.T).toarray() * np.sqrt(known)[:, None])


def base_scores(
    texts: Vectors, keys: Sequence[Sequence[str]], frame: PreparedFrame, words: Scores | None = None
) -> Scores:
    """Standardised scores of centred texts (rows) for the targets (columns), from each text alone.

    `words` are the `shared_words` of these texts, for callers that need them twice.
    """
    described = frame.described
    title_weight = np.where(described, 0.4, 1.0)
    objective_weight = np.where(described, 0.0, 0.4)
    # A description holds out longer than a bare title against a few texts that may be odd ones.
    shares = frame.example_counts / (frame.example_counts + np.where(described, *OUTWEIGHED))
    # In double precision, as `profiles` says why.
    drawn = drawn_out(texts, frame.subjects).astype(np.float64)
    scores = (
        title_weight * _part(drawn, frame.titles, frame.subjects)
        + objective_weight * _part(drawn, frame.objectives, frame.subjects)
        + _part(drawn, frame.descriptions, frame.subjects)
        + _part(drawn, frame.keywords, frame.subjects)
        + 2 * shares * _part(drawn, frame.examples, frame.subjects)
    )
    whole = standardised(
        standardised(scores) + LEXICAL_WEIGHT * (shared_words(keys, frame) if words is None else words)
    )
    bare = ~frame.keywords.any(axis=1)
    return standardised(whole + bare * _of_bare_titles(drawn, frame)) if bare.any() else whole


def _of_bare_titles(texts: NDArray[np.float64], frame: PreparedFrame) -> Scores:
    """What a target without keywords owes to the things it names and to the subjects it speaks of; `texts` are drawn out."""
    about = profiles(texts, frame.middles)

    def best(of_things: Scores) -> Scores:
        return standardised(np.maximum.reduceat(of_things, frame.facet_starts, axis=1))

    subjects = SUBJECTS_OF_TITLES * standardised(about @ frame.spoken_of.T)
    subjects += SUBJECTS_OF_THINGS * best(about @ frame.named_of.T)
    subjects *= min(1.0, len(frame.targets) / SUBJECTS_IN_FULL)
    return np.asarray(FACETS * best(texts @ frame.facets.T.astype(np.float64)) + subjects)


def chances(scores: Scores, temperature: float) -> Scores:
    """Softmax over the targets."""
    raised = np.exp((scores - scores.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def nearness(
    texts: Vectors, keys: Sequence[Sequence[str]], frame: PreparedFrame, shared: Scores | None = None
) -> Scores:
    """How near each text comes to any target at all, in cosines and a little in shared words: the ground for "none"."""
    parts = [part for part in (frame.descriptions, frame.keywords, frame.examples, frame.titles) if part.any()][:2]
    cosines = np.zeros(len(texts))
    for part in parts:
        there = part[part.any(axis=1)]
        centre = there.mean(axis=0) if len(there) > 1 else 0
        cosines = cosines + (texts @ unit_rows(there - centre).T).max(axis=1).astype(np.float64)
    shared = shared_words(keys, frame) if shared is None else shared
    words = np.sqrt(shared.max(axis=1, initial=0.0))
    return np.asarray(cosines / max(1, len(parts)) + NEARNESS_OF_WORDS * words)


def none_chance(
    texts: Vectors, keys: Sequence[Sequence[str]], frame: PreparedFrame, words: Scores | None = None
) -> Scores:
    """Probability that no target fits."""
    near = nearness(texts, keys, frame, words) / frame.usual
    distance = np.maximum(_beside(texts, near, frame), FRAME_WEIGHT * (frame.far - near))
    if len(frame.elsewhere):
        other = (texts @ frame.elsewhere.T).max(axis=1).astype(np.float64)
        distance = np.maximum(distance, other - FRAME_WEIGHT * near - frame.elsewhere_at)
    return np.asarray(1 / (1 + np.exp(np.clip(-NONE_SLOPE * distance, -30, 30))))


def _beside(texts: Vectors, near: Scores, frame: PreparedFrame) -> Scores:
    """How much nearer each text is to talk beside the point than to the frame."""
    beside = np.sort(texts @ frame.beside.T, axis=1)[:, -NEAREST_BESIDE:].mean(axis=1).astype(np.float64)
    return np.asarray(beside - FRAME_WEIGHT * near - NONE_AT)


def is_idle(
    texts: Vectors, keys: Sequence[Sequence[str]], frame: PreparedFrame, words: Scores | None = None
) -> NDArray[np.bool_]:
    """Which texts speak of no plan at all (advertising, small talk, remarks on the survey): they make no theme."""
    near = nearness(texts, keys, frame, words) / frame.usual
    return np.asarray(_beside(texts, near, frame) > 0)


def ranked(scores: Scores, none: NDArray[np.float64], number: int, frame: PreparedFrame) -> Iterator[Ranked]:
    """Per text the best `number` targets with scores and calibrated chances, best first, and the chance that none fits."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :number]
    likely = chances(scores * frame.sharpness, 1.0) * (1 - none)[:, None]
    best = np.round(np.take_along_axis(scores, order, axis=1), 4).tolist()
    sure = np.round(np.take_along_axis(likely, order, axis=1), 4).tolist()
    return zip(order.tolist(), best, sure, none.tolist(), strict=True)
