"""Projects exported from Taguette: one SQLite file with documents as HTML, tags, and highlights that count bytes of text. Pure.

The file is read out of memory, never opened by name, and only by SELECT; who may enter Taguette, and with what password, is not read.
Its codes get the identifiers that Taguette itself writes into a codebook (.qdc), so that both files speak of the same codes.
Tables and columns read here are those that its published schema has had in all its versions (0.4 of 2018 to 1.5 of 2025), but for
`tags.parent_id`, which only the newest has: it is read where it is there.
"""

from __future__ import annotations

import sqlite3
import uuid
from array import array
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from html.parser import HTMLParser

from consult.core.reading.blocks import Refused
from consult.core.sentences import Sentence
from consult.evidence.rules.exchange import DEPTH, MAXIMUM_CODES, BookCode, Codebook
from consult.evidence.rules.projects import MAXIMUM_TEXT, CodedText, Piece, Project

MAGIC = b"SQLite format 3\x00"
#: Under which Taguette names its codes in files of the standard, by their path.
TAGUETTE = uuid.UUID("51b2b2b7-27eb-4ecb-9d56-e75b0a0496c2")
MAXIMUM_DOCUMENTS, MAXIMUM_HIGHLIGHTS = 2_000, 200_000
#: Stands for whoever highlighted: the file does not say.
SOMEBODY = uuid.uuid5(TAGUETTE, "somebody")
_TABLES = frozenset({"projects", "documents", "tags", "highlights", "highlight_tags"})
_BLOCKS = frozenset(
    {"p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "td", "th", "dt", "dd", "table", "blockquote", "pre", "section",
     "article", "br", "hr"}
)  # fmt: skip  # names read better in few lines


def warm() -> sqlite3.Connection:
    """A database in memory that has been written and read: made while files may still be opened."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE t (a TEXT)")
    database.execute("SELECT a FROM t ORDER BY a").fetchall()
    database.deserialize(database.serialize())
    return database


def parse_taguette(data: bytes, database: sqlite3.Connection | None = None) -> Project:
    """The project of a file. Raises Refused."""
    if not data.startswith(MAGIC):
        raise Refused("wrong_type")
    with closing(database or warm()) as opened:
        try:
            # A file that kept a journal beside it says so in two bytes; in memory there is none to look for.
            opened.deserialize(data[:18] + b"\x01\x01" + data[20:])
            opened.execute("PRAGMA temp_store = MEMORY")
            opened.execute("PRAGMA trusted_schema = OFF")
            opened.execute("PRAGMA query_only = ON")
            kinds = dict(opened.execute("SELECT name, type FROM sqlite_master").fetchall())
            opened.set_authorizer(_only_reading)
            if any(kinds.get(name) != "table" for name in _TABLES):
                raise Refused("wrong_type")
            return _project(opened)
        except (sqlite3.Error, UnicodeDecodeError, ValueError, TypeError, OverflowError) as error:
            raise Refused("broken") from error


def _only_reading(action: int, *_names: object) -> int:
    allowed = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION}
    return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY


def _rows(database: sqlite3.Connection, statement: str, most: int, *values: object) -> Iterator[tuple[object, ...]]:
    """Rows of a statement; more of them than anybody coded by hand are refused."""
    for number, row in enumerate(database.execute(statement, values), 1):
        if number > most:
            raise Refused("too_long")
        yield row


def _project(database: sqlite3.Connection) -> Project:
    projects = list(_rows(database, "SELECT id, name FROM projects ORDER BY id", 1_000))
    if len(projects) != 1:
        raise Refused("several" if projects else "no_text")
    project_id, name = int(str(projects[0][0])), str(projects[0][1])
    notes: list[str] = []
    codes, roots = _codes(database, project_id, notes)
    texts = []
    bare = 0
    for document_id, called, contents in _rows(
        database, "SELECT id, name, contents FROM documents WHERE project_id = ? ORDER BY id", MAXIMUM_DOCUMENTS, project_id
    ):  # fmt: skip  # one statement reads better so
        words, at = plain_text(str(contents))
        if len(words) > MAXIMUM_TEXT:
            raise Refused("too_long")
        pieces = []
        last = 0
        for number, start, end, tag_id in _rows(
            database,
            "SELECT h.id, h.start_offset, h.end_offset, t.tag_id FROM highlights h LEFT JOIN highlight_tags t ON t.highlight_id = h.id "
            "WHERE h.document_id = ? ORDER BY h.start_offset, h.id, t.tag_id",
            MAXIMUM_HIGHLIGHTS, document_id,
        ):  # fmt: skip  # one statement reads better so
            code = codes.get(int(str(tag_id))) if tag_id is not None else None
            place = (at(int(str(start))), at(int(str(end))))
            if code is not None and place[0] < place[1]:
                pieces.append(Piece(place[0], place[1], code.guid, SOMEBODY))
            elif number != last:
                bare += code is None
            last = int(str(number))
        texts.append(CodedText(uuid.uuid5(TAGUETTE, f"{name}/{document_id}"), str(called)[:300], words, tuple(pieces)))
    if bare:
        notes.append(Sentence("Brani senza nessun codice: %(n)s. Non si portano.", n=bare))
    book = Codebook(roots, origin="Taguette", notes=tuple(notes))
    return Project(name[:200], book, ((SOMEBODY, "Taguette"),), tuple(texts))


def _codes(
    database: sqlite3.Connection, project_id: int, notes: list[str]
) -> tuple[dict[int, BookCode], tuple[BookCode, ...]]:
    """The tags as codes by their number, and the codes that stand under no other with all that stand under them."""
    # Only the newest files know of tags under tags.
    columns = {str(column[0]) for column in database.execute("SELECT * FROM tags LIMIT 0").description}
    above = "parent_id" if "parent_id" in columns else "NULL"
    codes: dict[int, BookCode] = {}
    under: dict[int | None, list[int]] = {}
    for tag_id, path, description, parent in _rows(
        database,
        f"SELECT id, path, description, {above} FROM tags WHERE project_id = ? ORDER BY path, id",  # noqa: S608  # One of two words.
        MAXIMUM_CODES, project_id,
    ):  # fmt: skip  # one statement reads better so
        title = " ".join(str(path).split())
        if not title:
            continue
        if len(title) > 200:
            notes.append(Sentence("%(name)s: nome accorciato a 200 caratteri.", name=title[:60] + "…"))
        key = int(str(tag_id))
        codes[key] = BookCode(
            uuid.uuid5(TAGUETTE, str(path)), title[:200], description=str(description or "").strip()[:20_000]
        )
        under.setdefault(int(str(parent)) if parent is not None else None, []).append(key)
    nested: dict[int, BookCode] = {}
    # From the leaves up; a tag under one that is not there, or under itself by a way round, stands by itself.
    for key in reversed(_from_the_top(codes, under)):
        below = tuple(nested.pop(child) for child in under.get(key, ()) if child in nested)
        nested[key] = replace(codes[key], children=below)
    return codes, tuple(nested[key] for key in codes if key in nested)


def _from_the_top(codes: dict[int, BookCode], under: dict[int | None, list[int]]) -> list[int]:
    """Every tag once, each after the one it stands under. Raises Refused where they stand deeper than any codebook does."""
    found: list[int] = []
    seen: set[int] = set()
    loose = [key for parent, keys in under.items() if parent is None or parent not in codes for key in keys]
    # What is left after these goes round in a circle: it is begun at its first.
    for start in [*loose, *codes]:
        level, depth = [start] if start not in seen else [], 0
        while level:
            if depth == DEPTH:
                raise Refused("too_long")
            seen.update(level)
            found += level
            level = [child for key in level for child in under.get(key, ()) if child not in seen]
            depth += 1
    return found


class _Reader(HTMLParser):
    """The text of a document as Taguette counts it: what stands between tags, nothing else."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[tuple[str, bool]] = []

    def handle_data(self, data: str) -> None:
        """Text that counts. White space before the first element is dropped by every reader of HTML."""
        if self.parts or data.strip():
            self.parts.append((data, True))

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """A block begins on a line of its own, which no highlight counts."""
        if tag in _BLOCKS and self.parts:
            self.parts.append(("\n", False))

    def handle_endtag(self, tag: str) -> None:
        """A block ends its line."""
        self.handle_starttag(tag, ())


class _Places:
    """From bytes of the text as Taguette counts them to characters of the text with its lines."""

    def __init__(self, parts: list[tuple[str, bool]]) -> None:
        self._at = array("I")
        place = 0
        for words, counts in parts:
            for character in words:
                if counts:
                    self._at.extend((place,) * len(character.encode("utf-8", "replace")))
                place += 1
        self._end = place

    def __call__(self, offset: int) -> int:
        return self._at[offset] if 0 <= offset < len(self._at) else self._end


def plain_text(contents: str) -> tuple[str, _Places]:
    """The words of a document, a line for each block, and where its bytes stand in them."""
    reader = _Reader()
    reader.feed(contents)
    reader.close()
    return "".join(words for words, _counts in reader.parts), _Places(reader.parts)
