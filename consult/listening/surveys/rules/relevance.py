"""LimeSurvey's relevance equations, as far as our conditions can say the same. Pure.

Understood: comparisons of a question (or its sub-question) with a text or number, is_empty(), and, or, not, brackets. Anything else is
told apart by `Untranslatable`, whose words go into the report of an import.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from consult.core.sentences import Sentence

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<number>\d+(?:\.\d+)?)(?![A-Za-z0-9_])|"""
    r"""(?P<name>[A-Za-z0-9_][A-Za-z0-9_-]*(?:\.[A-Za-z_]+)?)|(?P<op>==|!=|<=|>=|&&|\|\||[<>!()=,+*/%-]))"""
)
_OPS = {
    "==": "equal", "eq": "equal", "!=": "not_equal", "ne": "not_equal", ">": "greater", "gt": "greater", ">=": "at_least", "ge": "at_least",
    "<": "less", "lt": "less", "<=": "at_most", "le": "at_most",
}  # fmt: skip  # pairs read better side by side
_TURNED = {"greater": "less", "less": "greater", "at_least": "at_most", "at_most": "at_least"}
_NEGATED = {
    "equal": "not_equal", "not_equal": "equal", "contains": "not_contains", "not_contains": "contains", "answered": "not_answered",
    "not_answered": "answered",
}  # fmt: skip  # pairs read better side by side
_DEEPEST = 40
_LONGEST = 4000

#: Makes a comparison of our own of (name, op, value), or raises Untranslatable. The op "empty" asks whether there is no answer.
Resolver = Callable[[str, str, str], dict[str, Any]]


class Untranslatable(Exception):
    """An expression that our conditions can't say."""


def translate(expression: str, resolve: Resolver) -> dict[str, Any] | None:
    """Our condition for an equation; None where it always holds. Raises Untranslatable."""
    text = expression.strip().removeprefix("{").removesuffix("}").strip()
    if text in {"", "1"}:
        return None
    if len(text) > _LONGEST:
        raise Untranslatable(Sentence("è troppo lunga"))
    found = _Parser(text, resolve).whole()
    return None if found is True else found


class _Parser:
    def __init__(self, text: str, resolve: Resolver) -> None:
        self.resolve = resolve
        self.tokens: list[tuple[str, str]] = []
        self.place = 0
        position = 0
        while position < len(text.rstrip()):
            match = _TOKEN.match(text, position)
            if match is None:
                raise Untranslatable(Sentence("«%(what)s» non si legge", what=text[position : position + 20]))
            self.tokens.append((match.lastgroup or "", match.group(match.lastgroup or 0)))
            position = match.end()

    def whole(self) -> Any:
        found = self.either(0)
        if self.place < len(self.tokens):
            raise Untranslatable(Sentence("«%(what)s» non si legge", what=self.tokens[self.place][1]))
        return found

    def peek(self) -> str:
        return self.tokens[self.place][1].lower() if self.place < len(self.tokens) else ""

    def take(self) -> tuple[str, str]:
        if self.place >= len(self.tokens):
            raise Untranslatable(Sentence("finisce a metà"))
        self.place += 1
        return self.tokens[self.place - 1]

    def either(self, depth: int) -> Any:
        return self._joined("any", {"or", "||"}, self.both, depth)

    def both(self, depth: int) -> Any:
        return self._joined("all", {"and", "&&"}, self.one, depth)

    def _joined(self, group: str, words: set[str], part: Callable[[int], Any], depth: int) -> Any:
        if depth > _DEEPEST:
            raise Untranslatable(Sentence("ha troppe parentesi"))
        parts = [part(depth)]
        while self.peek() in words:
            self.take()
            parts.append(part(depth))
        if len(parts) == 1:
            return parts[0]
        if group == "any" and True in parts:
            return True
        rest = [each for each in parts if each is not True]
        flat: list[Any] = []
        for each in rest:
            flat.extend(each[group] if isinstance(each, dict) and group in each else [each])
        return True if not flat else flat[0] if len(flat) == 1 else {group: flat}

    def one(self, depth: int) -> Any:
        if self.peek() in {"!", "not"}:
            self.take()
            return negate(self.one(depth + 1))
        if self.peek() == "(":
            self.take()
            found = self.either(depth + 1)
            self._close()
            return found
        return self.comparison()

    def _close(self) -> None:
        if self.take()[1] != ")":
            raise Untranslatable(Sentence("ha parentesi che non tornano"))

    def comparison(self) -> Any:
        kind, first = self.take()
        if kind == "name" and self.peek() == "(":
            return self._function(first)
        op = self.peek()
        if op not in _OPS:
            if kind == "number" and first == "1":
                return True
            raise Untranslatable(
                Sentence("«%(what)s» da solo, o con «%(other)s», non è un confronto", what=first, other=op)
                if op
                else Sentence("«%(what)s» da solo non è un confronto", what=first)
            )
        self.take()
        other_kind, second = self.take()
        if self.peek() in {"+", "-", "*", "/", "%", "("}:
            raise Untranslatable(Sentence("fa dei calcoli"))
        wanted = _OPS[op]
        if kind != "name" and other_kind == "name":
            kind, first, other_kind, second = other_kind, second, kind, first
            wanted = _TURNED.get(wanted, wanted)
        if kind != "name" or other_kind == "name":
            raise Untranslatable(
                Sentence("«%(what)s» e «%(other)s» non sono una domanda e una risposta", what=first, other=second)
            )
        value = second[1:-1].replace('\\"', '"').replace("\\'", "'") if other_kind == "string" else second
        return self._compared(first, wanted, value)

    def _compared(self, name: str, op: str, value: str) -> Any:
        if value.strip() == "":
            if op not in {"equal", "not_equal"}:
                raise Untranslatable(Sentence("confronta con un testo vuoto"))
            found = self.resolve(_bare(name), "empty", "")
            return found if op == "equal" else negate(found)
        return self.resolve(_bare(name), op, value)

    def _function(self, name: str) -> Any:
        self.take()
        if name.lower() != "is_empty":
            raise Untranslatable(Sentence("usa la funzione %(what)s()", what=name))
        kind, inner = self.take()
        if kind != "name":
            raise Untranslatable(Sentence("is_empty() senza una domanda"))
        self._close()
        return self.resolve(_bare(inner), "empty", "")


def _bare(name: str) -> str:
    stem, _dot, suffix = name.partition(".")
    if suffix and suffix.lower() not in {"naok", "value", "code"}:
        raise Untranslatable(Sentence("usa «%(what)s»", what=name))
    return stem


def negate(condition: Any) -> Any:
    """The contrary of a condition. Raises Untranslatable where there is none ("less" is not the contrary of "at least" without an answer)."""
    if not isinstance(condition, Mapping):
        raise Untranslatable(Sentence("non vale mai"))
    for group, other in (("all", "any"), ("any", "all")):
        if group in condition:
            return {other: [negate(each) for each in condition[group]]}
    op = _NEGATED.get(condition["op"])
    if op is None:
        raise Untranslatable(Sentence("nega un confronto tra numeri"))
    return {**condition, "op": op}
