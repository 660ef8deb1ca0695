"""From XLSForm's tables to a plan: kinds, options, settings, conditions, languages. Pure; what does not come along is reported."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from consult.core.errors import Invalid
from consult.core.reading.blocks import Block
from consult.core.sentences import Sentence
from consult.listening.surveys.rules import xpath
from consult.listening.surveys.rules.answers import WITH_OPTIONS
from consult.listening.surveys.rules.document import PagePlan, Plan
from consult.listening.surveys.rules.imported import Imported, unlike, without_bad_conditions
from consult.listening.surveys.rules.relevance import Untranslatable
from consult.listening.surveys.rules.structure import (
    CODE,
    MOST_PAGES,
    MOST_QUESTIONS,
    OPTION_CODE,
    check_options,
    check_settings,
)
from consult.listening.surveys.rules.xlsform import Row, Workbook, read_workbook
from consult.listening.surveys.rules.xlsform_calculated import calculations, is_calculation, values_of
from consult.listening.surveys.rules.xlsform_choices import kind_of, options_of
from consult.listening.surveys.rules.xlsform_groups import Group, is_table, refuse, tree_of, where_of
from consult.listening.surveys.rules.xlsform_kinds import KNOWN
from consult.listening.surveys.rules.xlsform_settings import is_required, report_cells, settings_of
from consult.listening.surveys.types import OTHER, Option, QuestionRow


@dataclass(frozen=True, slots=True)
class _Known:
    """What expressions call a question: our code, our kind, the part of a table, and our codes of its choices."""

    code: str
    kind: str
    part: str
    choices: dict[str, str]


def read_xlsform(blocks: Sequence[Block]) -> Imported:
    """The plan of an XLSForm that was read as rows. Raises Invalid with one sentence."""
    return _Reader(read_workbook(blocks)).read()


class _Reader:
    def __init__(self, book: Workbook) -> None:
        self.b = book
        self.codes: set[str] = set()
        self.known: dict[str, _Known] = {}
        self.pages: list[PagePlan] = []
        self.calculated = calculations(book)
        book.values = values_of(self.calculated)

    def read(self) -> Imported:
        """Page by page; questions between groups make pages of their own."""
        loose: list[QuestionRow] = []
        for part in tree_of(self.b).parts:
            if isinstance(part, Group) and not is_table(part):
                loose = self._close(loose)
                for turn in range(1, part.times + 1):
                    self._page(part, f"{turn}/{part.times}" if part.times > 1 else "")
            else:
                loose += self._questions(part)
        self._close(loose)
        if not any(page.questions for page in self.pages):
            reasons = [loss.reason for loss in self.b.losses]
            why = next((reason for reason in reasons if str(reason).startswith("La domanda")), None)
            raise refuse(
                Sentence("Il file non contiene nessuna domanda che si possa portare: %(why)s", why=why)
                if why
                else "Il file non contiene nessuna domanda."
            )
        if len(self.pages) > MOST_PAGES or sum(len(page.questions) for page in self.pages) > MOST_QUESTIONS:
            raise refuse("Il questionario ha troppe pagine o troppe domande.")
        self._report_rest()
        title = (self.b.settings.get("form_title") or self.b.settings.get("title") or "Questionario importato")[:200]
        numbered = [
            replace(page, questions=tuple(replace(q, page=n) for q in page.questions))
            for n, page in enumerate(self.pages, 1)
        ]
        plan = Plan(
            " ".join(title.split()) if len(title) >= 4 else f"Questionario {title}", languages=tuple(self.b.languages), pages=tuple(numbered)
        )  # fmt: skip  # one row of values reads better so
        return Imported(without_bad_conditions(plan, self.b), tuple(self.b.losses))

    def _close(self, loose: list[QuestionRow]) -> list[QuestionRow]:
        if loose:
            self.pages.append(PagePlan(questions=tuple(loose)))
        return []

    def _page(self, group: Group, turn: str = "") -> None:
        where = where_of(group.row)
        condition = self._condition(group.row)
        if group.row:
            report_cells(self.b, group.row, where)
        titles = self.b.words(group.row, "label", where) if group.row else {}
        if turn:
            titles = {code: f"{' '.join(words.split())[:190]} {turn}" for code, words in titles.items()} or {
                self.b.language: turn
            }
        questions: list[QuestionRow] = []
        for part in group.parts:
            questions += self._questions(part)
        if questions:
            made = tuple(replace(q, page_condition=condition) for q in questions)
            title = " ".join(titles.get(self.b.language, "").split())[:200]
            intro = self.b.help(group.row, where)
            texts = self._translated({"title": titles, "intro": intro})
            self.pages.append(PagePlan(title, intro.get(self.b.language, ""), condition, texts, made))

    def _questions(self, part: Group | Row) -> list[QuestionRow]:
        """What a row, a table or a group within a page gives."""
        if isinstance(part, Row) or is_table(part):
            # Read before the question is known by its name, which may be that of an earlier one.
            own = self._condition(part if isinstance(part, Row) else part.row)
            made = self._question(part) if isinstance(part, Row) else self._table(part)
            return [replace(made, condition=own)] if made else []
        where = where_of(part.row)
        self.b.report(where, Sentence("Un gruppo dentro un altro diventa parte della stessa pagina."))
        outer = self._condition(part.row)
        found: list[QuestionRow] = []
        if part.row:
            report_cells(self.b, part.row, where)
        words, help_ = self.b.words(part.row, "label", where) if part.row else {}, self.b.help(part.row, where)
        if words or help_:
            # A group without a title says its help as its own words.
            below = help_ if words else {}
            made_of = self._row(where, "display", words or help_, {"help": below}, help=below.get(self.b.language, ""))
            found.append(made_of)
        for inner in part.parts:
            found += self._questions(inner)
        return [replace(q, condition=_both(outer, q.condition)) for q in found]

    def _condition(self, row: Row | None) -> dict[str, Any] | None:
        equation = row.get("relevant") if row is not None else ""
        if equation.casefold() in {"no", "false"}:
            equation = "false()"
        try:
            return xpath.translate(equation, self._resolve, self.calculated) if equation.casefold() not in {"yes", "true"} else None
        except Untranslatable as error:
            self.b.report(
                where_of(row),
                Sentence("La condizione non si porta (%(why)s): %(text)s", why=str(error), text=equation[:300]),
            )
            return None

    def _resolve(self, name: str, op: str, value: str) -> dict[str, Any]:
        known = self.known.get(name.casefold())
        if known is None:
            raise Untranslatable(Sentence("«%(what)s» non è una domanda che viene prima", what=name))
        made: dict[str, Any] = {"question": known.code, "op": op}
        if op == "place":
            number, _colon, choice = value.partition(":")
            if known.kind != "ranking":
                raise Untranslatable(Sentence("guarda un posto di qualcosa che non è una classifica"))
            return {"question": known.code, "part": known.choices.get(choice, choice), "op": "equal", "value": number}
        if known.part:
            made["part"] = known.part
        if op == "contains" and known.kind not in {"multiple", "ranking"}:
            made["op"] = "equal"
        if op not in {"answered", "not_answered"}:
            made["value"] = known.choices.get(value, value)
        return made

    # Questions.

    def _code(self, wanted: str) -> str:
        code = re.sub(r"[^A-Za-z0-9_]", "_", wanted)[:40]
        code = code if CODE.fullmatch(code) else f"q{code}"[:40]
        stem, n = code, 2
        while code.casefold() in self.codes:
            code, n = f"{stem[:36]}_{n}", n + 1
        self.codes.add(code.casefold())
        return code

    def _row(
        self, name: str, kind: str, words: dict[str, str], more: dict[str, dict[str, str]], **rest: Any
    ) -> QuestionRow:
        own = self.b.language
        text = words.get(own) or next(iter(words.values()), "") or name
        return QuestionRow(
            id=uuid.uuid4(), page=1, position=len(self.codes) + 1, kind=kind, text=text, purpose="", code=self._code(name),
            help=rest.pop("help", ""), required=rest.pop("required", False), options=rest.pop("options", ()), settings=rest.pop("settings", {}),
            rows=rest.pop("rows", ()), texts=self._translated({"text": words, **more}),
        )  # fmt: skip  # one row of values reads better so

    def _translated(self, words: dict[str, dict[str, str]]) -> dict[str, Any]:
        found: dict[str, dict[str, str]] = {}
        for key, each in words.items():
            for code, text in each.items():
                if code != self.b.language and text:
                    found.setdefault(code, {})[key] = text
        return found

    def _question(self, row: Row) -> QuestionRow | None:
        if is_calculation(row):
            return None
        where = where_of(row)
        kind, listed, other = kind_of(self.b, row)
        if not kind:
            return None
        report_cells(self.b, row, where)
        options: tuple[Option, ...] = ()
        more: dict[str, dict[str, str]] = {}
        choices: dict[str, str] = {}
        if kind in WITH_OPTIONS:
            options, choices, more = options_of(self.b, listed, where)
        help_ = self.b.help(row, where)
        kind, settings = settings_of(self.b, row, kind, options, other, where)
        try:
            check_options(kind, options, ())
        except Invalid as error:
            self.b.report(where, Sentence("La domanda non si porta: %(why)s", why=error.message))
            return None
        made = self._row(
            where, kind, self.b.words(row, "label", where), {"help": help_, **more}, options=options, settings=settings,
            help=help_.get(self.b.language, ""), required=is_required(self.b, row, where) and kind != "display",
        )  # fmt: skip  # one row of values reads better so
        if kind == "consent":
            choices = {"OK": "yes"}
        if other:
            choices["other"] = OTHER
        if row.get("name"):
            self.known[row.get("name").casefold()] = _Known(made.code, kind, "", choices)
        return made

    def _table(self, group: Group) -> QuestionRow | None:
        """Questions with the same choices become the rows of one."""
        where = where_of(group.row)
        if group.row is None:
            return None
        rows = [part for part in group.parts if isinstance(part, Row) and "label" not in part.get("appearance").split()]
        kind = "matrix_multiple" if rows[0].get("type").startswith("select_multiple") else "matrix"
        options, choices, more = options_of(self.b, rows[0].get("type").split(" ", 1)[1].strip(), where)
        lines: list[tuple[str, str]] = []
        names: dict[str, str] = {}
        for n, row in enumerate(rows, 1):
            mine = where_of(row)
            words = self.b.words(row, "label", mine)
            code = mine if OPTION_CODE.fullmatch(mine) and mine not in names.values() else f"r{n}"
            names[mine] = code
            lines.append(
                (code, " ".join((words.get(self.b.language) or next(iter(words.values()), "") or mine).split())[:500])
            )
            more[f"r.{code}"] = words
            report_cells(self.b, row, mine)
            if self.b.help(row, mine):
                self.b.report(mine, Sentence("Nella tabella le righe non hanno un aiuto: il loro non si porta."))
            if row.get("relevant") or row.get("constraint"):
                self.b.report(
                    mine, Sentence("Nella tabella le righe si vedono tutte: la loro condizione non si porta.")
                )
        required = [is_required(self.b, row, where_of(row)) for row in rows]
        if any(required) and not all(required):
            self.b.report(
                where, Sentence("Nella tabella qualche riga è obbligatoria e qualche no: lo diventano tutte.")
            )
        table = tuple(Option(code, label) for code, label in unlike(lines))
        words = self.b.words(group.row, "label", where)
        report_cells(self.b, group.row, where)
        help_ = self.b.help(group.row, where)
        more["help"] = help_
        try:
            check_options(kind, options, table)
        except Invalid as error:
            self.b.report(where, Sentence("La domanda non si porta: %(why)s", why=error.message))
            return None
        made = self._row(
            where,
            kind,
            words,
            more,
            options=options,
            rows=table,
            required=any(required),
            settings=check_settings(kind, {}, options),
            help=help_.get(self.b.language, ""),
        )
        for theirs, code in names.items():
            self.known[theirs.casefold()] = _Known(made.code, kind, code, choices)
        return made

    def _report_rest(self) -> None:
        there = {column for row in self.b.survey for column in row.cells}
        for column in sorted(there - KNOWN):
            if not column.startswith(("media_", "image", "audio", "video", "big-image")):
                self.b.report("survey", Sentence("La colonna «%(name)s» non si porta.", name=column[:60]))
        for name in ("style", "submission_url", "public_key", "instance_name", "allow_choice_duplicates"):
            if self.b.settings.get(name):
                self.b.report(
                    "settings",
                    Sentence(
                        "L’impostazione «%(name)s» (%(value)s) non si porta.",
                        name=name,
                        value=self.b.settings[name][:80],
                    ),
                )


def _both(one: dict[str, Any] | None, other: dict[str, Any] | None) -> dict[str, Any] | None:
    parts = [part for part in (one, other) if part]
    return {"all": parts} if len(parts) == 2 else parts[0] if parts else None
