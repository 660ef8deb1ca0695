"""LimeSurvey's survey structure (.lss) as a plan of our own, with a report of everything that could not come along. Pure.

Read from the tables an export holds (questions, subquestions, answers, their translations, attributes, groups, quotas); both the layout
of LimeSurvey 3, which repeats rows by language, and that of 4 and later, with tables of translations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from lxml import etree

from consult.core.errors import Invalid
from consult.core.normalise import UnreadableText, clean_text
from consult.core.sentences import Sentence
from consult.listening.surveys.rules.imported import Loss

LARGEST_BYTES = 5 * 1024 * 1024
_MOST_ELEMENTS = 200_000
_MOST_LANGUAGES = 12
Row = dict[str, str]


@dataclass(slots=True)
class Tables:
    """The tables of an export, and what is found missing while they are read."""

    rows: dict[str, list[Row]]
    languages: list[str]
    losses: list[Loss] = field(default_factory=list)
    _indexes: dict[tuple[str, ...], dict[tuple[str, ...], list[Row]]] = field(default_factory=dict)

    @property
    def language(self) -> str:
        """The survey's own language."""
        return self.languages[0]

    def table(self, name: str) -> list[Row]:
        """The rows of one table."""
        return self.rows.get(name, [])

    def report(self, where: str, reason: str) -> None:
        """Note what does not come along."""
        self.losses.append(Loss(where, reason))

    def words(self, row: Row, key: str, table: str, column: str) -> dict[str, str]:
        """A text by language: from the rows of translations, else from the row itself."""
        found = {
            each.get("language", ""): self.plain(each.get(column, ""), row.get("title") or row.get(key, ""))
            for each in self.where(table, **{key: row.get(key, "")})
        }
        if not found and column in row:
            found = {row.get("language") or self.language: self.plain(row[column], row.get("title", ""))}
        return {code: text for code, text in found.items() if text}

    def where(self, table: str, **cells: str) -> list[Row]:
        """The rows of a table with these cells, by an index made once."""
        columns = tuple(sorted(cells))
        if (table, *columns) not in self._indexes:
            index: dict[tuple[str, ...], list[Row]] = {}
            for row in self.table(table):
                index.setdefault(tuple(row.get(column, "") for column in columns), []).append(row)
            self._indexes[(table, *columns)] = index
        return self._indexes[(table, *columns)].get(tuple(cells[column] for column in columns), [])

    def plain(self, markup: str, where: str) -> str:
        """The words of a text with markup; pictures and the like are reported."""
        text, lost = without_markup(markup)
        for thing in sorted(lost):
            self.report(where, Sentence("Il testo conteneva «%(thing)s», che non si porta.", thing=thing))
        if re.search(r"\{[A-Za-z][^{}]{0,200}\}", text):
            self.report(
                where, Sentence("Il testo contiene campi automatici tra parentesi graffe: restano scritti come sono.")
            )
        return text


class _Words(HTMLParser):
    _BLOCKS = frozenset({"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table"})
    _LOST = frozenset({"img", "video", "audio", "iframe", "object", "embed", "script", "style", "svg"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.lost: set[str] = set()
        self._silent = 0
        self._link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._BLOCKS:
            self.parts.append("\n- " if tag == "li" else "\n")
        if tag in self._LOST:
            self.lost.add(tag)
            self._silent += tag in {"script", "style"}
        if tag == "a":
            self._link = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style"} and self._silent:
            self._silent -= 1
        if tag == "a" and self._link.startswith("http"):
            self.parts.append(f" ({self._link})")
            self._link = ""
        if tag in {"p", "div", "h1", "h2", "h3", "h4"}:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(re.sub(r"[ \t\r\n\u00a0]+", " ", data))


def without_markup(markup: str) -> tuple[str, set[str]]:
    """The words of a text with markup, and the kinds of things in it that are no words (pictures and the like)."""
    reader = _Words()
    reader.feed(markup)
    reader.close()
    return clean_text(re.sub(r"\n{3,}", "\n\n", "".join(reader.parts))), reader.lost


def _refuse(sentence: str) -> Invalid:
    return Invalid(sentence, {"file": sentence})


def read_tables(data: bytes) -> Tables:
    """The tables of an export. What is hostile, broken or of another kind is refused with one sentence, most of it before parsing."""
    if len(data) > LARGEST_BYTES:
        raise _refuse("Il file è troppo grande per un questionario: può avere al massimo 5 MB.")
    if not data.strip():
        raise _refuse("Il file è vuoto.")
    if data.startswith(b"PK"):
        raise _refuse("È un archivio compresso: da LimeSurvey serve «Struttura del questionario (.lss)».")
    if b"\x00" in data or data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        raise _refuse("Il file non è scritto in UTF-8, come LimeSurvey lo scrive.")
    head = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    encoding = re.match(rb"<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9_.-]+)", head)
    if encoding and encoding.group(1).lower() not in {b"utf-8", b"utf8"}:
        raise _refuse("Il file non è scritto in UTF-8, come LimeSurvey lo scrive.")
    if not head.startswith(b"<"):
        raise _refuse("Il file non è un questionario di LimeSurvey (.lss).")
    if re.search(rb"<!\s*(doctype|entity)", data, re.IGNORECASE):
        raise _refuse("Il file dichiara tipi o entità XML, che un questionario di LimeSurvey non ha: non si apre.")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True, recover=False
    )  # fmt: skip  # one list of refusals reads better
    try:
        root = etree.fromstring(head, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise _refuse("Il file è rovinato: non è XML che si legge.") from error
    if root.tag != "document" or root.findtext("LimeSurveyDocType") is None:
        raise _refuse("Il file non è un questionario di LimeSurvey (.lss).")
    if (root.findtext("LimeSurveyDocType") or "").strip() != "Survey":
        raise _refuse("È un altro tipo di esportazione di LimeSurvey: serve «Struttura del questionario (.lss)».")
    if sum(1 for _each in root.iter()) > _MOST_ELEMENTS:
        raise _refuse("Il file contiene troppe cose per un questionario.")
    try:
        rows = {str(table.tag): list(_rows(table)) for table in root if isinstance(table.tag, str)}
    except UnreadableText as error:
        raise _refuse(str(error)) from error
    languages = [(each.text or "").strip() for each in root.iterfind("languages/language")]
    own = next((row["language"] for row in rows.get("surveys", []) if row.get("language")), "")
    ordered = list(dict.fromkeys([each for each in (own, *languages) if each]))
    tables = Tables(rows, list(dict.fromkeys(short_code(each) for each in ordered)) or ["it"])
    if len(tables.languages) > _MOST_LANGUAGES:
        del tables.languages[_MOST_LANGUAGES:]
        tables.report("languages", Sentence("Si portano al massimo 12 lingue."))
    return tables


def short_code(language: str) -> str:
    """LimeSurvey's code of a language as ours: "de-informal" is German."""
    return language.split("-")[0].lower()[:3] or "it"


def _rows(table: Any) -> Iterator[Row]:
    for row in table.iterfind("rows/row"):
        found = {str(cell.tag): (cell.text or "") for cell in row if isinstance(cell.tag, str)}
        if "language" in found and str(table.tag) != "surveys":
            found["language"] = short_code(found["language"])
        yield found


def ordered(rows: list[Row], *columns: str) -> list[Row]:
    """Rows by columns of numbers."""
    return sorted(rows, key=lambda row: tuple(number(row.get(column)) for column in columns))


def number(text: str | None) -> int:
    """A whole number in a cell; 0 for anything else."""
    value = (text or "").strip()
    return int(value) if re.fullmatch(r"-?[0-9]{1,9}", value) else 0


def first_rows(rows: list[Row], key: str, language: str) -> list[Row]:
    """One row a key: that of the survey's own language where rows repeat by language."""
    found: dict[str, Row] = {}
    for row in rows:
        mark = row.get(key, "")
        if mark not in found or (row.get("language") == language and found[mark].get("language") != language):
            found[mark] = row
    return list(found.values())
