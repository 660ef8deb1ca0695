"""The desk of questionnaires and the builder."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.vocabulary import PhaseKind
from consult.framework import queries as framework
from consult.listening.surveys import queries, services
from consult.listening.surveys.forms import KINDS, QuestionForm, SettingsForm, answer_form
from consult.listening.surveys.types import QuestionnaireRow, QuestionRow
from consult.listening.surveys.views.blueprint import bp
from consult.process.queries import current_notice
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, now

DESK = "/scrivania/<slug>/questionari"
ONE = f"{DESK}/<uuid:questionnaire_id>"


def find(questionnaire_id: uuid.UUID) -> QuestionnaireRow:
    """The questionnaire of the address, of this process."""
    found = queries.questionnaire(db(), questionnaire_id=questionnaire_id, process_id=context().id)
    if found is None:
        raise NotFound
    return found


@bp.get(DESK)
@requires(Permission.see_listening_desk)
def desk(slug: str) -> str:
    """All questionnaires."""
    return render_template("listening/surveys/desk.html", rows=queries.questionnaires(db(), process_id=context().id))


def _settings(form: SettingsForm) -> services.Settings:
    return services.Settings(
        title=form.title.data,
        intro=form.intro.data or "",
        thanks=form.thanks.data or "",
        privacy=form.privacy.data,
        access=form.access.data,
        closes_at=form.closes_at.data,
        keys_deleted_on=form.keys_deleted_on.data,
    )


@bp.get(f"{DESK}/nuovo")
@requires(Permission.see_listening_desk)
def new(slug: str) -> str:
    """The settings of a new questionnaire."""
    form = SettingsForm(data={"privacy": "pseudonymous", "access": "invitation"})
    return render_template("listening/surveys/settings.html", form=form, questionnaire=None)


@bp.post(f"{DESK}/nuovo")
@requires(Permission.run_listening)
def create(slug: str) -> tuple[str, int] | Response:
    """Begin a questionnaire."""
    form = SettingsForm()
    if not form.validate_on_submit():
        return render_template("listening/surveys/settings.html", form=form, questionnaire=None), 422
    key = services.create_questionnaire(
        db(), process_id=context().id, settings=_settings(form), actor=actor(), now=now()
    )
    return redirect(url_for("surveys.builder", slug=slug, questionnaire_id=key), 303)


@bp.get(f"{ONE}/impostazioni")
@requires(Permission.see_listening_desk)
def settings(slug: str, questionnaire_id: uuid.UUID) -> str:
    """The settings."""
    found = find(questionnaire_id)
    return render_template("listening/surveys/settings.html", form=SettingsForm(obj=found), questionnaire=found)


@bp.post(f"{ONE}/impostazioni")
@requires(Permission.run_listening)
def save_settings(slug: str, questionnaire_id: uuid.UUID) -> tuple[str, int] | Response:
    """Save the settings."""
    found = find(questionnaire_id)
    form = SettingsForm()
    if not form.validate_on_submit():
        return render_template("listening/surveys/settings.html", form=form, questionnaire=found), 422
    try:
        services.edit_questionnaire(
            db(), process_id=context().id, questionnaire_id=questionnaire_id, version=form.version.data or 0, settings=_settings(form),
            actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors(error.fields)
        return render_template("listening/surveys/settings.html", form=form, questionnaire=found), 422
    flash(_("Impostazioni salvate."), "success")
    return redirect(url_for("surveys.builder", slug=slug, questionnaire_id=questionnaire_id), 303)


@bp.get(ONE)
@requires(Permission.see_listening_desk)
def builder(slug: str, questionnaire_id: uuid.UUID) -> str:
    """The questions in order, and what can be done next."""
    return render_template(
        "listening/surveys/builder.html",
        questionnaire=find(questionnaire_id),
        questions=queries.questions(db(), questionnaire_id=questionnaire_id),
        kinds=dict(KINDS),
        progress=queries.progress(db(), questionnaire_id=questionnaire_id),
        states=queries.invitation_states(db(), questionnaire_id=questionnaire_id),
    )


@bp.get(f"{ONE}/anteprima")
@requires(Permission.see_listening_desk)
def preview(slug: str, questionnaire_id: uuid.UUID) -> str:
    """The questionnaire as respondents will see it; it leaves no answer."""
    found = find(questionnaire_id)
    questions = queries.questions(db(), questionnaire_id=questionnaire_id)
    territory = context().territory_id
    form = answer_form(
        questions, framework.zones(db(), territory_id=territory), framework.municipalities(db(), territory_id=territory)
    )
    return render_template(
        "listening/surveys/answer.html",
        questionnaire=found,
        form=form,
        questions=questions,
        steps=sorted({q.page for q in questions}),
        step=None,
        preview=True,
        editing=False,
        may_save=False,
        open=True,
        partial=framework.territory_is_partial(db(), territory_id=territory),
        notice=current_notice(db(), process_id=context().id, kind=PhaseKind.listening),
    )


def _question_fields(form: QuestionForm) -> services.QuestionFields:
    return services.QuestionFields(
        kind=form.kind.data,
        text=form.text.data,
        help=form.help.data or "",
        purpose=form.purpose.data or "",
        required=form.required.data,
        page=form.page.data or 1,
        options=(form.options.data or "").splitlines(),
        settings={
            "most": form.most.data,
            "min": 1 if form.low.data is None else form.low.data,
            "max": form.high.data,
            "min_label": form.low_label.data,
            "max_label": form.high_label.data,
        },
    )


@bp.get(f"{ONE}/domande/nuova")
@requires(Permission.see_listening_desk)
def new_question(slug: str, questionnaire_id: uuid.UUID) -> str:
    """The form of a new question."""
    questions = queries.questions(db(), questionnaire_id=questionnaire_id)
    form = QuestionForm(data={"kind": "long", "page": questions[-1].page if questions else 1})
    return render_template(
        "listening/surveys/question.html", form=form, questionnaire=find(questionnaire_id), question=None
    )


@bp.post(f"{ONE}/domande/nuova")
@requires(Permission.run_listening)
def add_question(slug: str, questionnaire_id: uuid.UUID) -> tuple[str, int] | Response:
    """Add a question."""
    found = find(questionnaire_id)
    form = QuestionForm()
    page = {"form": form, "questionnaire": found, "question": None}
    if not form.validate_on_submit():
        return render_template("listening/surveys/question.html", **page), 422
    try:
        services.add_question(
            db(),
            process_id=context().id,
            questionnaire_id=questionnaire_id,
            fields=_question_fields(form),
            actor=actor(),
            now=now(),
        )
    except Invalid as error:
        if not error.fields:
            raise
        form.put_errors(error.fields)
        return render_template("listening/surveys/question.html", **page), 422
    return redirect(url_for("surveys.builder", slug=slug, questionnaire_id=questionnaire_id) + "#domande", 303)


def _one(questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> QuestionRow:
    for question in queries.questions(db(), questionnaire_id=questionnaire_id):
        if question.id == question_id:
            return question
    raise NotFound


@bp.get(f"{ONE}/domande/<uuid:question_id>")
@requires(Permission.see_listening_desk)
def question(slug: str, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> str:
    """The form of a question."""
    found, row = find(questionnaire_id), _one(questionnaire_id, question_id)
    form = QuestionForm(
        data={
            "kind": row.kind,
            "text": row.text,
            "help": row.help,
            "purpose": row.purpose,
            "required": row.required,
            "page": row.page,
            "options": "\n".join(option.label for option in row.options),
            "most": row.settings.get("most"),
            "low": row.settings.get("min"),
            "high": row.settings.get("max"),
            "low_label": row.settings.get("min_label"),
            "high_label": row.settings.get("max_label"),
        }
    )
    return render_template("listening/surveys/question.html", form=form, questionnaire=found, question=row)


@bp.post(f"{ONE}/domande/<uuid:question_id>")
@requires(Permission.run_listening)
def save_question(slug: str, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> tuple[str, int] | Response:
    """Save a question."""
    found, row = find(questionnaire_id), _one(questionnaire_id, question_id)
    form = QuestionForm()
    if not form.validate_on_submit():
        return render_template("listening/surveys/question.html", form=form, questionnaire=found, question=row), 422
    try:
        services.edit_question(
            db(), process_id=context().id, questionnaire_id=questionnaire_id, question_id=question_id, fields=_question_fields(form),
            actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        if not error.fields:
            raise
        form.put_errors(error.fields)
        return render_template("listening/surveys/question.html", form=form, questionnaire=found, question=row), 422
    return redirect(url_for("surveys.builder", slug=slug, questionnaire_id=questionnaire_id) + "#domande", 303)


def _back(questionnaire_id: uuid.UUID) -> Response:
    return redirect(
        url_for("surveys.builder", slug=context().slug, questionnaire_id=questionnaire_id) + "#domande", 303
    )


@bp.post(f"{ONE}/domande/<uuid:question_id>/su")
@requires(Permission.run_listening)
def move_up(slug: str, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> Response:
    """Move a question one place up."""
    services.move_question(
        db(),
        process_id=context().id,
        questionnaire_id=questionnaire_id,
        question_id=question_id,
        by=-1,
        actor=actor(),
        now=now(),
    )
    return _back(questionnaire_id)


@bp.post(f"{ONE}/domande/<uuid:question_id>/giu")
@requires(Permission.run_listening)
def move_down(slug: str, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> Response:
    """Move a question one place down."""
    services.move_question(
        db(),
        process_id=context().id,
        questionnaire_id=questionnaire_id,
        question_id=question_id,
        by=1,
        actor=actor(),
        now=now(),
    )
    return _back(questionnaire_id)


@bp.post(f"{ONE}/domande/<uuid:question_id>/togli")
@requires(Permission.run_listening)
def remove_question(slug: str, questionnaire_id: uuid.UUID, question_id: uuid.UUID) -> Response:
    """Take a question out."""
    services.remove_question(
        db(),
        process_id=context().id,
        questionnaire_id=questionnaire_id,
        question_id=question_id,
        actor=actor(),
        now=now(),
    )
    return _back(questionnaire_id)


@bp.post(f"{ONE}/pubblica")
@requires(Permission.run_listening)
def publish(slug: str, questionnaire_id: uuid.UUID) -> Response:
    """Open it to answers."""
    services.publish(db(), process_id=context().id, questionnaire_id=questionnaire_id, actor=actor(), now=now())
    flash(_("Questionario pubblicato. Ora si possono correggere i testi, non la struttura."), "success")
    return redirect(url_for("surveys.builder", slug=slug, questionnaire_id=questionnaire_id), 303)


@bp.post(f"{ONE}/chiudi")
@requires(Permission.run_listening)
def close(slug: str, questionnaire_id: uuid.UUID) -> Response:
    """Close it."""
    services.close(db(), process_id=context().id, questionnaire_id=questionnaire_id, actor=actor(), now=now())
    flash(_("Questionario chiuso. Le risposte già inviate sono tutte contate."), "success")
    return redirect(url_for("surveys.builder", slug=slug, questionnaire_id=questionnaire_id), 303)
