"""Projects as the program Taguette writes them, in the versions of its tables."""

from __future__ import annotations

import sqlite3
import uuid
from pathlib import Path

#: As Taguette keeps a document: white space between blocks counts, tags do not, offsets are bytes.
CONTENTS = (
    "\n<h1>Colloquio</h1>\n<p>Che cosa serve?</p>\n<p>Serve un <b>treno</b> ogni mezz&#39;ora. Anche la sera. 🚆 Poi il bosco.</p>\n"
    "<p>Le scuole chiudono.</p>\n<p>Il medico manca.</p>"
)
#: The same document as bytes that count.
COUNTED = "Colloquio\nChe cosa serve?\nServe un treno ogni mezz'ora. Anche la sera. 🚆 Poi il bosco.\nLe scuole chiudono.\nIl medico manca."
#: The tables of a file of Taguette, by the versions of it that changed them: its first with whole projects in a file, the one that
#: most people have, and the newest, whose tags stand under tags.
FIRST, USUAL, NEWEST = 0, 1, 2
SCHEMA = """
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, PRIMARY KEY (version_num));
CREATE TABLE users (login VARCHAR(30) NOT NULL, created DATETIME NOT NULL, hashed_password VARCHAR(192), email VARCHAR(256),
 email_sent DATETIME, PRIMARY KEY (login));
CREATE TABLE projects (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name VARCHAR(200) NOT NULL, description TEXT NOT NULL,
 created DATETIME NOT NULL);
CREATE TABLE project_members (project_id INTEGER NOT NULL REFERENCES projects (id), user_login VARCHAR(30) NOT NULL REFERENCES users (login),
 privileges VARCHAR(11) NOT NULL, PRIMARY KEY (project_id, user_login));
CREATE TABLE documents (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name VARCHAR(200) NOT NULL, description TEXT NOT NULL, {filename},
 created DATETIME NOT NULL, project_id INTEGER NOT NULL REFERENCES projects (id), {direction} contents TEXT NOT NULL);
CREATE TABLE commands (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, date DATETIME NOT NULL, user_login VARCHAR(30) NOT NULL,
 project_id INTEGER NOT NULL, document_id INTEGER, payload TEXT NOT NULL);
CREATE TABLE highlights (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, document_id INTEGER NOT NULL REFERENCES documents (id),
 start_offset INTEGER NOT NULL, end_offset INTEGER NOT NULL, snippet TEXT NOT NULL);
CREATE TABLE tags (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, project_id INTEGER NOT NULL REFERENCES projects (id), path VARCHAR(200) NOT NULL,
 description TEXT NOT NULL, {parent} CONSTRAINT uq_tags_project_id UNIQUE (project_id, path));
CREATE TABLE highlight_tags (highlight_id INTEGER NOT NULL REFERENCES highlights (id), tag_id INTEGER NOT NULL REFERENCES tags (id),
 PRIMARY KEY (highlight_id, tag_id));
CREATE INDEX ix_tags_path ON tags (path);
{more}
"""
TABLES = {
    FIRST: SCHEMA.format(
        filename="filename VARCHAR(200)", direction="", parent="",
        more="CREATE TABLE groups (id INTEGER NOT NULL PRIMARY KEY, project_id INTEGER NOT NULL, path VARCHAR NOT NULL, description TEXT NOT NULL);"
        "CREATE TABLE document_groups (document_id INTEGER NOT NULL, group_id INTEGER NOT NULL, PRIMARY KEY (document_id, group_id));",
    ),
    USUAL: SCHEMA.format(filename="filename VARCHAR(200) NOT NULL", direction="text_direction VARCHAR(13) NOT NULL,", parent="", more=""),
    NEWEST: SCHEMA.format(
        filename="filename VARCHAR(200) NOT NULL", direction="text_direction VARCHAR(13) NOT NULL,",
        parent="parent_id INTEGER REFERENCES tags (id) ON DELETE CASCADE,", more="CREATE INDEX ix_tags_parent_id ON tags (parent_id);",
    ),
}  # fmt: skip  # one version a line or two


def span_of(words: str) -> tuple[int, int]:
    """Where words stand among the bytes that Taguette counts."""
    start = len(COUNTED[: COUNTED.index(words)].encode())
    return start, start + len(words.encode())


def taguette(folder: Path, *, documents: tuple[tuple[str, str], ...], projects: int = 1, more: str = "", version: int = USUAL) -> bytes:
    """A project as Taguette exports it; every document has the same highlights."""
    file = folder / f"{uuid.uuid4()}.sqlite3"
    database = sqlite3.connect(file)
    database.executescript("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY")  # Each table would wait for the disk.
    database.executescript(TABLES[version])
    database.execute("PRAGMA application_id = 0x54677474")
    database.execute("INSERT INTO users VALUES ('admin', '2025-01-01', 'bcrypt:secret', 'chi@esempio.example', NULL)")
    for number in range(projects):
        database.execute("INSERT INTO projects (name, description, created) VALUES (?, '', '2025-01-01')", (f"Valli {number}",))
    database.executemany(
        "INSERT INTO tags (project_id, path, description) VALUES (1, ?, ?)",
        [("mobilità", "Come ci si muove."), ("mobilità.treni", ""), ("scuola", "")],
    )
    for name, contents in documents:
        row = {"name": name, "description": "", "filename": "", "created": "2025-01-01", "project_id": 1, "contents": contents}
        if version != FIRST:
            row["text_direction"] = "LEFT_TO_RIGHT"
        made = database.execute(
            f"INSERT INTO documents ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})",  # noqa: S608  # Names from above.
            tuple(row.values()),
        ).lastrowid
        for words, tags in (("treno ogni mezz'ora", (1, 2)), ("🚆 Poi il bosco.\nLe scuole", (3,)), ("Che cosa", (1,)), ("medico", ())):
            highlight = database.execute(
                "INSERT INTO highlights (document_id, start_offset, end_offset, snippet) VALUES (?, ?, ?, '')", (made, *span_of(words))
            ).lastrowid
            database.executemany("INSERT INTO highlight_tags VALUES (?, ?)", [(highlight, tag) for tag in tags])
    database.executescript(more)
    database.commit()
    database.close()
    return file.read_bytes()
