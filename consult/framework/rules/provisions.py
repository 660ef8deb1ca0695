"""Reading the provisions of an existing plan from CSV, XLSX or JSON. Pure: bytes in, rows and refused rows out.

A table has the columns `code` and `text`, and may have `page` and `strategies` (codes such as "1.2; 3.1"); the Italian names
`codice`, `testo`, `pagina` and `strategie` do as well. JSON is a list of objects with the same names.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from consult.analytics.tabular import TableError, read_bytes
from consult.core.errors import Invalid
from consult.core.normalise import UnreadableText, clean_line, clean_text
from consult.core.sentences import Sentence

#: A plan holds fewer provisions than this, and a workbook unpacks to less than so many bytes.
MOST_ROWS, MOST_UNPACKED = 5000, 60 * 1024 * 1024
_LONGEST_TEXT, _LONGEST_CODE = 20_000, 60
#: Below this row of a sheet nothing is looked for: spreadsheets may have a million empty rows.
_LAST_ROW = 50_000
_NAMES: Mapping[str, str] = {
    "code": "code", "codice": "code", "text": "text", "testo": "text", "page": "page", "pagina": "page", "strategies": "strategies",
    "strategie": "strategies", "strategy": "strategies", "strategia": "strategies",
}  # fmt: skip  # pairs read better side by side


#: A row that was left out: its line in the file, and why.
BadRow = tuple[int, str]


class NothingRead(Invalid):
    """A file without one good row; `bad` are those it has, for who tells it."""

    def __init__(self, sentence: str, bad: list[BadRow]) -> None:
        super().__init__(sentence, {"file": sentence})
        self.bad = bad


@dataclass(frozen=True, slots=True)
class ProvisionRow:
    """A provision as the file gives it."""

    code: str
    text: str
    page: int | None
    strategies: tuple[str, ...]


def read_provisions(data: bytes, kind: str, known: Iterable[str]) -> tuple[list[ProvisionRow], list[BadRow]]:
    """Good rows, and (line, reason) of those left out. `kind` is csv, text, xlsx or json; `known` are the frame's strategy codes.

    Raises Invalid for a file that cannot be read at all, NothingRead for one that holds no good row.
    """
    codes = set(known)
    rows: list[ProvisionRow] = []
    bad: list[BadRow] = []
    seen: set[str] = set()
    for line, values in _records(data, kind):
        try:
            row = _row(values, codes)
        except ValueError as error:
            bad.append((line, error.args[0]))
            continue
        if row.code in seen:
            bad.append((line, Sentence("Il codice %(code)s c’è già in una riga precedente.", code=row.code)))
            continue
        seen.add(row.code)
        rows.append(row)
        if len(rows) > MOST_ROWS:
            raise _refuse(Sentence("Il file ha più di %(n)s previsioni.", n=MOST_ROWS))
    if not rows:
        raise NothingRead(Sentence("Nel file non c’è nessuna previsione che si possa leggere."), bad)
    return rows, bad


def _refuse(sentence: str) -> Invalid:
    return Invalid(sentence, {"file": sentence})


def _records(data: bytes, kind: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """(line, values by our names) of each row of the file."""
    if kind == "json" or (kind == "text" and data.lstrip()[:1] in {b"[", b"{"}):
        yield from _json(data)
    elif kind == "xlsx":
        yield from _workbook(data)
    else:
        try:
            table = read_bytes(data)
        except TableError as error:
            raise _refuse("Il file non si legge come tabella con le colonne codice e testo.") from error
        _require(table.columns)
        for row in table.rows:
            yield row.line, _named(row.values)


def _json(data: bytes) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise _refuse("Il file JSON non si legge.") from error
    listed = found.get("provisions", found.get("previsioni")) if isinstance(found, dict) else found
    if not isinstance(listed, list):
        raise _refuse("Il file JSON deve essere un elenco di previsioni con code e text.")
    for number, item in enumerate(listed, start=1):
        yield number, _named(item) if isinstance(item, dict) else {}


def _workbook(data: bytes) -> Iterator[tuple[int, Mapping[str, Any]]]:
    from openpyxl import load_workbook  # noqa: PLC0415  # Only this import reads workbooks; pages must not load it.

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if sum(item.file_size for item in package.infolist()) > MOST_UNPACKED:
                raise _refuse("La cartella di lavoro è troppo grande.")
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        rows = sheet.iter_rows(values_only=True, max_row=_LAST_ROW, max_col=30)
        header = [str(cell or "") for cell in next(rows, ())]
        _require(header)
        filled = 0
        for number, cells in enumerate(rows, start=2):
            if any(cell is not None for cell in cells):
                filled += 1
                if filled > MOST_ROWS:
                    raise _refuse(Sentence("Il file ha più di %(n)s previsioni.", n=MOST_ROWS))
                yield number, _named(dict(zip(header, cells, strict=False)))
    except Invalid:
        raise
    except Exception as error:  # A workbook can be broken in more ways than its reader names.
        raise _refuse("La cartella di lavoro non si legge.") from error


def _require(columns: Iterable[str]) -> None:
    there = {_NAMES.get(str(name).strip().lower()) for name in columns}
    if not {"code", "text"} <= there:
        raise _refuse("Mancano le colonne codice e testo.")


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    return {ours: value for name, value in values.items() if (ours := _NAMES.get(str(name).strip().lower()))}


def _row(values: Mapping[str, Any], known: set[str]) -> ProvisionRow:
    """One provision; ValueError with the reason where it is not one."""
    try:
        code = clean_line(str(values.get("code") if values.get("code") is not None else ""))
        text = clean_text(str(values.get("text") if values.get("text") is not None else ""))
    except UnreadableText as error:
        raise ValueError(str(error)) from error
    if not code or not text:
        raise ValueError(Sentence("Manca il codice o il testo."))
    if len(code) > _LONGEST_CODE or len(text) > _LONGEST_TEXT:
        raise ValueError(Sentence("Il codice o il testo è troppo lungo."))
    given = values.get("strategies")
    listed = given if isinstance(given, list) else re.split(r"[;,\s]+", str(given or ""))
    strategies = tuple(dict.fromkeys(str(s).strip() for s in listed if str(s).strip()))
    foreign = [s for s in strategies if s not in known]
    if foreign:
        raise ValueError(Sentence("La strategia %(code)s non è del piano.", code=foreign[0][:20]))
    return ProvisionRow(code, text, _page(values.get("page")), strategies)


def _page(value: Any) -> int | None:
    if value is None or not str(value).strip():
        return None
    digits = re.fullmatch(r"(?:p\.?\s*)?(\d{1,5})(?:\.0)?", str(value).strip(), re.IGNORECASE)
    if digits is None:
        raise ValueError(Sentence("La pagina non è un numero."))
    return int(digits.group(1))
