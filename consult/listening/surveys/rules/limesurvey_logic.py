"""Conditions of LimeSurvey: what its equations call a question, and how they become ours. Pure."""

from __future__ import annotations

from typing import Any

from consult.core.sentences import Sentence
from consult.listening.surveys.rules.limesurvey import Row, Tables
from consult.listening.surveys.rules.relevance import Untranslatable, translate
from consult.listening.surveys.types import OTHER


class Equations:
    """The names equations use, and their translation."""

    def __init__(self, tables: Tables) -> None:
        self.t = tables
        #: What an equation calls a question or a part of it -> (our code, part, kind of LimeSurvey).
        self.names: dict[str, tuple[str, str, str]] = {}

    def name(self, row: Row, code: str, parts: list[str]) -> None:
        """Learn what equations call a question and its parts."""
        kind, name, qid = row.get("type", ""), row.get("title", ""), row.get("qid", "")
        sgqa = f"{row.get('sid', '')}X{row.get('gid', '')}X{qid}"
        for start, joint in ((name, "_"), (sgqa, "")):
            self.names[start] = (code, "", kind)
            for n, part in enumerate(parts, 1):
                self.names.setdefault(f"{start}{joint}{part}", (code, part, kind))
                if kind == "R":
                    # A ranking's parts are its places: the first, the second…
                    self.names[f"{start}{joint}{n}"] = (code, f"#{n}", kind)
            self.names[f"{start}{joint}other"] = (code, OTHER, kind)

    def condition(self, equation: str, where: str) -> dict[str, Any] | None:
        """Our condition for an equation; what can't be said is reported, and None."""
        if equation.strip() == "0":
            self.t.report(where, Sentence("In LimeSurvey non si vede mai (condizione 0): qui si vede sempre."))
            return None
        try:
            return translate(equation, self._resolve)
        except Untranslatable as error:
            self.t.report(
                where,
                Sentence("La condizione non si porta (%(why)s): %(text)s", why=str(error), text=equation.strip()[:300]),
            )
            return None

    def _resolve(self, name: str, op: str, value: str) -> dict[str, Any]:
        found = self.names.get(name)
        if found is None:
            raise Untranslatable(Sentence("«%(what)s» non è una domanda che viene prima", what=name))
        code, part, kind = found
        made: dict[str, Any] = {"question": code, "op": op, "value": value, "part": part}
        if kind in {"M", "P"} and part:
            if op == "empty" or (value == "Y" and op in {"equal", "not_equal"}):
                return {"question": code, "op": "contains" if op == "equal" else "not_contains", "value": part}
            raise Untranslatable(Sentence("confronta una voce con «%(what)s»", what=value))
        if part.startswith("#"):
            if op not in {"equal", "not_equal"}:
                raise Untranslatable(Sentence("guarda un posto della classifica"))
            return {"question": code, "part": value, "op": op, "value": part[1:]}
        if part == OTHER:
            if op != "empty":
                raise Untranslatable(Sentence("guarda le parole di «Altro»"))
            return {"question": code, "op": "not_equal", "value": OTHER}
        if op == "empty":
            made |= {"op": "not_answered", "value": ""}
        elif kind == "Y" and value in {"Y", "N"}:
            made["value"] = {"Y": "yes", "N": "no"}[value]
        elif value == "-oth-":
            made["value"] = OTHER
        return {key: text for key, text in made.items() if text or key in {"question", "op"}}
