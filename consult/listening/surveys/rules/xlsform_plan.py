"""From XLSForm's tables to a plan: kinds, options, settings, conditions, languages. Pure; what does not come along is reported."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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
    RESERVED,
    check_options,
    check_settings,
)
from consult.listening.surveys.rules.xlsform import Row, Workbook, read_workbook
from consult.listening.surveys.rules.xlsform_kinds import AUTOMATIC, CHANGED, KINDS, KNOWN, LISTS, YES
from consult.listening.surveys.rules.xlsform_settings import is_required, report_cells, settings_of, times_of
from consult.listening.surveys.types import OTHER, Option, QuestionRow


@dataclass(slots=True)
class _Group:
    """A group of the form: its row, what stands in it, and how often it is asked where the form says so itself."""

    row: Row | None
    parts: list[_Group | Row] = field(default_factory=list)
    times: int = 1


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


def _refuse(sentence: str) -> Invalid:
    return Invalid(sentence, {"file": sentence})


class _Reader:
    def __init__(self, book: Workbook) -> None:
        self.b = book
        self.codes: set[str] = set()
        self.known: dict[str, _Known] = {}
        self.pages: list[PagePlan] = []

    def read(self) -> Imported:
        """Page by page; questions between groups make pages of their own."""
        loose: list[QuestionRow] = []
        for part in self._tree().parts:
            if isinstance(part, _Group) and not self._is_table(part):
                loose = self._close(loose)
                for turn in range(1, part.times + 1):
                    self._page(part, f"{turn}/{part.times}" if part.times > 1 else "")
            else:
                loose += self._questions(part)
        self._close(loose)
        if not any(page.questions for page in self.pages):
            raise _refuse("Il file non contiene nessuna domanda.")
        if len(self.pages) > MOST_PAGES or sum(len(page.questions) for page in self.pages) > MOST_QUESTIONS:
            raise _refuse("Il questionario ha troppe pagine o troppe domande.")
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

    def _tree(self) -> _Group:
        root = _Group(None)
        open_ = [root]
        for row in self.b.survey:
            kind = re.sub(r"[\s_]+", " ", row.get("type").casefold()).strip()
            if not kind or row.get("disabled").casefold() in YES:
                continue
            if kind in {"begin group", "begin repeat"}:
                group = _Group(row)
                open_[-1].parts.append(group)
                open_.append(group)
                if kind == "begin repeat":
                    group.times = times_of(self.b, row, self._where(row), top=len(open_) == 2)
            elif kind in {"end group", "end repeat"}:
                if len(open_) == 1:
                    raise _refuse(
                        Sentence("Foglio «survey», riga %(n)s: si chiude un gruppo che non è aperto.", n=row.line)
                    )
                open_.pop()
            else:
                open_[-1].parts.append(row)
        if len(open_) > 1:
            raise _refuse(
                Sentence("Foglio «survey»: il gruppo «%(name)s» non si chiude.", name=self._where(open_[-1].row))
            )
        return root

    def _where(self, row: Row | None) -> str:
        return (row.get("name") or f"riga {row.line}") if row is not None else "survey"

    def _close(self, loose: list[QuestionRow]) -> list[QuestionRow]:
        if loose:
            self.pages.append(PagePlan(questions=tuple(loose)))
        return []

    def _page(self, group: _Group, turn: str = "") -> None:
        where = self._where(group.row)
        condition = self._condition(group.row)
        if group.row:
            report_cells(self.b, group.row, where)
        titles = self.b.words(group.row, "label", where) if group.row else {}
        if turn:
            titles = {code: f"{' '.join(words.split())[:190]} {turn}" for code, words in titles.items()} or {self.b.language: turn}
        questions: list[QuestionRow] = []
        for part in group.parts:
            questions += self._questions(part)
        if questions:
            made = tuple(replace(q, page_condition=condition) for q in questions)
            title = " ".join(titles.get(self.b.language, "").split())[:200]
            intro = self.b.help(group.row, where)
            texts = self._translated({"title": titles, "intro": intro})
            self.pages.append(PagePlan(title, intro.get(self.b.language, ""), condition, texts, made))

    def _questions(self, part: _Group | Row) -> list[QuestionRow]:
        """What a row, a table or a group within a page gives."""
        if isinstance(part, Row) or self._is_table(part):
            # Read before the question is known by its name, which may be that of an earlier one.
            own = self._condition(part if isinstance(part, Row) else part.row)
            made = self._question(part) if isinstance(part, Row) else self._table(part)
            return [replace(made, condition=own)] if made else []
        where = self._where(part.row)
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
            return xpath.translate(equation, self._resolve) if equation.casefold() not in {"yes", "true"} else None
        except Untranslatable as error:
            self.b.report(
                self._where(row),
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
        where = self._where(row)
        kind, listed, other = self._kind(row)
        if not kind:
            return None
        report_cells(self.b, row, where)
        options: tuple[Option, ...] = ()
        more: dict[str, dict[str, str]] = {}
        choices: dict[str, str] = {}
        if kind in WITH_OPTIONS:
            options, choices, more = self._options(listed, where)
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

    def _kind(self, row: Row) -> tuple[str, str, bool]:
        """Our kind, the list of choices and whether another answer may be given; an empty kind: it does not come along."""
        where, text = self._where(row), row.get("type").strip()
        word, _blank, rest = text.partition(" ")
        plain = word.casefold()
        several = {"select one": "select_one", "select multiple": "select_multiple", "select all": "select_multiple"}
        for spoken, name in several.items():
            if text.casefold().startswith(spoken):
                plain, rest = name, re.sub(r"^(?:that apply )?from ", "", text[len(spoken) :].strip())
        if plain in LISTS:
            other = bool(re.search(r"\bor[_ ](?:other|specify_other)\s*$", rest))
            listed = re.sub(r"\s*\bor[_ ](?:other|specify_other)\s*$", "", rest).strip()
            kind = LISTS[plain]
            if kind == "single" and "likert" in row.get("appearance"):
                kind = "likert"
            return kind, listed, other and kind in {"single", "multiple"}
        if plain in AUTOMATIC and not row.texts.get("label"):
            self.b.report(
                "survey",
                Sentence(
                    "I dati che il telefono scrive da sé (ora, apparecchio) non si portano: qui non si raccolgono."
                ),
            )
            return "", "", False
        kind = KINDS.get(plain, "")
        if not kind:
            self.b.report(
                where, Sentence("Il tipo di domanda «%(kind)s» non si porta: la domanda manca.", kind=text[:60])
            )
        elif plain in CHANGED:
            self.b.report(where, CHANGED[plain])
        if kind == "short" and (
            "multiline" in row.get("appearance") or re.search(r"rows\s*=\s*[2-9]", row.get("parameters"))
        ):
            kind = "long"
        return kind, "", False

    def _options(self, name: str, where: str) -> tuple[tuple[Option, ...], dict[str, str], dict[str, dict[str, str]]]:
        """The options of a list, our code of each name, and their words in the other languages."""
        listed: list[tuple[str, str]] = []
        choices: dict[str, str] = {}
        more: dict[str, dict[str, str]] = {}
        for row in self.b.choices.get(name, []):
            theirs = row.get("name")
            words = self.b.words(row, "label", f"{name}: {theirs}")
            label = words.get(self.b.language) or next(iter(words.values()), "") or theirs
            if theirs in choices:
                self.b.report(f"{name}: {theirs}", Sentence("Questa voce c’è due volte: se ne porta una."))
                continue
            code = theirs
            if not OPTION_CODE.fullmatch(code) or code in RESERVED or code in choices.values():
                self.b.report(where, Sentence("Il codice della voce «%(label)s» è cambiato.", label=label[:80]))
                code = f"o{len(choices) + 1}"
            if row.get("image") or any(column.startswith("media_") for column in row.cells):
                self.b.report(f"{name}: {theirs}", Sentence("Immagini e suoni non si portano."))
            choices[theirs] = code
            listed.append((code, " ".join(label.split())[:500]))
            more[f"o.{code}"] = words
        return tuple(Option(code, label) for code, label in unlike(listed)), choices, more

    # Tables.

    def _is_table(self, group: _Group) -> bool:
        """Whether a group is a table: asked for, or made of questions that only show their choices once."""
        rows = [part for part in group.parts if isinstance(part, Row)]
        if group.row is None or len(rows) != len(group.parts):
            return False
        asked = [row for row in rows if "label" not in row.get("appearance").split()]
        types = {row.get("type").strip() for row in rows}
        listed = len(types) == 1 and re.match(r"select_(one|multiple)\s", next(iter(types), "")) is not None
        old = len(asked) < len(rows) and all("list-nolabel" in row.get("appearance") for row in asked)
        return bool(asked) and listed and ("table-list" in group.row.get("appearance").split() or old)

    def _table(self, group: _Group) -> QuestionRow | None:
        """Questions with the same choices become the rows of one."""
        where = self._where(group.row)
        if group.row is None:
            return None
        rows = [part for part in group.parts if isinstance(part, Row) and "label" not in part.get("appearance").split()]
        kind = "matrix_multiple" if rows[0].get("type").startswith("select_multiple") else "matrix"
        options, choices, more = self._options(rows[0].get("type").split(" ", 1)[1].strip(), where)
        lines: list[tuple[str, str]] = []
        names: dict[str, str] = {}
        for n, row in enumerate(rows, 1):
            mine = self._where(row)
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
        required = [is_required(self.b, row, self._where(row)) for row in rows]
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
