"""Calculations of an XLSForm: what they stand for in conditions and texts, where that can be said. Pure; the rest is reported.

Nothing is calculated here. A value that is written out, another question's answer, or "this if that holds, else the other" is put where
its name stands; the form's own row goes.
"""

from __future__ import annotations

from collections.abc import Mapping

from consult.core.sentences import Sentence
from consult.listening.surveys.rules import xpath
from consult.listening.surveys.rules.relevance import Untranslatable
from consult.listening.surveys.rules.xlsform import Row, Workbook
from consult.listening.surveys.rules.xlsform_groups import where_of
from consult.listening.surveys.rules.xpath import Node


def is_calculation(row: Row) -> bool:
    """Whether a row only calculates and asks nothing."""
    return row.get("type").strip().casefold() == "calculate"


def calculations(book: Workbook) -> dict[str, Node]:
    """What stands for each calculated name, of those that can be said; each calculation is reported with what becomes of it."""
    found: dict[str, Node] = {}
    for row in book.survey:
        if not is_calculation(row) or not row.get("name"):
            continue
        where, text = where_of(row), row.get("calculation")
        try:
            node = xpath.put_in(xpath.parse(text), found)
            if not xpath.is_simple(node):
                raise Untranslatable(Sentence("fa dei calcoli"))
        except Untranslatable as error:
            book.report(where, Sentence("Il calcolo non si porta (%(why)s): %(text)s", why=str(error), text=text[:300]))
            continue
        found[row.get("name").casefold()] = node
        book.report(
            where, Sentence("Qui non si calcola: dove serviva «%(name)s» c’è quello che vale (%(text)s).", name=where, text=text[:300])
        )
    return found


def values_of(calculated: Mapping[str, Node]) -> dict[str, str]:
    """The calculated names that are just a word or a number, for texts that name them."""
    return {name: node.text for name, node in calculated.items() if node.kind in {"string", "number"}}
