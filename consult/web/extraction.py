"""Finding the sentences to translate: what gettext marks, and what refusals say.

Rooms below the glue know no gettext: they raise refusals in Italian, and the error page translates them by their text. Babel calls
`extract` for every module, so that those sentences reach the catalogue too.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import IO, Any

from babel.messages.extract import extract_python

REFUSALS = frozenset(
    {"Conflict", "Forbidden", "Invalid", "NotFound", "PhaseClosed", "UnreadableText", "DomainError"}
    | {"Sentence", "complain", "refuse", "_refuse", "wrong", "no_twins", "_waits"}
)
#: Tables of sentences that are shown by their text.
TABLES = frozenset({"MESSAGES", "DEFAULT"})
Found = tuple[Any, ...]


def extract(
    file: IO[bytes], keywords: Mapping[str, Any], comment_tags: Collection[str], options: Mapping[str, Any]
) -> Iterator[Found]:
    """Yield (line, function, message, comments), as Babel's extractors do."""
    yield from extract_python(file, keywords, comment_tags, options)  # type: ignore[arg-type]  # Babel names narrower types than it takes.
    file.seek(0)
    tree = ast.parse(file.read())
    named: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            named.setdefault(node.targets[0].id, []).append(node.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in REFUSALS:
            # A word by itself is taken for a code, unless it is made a sentence here.
            if _name(node.func) == "Sentence" and node.args and isinstance(node.args[0], ast.Constant):
                yield node.lineno, None, node.args[0].value, []
            for argument in [*node.args, *(k.value for k in node.keywords if k.arg in {None, "message", "fields"})]:
                for said in named.get(argument.id, []) if isinstance(argument, ast.Name) else [argument]:
                    yield from _sentences(said)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Name) and target.id in TABLES and node.value is not None:
                yield from _sentences(node.value)


def _name(called: ast.expr) -> str:
    """What is called, without whose it is."""
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def _sentences(node: ast.expr) -> Iterator[Found]:
    """String constants that are sentences: the value itself, either branch of a choice, or the values of a dictionary."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        if " " in node.value.strip():
            yield node.lineno, None, node.value, []
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from _sentences(value)
    elif isinstance(node, ast.IfExp):
        yield from _sentences(node.body)
        yield from _sentences(node.orelse)
