"""The form of a question, and what can be done with one: add, save, move, copy, take out."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.framework import queries as framework
from consult.listening.surveys import queries, services
from consult.listening.surveys.forms import FIELDS, KINDS, QuestionForm, names_of
from consult.listening.surveys.types import QuestionnaireRow, QuestionRow
from consult.listening.surveys.views.blueprint import ONE, bp, find
from consult.listening.surveys.views.working import own_words, saved, taken_up
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, now

QUESTION = f"{ONE}/domande/<uuid:question_id>"


def _fields(form: QuestionForm) -> services.QuestionFields:
    kind = form.kind.data
    settings: dict[str, Any] = {}
    for setting, name in names_of(kind).items():
        value = form[name].data
        settings[setting] = value.isoformat() if hasattr(value, "isoformat") else value
    options: list[Any] = (form.options.data or "").splitlines()
    if form.from_frame.data and "from_frame" in FIELDS.get(kind, ()):
        options = list(services.frame_options(db(), process_id=context().id, which=form.from_frame.data))
    return services.QuestionFields(
        kind=kind,
        text=form.text.data,
        help=form.help.data or "",
        purpose=form.purpose.data or "",
        required=form.required.data,
        page=form.page.data or 1,
        options=options,
        rows=(form.rows.data or "").splitlines(),
        code=form.code.data or "",
        settings=settings,
    )


def _offer(form: QuestionForm) -> QuestionForm:
    """Put what can be taken from the plan's frame into the form."""
    axes = framework.axes(db(), frame_id=queries.frame_of(db(), process_id=context().id))
    taken = [("strategies", _("Tutte le strategie")), ("axes", _("Gli assi"))] if axes else []
    taken += [
        (f"axis:{axis.number}", _("Le strategie dell’asse %(n)s", n=axis.number)) for axis in axes if axis.strategies
    ]
    form.from_frame.choices = [*form.from_frame.choices, *taken]
    return form


def _place(row: QuestionRow | None, kind: str) -> str:
    """Where somebody is at work who has this form open."""
    return f"d-{row.id}" if row else f"n-{kind}"


def _page(form: QuestionForm, found: QuestionnaireRow, row: QuestionRow | None) -> str:
    kind = form.kind.data if form.kind.data in FIELDS else "long"
    place = _place(row, kind)
    return render_template(
        "listening/surveys/question.html",
        form=form,
        questionnaire=found,
        question=row,
        kind=kind,
        kinds=dict(KINDS),
        names=FIELDS[kind],
        fixed=found.state != "draft" and queries.has_answers(db(), questionnaire_id=found.id),
        revisions=queries.revisions(db(), question_id=row.id) if row else [],
        place=place,
        unsaved=own_words(found.id, place) if request.method == "GET" else None,
    )


@bp.get(f"{ONE}/domande/nuova")
@requires(Permission.see_listening_desk)
def new_question(slug: str, questionnaire_id: uuid.UUID) -> str:
    """The form of a new question; without a kind, the kinds to choose from."""
    found = find(questionnaire_id)
    questions = queries.questions(db(), questionnaire_id=questionnaire_id)
    page = request.args.get("pagina", "", str)
    number = int(page) if page.isdecimal() and len(page) < 4 else (questions[-1].page if questions else 1)
    kind = request.args.get("tipo", "")
    if kind not in FIELDS:
        return render_template(
            "listening/surveys/kinds.html",
            questionnaire=found,
            page=number,
            kinds=KINDS,
            taken={q.kind for q in questions} & {"place", "speaker"},
        )
    kept = taken_up(own_words(found.id, _place(None, kind)))
    return _page(_offer(QuestionForm(formdata=kept, data={"kind": kind, "page": number})), found, None)


def _saved(found: QuestionnaireRow, question_id: uuid.UUID) -> Response:
    address = url_for("surveys.builder", slug=context().slug, questionnaire_id=found.id)
    return redirect(f"{address}#d-{question_id}", 303)


@bp.post(f"{ONE}/domande/nuova")
@requires(Permission.run_listening)
def add_question(slug: str, questionnaire_id: uuid.UUID) -> tuple[str, int] | Response:
    """Add a question."""
    found = find(questionnaire_id)
    form = _offer(QuestionForm())
    if not form.validate_on_submit():
        return _page(form, found, None), 422
    try:
        key = services.add_question(
            db(), process_id=context().id, questionnaire_id=questionnaire_id, fields=_fields(form), actor=actor(), now=now()
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        if not error.fields:
            raise
        _put(form, error)
        return _page(form, found, None), 422
    saved(found.id, _place(None, form.kind.data))
    return _saved(found, key)


def _put(form: QuestionForm, error: Invalid) -> None:
    """Settings stand under other names in the form for some kinds."""
    names = names_of(form.kind.data) if form.kind.data in FIELDS else {}
    form.put_errors({names.get(name, name): sentence for name, sentence in error.fields.items()})


def _one(questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> QuestionRow:
    for question in queries.questions(db(), questionnaire_id=questionnaire_id):
        if question.id == question_id:
            return question
    raise NotFound


@bp.get(QUESTION)
@requires(Permission.see_listening_desk)
def question(slug: str, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> str:
    """The form of a question, as it is or about to be of another kind."""
    found, row = find(questionnaire_id), _one(questionnaire_id, question_id)
    kind = request.args.get("tipo", row.kind)
    kind = kind if kind in FIELDS else row.kind
    data: dict[str, Any] = {
        "kind": kind, "text": row.text, "help": row.help, "purpose": row.purpose, "required": row.required, "page": row.page, "code": row.code,
        "options": "\n".join(("* " if o.exclusive else "") + o.label for o in row.options), "rows": "\n".join(o.label for o in row.rows),
        "version": row.version,
    }  # fmt: skip  # one row of values reads better so
    for setting, name in names_of(kind).items():
        data[name] = _typed(name, row.settings.get(setting))
    return _page(_offer(QuestionForm(formdata=taken_up(own_words(found.id, _place(row, kind))), data=data)), found, row)


def _typed(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if name in {"earliest", "latest"} and value else value


@bp.post(QUESTION)
@requires(Permission.run_listening)
def save_question(slug: str, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> tuple[str, int] | Response:
    """Save a question."""
    found, row = find(questionnaire_id), _one(questionnaire_id, question_id)
    form = _offer(QuestionForm())
    if not form.validate_on_submit():
        return _page(form, found, row), 422
    try:
        services.edit_question(
            db(), process_id=context().id, questionnaire_id=questionnaire_id, question_id=question_id, fields=_fields(form),
            version=form.version.data, actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        if not error.fields:
            raise
        _put(form, error)
        return _page(form, found, row), 422
    saved(found.id, _place(row, form.kind.data))
    return _saved(found, question_id)


def _move(questionnaire_id: uuid.UUID, question_id: uuid.UUID, by: int) -> Response:
    services.move_question(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, question_id=question_id, by=by, actor=actor(), now=now()
    )  # fmt: skip  # one row of values reads better so
    return _saved(find(questionnaire_id), question_id)


@bp.post(f"{QUESTION}/su")
@requires(Permission.run_listening)
def move_up(slug: str, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> Response:
    """Move a question one place up."""
    return _move(questionnaire_id, question_id, -1)


@bp.post(f"{QUESTION}/giu")
@requires(Permission.run_listening)
def move_down(slug: str, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> Response:
    """Move a question one place down."""
    return _move(questionnaire_id, question_id, 1)


@bp.post(f"{QUESTION}/posto")
@requires(Permission.run_listening)
def place_question(slug: str, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> Response:
    """Put a question at a place of a page, as dragging and the two numbers do."""
    numbers = {name: request.form.get(name, "") for name in ("page", "place")}
    if not all(text.isdecimal() and len(text) < 4 for text in numbers.values()):
        raise Invalid("Servono due numeri: la pagina e il posto.")
    services.place_question(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, question_id=question_id, page=int(numbers["page"]),
        place=int(numbers["place"]), actor=actor(), now=now(),
    )  # fmt: skip  # one row of values reads better so
    return _saved(find(questionnaire_id), question_id)


@bp.post(f"{QUESTION}/duplica")
@requires(Permission.run_listening)
def copy_question(slug: str, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> Response:
    """Add a copy of a question right after it."""
    key = services.copy_question(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, question_id=question_id, actor=actor(), now=now()
    )  # fmt: skip  # one row of values reads better so
    return _saved(find(questionnaire_id), key)


@bp.post(f"{QUESTION}/togli")
@requires(Permission.run_listening)
def remove_question(slug: str, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> Response:
    """Take a question out; the builder offers to put it back."""
    services.remove_question(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, question_id=question_id, actor=actor(), now=now()
    )  # fmt: skip  # one row of values reads better so
    flash(_("Domanda tolta. Si può rimettere: è in fondo, tra le parti tolte."), "success")
    address = url_for("surveys.builder", slug=slug, questionnaire_id=questionnaire_id)
    return redirect(f"{address}#domande", 303)
