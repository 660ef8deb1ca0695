"""Pages of a questionnaire, conditions, languages, and parts that can be put back."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.normalise import UnreadableText, clean_text
from consult.core.permissions import Permission
from consult.listening.surveys import queries, services
from consult.listening.surveys.forms import (
    ConditionForm,
    PageForm,
    condition_form,
    condition_words,
    read_condition,
    suggestions,
)
from consult.listening.surveys.forms.languages import LANGUAGES
from consult.listening.surveys.rules.languages import missing, texts_of
from consult.listening.surveys.types import QuestionRow
from consult.listening.surveys.views.blueprint import ONE, bp, find
from consult.listening.surveys.views.questions import QUESTION
from consult.listening.surveys.views.sheet import load_desk
from consult.listening.surveys.views.working import own_words, saved, taken_up
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, now

PAGE = f"{ONE}/pagine/<int:number>"


def _builder(questionnaire_id: uuid.UUID, mark: str) -> Response:
    address = url_for("surveys.builder", slug=context().slug, questionnaire_id=questionnaire_id)
    return redirect(f"{address}#{mark}", 303)


@bp.post(f"{ONE}/pagine")
@requires(Permission.run_listening)
def add_page(slug: str, questionnaire_id: uuid.UUID) -> Response:
    """Add an empty page at the end."""
    number = services.add_page(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, title="", actor=actor(), now=now()
    )
    return redirect(url_for("surveys.page", slug=slug, questionnaire_id=questionnaire_id, number=number), 303)


def _number(questionnaire_id: uuid.UUID, number: int) -> Any:
    for page in queries.pages(db(), questionnaire_id=questionnaire_id):
        if page.number == number:
            return page
    raise NotFound


@bp.get(PAGE)
@requires(Permission.see_listening_desk)
def page(slug: str, questionnaire_id: uuid.UUID, number: int) -> str:
    """The words of a page."""
    found, row = find(questionnaire_id), _number(questionnaire_id, number)
    kept = own_words(found.id, f"p-{number}")
    form = PageForm(formdata=taken_up(kept), data={"title": row.title, "intro": row.intro, "version": row.version})
    return render_template("listening/surveys/page.html", questionnaire=found, form=form, number=number, unsaved=kept)


@bp.post(PAGE)
@requires(Permission.run_listening)
def save_page(slug: str, questionnaire_id: uuid.UUID, number: int) -> tuple[str, int] | Response:
    """Save the words of a page."""
    found = find(questionnaire_id)
    _number(questionnaire_id, number)
    form = PageForm()
    if not form.validate_on_submit():
        return render_template("listening/surveys/page.html", questionnaire=found, form=form, number=number), 422
    services.edit_page(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, number=number, title=form.title.data or "",
        intro=form.intro.data or "", version=form.version.data or 1, actor=actor(), now=now(),
    )  # fmt: skip  # one row of values reads better so
    saved(found.id, f"p-{number}")
    return _builder(questionnaire_id, f"p-{number}")


def _move(questionnaire_id: uuid.UUID, number: int, by: int) -> Response:
    there = services.move_page(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, number=number, by=by, actor=actor(), now=now()
    )
    return _builder(questionnaire_id, f"p-{there}")


@bp.post(f"{PAGE}/su")
@requires(Permission.run_listening)
def page_up(slug: str, questionnaire_id: uuid.UUID, number: int) -> Response:
    """Move a page before the one before it."""
    return _move(questionnaire_id, number, -1)


@bp.post(f"{PAGE}/giu")
@requires(Permission.run_listening)
def page_down(slug: str, questionnaire_id: uuid.UUID, number: int) -> Response:
    """Move a page after the one after it."""
    return _move(questionnaire_id, number, 1)


@bp.post(f"{PAGE}/togli")
@requires(Permission.run_listening)
def remove_page(slug: str, questionnaire_id: uuid.UUID, number: int) -> Response:
    """Take a page out with its questions; the builder offers to put it back."""
    services.remove_page(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, number=number, actor=actor(), now=now()
    )
    flash(_("Pagina tolta con le sue domande. Si può rimettere: è in fondo, tra le parti tolte."), "success")
    return _builder(questionnaire_id, "domande")


@bp.post(f"{ONE}/parti/<uuid:part_id>/rimetti")
@requires(Permission.run_listening)
def put_back(slug: str, questionnaire_id: uuid.UUID, part_id: uuid.UUID) -> Response:
    """Put back what was taken out."""
    services.put_back(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, part_id=part_id, actor=actor(), now=now()
    )
    flash(_("Rimessa dov’era."), "success")
    return _builder(questionnaire_id, "domande")


# Conditions.


def _before(questions: list[QuestionRow], question_id: uuid.UUID | None, number: int | None) -> list[QuestionRow]:
    if question_id is not None:
        place = next((i for i, q in enumerate(questions) if q.id == question_id), None)
        if place is None:
            raise NotFound
        return [q for q in questions[:place] if q.asks]
    return [q for q in questions if q.asks and q.page < (number or 0)]


def _condition_page(
    questionnaire_id: uuid.UUID, form: ConditionForm | None, *, question_id: uuid.UUID | None, number: int | None
) -> str:
    found = find(questionnaire_id)
    desk = load_desk(found, is_open=True, territory_id=context().territory_id, translated=False)
    before = _before(desk.questions, question_id, number)
    question = next((q for q in desk.questions if q.id == question_id), None)
    row = question if question is not None else _number(questionnaire_id, number or 0)
    sheet = form or condition_form(row.condition, before, desk.frame)
    sheet.offer(before)
    if form is None:
        sheet.version.data = row.version
    return render_template(
        "listening/surveys/condition.html",
        questionnaire=found,
        form=sheet,
        question=question,
        number=number,
        before=before,
        offered={q.code: suggestions(q, desk.frame) for q in before},
        words=condition_words(row.condition, desk.questions, desk.frame),
        fixed=found.state != "draft" and queries.has_answers(db(), questionnaire_id=found.id),
    )


def _save_condition(
    questionnaire_id: uuid.UUID, *, question_id: uuid.UUID | None, number: int | None
) -> tuple[str, int] | Response:
    desk = load_desk(find(questionnaire_id), is_open=True, territory_id=context().territory_id, translated=False)
    before = _before(desk.questions, question_id, number)
    form = ConditionForm()
    if request.form.get("azione") == "righe":
        # What was typed stays in the form, with some more lines below it; nothing is saved yet.
        form.add_lines()
        return _condition_page(questionnaire_id, form, question_id=question_id, number=number), 200
    form.offer(before)
    if not form.validate_on_submit():
        return _condition_page(questionnaire_id, form, question_id=question_id, number=number), 422
    try:
        services.set_condition(
            db(), process_id=context().id, questionnaire_id=questionnaire_id, condition=read_condition(form, before, desk.frame),
            question_id=question_id, page=number, version=form.version.data, actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.refused = error.message
        return _condition_page(questionnaire_id, form, question_id=question_id, number=number), 422
    return _builder(questionnaire_id, f"d-{question_id}" if question_id else f"p-{number}")


@bp.get(f"{QUESTION}/condizione")
@requires(Permission.see_listening_desk)
def question_condition(slug: str, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> str:
    """When a question is shown."""
    return _condition_page(questionnaire_id, None, question_id=question_id, number=None)


@bp.post(f"{QUESTION}/condizione")
@requires(Permission.run_listening)
def save_question_condition(
    slug: str, questionnaire_id: uuid.UUID, question_id: uuid.UUID
) -> tuple[str, int] | Response:
    """Say when a question is shown."""
    return _save_condition(questionnaire_id, question_id=question_id, number=None)


@bp.get(f"{PAGE}/condizione")
@requires(Permission.see_listening_desk)
def page_condition(slug: str, questionnaire_id: uuid.UUID, number: int) -> str:
    """When a page is shown."""
    return _condition_page(questionnaire_id, None, question_id=None, number=number)


@bp.post(f"{PAGE}/condizione")
@requires(Permission.run_listening)
def save_page_condition(slug: str, questionnaire_id: uuid.UUID, number: int) -> tuple[str, int] | Response:
    """Say when a page is shown."""
    return _save_condition(questionnaire_id, question_id=None, number=number)


# Languages.


@bp.get(f"{ONE}/lingue")
@requires(Permission.see_listening_desk)
def languages(slug: str, questionnaire_id: uuid.UUID) -> str:
    """The languages of a questionnaire, and the texts of one beside the original."""
    found = find(questionnaire_id)
    questions = queries.questions(db(), questionnaire_id=questionnaire_id)
    pages = queries.pages(db(), questionnaire_id=questionnaire_id, questions=questions)
    others = found.languages[1:]
    wanted = request.args.get("lingua", "")
    wanted = wanted if wanted in others else (others[0] if others else "")
    return render_template(
        "listening/surveys/languages.html",
        questionnaire=found,
        names=LANGUAGES,
        texts=texts_of(found, pages, questions, wanted) if wanted else [],
        wanted=wanted,
        missing={code: missing(texts_of(found, pages, questions, code)) for code in others},
        asked={question.code: question.text for question in questions},
    )


@bp.post(f"{ONE}/lingue")
@requires(Permission.run_listening)
def save_languages(slug: str, questionnaire_id: uuid.UUID) -> Response:
    """Choose the languages, or save the texts of one."""
    wanted = request.form.get("language", "")
    if not wanted:
        services.set_languages(
            db(), process_id=context().id, questionnaire_id=questionnaire_id, actor=actor(), now=now(),
            languages=[code for code in request.form.getlist("languages") if code in LANGUAGES],
        )  # fmt: skip  # one row of values reads better so
        flash(_("Lingue salvate."), "success")
        return redirect(url_for("surveys.languages", slug=slug, questionnaire_id=questionnaire_id), 303)
    try:
        texts = {name.removeprefix("t:"): clean_text(value) for name, value in request.form.items() if name[:2] == "t:"}
    except UnreadableText as error:
        raise Invalid(str(error)) from error
    marks = {name.removeprefix("v:"): value for name, value in request.form.items() if name[:2] == "v:"}
    number = services.translate(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, language=wanted, texts=texts, seen=marks or None,
        actor=actor(), now=now(),
    )  # fmt: skip  # one row of values reads better so
    flash(_("Testi salvati: %(n)s cambiati.", n=number), "success")
    return redirect(url_for("surveys.languages", slug=slug, questionnaire_id=questionnaire_id, lingua=wanted), 303)
