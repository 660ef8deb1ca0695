"""Who says what, when: from lines, captions or tables to turns. Pure."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from consult.core.reading.blocks import Block
from consult.listening.interviews.rules.captions import are_captions, caption_lines
from consult.listening.interviews.rules.lines import Line, clock, lines_of

_ASKS = re.compile(
    r"^(d|dom|domanda|int|intervistatore|intervistatrice|intervistatori|q|question|interviewer|facilitatore|facilitatrice|moderatore|"
    r"moderatrice|moderator|ricercatore|ricercatrice|conduttore|conduttrice|rilevatore|rilevatrice|enquêteur|enquêtrice)$"
)
_TELLS = re.compile(
    r"^(r|risp|risposta|intervistato|intervistata|intervistati|answer|interviewee|testimone|partecipante|participant|respondent|"
    r"enquêté|enquêtée)$"
)
#: What stands before a colon on the first page, or begins a sentence, and is nobody.
_NOBODY = re.compile(
    r"^(nota|note|nb|data|luogo|durata|ora|ore|orario|tema|argomento|oggetto|titolo|allegato|allegati|fonte|file|date|place|duration|"
    r"il|lo|la|i|gli|le|un|uno|una|per|in|con|di|da|su|a|e|ed|o|ma|poi|quindi|allora|cioè|ecco|primo|secondo|terzo|anche|come|quando|"
    r"se|che|the|an|and|but|so|if|when|first|second|http|https)$"
)
_TIME_HEADS = frozenset({"tempo", "ora", "time", "timestamp", "minuto", "inizio", "start"})
_WHO_HEADS = frozenset({"parlante", "chi", "speaker", "nome", "voce", "interlocutore", "persona", "name", "chi parla"})
_TEXT_HEADS = frozenset({"testo", "text", "trascrizione", "transcript", "contenuto", "parlato", "battuta"})
#: Timed pieces of one voice are joined up to this length, at the end of a sentence; a longer silence parts them.
PASSAGE = 900
SILENCE_MS = 12_000


@dataclass(frozen=True, slots=True)
class Turn:
    """One passage of a transcript; `asked` when the interviewer speaks, `at` in milliseconds where the time is known."""

    speaker: str
    text: str
    asked: bool
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice of a transcript: how much it says, and whether it is taken for the interviewer."""

    name: str
    turns: int
    words: int
    asks: bool


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was recognised. `sure` False: who asks was concluded from the questions. `left_out`: lines before the first voice."""

    layout: str
    turns: tuple[Turn, ...]
    speakers: tuple[Speaker, ...]
    sure: bool
    left_out: tuple[str, ...] = ()


def recognise(blocks: Sequence[Block]) -> Transcript:
    """Turns of a document: captions, a table, or lines with labels and times."""
    texts = [block.text for block in blocks if block.kind == "line"]
    if len(texts) == len(blocks) and are_captions(texts):
        return _conclude("captions", caption_lines(texts))
    rows = [block for block in blocks if block.kind == "row" and len(block.cells) > 1]
    if len(rows) >= 2 and sum(len(r.text) for r in rows) > sum(len(b.text) for b in blocks) / 2:
        table = _table_lines(rows)
        if table is not None:
            return _conclude("table", table)
    return _conclude("lines", lines_of(blocks))


def split_transcript(text: str) -> list[Turn]:
    """Turns of a typed transcript: blank lines part passages; a label before a colon says who speaks.

    A label counts when it is a usual one (D:, R:, Intervistatrice:), or when at least two passages start with it:
    "The problem is: ..." is no speaker. A passage without label belongs to whoever spoke last. Nothing that was typed is left out.
    """
    blocks = [Block(line, "line") for line in text.split("\n")]
    return list(_turns(lines_of(blocks), files=False)[0])


def with_interviewers(found: Transcript, names: Collection[str]) -> Transcript:
    """The same with the interviewers named by a person: these ask, all others answer."""
    asking = {name.casefold().strip() for name in names}
    turns = tuple(replace(turn, asked=turn.speaker.casefold() in asking) for turn in found.turns)
    return replace(found, turns=turns, speakers=speakers_of(turns), sure=True)


def _key(label: str) -> str:
    return re.sub(r"[\s_.]*\d*[\s.]*$", "", label.casefold()).strip()


def _role(label: str, roles: dict[str, bool]) -> bool | None:
    """True: asks; False: answers; None: nobody knows."""
    key = _key(label)
    if _ASKS.match(key):
        return True
    return False if _TELLS.match(key) else roles.get(key)


def _table_lines(rows: Sequence[Block]) -> list[Line] | None:
    """Lines of a table with a column of texts, and one of names, times or both; None where it is no transcript."""
    width = max(len(row.cells) for row in rows)
    cells = [(*row.cells, *[""] * (width - len(row.cells))) for row in rows]
    heads = {c.strip().casefold() for c in cells[0]}
    if (
        heads & (_TIME_HEADS | _WHO_HEADS)
        and heads & (_TEXT_HEADS | _WHO_HEADS)
        and not any(c.isdigit() for c in "".join(heads))
    ):
        cells = cells[1:]
    if not cells:
        return None
    sizes = [sum(len(row[i]) for row in cells) for i in range(width)]
    words = sizes.index(max(sizes))
    times = next(
        (i for i in range(width) if i != words and sum(_is_time(row[i]) for row in cells) > len(cells) / 2), None
    )
    names = next(
        (
            i
            for i in range(width)
            if i not in {words, times}
            and all(len(row[i]) <= 60 for row in cells)
            and len({row[i].casefold() for row in cells if row[i]}) <= max(2, len(cells) / 2)
            and any(row[i] for row in cells)
        ),
        None,
    )
    if times is None and names is None:
        return None
    return [
        Line(
            row[words], at=clock(row[times]) if times is not None else None,
            label=" ".join(row[names].split()).rstrip(":") if names is not None else "", said=" ".join(row[words].split()),
        )
        for row in cells
        if row[words].strip()
    ]  # fmt: skip  # one row of values reads better so


def _is_time(text: str) -> bool:
    return clock(text) is not None and len(text.strip()) <= 32


def _conclude(layout: str, lines: list[Line]) -> Transcript:
    turns, left_out, sure = _turns(lines, files=True, table=layout == "table")
    return Transcript(layout, turns, speakers_of(turns), sure, left_out)


def speakers_of(turns: Sequence[Turn]) -> tuple[Speaker, ...]:
    """The voices of a transcript in order of appearance."""
    counts: dict[str, list[Turn]] = defaultdict(list)
    for turn in turns:
        counts[turn.speaker].append(turn)
    return tuple(
        Speaker(name, len(mine), sum(len(t.text.split()) for t in mine), mine[0].asked) for name, mine in counts.items()
    )


def _voices(lines: Sequence[Line], *, table: bool) -> dict[str, str]:
    """Labels that are voices, by their folded spelling: usual ones, and those that come back."""
    seen = Counter(line.label.casefold() for line in lines if line.label)
    bare = Counter(line.whole.casefold() for line in lines if not line.label and line.whole)
    found: dict[str, str] = {}
    for before, line in zip([None, *lines], lines, strict=False):
        key = line.label.casefold()
        if not key and before is not None and before.heads and not before.label and before.at is not None:
            # A time on a line of its own, a name under it, the words under that.
            if bare[line.whole.casefold()] > 1 and len(line.whole.split()) <= 5 and line.whole[-1:] not in ".?!,;":
                found.setdefault(line.whole.casefold(), line.whole)
            continue
        usual = _ASKS.match(_key(line.label)) or _TELLS.match(_key(line.label)) or re.match(r"^speaker[ _]?\d+$", key)
        first = re.split(r"[\s'’]", key)[0].strip(".")
        letter = len(line.label.rstrip(".")) == 1 and line.label[:1].isupper()
        often = seen[key] > 1 and len(key.split()) <= 4 and (letter or not _NOBODY.match(first))
        if key and (table or line.tagged or usual or often or (line.heads and line.at is not None)):
            found.setdefault(key, line.label[:80])
    if found and all(_ASKS.match(_key(name)) for name in found.values()):
        # Only questions so far: whoever is named right after one is who answers, even if but once.
        for before, line in pairwise(lines):
            key = line.label.casefold()
            if before.label.casefold() in found and key and len(key.split()) <= 4 and not _NOBODY.match(key.split()[0]):
                found.setdefault(key, line.label[:80])
    return found


def _turns(lines: list[Line], *, files: bool, table: bool = False) -> tuple[tuple[Turn, ...], tuple[str, ...], bool]:
    """Lines into turns; what stands before the first voice of a file is no part of the talk."""
    voices = _voices(lines, table=table)
    timed = sum(line.at is not None for line in lines) * 2 > len(lines) and bool(lines)
    dashes = files and not voices and sum(line.dashed for line in lines) * 5 > len(lines) * 3
    pieces: list[Turn] = []
    left_out: list[str] = []
    speaker, at, begins = "", None, True
    for line in lines:
        key = line.label.casefold()
        bare = line.whole.casefold()
        if key in voices:
            speaker, at, begins, text = voices[key], line.at if line.at is not None else at, True, line.said
        elif not line.label and bare in voices and begins and at is not None:
            speaker, text = voices[bare], ""
        else:
            at = line.at if line.at is not None else at
            begins = begins or line.fresh or line.at is not None or dashes
            text = line.whole
        if not text:
            begins = True
            continue
        if files and voices and not speaker and not (line.at is not None and not line.heading):
            left_out.append(line.whole)
            continue
        if begins or not pieces:
            asked = dashes and text.rstrip().endswith("?")
            pieces.append(Turn(speaker[:80], " ".join(text.split()), asked, at))
        else:
            pieces[-1] = replace(pieces[-1], text=f"{pieces[-1].text} {' '.join(text.split())}")
        begins, at = False, None
    if timed:
        pieces = _joined(pieces)
    if dashes:
        return tuple(pieces), tuple(left_out), False
    asking, sure = _who_asks(pieces, guess=files)
    return tuple(replace(p, asked=p.speaker.casefold() in asking) for p in pieces), tuple(left_out), sure


def _joined(pieces: Sequence[Turn]) -> list[Turn]:
    """Timed pieces of one voice as passages."""
    found: list[Turn] = []
    last_at: int | None = None
    for piece in pieces:
        before = found[-1] if found else None
        pause = piece.at is not None and last_at is not None and piece.at - last_at > SILENCE_MS
        full = before is not None and len(before.text) >= PASSAGE and before.text[-1:] in ".?!…»”"
        long = before is not None and len(before.text) + len(piece.text) > 2 * PASSAGE
        if before is not None and before.speaker == piece.speaker and not (pause or full or long):
            found[-1] = replace(before, text=f"{before.text} {piece.text}")
        else:
            found.append(piece)
        last_at = piece.at if piece.at is not None else last_at
    return found


def _who_asks(pieces: Sequence[Turn], *, guess: bool) -> tuple[set[str], bool]:
    """Voices that ask, and whether their names say so. Without names, the one that says least and mostly asks."""
    names = {p.speaker.casefold() for p in pieces if p.speaker}
    keys = {_key(name) for name in names}
    # "I" asks beside a participant or one who answers, and answers beside a question; "A" answers a "Q" or a "D".
    roles: dict[str, bool] = {}
    if "i" in keys:
        roles["i"] = not keys & {"d", "q", "dom", "domanda", "int"}
    if "a" in keys and keys & {"d", "q"}:
        roles["a"] = False
    if keys & {"p"} and roles.get("i"):
        roles["p"] = False
    known = {name: role for name in names if (role := _role(name, roles)) is not None}
    if known or not guess or len(names) < 2:
        return {name for name, asks in known.items() if asks}, True
    words: Counter[str] = Counter()
    turns: Counter[str] = Counter()
    questions: Counter[str] = Counter()
    for piece in pieces:
        name = piece.speaker.casefold()
        words[name] += len(piece.text.split())
        turns[name] += 1
        questions[name] += "?" in piece.text
    asking = max(names, key=lambda name: (questions[name] / turns[name], -words[name], name))
    if questions[asking] * 2 >= turns[asking] and words[asking] * 2 <= sum(words.values()):
        return {asking}, False
    return set(), False
