"""What a well-made question is: its options, rows and settings by kind. Pure; refusals say at which field."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from consult.core.errors import Invalid
from consult.core.sentences import Sentence
from consult.listening.surveys.rules.answers import LONGEST, WITH_OPTIONS, WITH_ROWS
from consult.listening.surveys.types import DONT_KNOW, OTHER, PREFER_NOT, Option

CODE = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
OPTION_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")
MOST_OPTIONS, MOST_ROWS, MOST_PAGES, MOST_QUESTIONS = 200, 60, 40, 300
RESERVED = frozenset({OTHER, DONT_KNOW, PREFER_NOT})
#: The settings each kind knows; the ways out are offered by all kinds that ask something, except consent and file.
_TEXT = ("least_chars", "most_chars", "personal")
_KNOWN: dict[str, tuple[str, ...]] = {
    "short": _TEXT, "long": _TEXT, "single": ("look", "random", "other", "other_label"),
    "multiple": ("random", "other", "other_label", "least", "most"), "scale": ("min", "max", "min_label", "max_label"),
    "likert": (), "matrix": ("random",), "matrix_multiple": ("random", "least", "most"), "ranking": ("random", "least", "most"),
    "points": ("random", "total"), "number": ("min", "max", "decimals", "unit", "personal"), "date": ("earliest", "latest", "personal"),
    "strategy": ("least", "most"), "axis": ("least", "most"), "file": ("upto_mb",), "yes_no": (), "place": (), "speaker": (),
    "display": (), "consent": (),
}  # fmt: skip  # pairs read better side by side
_FLAGS = frozenset({"random", "other", "dont_know", "prefer_not", "personal"})
_WORDS = {"min_label": 100, "max_label": 100, "unit": 40, "other_label": 100}
_NO_WAY_OUT = frozenset({"display", "consent", "file"})
NO_NUMBER = Sentence("Scrivi un numero, con le sole cifre.")
AGREEMENT = (
    "Per niente d’accordo",
    "Poco d’accordo",
    "Né d’accordo né in disaccordo",
    "Abbastanza d’accordo",
    "Molto d’accordo",
)


def wrong(field: str, sentence: str) -> Invalid:
    """A refusal with its sentence at one field."""
    return Invalid(sentence, {field: sentence})


def make_options(
    given: Sequence[str | Option], before: Sequence[Option] = (), *, prefix: str = "o", field: str = "options"
) -> tuple[Option, ...]:
    """Options from lines, "*" in front where one excludes the others; a line that was there keeps its code, whatever its place.

    Where as many lines are left as there were, a line that changed is the same option in other words. Raises Invalid.
    """
    lines = [each if isinstance(each, Option) else _from_line(each) for each in given]
    lines = [each for each in lines if each.label]
    labels = [each.label for each in lines]
    if len(set(labels)) < len(labels):
        raise wrong(field, "Due voci sono uguali: ogni voce deve essere diversa dalle altre.")
    old = {option.label: option.code for option in before}
    kept = [each.code or old.get(each.label, "") for each in lines]
    if len(lines) == len(before):
        free = [option.code if option.code not in kept else "" for option in before]
        kept = [code or free[i] for i, code in enumerate(kept)]
    used = {code for code in kept if code} | {option.code for option in before}
    number = 0
    made = []
    for each, code in zip(lines, kept, strict=True):
        fresh = code
        while not fresh or (not code and fresh in used):
            number += 1
            fresh = f"{prefix}{number}"
        used.add(fresh)
        made.append(Option(fresh, each.label, each.exclusive))
    codes = [option.code for option in made]
    if len(set(codes)) < len(codes) or not all(OPTION_CODE.fullmatch(code) for code in codes):
        raise wrong(field, "I codici delle voci devono essere diversi, fatti di lettere, cifre, trattini e punti.")
    return tuple(made)


def _from_line(line: str) -> Option:
    text = " ".join(line.split())
    exclusive = text.startswith("*")
    return Option("", text.lstrip("* ")[:500] if exclusive else text[:500], exclusive)


def check_options(kind: str, options: Sequence[Option], rows: Sequence[Option]) -> None:
    """Enough options and rows for the kind, and not too many. Raises Invalid."""
    if kind in WITH_OPTIONS and len(options) < 2:
        raise wrong("options", "Servono almeno due voci tra cui scegliere, una per riga.")
    if len(options) > MOST_OPTIONS:
        raise wrong("options", Sentence("Le voci possono essere al massimo %(n)s.", n=MOST_OPTIONS))
    if kind in WITH_ROWS and not rows:
        raise wrong("rows", "Una tabella ha almeno una riga: scrivine una per riga.")
    if len(rows) > MOST_ROWS:
        raise wrong("rows", Sentence("Le righe possono essere al massimo %(n)s.", n=MOST_ROWS))


def check_settings(kind: str, given: Mapping[str, Any], options: Sequence[Option]) -> dict[str, Any]:
    """The settings the kind knows, whole and consistent; others are left out. Raises Invalid."""
    known = set(_KNOWN[kind]) | (set() if kind in _NO_WAY_OUT else {"dont_know", "prefer_not"})
    found: dict[str, Any] = {}
    for name in sorted(known):
        value = given.get(name)
        if isinstance(value, Decimal) and value.is_nan():
            raise wrong(name, NO_NUMBER)
        # Zero is an end of a scale or a range; of all other settings it means none.
        if value is None or value is False or value == "" or (value == 0 and name not in {"min", "max"}):
            continue
        if name in _FLAGS:
            found[name] = True
        elif name in _WORDS:
            found[name] = " ".join(str(value).split())[: _WORDS[name]]
        elif name in {"earliest", "latest"}:
            if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", str(value)):
                raise wrong(name, "Scrivi una data che esiste.")
            found[name] = str(value)
        elif name == "look":
            found[name] = "list"
        elif name in {"min", "max"} and kind == "number":
            if math.isnan(float(value)):
                raise wrong(name, NO_NUMBER)
            if not math.isfinite(float(value)):
                raise wrong(name, "Il numero è troppo grande.")
            found[name] = float(value) if float(value) != int(float(value)) else int(float(value))
        else:
            found[name] = int(value)
    _CHECKS.get(kind, _no_check)(found, options)
    return found


def _no_check(found: dict[str, Any], options: Sequence[Option]) -> None:
    pass


def _scale(found: dict[str, Any], options: Sequence[Option]) -> None:
    found.setdefault("min", 1)
    found.setdefault("max", 5)
    if not 0 <= found["min"] < found["max"] <= 10:
        raise wrong("max", "La scala va da un numero più piccolo a uno più grande, tra 0 e 10.")


def _number(found: dict[str, Any], options: Sequence[Option]) -> None:
    if "min" in found and "max" in found and found["min"] >= found["max"]:
        raise wrong("max", "Il numero più grande deve superare il più piccolo.")
    if not 0 <= found.get("decimals", 0) <= 4:
        raise wrong("decimals", "I decimali vanno da 0 a 4.")
    for name in ("min", "max"):
        if abs(found.get(name, 0)) > 10**12:
            raise wrong(name, "Il numero è troppo grande.")


def _texts(found: dict[str, Any], options: Sequence[Option]) -> None:
    least, most = found.get("least_chars", 0), found.get("most_chars", LONGEST["long"])
    if not 0 <= least <= most <= LONGEST["long"] or most < 1:
        raise wrong(
            "most_chars", Sentence("La lunghezza va da 1 a %(n)s caratteri, prima il minimo.", n=LONGEST["long"])
        )


def _choices(found: dict[str, Any], options: Sequence[Option]) -> None:
    least, most = found.get("least", 0), found.get("most")
    there = len(options) + bool(found.get("other"))
    if options and (least > there or (most or 0) > there):
        raise wrong("most", "Il minimo e il massimo non possono superare il numero delle voci.")
    if most is not None and (most < 1 or least > most):
        raise wrong("most", "Il massimo non può essere più piccolo del minimo.")


def _dates(found: dict[str, Any], options: Sequence[Option]) -> None:
    if found.get("earliest", "") > found.get("latest", "9999"):
        raise wrong("latest", "La prima data deve venire prima dell’ultima.")


def _points(found: dict[str, Any], options: Sequence[Option]) -> None:
    found.setdefault("total", 100)
    if not 2 <= found["total"] <= 10_000:
        raise wrong("total", "I punti da dare vanno da 2 a 10.000.")


_CHECKS = {
    "scale": _scale, "number": _number, "short": _texts, "long": _texts, "multiple": _choices, "matrix_multiple": _choices,
    "ranking": _choices, "strategy": _choices, "axis": _choices, "date": _dates, "points": _points,
}  # fmt: skip  # pairs read better side by side


def check_code(code: str) -> str:
    """The code of a question. Raises Invalid."""
    if not CODE.fullmatch(code):
        raise wrong(
            "code", "Il codice comincia con una lettera e ha solo lettere, cifre e trattini bassi: al massimo 40."
        )
    return code


def free_code(taken: Sequence[str]) -> str:
    """The next code of the kind q1, q2… that nobody has."""
    there, number = {code.lower() for code in taken}, len(taken) + 1
    while f"q{number}" in there:
        number += 1
    return f"q{number}"
