"""What every page that shows a sheet needs: questions, pages, places and strategies, loaded once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import request

from consult.core.db import unit_of_work
from consult.core.errors import Invalid
from consult.core.permissions import NOBODY
from consult.core.vocabulary import PhaseKind
from consult.files.services import keep, read_upload
from consult.files.types import FileKind
from consult.framework import queries as framework
from consult.listening.surveys import queries, rules, services
from consult.listening.surveys.forms import AnswerForm, answer_form, condition_words, logic
from consult.listening.surveys.forms.languages import LANGUAGES
from consult.listening.surveys.rules import languages
from consult.listening.surveys.types import Frame, PageRow, QuestionnaireRow, QuestionRow
from consult.ports.storage import storage_for
from consult.process.queries import NoticeRow, current_notice
from consult.web.labels import label
from consult.web.session import SAFE_METHODS, db, glue, now
from consult.web.words import locale_code


@dataclass
class Desk:
    """All that the sheet of one questionnaire needs. What only a page that is shown needs is read when it is asked for."""

    questionnaire: QuestionnaireRow
    questions: list[QuestionRow]
    frame: Frame
    territory_id: uuid.UUID
    open: bool
    language: str = "it"
    #: The same for the same questions in the same words (`answer_form`).
    key: str = ""
    #: Whether questionnaire and phase are held open by this transaction, so that the service need not do it again.
    held: bool = False

    def answer_form(self, values: Mapping[str, Any] | None = None) -> AnswerForm:
        """The form of the sheet, filled with these values."""
        return answer_form(self.questions, self.frame, values, key=self.key)

    def make_sure_of(self, raw: Mapping[str, Any]) -> None:
        """Read places and plan anew where what was sent names one that is not there: it may have come a moment ago."""
        marks = {"place": "", "strategy": "s:", "axis": "a:"}
        for question in self.questions:
            given = raw.get(question.key) if question.kind in marks else None
            sent = [given] if isinstance(given, str) else given or []
            if any(f"{marks[question.kind]}{each}" not in self.frame.codes for each in sent if each):
                self.frame = queries.outside(db(), questionnaire=self.questionnaire, questions=self.questions)
                self.sheet.frame = self.frame
                return

    @cached_property
    def pages(self) -> dict[int, PageRow]:
        """Titles and introductions of the pages by number."""
        found = queries.pages(db(), questionnaire_id=self.questionnaire.id, questions=self.questions)
        return {page.number: languages.page_in(page, self.language) for page in found}

    @cached_property
    def partial(self) -> bool:
        """Whether the territory's list of municipalities is not whole."""
        return framework.territory_is_partial(db(), territory_id=self.territory_id)

    @cached_property
    def notice(self) -> NoticeRow | None:
        """The privacy notice of the phase."""
        return current_notice(db(), process_id=self.questionnaire.process_id, kind=PhaseKind.listening)

    @cached_property
    def sheet(self) -> services.Sheet:
        """What the service checks an answer against, from what was read here."""
        return services.Sheet(self.questionnaire, self.questions, self.frame, held=self.held)

    @cached_property
    def full(self) -> list[str]:
        """Names of the groups from which no more answers are taken: the respondent is told before starting."""
        if not self.questionnaire.stops:
            return []
        zones = {zone.id: f"{zone.code} {zone.name}" for zone in framework.zones(db(), territory_id=self.territory_id)}
        reached = [stop for stop in queries.stops(db(), questionnaire_id=self.questionnaire.id) if stop.full]
        return [zones.get(stop.zone_id, "") if stop.zone_id else label(stop.kind, "SpeakerKind") for stop in reached]

    def read(self, raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """The valid answers so far by question key, and what is wrong."""
        return rules.clean_values(self.questions, raw, self.frame.codes)

    def steps(self, values: Mapping[str, Any]) -> list[int]:
        """The pages that somebody with these answers goes through."""
        return rules.steps(self.questions, values)


def load_desk(
    questionnaire: QuestionnaireRow, *, is_open: bool, territory_id: uuid.UUID, translated: bool = True
) -> Desk:
    """The sheet of a questionnaire in the reader's language; places and strategies are read only where they are asked about."""
    questions = queries.kept_questions(db(), questionnaire=questionnaire)
    language, reading = questionnaire.languages[0], locale_code()
    mark = f"{questionnaire.id}:{questionnaire.mark}"
    if translated:
        language = languages.chosen_language(questionnaire, request.args.get("lingua", ""), reading)
        questionnaire = languages.questionnaire_in(questionnaire, language)
        questions = [languages.question_in(question, language) for question in questions]
    sending = request.method not in SAFE_METHODS
    frame = queries.outside(db(), questionnaire=questionnaire, questions=questions, recent=sending)
    return Desk(questionnaire, questions, frame, territory_id, is_open, language, f"{mark}:{language}:{reading}")


def sheet_page(
    desk: Desk, form: AnswerForm, *, steps: Sequence[int], step: int | None, values: Mapping[str, Any]
) -> dict[str, Any]:
    """What the template of a sheet needs. A question that an earlier page's answers hide is not shown; one that hangs on an answer of
    the same page is shown with the condition in words, until the browser's script shows and hides it."""
    shown = {question.id for question in rules.shown(desk.questions, rules.by_code(desk.questions, values))}
    one = step if len({question.page for question in desk.questions}) > 1 else None
    on_page = [
        question
        for question in desk.questions
        if one is None or question.page == one
        if question.id in shown or not rules.decided(question, desk.questions)
    ]
    conditional = [question for question in on_page if not rules.decided(question, desk.questions)]
    return {
        "questionnaire": desk.questionnaire,
        "form": form,
        "questions": desk.questions,
        "on_page": {question.id for question in on_page},
        "when": {q.id: condition_words(q.condition, desk.questions, desk.frame) for q in conditional},
        "logic": logic(desk.questions),
        "pages": desk.pages,
        "language": desk.language,
        "language_names": LANGUAGES,
        "steps": list(steps),
        "step": one,
    }


#: What respondents may send: documents, sheets and pictures, judged by their content.
FILE_KINDS = tuple(kind for kind in FileKind if kind not in {FileKind.json, FileKind.zip})
_MEGABYTE = 1024 * 1024


def form_again(desk: Desk, raw: Mapping[str, Any], problems: Mapping[str, str] | None = None) -> AnswerForm:
    """The sheet as it was sent, with a sentence at each field that needs one."""
    form = desk.answer_form(raw)
    for name in ("code", "step", "version", "resume", "draft"):
        form[name].data = request.form.get(name, "")
    form.put_errors(dict(problems or {}))
    return form


def take_files(desk: Desk, raw: dict[str, Any], *, store: bool = True) -> dict[str, str]:
    """Let in the files that came with this page, and note them among the answers; returns a sentence by field for those refused.

    They are stored without a person: in pseudonymous mode the answer's key knows whose they are, until that is deleted. Each is kept in
    a transaction of its own: a page that is refused for another reason carries its note along, and the file must be there then.
    """
    problems: dict[str, str] = {}
    for question in desk.questions:
        sent = request.files.get(f"{question.field}_file") if question.kind == "file" else None
        if sent is None or not sent.filename:
            continue
        try:
            upload = read_upload(
                sent.stream,
                sent.filename,
                kinds=FILE_KINDS,
                maximum=(question.settings.get("upto_mb") or 5) * _MEGABYTE,
                bare=True,
            )
        except Invalid as error:
            problems[question.field] = error.message
            continue
        key = ""
        if store and desk.open and not desk.questionnaire.anonymous:
            with unit_of_work(glue().sessions) as own:
                stored = keep(
                    own, upload=upload, process_id=desk.questionnaire.process_id, storage=storage_for(glue().settings), actor=NOBODY, now=now()
                )  # fmt: skip  # one row of values reads better so
                services.note_upload(own, file_id=stored, questionnaire_id=desk.questionnaire.id, now=now())
            key = str(stored)
        raw[str(question.id)] = {"file": key, "name": upload.name, "size": len(upload.data)}
    return problems


@dataclass(frozen=True, slots=True)
class Turn:
    """What a button led to: sentences by field, or the page to show; neither where the answer is to be sent."""

    problems: dict[str, str]
    step: int | None = None


def turn_page(desk: Desk, raw: Mapping[str, Any], step: int | None, wanted: str) -> Turn:
    """Whether a page may be left, and for which. Sending from a page whose answers open further ones leads there first."""
    several = len({question.page for question in desk.questions}) > 1
    if not several or step not in {question.page for question in desk.questions} or wanted not in _TURNS:
        return Turn({})
    values, problems = desk.read(raw)
    steps = desk.steps(values)
    if wanted == "indietro":
        before = [page for page in steps if page < step]
        return Turn({}, before[-1] if before else step)
    here = {q.field: problems[str(q.id)] for q in desk.questions if q.page == step and str(q.id) in problems}
    after = [page for page in steps if page > step]
    if wanted == "invia":
        opened = [page for page in after if _opened(desk.questions, page)]
        unseen = opened and not any(_touched(q, raw) for q in desk.questions if q.page in opened)
        return Turn({}, opened[0]) if unseen and not here else Turn({})
    if here:
        return Turn(here)
    return Turn({}, after[0] if after else step)


_TURNS = frozenset({"avanti", "indietro", "invia"})


def _opened(questions: Sequence[QuestionRow], page: int) -> bool:
    """Whether a page is there only because of an answer."""
    return all(question.condition or question.page_condition for question in questions if question.page == page)


def _touched(question: QuestionRow, raw: Mapping[str, Any]) -> bool:
    return raw.get(str(question.id)) not in (None, "", [], {})
