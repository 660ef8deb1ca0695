"""Groups of an XLSForm: which rows stand in which, which of them make a table. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from consult.core.errors import Invalid
from consult.core.sentences import Sentence
from consult.listening.surveys.rules.xlsform import Row, Workbook
from consult.listening.surveys.rules.xlsform_kinds import YES
from consult.listening.surveys.rules.xlsform_settings import times_of


@dataclass(slots=True)
class Group:
    """A group of the form: its row, what stands in it, and how often it is asked where the form says so itself."""

    row: Row | None
    parts: list[Group | Row] = field(default_factory=list)
    times: int = 1


def refuse(sentence: str) -> Invalid:
    """The refusal of a whole form, at the field of its file."""
    return Invalid(sentence, {"file": sentence})


def where_of(row: Row | None) -> str:
    """How a report names a row."""
    return (row.get("name") or f"riga {row.line}") if row is not None else "survey"


def tree_of(book: Workbook) -> Group:
    """The groups of a form in one another. Raises Invalid where one is not opened or not closed."""
    root = Group(None)
    open_ = [root]
    for row in book.survey:
        kind = re.sub(r"[\s_]+", " ", row.get("type").casefold()).strip()
        if not kind or row.get("disabled").casefold() in YES:
            continue
        if kind in {"begin group", "begin repeat"}:
            group = Group(row)
            open_[-1].parts.append(group)
            open_.append(group)
            if kind == "begin repeat":
                group.times = times_of(book, row, where_of(row), top=len(open_) == 2)
        elif kind in {"end group", "end repeat"}:
            if len(open_) == 1:
                raise refuse(Sentence("Foglio «survey», riga %(n)s: si chiude un gruppo che non è aperto.", n=row.line))
            open_.pop()
        else:
            open_[-1].parts.append(row)
    if len(open_) > 1:
        raise refuse(Sentence("Foglio «survey»: il gruppo «%(name)s» non si chiude.", name=where_of(open_[-1].row)))
    return root


def is_table(group: Group) -> bool:
    """Whether a group is a table: asked for, or made of questions that only show their choices once."""
    rows = [part for part in group.parts if isinstance(part, Row)]
    if group.row is None or len(rows) != len(group.parts):
        return False
    asked = [row for row in rows if "label" not in row.get("appearance").split()]
    types = {row.get("type").strip() for row in rows}
    listed = len(types) == 1 and re.match(r"select_(one|multiple)\s", next(iter(types), "")) is not None
    old = len(asked) < len(rows) and all("list-nolabel" in row.get("appearance") for row in asked)
    return bool(asked) and listed and ("table-list" in group.row.get("appearance").split() or old)
