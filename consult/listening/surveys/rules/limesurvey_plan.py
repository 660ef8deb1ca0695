"""From LimeSurvey's tables to a plan: kinds, options, settings, conditions, languages. Pure; what does not come along is reported."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from consult.core.errors import Invalid
from consult.core.sentences import Sentence
from consult.listening.surveys.rules.answers import WITH_OPTIONS
from consult.listening.surveys.rules.document import PagePlan, Plan
from consult.listening.surveys.rules.imported import Imported, unlike, without_bad_conditions
from consult.listening.surveys.rules.limesurvey import Row, Tables, first_rows, number, ordered, read_tables
from consult.listening.surveys.rules.limesurvey_kinds import CARRIED, FIXED, HARMLESS, KINDS, NAMES
from consult.listening.surveys.rules.limesurvey_logic import Equations
from consult.listening.surveys.rules.structure import CODE, MOST_PAGES, MOST_QUESTIONS, check_options, check_settings
from consult.listening.surveys.types import Option, QuestionRow


def read_limesurvey(data: bytes) -> Imported:
    """The plan of a LimeSurvey structure. Raises Invalid with one sentence."""
    return _Reader(read_tables(data)).read()


class _Reader:
    def __init__(self, tables: Tables) -> None:
        self.t = tables
        self.attributes: dict[str, dict[str, str]] = {}
        for row in tables.table("question_attributes"):
            if row.get("value", "").strip() and row.get("language", "") in {"", tables.language}:
                self.attributes.setdefault(row.get("qid", ""), {})[row.get("attribute", "")] = row["value"].strip()
        self.subquestions: dict[str, list[Row]] = {}
        for row in ordered(
            first_rows(tables.table("subquestions"), "qid", tables.language), "scale_id", "question_order"
        ):
            self.subquestions.setdefault(row.get("parent_qid", ""), []).append(row)
        self.answers: dict[str, list[Row]] = {}
        mark = "aid" if any("aid" in row for row in tables.table("answers")) else ""
        listed = (
            first_rows(tables.table("answers"), "aid", tables.language) if mark else self._own(tables.table("answers"))
        )
        for row in ordered(listed, "scale_id", "sortorder"):
            self.answers.setdefault(row.get("qid", ""), []).append(row)
        self.equations = Equations(tables)
        self.codes: set[str] = set()

    def _own(self, rows: list[Row]) -> list[Row]:
        return [row for row in rows if row.get("language", self.t.language) == self.t.language]

    def read(self) -> Imported:
        t = self.t
        groups = ordered(first_rows(t.table("groups"), "gid", t.language), "group_order")
        questions = ordered(
            [q for q in first_rows(t.table("questions"), "qid", t.language) if number(q.get("parent_qid")) == 0],
            "question_order",
        )
        if not questions:
            raise _refuse("Il file non contiene nessuna domanda.")
        pages: list[tuple[Row, list[tuple[Row, list[QuestionRow]]]]] = []
        for group in groups:
            mine = [q for q in questions if q.get("gid") == group.get("gid")]
            pages.append((group, [(q, self._question(q, len(pages) + 1)) for q in mine]))
        if len(pages) > MOST_PAGES or sum(len(made) for _g, each in pages for _q, made in each) > MOST_QUESTIONS:
            raise _refuse("Il questionario ha troppe pagine o troppe domande.")
        plan = self._plan([self._page(group, each) for group, each in pages])
        self._report_rest()
        settings = next(iter(t.table("surveys")), {})
        return Imported(without_bad_conditions(plan, t), tuple(t.losses), settings.get("anonymized") == "Y")

    def _page(self, group: Row, made: list[tuple[Row, list[QuestionRow]]]) -> PagePlan:
        titles = self.t.words(group, "gid", "group_l10ns", "group_name")
        intros = self.t.words(group, "gid", "group_l10ns", "description")
        name = titles.get(self.t.language, "") or group.get("gid", "")
        condition = self.equations.condition(group.get("grelevance", ""), name)
        if group.get("randomization_group", "").strip():
            self.t.report(name, Sentence("L’ordine casuale dei gruppi non si porta."))
        questions = []
        for row, listed in made:
            own = self.equations.condition(row.get("relevance", ""), row.get("title", ""))
            questions += [replace(q, condition=own, page_condition=condition) for q in listed]
        return PagePlan(
            titles.get(self.t.language, "")[:200], intros.get(self.t.language, ""), condition,
            self._translated({"title": titles, "intro": intros}), tuple(questions),
        )  # fmt: skip  # one row of values reads better so

    def _plan(self, pages: list[PagePlan]) -> Plan:
        settings = {
            row.get("surveyls_language", "").split("-")[0].lower(): row
            for row in self.t.table("surveys_languagesettings")
        }
        columns = {"title": "surveyls_title", "intro": "surveyls_welcometext", "thanks": "surveyls_endtext"}
        words = {
            key: {code: self.t.plain(row.get(column, ""), key) for code, row in settings.items()}
            for key, column in columns.items()
        }
        for code, row in settings.items():
            about = self.t.plain(row.get("surveyls_description", ""), "description")
            if about:
                words["intro"][code] = f"{about}\n\n{words['intro'].get(code, '')}".strip()
        own = self.t.language
        title = (words["title"].get(own) or "Questionario importato")[:200]
        return Plan(
            title if len(title) >= 4 else f"Questionario {title}", words["intro"].get(own, ""), words["thanks"].get(own, ""),
            tuple(self.t.languages), self._translated(words), tuple(pages),
        )  # fmt: skip  # one row of values reads better so

    def _translated(self, words: dict[str, dict[str, str]]) -> dict[str, Any]:
        """Texts by key and language, as ours: by language and key, the original left out."""
        found: dict[str, dict[str, str]] = {}
        for key, each in words.items():
            for code, text in each.items():
                if code != self.t.language and code in self.t.languages and text:
                    found.setdefault(code, {})[key] = text
        return found

    # Questions.

    def _code(self, wanted: str) -> str:
        code = re.sub(r"[^A-Za-z0-9_]", "_", wanted)[:40]
        code = code if CODE.fullmatch(code) else f"q{code}"[:40]
        stem, n = code, 2
        while code.lower() in self.codes:
            code, n = f"{stem[:36]}_{n}", n + 1
        self.codes.add(code.lower())
        return code

    def _question(self, row: Row, page: int) -> list[QuestionRow]:
        name, kind = row.get("title", ""), row.get("type", "")
        attributes = self.attributes.get(row.get("qid", ""), {})
        if attributes.get("hidden") == "1":
            self.t.report(name, Sentence("È una domanda nascosta, riempita da LimeSurvey: non si porta."))
            return []
        for attribute, value in sorted(attributes.items()):
            if attribute not in CARRIED and not HARMLESS.fullmatch(attribute) and value not in {"0", "N"}:
                self.t.report(
                    name,
                    Sentence("L’impostazione «%(name)s» (%(value)s) non si porta.", name=attribute, value=value[:80]),
                )
        for limit in ("date_min", "date_max"):
            if attributes.get(limit) and not _day(attributes[limit]):
                self.t.report(
                    name, Sentence("Il limite «%(value)s» è un calcolo: non si porta.", value=attributes[limit][:80])
                )
        if any(each.get("script", "").strip() for each in self.t.where("question_l10ns", qid=row.get("qid", ""))):
            self.t.report(name, Sentence("Lo script della domanda non si porta."))
        if row.get("mandatory") == "S":
            self.t.report(name, Sentence("L’obbligo «morbido» diventa un obbligo."))
        if row.get("relevance", "1").strip() in {"", "1"} and self.t.where("conditions", qid=row.get("qid", "")):
            self.t.report(name, Sentence("Le condizioni del vecchio formato non si portano."))
        if row.get("preg", "").strip():
            self.t.report(name, Sentence("La verifica con un’espressione regolare non si porta."))
        if kind in {"K", "Q"}:
            return self._several(row, page, attributes)
        if kind not in KINDS:
            self.t.report(
                name,
                Sentence("Il tipo di domanda «%(kind)s» non si porta: la domanda manca.", kind=NAMES.get(kind, kind)),
            )
            return []
        made = [self._one(row, page, attributes)]
        if kind in {"O", "P"}:
            self.t.report(name, Sentence("Lo spazio per un commento accanto alle voci non si porta."))
        if kind == "1":
            made.append(self._second_scale(row, page, made[0]))
        return [each for each in made if each is not None and self._stands(each)]

    def _stands(self, question: QuestionRow) -> bool:
        try:
            check_options(question.kind, question.options, question.rows)
        except Invalid as error:
            self.t.report(question.code, Sentence("La domanda non si porta: %(why)s", why=error.message))
            return False
        return True

    def _options(
        self, rows: list[Row], key: str, table: str, column: str
    ) -> tuple[list[tuple[str, str]], dict[str, dict[str, str]]]:
        listed, words = [], {}
        for row in rows:
            code = row.get("code") or row.get("title") or ""
            texts = self.t.words(row, key, table, column) if row.get(key) else {}
            if not texts:
                texts = self._repeated(row, column, code)
            label = texts.get(self.t.language) or next(iter(texts.values()), "") or code
            listed.append((code, label))
            words[code] = texts
        return listed, words

    def _repeated(self, row: Row, column: str, code: str) -> dict[str, str]:
        """Texts of rows that repeat by language, as LimeSurvey 3 writes them."""
        same = {"qid": row.get("qid", ""), "scale_id": row.get("scale_id", "")}
        table = "answers" if column == "answer" else "subquestions"
        rows = self.t.where(table, **same, **({"code": row.get("code", "")} if column == "answer" else {}))
        found = {each.get("language") or self.t.language: self.t.plain(each.get(column, ""), code) for each in rows}
        return {language: text for language, text in found.items() if text}

    def _words(self, row: Row) -> dict[str, dict[str, str]]:
        found = {}
        # A box of several has the words of its question.
        row = {**row, "qid": row.get("qid", "").split(".")[0]}
        for key, column in (("text", "question"), ("help", "help")):
            texts = self.t.words(row, "qid", "question_l10ns", column)
            for each in self.t.where("questions", qid=row["qid"]):
                if each.get("language") and each.get(column):
                    texts.setdefault(each["language"], self.t.plain(each[column], row.get("title", "")))
            found[key] = texts
        return found

    def _one(self, row: Row, page: int, attributes: dict[str, str], *, scale: str = "0") -> QuestionRow:
        kind, name, qid = row.get("type", ""), row.get("title", ""), row.get("qid", "")
        code = self._code(name or f"q{qid}")
        ours = KINDS[kind]
        subs = [sub for sub in self.subquestions.get(qid, []) if (sub.get("scale_id") or "0") == "0"]
        answers = [each for each in self.answers.get(qid, []) if (each.get("scale_id") or "0") == scale]
        answered, answer_words = self._options(answers, "aid", "answer_l10ns", "answer")
        asked, asked_words = self._options(subs, "qid", "question_l10ns", "question")
        if kind in FIXED:
            answered, answer_words = list(FIXED[kind]), {}
        options = (
            asked if kind in {"M", "P"} or (kind == "R" and not answered) else answered if ours in WITH_OPTIONS else []
        )
        rows = asked if ours == "matrix" else []
        option_words = asked_words if options is asked else answer_words
        alone = set(re.split(r"[;,\s]+", attributes.get("exclude_all_others", "")))
        words = self._words(row)
        texts = self._translated(
            words
            | {f"o.{each}": option_words.get(each, {}) for each, _label in options}
            | {f"r.{each}": asked_words.get(each, {}) for each, _label in rows}
            | {
                f"s.{ours}": self._attribute_words(qid, theirs)
                for ours, theirs in (("other_label", "other_replace_text"), ("unit", "suffix"))
            }
        )
        self.equations.name(row, code, [each for each, _label in (*asked, *(options if kind == "R" else []))])
        text = words["text"].get(self.t.language) or next(iter(words["text"].values()), "") or name
        made = tuple(self._option(each, label, name, each in alone) for each, label in unlike(options))
        return QuestionRow(
            id=uuid.uuid4(), page=page, position=len(self.codes), kind=ours, text=text, help=words["help"].get(self.t.language, ""), purpose="",
            required=row.get("mandatory") in {"Y", "S"} and ours != "display", options=made, code=code, texts=texts,
            settings=self._settings(row, attributes, ours, made), rows=tuple(Option(each, label) for each, label in unlike(rows)),
        )  # fmt: skip  # one row of values reads better so

    def _attribute_words(self, qid: str, attribute: str) -> dict[str, str]:
        rows = self.t.where("question_attributes", qid=qid, attribute=attribute)
        return {row["language"]: row.get("value", "").strip()[:100] for row in rows if row.get("language")}

    def _option(self, code: str, label: str, name: str, alone: bool) -> Option:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", code):
            self.t.report(name, Sentence("Il codice della voce «%(label)s» è cambiato.", label=label[:80]))
            code = "o" + re.sub(r"[^A-Za-z0-9_]", "_", code)[:38]
        return Option(code, label[:500], alone)

    def _settings(self, row: Row, attributes: dict[str, str], kind: str, options: Sequence[Option]) -> dict[str, Any]:
        own = row.get("type", "")
        other = row.get("other") == "Y" and kind in {"single", "multiple"}
        given: dict[str, Any] = {
            "random": attributes.get("random_order") == "1" or attributes.get("answer_order") == "random", "look": own == "!", "other": other,
            "other_label": attributes.get("other_replace_text") if other else "", "least": number(attributes.get("min_answers")),
            "most": number(attributes.get("max_answers")), "most_chars": number(attributes.get("maximum_chars")),
            "unit": attributes.get("suffix"), "decimals": 0 if attributes.get("num_value_int_only") == "1" else 4,
            "earliest": _day(attributes.get("date_min")), "latest": _day(attributes.get("date_max")),
            "upto_mb": min(20, number(attributes.get("max_filesize")) // 1024) if kind == "file" else 0,
        }  # fmt: skip  # pairs read better side by side
        if kind == "number":
            for ours, theirs in (("min", "min_num_value_n"), ("max", "max_num_value_n")):
                value = attributes.get(theirs, "")
                if re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,4})?", value):
                    given[ours] = float(value)
                elif value:
                    self.t.report(
                        row.get("title", ""),
                        Sentence("Il limite «%(value)s» è un calcolo: non si porta.", value=value[:80]),
                    )
        elif kind == "scale":
            given |= {"min": 1, "max": 5}
        there = len(options) + other
        for limit in ("least", "most"):
            given[limit] = min(given[limit], there) if kind in {"multiple", "ranking"} else 0
        try:
            return check_settings(kind, given, options)
        except (Invalid, ValueError, TypeError) as error:
            self.t.report(
                row.get("title", ""),
                Sentence("Le impostazioni non stanno insieme e non si portano: %(why)s", why=str(error)),
            )
            return check_settings(kind, {}, options)

    def _second_scale(self, row: Row, page: int, first: QuestionRow) -> QuestionRow:
        self.t.report(row.get("title", ""), Sentence("La tabella a due scale diventa due tabelle, una per scala."))
        names = dict(self.equations.names)
        second = self._one({**row, "title": f"{row.get('title', '')}_2"}, page, {}, scale="1")
        self.equations.names |= names
        return replace(second, text=first.text, texts=first.texts)

    def _several(self, row: Row, page: int, attributes: dict[str, str]) -> list[QuestionRow]:
        """Several texts or numbers become a question each; numbers that must add up become points."""
        name, kind = row.get("title", ""), row.get("type", "")
        total = attributes.get("equals_num_value", "")
        subs = self.subquestions.get(row.get("qid", ""), [])
        if kind == "K" and re.fullmatch(r"[0-9]{1,5}", total) and len(subs) > 1 and 2 <= int(total) <= 10_000:
            made = self._one({**row, "type": "M"}, page, {})
            self.equations.name({**row, "type": "K"}, made.code, [option.code for option in made.options])
            return [
                replace(made, kind="points", settings=check_settings("points", {"total": int(total)}, made.options))
            ]
        self.t.report(name, Sentence("La domanda con più caselle diventa %(n)s domande.", n=len(subs)))
        found = []
        for sub in subs:
            single = {
                **row,
                "type": "N" if kind == "K" else "S",
                "title": f"{name}_{sub.get('title', '')}",
                "qid": f"{row.get('qid')}.{sub.get('qid')}",
            }
            made = self._one(single, page, attributes)
            words, heads = (
                self.t.words(sub, "qid", "question_l10ns", "question") or self._repeated(sub, "question", name),
                self._words(row)["text"],
            )
            joined = {
                code: f"{heads.get(code, heads.get(self.t.language, name))} – {text}" for code, text in words.items()
            }
            found.append(
                replace(made, text=joined.get(self.t.language) or made.text, texts=self._translated({"text": joined}))
            )
            self.equations.names[f"{row.get('sid')}X{row.get('gid')}X{row.get('qid')}{sub.get('title')}"] = (
                made.code,
                "",
                single["type"],
            )
        return found

    def _report_rest(self) -> None:
        t = self.t
        for row in first_rows(t.table("quota"), "id", t.language):
            t.report(
                row.get("name", "quota"),
                Sentence(
                    "La quota di %(n)s risposte non si porta: qui le quote sono per zona e tipo di voce.",
                    n=row.get("qlimit", ""),
                ),
            )
        things = {
            "assessments": Sentence("Le valutazioni con punteggio non si portano."),
            "defaultvalues": Sentence("Le risposte già scritte non si portano."),
            "survey_url_parameters": Sentence("I parametri nell’indirizzo non si portano."),
        }
        for table, sentence in things.items():
            if t.table(table):
                t.report(table, sentence)
        settings = next(iter(t.table("surveys")), {})
        for column in ("startdate", "expires"):
            if settings.get(column, "").strip():
                t.report(
                    column,
                    Sentence(
                        "La data «%(value)s» non si porta: si sceglie nelle impostazioni.", value=settings[column][:30]
                    ),
                )


def _day(text: str | None) -> str:
    found = re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text or "")
    return found.group(0) if found else ""


def _refuse(sentence: str) -> Invalid:
    return Invalid(sentence, {"file": sentence})
