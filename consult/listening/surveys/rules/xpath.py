"""The expressions of XLSForm, as far as our conditions and limits can say the same. Pure.

Read: comparisons of a question with a text, number or day, selected(), selected-at(), count-selected(), string-length(), not(), and, or,
brackets. Anything else is told apart by `Untranslatable`, whose words go into the report of an import.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from consult.core.sentences import Sentence
from consult.listening.surveys.rules.conditions import MOST_COMPARISONS, compare
from consult.listening.surveys.rules.relevance import Untranslatable, negate

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"[^"]*"|'[^']*'|“[^”]*”|‘[^’]*’)|(?P<number>\d+(?:\.\d+)?)|\$\{\s*(?P<name>[A-Za-z_][A-Za-z0-9_.-]*)\s*\}|"""
    r"""(?P<word>[A-Za-z_][A-Za-z0-9_:-]*)|(?P<op>!=|<=|>=|[=<>().,+*/|-]))"""
)
_OPS = {
    "=": "equal",
    "!=": "not_equal",
    ">": "greater",
    ">=": "at_least",
    "<": "less",
    "<=": "at_most",
}
_TURNED = {"greater": "less", "less": "greater", "at_least": "at_most", "at_most": "at_least"}
_DEEPEST = 40
_LONGEST = 4000
#: Functions that only say of what type their argument is.
_CASTS = frozenset({"number", "int", "string", "decimal-date-time", "once", "date"})


@dataclass(frozen=True, slots=True)
class Node:
    """A piece of an expression: `kind` is or, and, compare, call, name, self, number, string or truth.

    `size`: how many comparisons it makes when all is written out, each part as often as it stands; `depth`: how many levels that has.
    """

    kind: str
    text: str = ""
    parts: tuple[Node, ...] = ()
    size: int = field(init=False, default=0, compare=False)
    depth: int = field(init=False, default=1, compare=False)

    def __post_init__(self) -> None:
        if self.parts:
            # Parts may be shared, so they are never counted by walking: thirty calculations of each other twice are a billion.
            least = 1 if self.kind in {"and", "or"} else 0
            object.__setattr__(self, "size", max(1, sum(max(least, part.size) for part in self.parts)))
            object.__setattr__(self, "depth", 1 + max(part.depth for part in self.parts))


def parse(expression: str) -> Node:
    """The expression as a tree. Raises Untranslatable."""
    if len(expression) > _LONGEST:
        raise Untranslatable(Sentence("è troppo lunga"))
    return _Parser(expression).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        self.place = 0
        position, end = 0, len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                raise Untranslatable(Sentence("«%(what)s» non si legge", what=text[position : position + 20].strip()))
            self.tokens.append((match.lastgroup or "", match.group(match.lastgroup or 0)))
            position = match.end()

    def whole(self) -> Node:
        found = self.either(0)
        if self.place < len(self.tokens):
            raise Untranslatable(Sentence("«%(what)s» non si legge", what=self.tokens[self.place][1]))
        return found

    def peek(self) -> str:
        return self.tokens[self.place][1] if self.place < len(self.tokens) else ""

    def take(self) -> tuple[str, str]:
        if self.place >= len(self.tokens):
            raise Untranslatable(Sentence("finisce a metà"))
        self.place += 1
        return self.tokens[self.place - 1]

    def either(self, depth: int) -> Node:
        return self._joined("or", self.both, depth)

    def both(self, depth: int) -> Node:
        return self._joined("and", self.comparison, depth)

    def _joined(self, word: str, part: Callable[[int], Node], depth: int) -> Node:
        if depth > _DEEPEST:
            raise Untranslatable(Sentence("ha troppe parentesi"))
        parts = [part(depth)]
        while self.peek() == word:
            self.take()
            parts.append(part(depth))
        return parts[0] if len(parts) == 1 else Node(word, parts=tuple(parts))

    def comparison(self, depth: int) -> Node:
        left = self.value(depth)
        if self.peek() in _OPS:
            op = _OPS[self.take()[1]]
            left = Node("compare", op, (left, self.value(depth)))
        if self.peek() in {"+", "-", "*", "/", "|", "div", "mod"}:
            raise Untranslatable(Sentence("fa dei calcoli"))
        return left

    def value(self, depth: int) -> Node:
        kind, text = self.take()
        if kind == "string":
            return Node("string", text[1:-1])
        if kind in {"number", "name"}:
            return Node(kind, text)
        if text == ".":
            return Node("self")
        if text == "-" and self.tokens[self.place : self.place + 1] and self.tokens[self.place][0] == "number":
            return Node("number", f"-{self.take()[1]}")
        if text == "(":
            found = self.either(depth + 1)
            self._close()
            return found
        if kind == "word" and self.peek() == "(":
            return self._call(text, depth)
        raise Untranslatable(Sentence("«%(what)s» non si legge", what=text))

    def _call(self, name: str, depth: int) -> Node:
        self.take()
        arguments: list[Node] = []
        while self.peek() != ")":
            arguments.append(self.either(depth + 1))
            if self.peek() != ",":
                break
            self.take()
        self._close()
        if name in {"true", "false"} and not arguments:
            return Node("truth", name)
        if name in _CASTS and len(arguments) == 1:
            return arguments[0]
        return Node("call", name, tuple(arguments))

    def _close(self) -> None:
        if self.take()[1] != ")":
            raise Untranslatable(Sentence("ha parentesi che non tornano"))


#: Makes a comparison of our own of (name, op, value), or raises Untranslatable. Ops are ours; "place" asks which option stands at a place.
Resolver = Callable[[str, str, str], dict[str, Any]]


def translate(
    expression: str, resolve: Resolver, calculated: Mapping[str, Node] | None = None
) -> dict[str, Any] | None:
    """Our condition for what XLSForm calls relevant; None where it always holds. `calculated`: what stands for a name. Raises Untranslatable."""
    if not expression.strip():
        return None
    found = _condition(put_in(parse(expression), calculated or {}), resolve)
    if found is False:
        raise Untranslatable(Sentence("non vale mai"))
    return None if found is True else found


def put_in(node: Node, calculated: Mapping[str, Node]) -> Node:
    """The expression with each calculated name replaced by what it is calculated from. Raises Untranslatable where that grows too large."""
    found = _put_in(node, calculated)
    # Before anybody walks it: what is written in few words may be endless once written out.
    if found.size > MOST_COMPARISONS:
        raise Untranslatable(Sentence("fa più di %(most)s confronti, contando i calcoli che usa", most=MOST_COMPARISONS))
    if found.depth > _DEEPEST:
        raise Untranslatable(Sentence("ha più di %(most)s livelli uno dentro l’altro, contando i calcoli che usa", most=_DEEPEST))
    return found


def _put_in(node: Node, calculated: Mapping[str, Node]) -> Node:
    if node.kind == "name":
        return calculated.get(node.text.casefold(), node)
    return Node(node.kind, node.text, tuple(_put_in(part, calculated) for part in node.parts)) if node.parts else node


def is_simple(node: Node) -> bool:
    """Whether a calculation is a value, another question's answer, a condition, or one of two values by a condition."""
    if node.kind in {"string", "number", "name", "truth"}:
        return True
    if node.kind == "call" and node.text == "if":
        return [part.kind for part in node.parts[1:]] in [[a, b] for a in _LITERALS for b in _LITERALS]
    return node.kind in {"compare", "and", "or"} or (node.kind == "call" and node.text in {"selected", "not"})


_LITERALS = ("string", "number", "truth")
_TRUE, _FALSE = frozenset({"true", "1"}), frozenset({"false", "0", ""})


def _holds(op: str, one: str, other: str) -> bool:
    """Whether a comparison of two values that are written out holds."""
    return compare(op, one, other) if one else (op in {"equal", "at_most", "at_least"} and not other) or (op == "not_equal" and bool(other))


def _calculation(left: Node, op: str, right: Node, resolve: Resolver) -> Any:
    """A comparison in which a calculation was put in: True, False or a condition; None where there is none."""
    if left.kind in _LITERALS and right.kind in _LITERALS:
        return _holds(op, left.text, right.text)
    if left.kind in _LITERALS:
        left, right, op = right, left, _TURNED.get(op, op)
    if right.kind not in _LITERALS:
        return None
    if left.kind == "call" and left.text == "if" and len(left.parts) == 3:
        where, yes, no = left.parts
        ways = [_holds(op, part.text, right.text) for part in (yes, no) if part.kind in _LITERALS]
        if len(ways) < 2:
            return None
    elif left.kind in {"compare", "and", "or"} or (left.kind == "call" and left.text in {"selected", "not"}):
        if op not in {"equal", "not_equal"} or right.text not in _TRUE | _FALSE:
            return None
        where, ways = left, [(right.text in _TRUE) == (op == "equal"), (right.text in _FALSE) == (op == "equal")]
    else:
        return None
    if ways[0] == ways[1]:
        return ways[0]
    found = _condition(where, resolve)
    if ways[0]:
        return found
    return not found if isinstance(found, bool) else negate(found)


def _condition(node: Node, resolve: Resolver) -> Any:
    if node.kind == "truth":
        return node.text == "true"
    if node.kind in {"and", "or"}:
        return _group(node, resolve)
    if node.kind == "compare":
        return _comparison(node, resolve)
    if node.kind == "call":
        return _call(node, resolve)
    raise Untranslatable(Sentence("un nome o un valore da solo non è un confronto"))


def _group(node: Node, resolve: Resolver) -> Any:
    group, empty = ("all", True) if node.kind == "and" else ("any", False)
    parts = [_condition(part, resolve) for part in node.parts]
    if (not empty) in parts:
        return not empty
    flat: list[Any] = []
    for each in parts:
        if each is not empty:
            flat.extend(each[group] if isinstance(each, Mapping) and group in each else [each])
    return empty if not flat else flat[0] if len(flat) == 1 else {group: flat}


def _call(node: Node, resolve: Resolver) -> Any:
    if node.text == "not" and len(node.parts) == 1:
        inner = _condition(node.parts[0], resolve)
        return not inner if isinstance(inner, bool) else negate(inner)
    if node.text == "selected" and [part.kind for part in node.parts] == ["name", "string"]:
        return resolve(node.parts[0].text, "contains", node.parts[1].text)
    raise Untranslatable(Sentence("usa la funzione %(what)s()", what=node.text))


def _comparison(node: Node, resolve: Resolver) -> Any:
    left, right = node.parts
    op = node.text
    if (found := _calculation(left, op, right, resolve)) is not None:
        return found
    if right.kind in {"name", "call"} and left.kind not in {"name", "call"}:
        left, right, op = right, left, _TURNED.get(op, op)
    if right.kind not in {"string", "number"}:
        raise Untranslatable(Sentence("confronta due domande, o due calcoli"))
    if left.kind == "name":
        if right.text == "":
            if op not in {"equal", "not_equal"}:
                raise Untranslatable(Sentence("confronta con un testo vuoto"))
            return resolve(left.text, "not_answered" if op == "equal" else "answered", "")
        return resolve(left.text, op, right.text)
    if left.kind == "call" and left.text in {"count-selected", "string-length"} and left.parts[:1]:
        return _counted(left, op, right.text, resolve)
    if left.kind == "call" and left.text == "selected-at" and [p.kind for p in left.parts] == ["name", "number"]:
        if op not in {"equal", "not_equal"} or "." in left.parts[1].text:
            raise Untranslatable(Sentence("guarda un posto della classifica"))
        found = resolve(left.parts[0].text, "place", f"{int(left.parts[1].text) + 1}:{right.text}")
        return found if op == "equal" else negate(found)
    if left.kind == "call":
        raise Untranslatable(Sentence("usa la funzione %(what)s()", what=left.text))
    raise Untranslatable(Sentence("guarda il proprio valore"))


def _counted(left: Node, op: str, number: str, resolve: Resolver) -> Any:
    """How many were chosen, or how long a text is: of that our conditions only know whether there is an answer."""
    inner = left.parts[0]
    if inner.kind != "name":
        raise Untranslatable(Sentence("usa la funzione %(what)s()", what=left.text))
    if (op, number) in {("greater", "0"), ("at_least", "1"), ("not_equal", "0")}:
        return resolve(inner.text, "answered", "")
    if (op, number) in {("equal", "0"), ("less", "1"), ("at_most", "0")}:
        return resolve(inner.text, "not_answered", "")
    raise Untranslatable(Sentence("conta le voci scelte, o le lettere"))


def limits(expression: str, kind: str, *, decimals: int = 0) -> tuple[dict[str, Any], list[str]]:
    """The settings that say what a constraint says of a kind of question, and words for each part that they can't say."""
    settings: dict[str, Any] = {}
    lost: list[str] = []
    try:
        node = parse(expression)
    except Untranslatable as error:
        return {}, [str(error)]
    for part in node.parts if node.kind == "and" else (node,):
        try:
            settings |= _limit(part, kind, decimals)
        except Untranslatable as error:
            lost.append(str(error))
    return settings, lost


def _limit(node: Node, kind: str, decimals: int) -> dict[str, Any]:
    if node.kind != "compare":
        if node.kind == "call":
            raise Untranslatable(Sentence("usa la funzione %(what)s()", what=node.text))
        raise Untranslatable(Sentence("ha delle alternative"))
    left, right = node.parts
    op = node.text
    if left.kind in {"number", "string"}:
        left, right, op = right, left, _TURNED.get(op, op)
    if right.kind not in {"number", "string"} or not right.text:
        raise Untranslatable(Sentence("confronta con un calcolo o con un’altra domanda"))
    ends = {
        "at_least": ("low",),
        "greater": ("low",),
        "at_most": ("high",),
        "less": ("high",),
        "equal": ("low", "high"),
    }
    if op not in ends:
        raise Untranslatable(Sentence("esclude un valore solo"))
    names = _names(left, kind)
    return {names[end]: _end(right.text, kind, names[end], op, decimals) for end in ends[op]}


def _names(left: Node, kind: str) -> dict[str, str]:
    """The settings that bound what is looked at from below and above."""
    counted = left.kind == "call" and [part.kind for part in left.parts] == ["self"]
    if counted and left.text == "count-selected" and kind == "multiple":
        return {"low": "least", "high": "most"}
    if counted and left.text == "string-length" and kind in {"short", "long"}:
        return {"low": "least_chars", "high": "most_chars"}
    if left.kind == "self" and kind == "number":
        return {"low": "min", "high": "max"}
    if left.kind == "self" and kind == "date":
        return {"low": "earliest", "high": "latest"}
    raise Untranslatable(Sentence("controlla qualcosa che qui non si controlla"))


def _end(text: str, kind: str, name: str, op: str, decimals: int) -> Any:
    """The bound itself; "more than 3" is "at least 4" for whole numbers and days, "at least 3.0001" with four decimals."""
    step = {"greater": 1, "less": -1}.get(op, 0)
    if kind == "date":
        try:
            return (date.fromisoformat(text) + timedelta(days=step)).isoformat()
        except (ValueError, OverflowError) as error:
            raise Untranslatable(Sentence("«%(what)s» non è un giorno", what=text[:40])) from error
    if not re.fullmatch(r"-?[0-9]{1,12}(?:\.[0-9]{1,4})?", text):
        raise Untranslatable(Sentence("«%(what)s» non è un numero", what=text[:40]))
    number = float(text)
    if name in {"least", "most", "least_chars", "most_chars"} and not number.is_integer():
        raise Untranslatable(Sentence("«%(what)s» non è un numero intero", what=text[:40]))
    bound = round(number + step * 10.0**-decimals, 4)
    return int(bound) if bound.is_integer() else bound
