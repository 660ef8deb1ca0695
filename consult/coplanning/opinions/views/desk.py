"""The desk of conversations: preparing, drawing statements from findings and proposals, opening, extending, closing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound

from consult.coplanning.opinions import queries, rules, services
from consult.coplanning.opinions.forms import ConversationForm, DrawForm, WrittenForm, drawn_statements
from consult.coplanning.opinions.views.blueprint import bp, found_conversation
from consult.coplanning.rounds.forms import UntilForm
from consult.coplanning.rounds.types import RoundState
from consult.coplanning.rounds.views import Desk, deadline_form
from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.position_paper import queries as paper
from consult.web.access import requires
from consult.web.forms import whole_number
from consult.web.identity import actor
from consult.web.session import context, db, now
from consult.web.words import say

#: Where conversations are led.
LED = Desk("opinions.desk", "opinions.desk_one", "conversation_id")


@bp.get("/scrivania/<slug>/opinioni")
@requires(Permission.see_opinions_desk)
def desk(slug: str) -> str:
    """All conversations, those in preparation included."""
    page = queries.conversations(db(), process_id=context().id, drafts=True, cursor=request.args.get("da"))
    return render_template(
        "coplanning/opinions/desk.html",
        page=page,
        next_url=url_for("opinions.desk", slug=slug, da=page.next_cursor) if page.next_cursor else None,
    )


@bp.get("/scrivania/<slug>/opinioni/nuova")
@requires(Permission.see_opinions_desk)
def new(slug: str) -> str:
    """The form of a new conversation."""
    return render_template("coplanning/opinions/edit.html", form=ConversationForm(formdata=None), c=None)


@bp.post("/scrivania/<slug>/opinioni/nuova")
@requires(Permission.run_opinions)
def create(slug: str) -> Any:
    """Prepare a conversation."""
    form = ConversationForm()
    if form.validate_on_submit():
        try:
            key = services.prepare(db(), process_id=context().id, fields=form.fields(), actor=actor(), now=now())
            return redirect(url_for("opinions.desk_one", slug=slug, conversation_id=key), 303)
        except Invalid as refusal:
            form.put_errors(refusal.fields)
    return render_template("coplanning/opinions/edit.html", form=form, c=None), 422


@bp.get("/scrivania/<slug>/opinioni/<uuid:conversation_id>")
@requires(Permission.see_opinions_desk)
def desk_one(slug: str, conversation_id: uuid.UUID) -> str:
    """One conversation for who leads it: its statements, how many answered, open, extend, close."""
    return _desk_page(conversation_id)


@bp.get("/scrivania/<slug>/opinioni/<uuid:conversation_id>/modifica")
@requires(Permission.see_opinions_desk)
def edit(slug: str, conversation_id: uuid.UUID) -> str:
    """The form of a conversation in preparation."""
    found = found_conversation(conversation_id, drafts=True)
    if found.state != RoundState.draft:
        raise NotFound(_("Questa conversazione non si può più cambiare."))
    form = ConversationForm(formdata=None)
    for name in ("title", "question", "participants_add", "results_shown", "version"):
        form[name].data = getattr(found, name)
    return render_template("coplanning/opinions/edit.html", form=form, c=found)


@bp.post("/scrivania/<slug>/opinioni/<uuid:conversation_id>/modifica")
@requires(Permission.run_opinions)
def update(slug: str, conversation_id: uuid.UUID) -> Any:
    """Change a conversation in preparation."""
    form = ConversationForm()
    if form.validate_on_submit():
        try:
            services.change(
                db(),
                process_id=context().id,
                conversation_id=conversation_id,
                version=whole_number(form.version.data),
                fields=form.fields(),
                actor=actor(),
                now=now(),
            )
            return redirect(url_for("opinions.desk_one", slug=slug, conversation_id=conversation_id), 303)
        except Invalid as refusal:
            form.put_errors(refusal.fields)
    found = found_conversation(conversation_id, drafts=True)
    return render_template("coplanning/opinions/edit.html", form=form, c=found), 422


@bp.get("/scrivania/<slug>/opinioni/<uuid:conversation_id>/frasi")
@requires(Permission.see_opinions_desk)
def draw(slug: str, conversation_id: uuid.UUID) -> str:
    """Published findings and proposals from which to draw statements, each with words to put right."""
    return _draw_page(conversation_id, {})


@bp.post("/scrivania/<slug>/opinioni/<uuid:conversation_id>/frasi")
@requires(Permission.run_opinions)
def add_drawn(slug: str, conversation_id: uuid.UUID) -> Any:
    """Add the statements that are ticked, in the words typed."""
    form = DrawForm()
    chosen = drawn_statements(request.form)
    wrong: dict[str, str] = {}
    if form.validate_on_submit():
        try:
            services.add_statements(
                db(),
                process_id=context().id,
                conversation_id=conversation_id,
                statements=[made for _key, made in chosen],
                actor=actor(),
                now=now(),
            )
            flash(ngettext("%(num)s frase aggiunta.", "%(num)s frasi aggiunte.", len(chosen)), "success")
            return redirect(url_for("opinions.desk_one", slug=slug, conversation_id=conversation_id), 303)
        except Invalid as refusal:
            names = {f"text-{i}": key for i, (key, _made) in enumerate(chosen)}
            wrong = {names.get(name, "all"): say(words) for name, words in refusal.fields.items()}
    return _draw_page(conversation_id, wrong, dict(chosen)), 422


@bp.post("/scrivania/<slug>/opinioni/<uuid:conversation_id>/scrivi")
@requires(Permission.run_opinions)
def add_written(slug: str, conversation_id: uuid.UUID) -> Any:
    """Add statements written by hand, one a line."""
    form = WrittenForm()
    if form.validate_on_submit():
        listed = form.listed()
        try:
            services.add_statements(
                db(),
                process_id=context().id,
                conversation_id=conversation_id,
                statements=listed,
                actor=actor(),
                now=now(),
            )
            flash(ngettext("%(num)s frase aggiunta.", "%(num)s frasi aggiunte.", len(listed)), "success")
            return redirect(url_for("opinions.desk_one", slug=slug, conversation_id=conversation_id), 303)
        except Invalid as refusal:
            for name, words in refusal.fields.items():
                place = whole_number(name.removeprefix("text-"))
                said = say(words) if name == "text" else _("Riga %(n)s: %(words)s", n=place + 1, words=say(words))
                form.put_errors({"text": said})
    return _desk_page(conversation_id, writing=form), 422


@bp.post("/scrivania/<slug>/opinioni/<uuid:conversation_id>/frasi/<uuid:statement_id>")
@requires(Permission.run_opinions)
def move(slug: str, conversation_id: uuid.UUID, statement_id: uuid.UUID) -> Any:
    """Take a statement out, or put it back: those of participants are the moderators'."""
    found_conversation(conversation_id, drafts=True)
    services.take_out(
        db(),
        process_id=context().id,
        conversation_id=conversation_id,
        statement_id=statement_id,
        out=request.form.get("togli") == "1",
        version=whole_number(request.form.get("version")),
        actor=actor(),
        now=now(),
    )
    return redirect(url_for("opinions.desk_one", slug=slug, conversation_id=conversation_id, _anchor="frasi"), 303)


@bp.post("/scrivania/<slug>/opinioni/<uuid:conversation_id>/apri")
@requires(Permission.run_opinions)
def open_now(slug: str, conversation_id: uuid.UUID) -> Any:
    """Open a conversation until six in the evening of a day."""
    return LED.set_deadline(
        slug, conversation_id, services.open_up, _("La conversazione è aperta."), _again(conversation_id)
    )


@bp.post("/scrivania/<slug>/opinioni/<uuid:conversation_id>/prolunga")
@requires(Permission.run_opinions)
def extend(slug: str, conversation_id: uuid.UUID) -> Any:
    """Move the deadline away."""
    return LED.set_deadline(
        slug, conversation_id, services.extend, _("La scadenza è stata spostata."), _again(conversation_id)
    )


@bp.post("/scrivania/<slug>/opinioni/<uuid:conversation_id>/chiudi")
@requires(Permission.run_opinions)
def close(slug: str, conversation_id: uuid.UUID) -> Any:
    """Close a conversation before its deadline."""
    words = _("La conversazione è chiusa: i risultati saranno pubblici appena contati.")
    return LED.end(slug, conversation_id, services.close, words)


@bp.post("/scrivania/<slug>/opinioni/<uuid:conversation_id>/annulla")
@requires(Permission.run_opinions)
def cancel(slug: str, conversation_id: uuid.UUID) -> Any:
    """Give up a conversation in preparation."""
    return LED.end(slug, conversation_id, services.cancel, _("La conversazione è annullata."), given_up=True)


def _again(conversation_id: uuid.UUID) -> Callable[[UntilForm], str]:
    return lambda form: _desk_page(conversation_id, deadline=form)


def _draw_page(conversation_id: uuid.UUID, wrong: dict[str, str], chosen: dict[str, Any] | None = None) -> str:
    found = found_conversation(conversation_id, drafts=True)
    if found.state not in (RoundState.draft, RoundState.open):
        raise NotFound(_("A questa conversazione non si aggiungono più frasi."))
    return render_template(
        "coplanning/opinions/draw.html",
        c=found,
        origins=queries.origins(db(), process_id=context().id, conversation_id=found.id),
        chosen=chosen or {},
        wrong=wrong,
        form=DrawForm(formdata=None),
        longest=rules.MAX_TEXT,
    )


def _desk_page(
    conversation_id: uuid.UUID, *, deadline: UntilForm | None = None, writing: WrittenForm | None = None
) -> str:
    found = found_conversation(conversation_id, drafts=True)
    statements = queries.statements(db(), conversation_id=found.id, every=True)
    return render_template(
        "coplanning/opinions/desk_one.html",
        c=found,
        statements=statements,
        findings=paper.finding_cards(db(), ids=[s.finding_id for s in statements if s.finding_id]),
        deadline=deadline_form(found, deadline),
        writing=writing or WrittenForm(formdata=None),
        fewest=rules.FEWEST_STATEMENTS,
        still_open=found.is_open(context().now),
    )
