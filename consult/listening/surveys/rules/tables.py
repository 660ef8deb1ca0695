"""Tables of answers, as rows of cleaned cells: a whole one, or its first rows for a look. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from consult.core.errors import Invalid
from consult.core.normalise import UnreadableText, clean_text
from consult.core.reading.blocks import Refused
from consult.core.reading.plain import decoded
from consult.core.sentences import Sentence

MOST_ROWS, MOST_COLUMNS = 100_000, 400


@dataclass(frozen=True, slots=True)
class Table:
    """A table of answers: headings and rows with their line in the file."""

    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def _refuse(sentence: str) -> Invalid:
    return Invalid(sentence, {"file": sentence})


def table_of(lines: Iterable[tuple[int, Sequence[str]]], *, most: int | None = None) -> Table:
    """The table in numbered lines, of which the first that holds anything has the headings; only its first rows where `most` says so.

    Raises Invalid with one sentence.
    """
    headings: tuple[str, ...] = ()
    rows: list[tuple[int, tuple[str, ...]]] = []
    for number, cells in lines:
        try:
            row = tuple(clean_text(cell) for cell in cells)
        except UnreadableText as error:
            raise _refuse(Sentence("Riga %(n)s: %(why)s", n=number, why=str(error))) from error
        if not any(row):
            continue
        if not headings:
            headings = row
            if len(headings) > MOST_COLUMNS:
                raise _refuse(Sentence("La tabella può avere al massimo %(n)s colonne.", n=MOST_COLUMNS))
            continue
        rows.append((number, row[: len(headings)] + ("",) * (len(headings) - len(row))))
        if len(rows) == most:
            break
        if len(rows) > MOST_ROWS:
            raise _refuse(Sentence("Si prendono al massimo %(n)s righe per volta.", n=MOST_ROWS))
    if not rows:
        raise _refuse("La tabella non ha righe sotto le intestazioni.")
    return Table(headings, tuple(rows))


def separated(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """The lines of a CSV or TSV file, each read when it is asked for. Raises Invalid."""
    try:
        text = decoded(data).lstrip("\ufeff")
    except (Refused, UnicodeError) as error:
        raise _refuse("Il file non è una tabella CSV che si legge.") from error
    delimiter = max(",;\t", key=text.partition("\n")[0].count)
    number, reader = 0, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for number, cells in enumerate(reader, 1):
            yield number, cells
    except csv.Error as error:
        raise _refuse(Sentence("Riga %(n)s: non si legge, di solito manca una virgoletta.", n=number + 1)) from error
