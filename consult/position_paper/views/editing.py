"""One finding: its text, its state, the sources it cites."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.vocabulary import Support
from consult.evidence import queries as evidence
from consult.evidence.types import Place
from consult.framework import queries as framework
from consult.listening.sources import queries as sources
from consult.listening.sources.rules import may_quote
from consult.people import queries as people
from consult.position_paper import queries, rules, services
from consult.position_paper.forms import CiteForm, FindingForm, MoveForm, NewFindingForm, NoteForm, StateForm
from consult.position_paper.types import FindingRow, Tried
from consult.position_paper.views.blueprint import bp
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now

#: Sources that changed, came or left, shown with what became of them; of the others the number is told.
CHANGED_SHOWN, MOVED_SHOWN = 20, 10


def editor(
    finding_id: uuid.UUID,
    *,
    form: FindingForm | None = None,
    cite: CiteForm | None = None,
    note: NoteForm | None = None,
    tried: list[Tried] | None = None,
    status: int = 200,
) -> tuple[str, int]:
    """One finding with its forms; a form that was refused is passed in, or the outcome of trying a text without saving it."""
    here = context()
    row = queries.finding(db(), process_id=here.id, finding_id=finding_id)
    paper = queries.paper(db(), process_id=here.id)
    if row is None or paper is None:
        raise NotFound
    whole = queries.whole(db(), process_id=here.id)
    places = queries.places_of([row])
    cards = sources.cards(db(), ids=_named(row, places), public_only=False)
    quotes = queries.quote_states(db(), places=places, cards=cards)
    words = queries.quoted_words(db(), places=[p for s in row.sentences for p in s.quotes], cards=cards)
    sentences = [rules.show(s, words) for s in rules.present(row, whole, paper.language)]
    theme = evidence.theme_name(db(), process_id=here.id, theme_id=row.theme_id) if row.theme_id else None
    found = rules.problems(
        row, whole, language=paper.language, quotes=quotes, theme_state=theme.stands if theme else None
    )
    counts, known = rules.known_measures(row, whole)
    form = form or FindingForm(
        formdata=None, version=row.version, title=row.title, statement="\n".join(s.text for s in sentences), strategy_id=str(row.strategy_id or "")
    )  # fmt: skip  # one row of values reads better so
    form.strategy_id.choices = strategy_choices()
    asked = request.args.get("cerca", "").strip()[:200]
    history = queries.changes(db(), finding_id=finding_id)
    who = people.names(db(), account_ids=[a for a in {row.changed_by, *(c.changed_by for c in history)} if a])
    move = MoveForm(formdata=None, version=row.version, section_id=str(row.section_id))
    move.section_id.choices = [(str(s.id), s.title) for s in queries.sections(db(), paper_id=paper.id)]
    moved = [key for name in ("gone", "new") for raw in row.news.get(name, ())[:MOVED_SHOWN] if (key := clean_key(raw))]
    before, after = queries.neighbours(db(), paper_id=paper.id, finding_id=finding_id)
    page = render_template(
        "position_paper/edit.html",
        before=before,
        after=after,
        move=move,
        notes=queries.notes(db(), process_id=here.id, finding_id=finding_id),
        remarks=queries.comments_beside(db(), finding_id=finding_id) if paper.consulted else (),
        note=note or NoteForm(formdata=None),
        confronted=queries.confronted(db(), process_id=here.id, finding_id=finding_id).get(finding_id, 0),
        form=form,
        cite=cite or CiteForm(formdata=None, version=row.version),
        finding=row,
        sentences=sentences,
        problems=found,
        tried=tried,
        quantities=rules.QUANTITIES,
        known=known,
        cards=cards,
        may_quote=may_quote,
        counts=counts,
        theme=theme,
        history=history,
        who=who,
        asked=asked,
        changed=queries.changed_sources(db(), stale=row.stale[:CHANGED_SHOWN], cards=cards) if row.stale else [],
        moved_themes=evidence.themes_for_source(db(), source_ids=moved) if moved else {},
        may_undo=bool(history) and history[0].version == row.version - 1 and history[0].action in rules.UNDOABLE,
        matches=queries.search_sources(db(), process_id=here.id, words=asked) if asked else [],
        cited={s.source_id for s in row.sources},
        may_become=rules.TRANSITIONS[row.state],
        plain=rules.without_marks,
    )
    return page, status


def _named(row: FindingRow, places: Iterable[Place]) -> list[uuid.UUID]:
    """Every source that the page of a finding speaks of: cited, quoted, or found by the latest aggregation."""
    keys = [s.source_id for s in row.sources] + [uuid.UUID(place.source_id) for place in places]
    keys += [key for name in ("new", "gone") for raw in row.news.get(name, ()) if (key := clean_key(raw))]
    return list(dict.fromkeys(keys))


def strategy_choices() -> list[tuple[str, Any]]:
    """Strategies to choose from, and none."""
    rows = framework.strategies(db(), frame_id=context().frame_id)
    return [("", _("Nessuna strategia")), *((str(s.id), f"{s.code} {s.title}") for s in rows)]


@bp.get("/scrivania/<slug>/paper/risultanze/<uuid:finding_id>")
@requires(Permission.see_paper_workshop)
def edit_finding(slug: str, finding_id: uuid.UUID) -> tuple[str, int]:
    """The editor of one finding."""
    return editor(finding_id)


@bp.post("/scrivania/<slug>/paper/risultanze/<uuid:finding_id>")
@requires(Permission.edit_paper)
def save_finding(slug: str, finding_id: uuid.UUID) -> Response | tuple[str, int]:
    """Save a finding's text."""
    form = FindingForm()
    form.strategy_id.choices = strategy_choices()
    if not form.validate():
        return editor(finding_id, form=form, status=422)
    services.save_finding(
        db(), process_id=context().id, finding_id=finding_id, version=form.version.data, title=form.title.data,
        statement=form.statement.data, strategy_id=clean_key(form.strategy_id.data), actor=actor(), now=now(),
    )  # fmt: skip  # one row of values reads better so
    flash(_("Risultanza salvata."), "success")
    return _back(slug, finding_id)


def _back(slug: str, finding_id: uuid.UUID) -> Response:
    return redirect(url_for("position_paper.edit_finding", slug=slug, finding_id=finding_id), 303)


@bp.post("/scrivania/<slug>/paper/risultanze/<uuid:finding_id>/stato")
@requires(Permission.edit_paper)
def decide_finding(slug: str, finding_id: uuid.UUID) -> Response | tuple[str, int]:
    """Accept, refuse, withdraw or reopen a finding."""
    form = StateForm()
    if not form.validate():
        return editor(finding_id, status=422)
    services.set_state(
        db(),
        process_id=context().id,
        finding_id=finding_id,
        version=form.version.data,
        state=form.state.data,
        actor=actor(),
        now=now(),
    )
    if request.form.get("da") == "elenco":
        return _back_to_list(slug, finding_id)
    return _back(slug, finding_id)


def _back_to_list(slug: str, finding_id: uuid.UUID) -> Response:
    """The list of findings where it was, with the next finding to decide in sight, and the way to undo."""
    kept: dict[str, Any] = {name: request.form.get(name) or None for name in ("stato", "sezione", "dopo")}
    following = clean_key(request.form.get("poi")) or finding_id
    return redirect(
        url_for("position_paper.workshop", slug=slug, appena=finding_id, **kept, _anchor=f"r-{following}"), 303
    )


@bp.post("/scrivania/<slug>/paper/risultanze/<uuid:finding_id>/fonti")
@requires(Permission.edit_paper)
def cite(slug: str, finding_id: uuid.UUID) -> Response | tuple[str, int]:
    """Cite one or more sources."""
    form = CiteForm()
    keys = [clean_key(word) for word in (form.sources.data or "").replace(",", " ").split()]
    if form.validate() and None in keys:
        form.put_errors({"sources": _("Uno dei codici non è di una fonte.")})
    if form.errors:
        return editor(finding_id, cite=form, status=422)
    try:
        services.cite(
            db(), process_id=context().id, finding_id=finding_id, version=form.version.data, words=form.words.data or "",
            source_ids=list(dict.fromkeys(k for k in keys if k)), support=Support(form.support.data), actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors(error.fields)
        return editor(finding_id, cite=form, status=422)
    return _back(slug, finding_id)


@bp.post("/scrivania/<slug>/paper/risultanze/<uuid:finding_id>/fonti/<uuid:source_id>/togli")
@requires(Permission.edit_paper)
def uncite(slug: str, finding_id: uuid.UUID, source_id: uuid.UUID) -> Response:
    """Take a source away from a finding."""
    version = request.form.get("version", type=int) or 0
    services.uncite(
        db(),
        process_id=context().id,
        finding_id=finding_id,
        version=version,
        source_id=source_id,
        actor=actor(),
        now=now(),
    )
    return _back(slug, finding_id)


@bp.post("/scrivania/<slug>/paper/risultanze/<uuid:finding_id>/novita")
@requires(Permission.edit_paper)
def take_news(slug: str, finding_id: uuid.UUID) -> Response:
    """Take up, or leave, what came under the theme or left it; say that changed sources were read again; or take that back."""
    version, does = request.form.get("version", type=int) or 0, request.form.get("fa", "")
    values: dict[str, Any] = {
        "process_id": context().id,
        "finding_id": finding_id,
        "version": version,
        "actor": actor(),
        "now": now(),
    }
    if does == "rileggi":
        services.reread(db(), **values)
    elif does == "annulla":
        services.take_back_decision(db(), **values)
    else:
        services.take_news(db(), does={"aggiungi": "add", "togli": "drop"}.get(does, "leave"), **values)
    return _back(slug, finding_id)


def _new_form() -> NewFindingForm:
    form = NewFindingForm()
    paper = queries.paper(db(), process_id=context().id)
    listed = queries.sections(db(), paper_id=paper.id) if paper else []
    form.section_id.choices = [(str(s.id), s.title) for s in listed if s.kind not in {"method", "limits"}]
    form.strategy_id.choices = strategy_choices()
    return form


@bp.get("/scrivania/<slug>/paper/risultanze/nuova")
@requires(Permission.see_paper_workshop)
def new_finding(slug: str) -> str:
    """The form for a finding written by hand."""
    form = _new_form()
    form.sources.data = "\n".join(str(key) for raw in request.args.getlist("fonte") if (key := clean_key(raw)))
    return render_template("position_paper/new.html", form=form)


@bp.post("/scrivania/<slug>/paper/risultanze/nuova")
@requires(Permission.edit_paper)
def add_finding(slug: str) -> Response | tuple[str, int]:
    """Write a finding by hand."""
    form = _new_form()
    keys = [clean_key(word) for word in (form.sources.data or "").split()]
    if form.validate() and None in keys:
        form.put_errors({"sources": _("Una delle righe non è il codice di una fonte.")})
    section = clean_key(form.section_id.data)
    if form.errors or section is None:
        return render_template("position_paper/new.html", form=form), 422
    try:
        finding_id = services.add_finding(
            db(), process_id=context().id, section_id=section, title=form.title.data, statement=form.statement.data,
            strategy_id=clean_key(form.strategy_id.data), source_ids=list(dict.fromkeys(k for k in keys if k)), actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors(error.fields)
        return render_template("position_paper/new.html", form=form), 422
    return _back(slug, finding_id)
