"""The desk of questionnaires and the builder."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.listening.surveys import queries, services
from consult.listening.surveys.forms import KINDS, SettingsForm, condition_words
from consult.listening.surveys.forms.languages import LANGUAGES
from consult.listening.surveys.rules.languages import missing, texts_of
from consult.listening.surveys.rules.logic import check_conditions
from consult.listening.surveys.views.blueprint import DESK, ONE, bp, find
from consult.listening.surveys.views.working import own_words, saved, taken_up
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, now


@bp.get(DESK)
@requires(Permission.see_listening_desk)
def desk(slug: str) -> str:
    """All questionnaires; those put aside stand apart."""
    rows = queries.questionnaires(db(), process_id=context().id)
    return render_template(
        "listening/surveys/desk.html", rows=[r for r in rows if not r.aside], shelved=[r for r in rows if r.aside]
    )


def _settings(form: SettingsForm) -> services.Settings:
    return services.Settings(
        title=form.title.data,
        intro=form.intro.data or "",
        thanks=form.thanks.data or "",
        privacy=form.privacy.data,
        access=form.access.data,
        closes_at=form.closes_at.data,
        keys_deleted_on=form.keys_deleted_on.data,
        may_edit=form.may_edit.data,
    )


@bp.get(f"{DESK}/nuovo")
@requires(Permission.see_listening_desk)
def new(slug: str) -> str:
    """The settings of a new questionnaire."""
    form = SettingsForm(data={"privacy": "pseudonymous", "access": "invitation", "may_edit": True})
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
    kept = own_words(found.id, "settings")
    form = SettingsForm(formdata=taken_up(kept), obj=found)
    return render_template("listening/surveys/settings.html", form=form, questionnaire=found, unsaved=kept)


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
    saved(found.id, "settings")
    flash(_("Impostazioni salvate."), "success")
    return redirect(url_for("surveys.builder", slug=slug, questionnaire_id=questionnaire_id), 303)


@bp.get(ONE)
@requires(Permission.see_listening_desk)
def builder(slug: str, questionnaire_id: uuid.UUID) -> str:
    """The pages and questions in order, and what can be done next."""
    found = find(questionnaire_id)
    questions = queries.questions(db(), questionnaire_id=questionnaire_id)
    pages = queries.pages(db(), questionnaire_id=questionnaire_id, questions=questions)
    problem = check_conditions(questions, pages)
    return render_template(
        "listening/surveys/builder.html",
        questionnaire=found,
        questions=questions,
        pages=pages,
        when={q.id: condition_words(q.condition, questions) for q in questions if q.condition},
        page_when={p.number: condition_words(p.condition, questions) for p in pages if p.condition},
        problem=problem.sentence if problem else "",
        missing={code: missing(texts_of(found, pages, questions, code)) for code in found.languages[1:]},
        languages=LANGUAGES,
        kinds=dict(KINDS),
        fixed=found.state == "closed"
        or (found.state == "published" and queries.has_answers(db(), questionnaire_id=questionnaire_id)),
        removed=queries.removed_parts(db(), questionnaire_id=questionnaire_id),
        progress=queries.progress(db(), questionnaire_id=questionnaire_id),
        states=queries.invitation_states(db(), questionnaire_id=questionnaire_id),
    )


@bp.post(f"{ONE}/pubblica")
@requires(Permission.run_listening)
def publish(slug: str, questionnaire_id: uuid.UUID) -> Response:
    """Open it to answers."""
    services.publish(db(), process_id=context().id, questionnaire_id=questionnaire_id, actor=actor(), now=now())
    flash(_("Questionario pubblicato. Dalla prima risposta si correggono i testi, non più la struttura."), "success")
    return redirect(url_for("surveys.builder", slug=slug, questionnaire_id=questionnaire_id), 303)


@bp.post(f"{ONE}/chiudi")
@requires(Permission.run_listening)
def close(slug: str, questionnaire_id: uuid.UUID) -> Response:
    """Close it."""
    services.close(db(), process_id=context().id, questionnaire_id=questionnaire_id, actor=actor(), now=now())
    flash(_("Questionario chiuso. Le risposte già inviate sono tutte contate."), "success")
    return redirect(url_for("surveys.builder", slug=slug, questionnaire_id=questionnaire_id), 303)


@bp.post(f"{ONE}/duplica")
@requires(Permission.run_listening)
def copy(slug: str, questionnaire_id: uuid.UUID) -> Response:
    """Begin another one as a copy of this."""
    title = _("%(title)s (copia)", title=find(questionnaire_id).title[:190])
    key = services.copy_questionnaire(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, title=title, actor=actor(), now=now()
    )
    flash(_("Questa è la copia: una bozza con le stesse domande, senza risposte né inviti."), "success")
    return redirect(url_for("surveys.builder", slug=slug, questionnaire_id=key), 303)


@bp.post(f"{ONE}/da-parte")
@requires(Permission.run_listening)
def put_aside(slug: str, questionnaire_id: uuid.UUID) -> Response:
    """Put a draft or a closed questionnaire aside."""
    services.shelve(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, aside=True, actor=actor(), now=now()
    )
    flash(_("Messo da parte: resta in fondo all’elenco, con tutto quello che contiene."), "success")
    return redirect(url_for("surveys.desk", slug=slug) + "#da-parte", 303)


@bp.post(f"{ONE}/riprendi")
@requires(Permission.run_listening)
def take_up(slug: str, questionnaire_id: uuid.UUID) -> Response:
    """Take up again what was put aside."""
    services.shelve(
        db(), process_id=context().id, questionnaire_id=questionnaire_id, aside=False, actor=actor(), now=now()
    )
    flash(_("Il questionario è di nuovo in elenco."), "success")
    return redirect(url_for("surveys.builder", slug=slug, questionnaire_id=questionnaire_id), 303)
