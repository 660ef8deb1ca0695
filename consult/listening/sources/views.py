"""Staff changes to one source: redact, correct, withdraw, hide, restore, with reason and history."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.listening.sources import queries, rules, services
from consult.listening.sources.forms import LanguageForm, SourceChangeForm
from consult.listening.sources.types import SourceCard
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, now

bp = Blueprint("source_desk", __name__)


def _page(form: SourceChangeForm, card: SourceCard) -> str:
    taken = queries.taken_back(db(), source_ids=[card.id]).get(card.id) if card.state == "withdrawn" else None
    stays = rules.stays_withdrawn(taken, by=actor().account_id)
    if stays or card.state == "live":
        # Nobody is offered what would be refused, or what is so already.
        form.change.choices = [choice for choice in form.change.choices if choice[0] != "restore"]
    return render_template(
        "listening/sources/edit.html",
        form=form,
        language_form=LanguageForm(data={"language": card.language}, formdata=None),
        card=card,
        stays=stays,
        returns=taken.before if taken else "",
        revisions=queries.revisions(db(), source_id=card.id),
    )


def _card(source_id: uuid.UUID) -> SourceCard:
    card = queries.card(db(), source_id=source_id, process_id=context().id)
    if card is None:
        raise NotFound
    return card


def _stays(card: SourceCard) -> str:
    """The text to begin a change from; of a source that was taken back there is none."""
    return "" if card.state == "withdrawn" else card.text


@bp.get("/scrivania/<slug>/fonti/<uuid:source_id>")
@requires(Permission.read_register)
def edit(slug: str, source_id: uuid.UUID) -> str:
    """The source as staff sees it, its history, and the form of changes."""
    card = _card(source_id)
    form = SourceChangeForm(data={"text": _stays(card), "revision": card.revision})
    return _page(form, card)


@bp.post("/scrivania/<slug>/fonti/<uuid:source_id>")
@requires(Permission.redact_source)
def change(slug: str, source_id: uuid.UUID) -> tuple[str, int] | Response:
    """Make the change, or show what is missing."""
    card = _card(source_id)
    form = SourceChangeForm()
    if not form.validate_on_submit():
        return _page(form, card), 422
    try:
        services.change_source(
            db(),
            process_id=context().id,
            source_id=source_id,
            change=form.change.data,
            text=form.text.data if form.change.data in {"redact", "correct"} else None,
            reason_code=form.reason.data,
            seen_revision=form.revision.data,
            actor=actor(),
            now=now(),
        )
    except Invalid as error:
        form.put_errors(error.fields)
        return _page(form, card), 422
    flash(_("La fonte è stata modificata. Quello che la cita lo saprà."), "success")
    return redirect(url_for("source_desk.edit", slug=slug, source_id=source_id), 303)


@bp.post("/scrivania/<slug>/fonti/<uuid:source_id>/lingua")
@requires(Permission.redact_source)
def set_language(slug: str, source_id: uuid.UUID) -> tuple[str, int] | Response:
    """Correct the language that was recognised."""
    card = _card(source_id)
    form = LanguageForm()
    if not form.validate_on_submit():
        return _page(SourceChangeForm(data={"text": _stays(card), "revision": card.revision}, formdata=None), card), 422
    services.set_facts(db(), source_id=card.id, language=form.language.data, actor=actor(), now=now())
    flash(_("Lingua salvata."), "success")
    return redirect(url_for("source_desk.edit", slug=slug, source_id=source_id), 303)
