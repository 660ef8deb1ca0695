"""The theme desk."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.evidence import queries, rules
from consult.evidence.forms import MergeForm, MoveSourceForm, NewThemeForm, SplitForm, StateForm, ThemeForm
from consult.evidence.services import decisions, undoing
from consult.evidence.types import Place, ThemeRow
from consult.evidence.views.blueprint import bp
from consult.framework import queries as framework
from consult.listening.sources import queries as sources
from consult.people import queries as people
from consult.web.access import requires
from consult.web.forms import asked_place, clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now


def desk(theme_id: uuid.UUID | None, *, status: int = 200, **values: Any) -> tuple[str, int]:
    """The theme desk with one theme open: the one named, else the first that waits for a decision."""
    here = context()
    themes = queries.themes_of(db(), process_id=here.id)
    # A refused form brings the view along that it was sent from.
    wanted = request.values.get("stato", "")
    shown = (
        [t for t in themes if t.state == wanted]
        if wanted in rules.TRANSITIONS
        else [t for t in themes if t.state != "merged"]
    )
    chosen = next((t for t in themes if t.id == theme_id), None)
    if theme_id is not None and chosen is None:
        chosen = next(iter(queries.themes_of(db(), process_id=here.id, theme_ids=[theme_id], include_gone=True)), None)
        if chosen is None:
            raise NotFound
    if chosen is None:
        chosen = next((t for t in shown if t.state == "proposed"), shown[0] if shown else None)
    zones = framework.zones(db(), territory_id=here.territory_id)
    strategies = framework.strategies(db(), frame_id=here.frame_id)
    item = _item(chosen, themes, strategies, values) if chosen else {}
    latest = queries.latest_run(db(), process_id=here.id)
    just = next((t for t in themes if t.id == clean_key(request.args.get("appena"))), None)
    page = render_template(
        "evidence/themes.html",
        themes=shown,
        by_state={state: sum(t.state == state for t in themes) for state in rules.TRANSITIONS},
        wanted=wanted,
        chosen=chosen,
        next_id=_following(shown, chosen),
        zones=zones,
        strategies=strategies,
        latest=latest,
        just=just,
        just_step=_last(item["steps"] if just is chosen else queries.theme_steps(db(), theme_id=just.id)) if just else None,
        changes=queries.theme_changes(db(), process_id=here.id),
        moved=queries.moved_sources(db(), process_id=here.id),
        changed=queries.changed_by_people(db(), process_id=here.id),
        previous_id=_before(shown, chosen),
        **item,
    )
    return page, status


def _item(chosen: ThemeRow, themes: list[ThemeRow], strategies: list[Any], given: dict[str, Any]) -> dict[str, Any]:
    """What the right-hand side shows of a theme, with its forms; a form that was refused is passed in `given`."""
    places = queries.quotes(db(), theme_ids=[chosen.id])[chosen.id]
    summary = queries.theme_summary(db(), process_id=context().id, key=chosen.key)
    sentence = _asked(summary)
    among = [uuid.UUID(key) for key in summary[sentence - 1]["source_ids"]] if sentence else []
    page = queries.members_page(db(), theme_id=chosen.id, cursor=request.args.get("dopo"), among=among)
    ids = [q.source_id for q in places] + [row[0] for row in page.rows]
    ids += [uuid.UUID(place["source_id"]) for told in summary for place in told["quotes"]]
    ids += [uuid.UUID(place.source_id) for place in chosen.definition_quotes]
    cards = sources.cards(db(), ids=list(dict.fromkeys(ids)), public_only=False)
    strategy_choices = [("", _("Nessuna strategia")), *((str(s.id), f"{s.code} {s.title}") for s in strategies)]
    edit = given.get("edit") or ThemeForm(
        formdata=None, version=chosen.version, label=chosen.label, strategy_id=str(chosen.strategy_id or "")
    )
    edit.strategy_id.choices = strategy_choices
    merge = given.get("merge") or MergeForm(formdata=None, version=chosen.version)
    others = [t for t in themes if t.id != chosen.id and t.state in {"proposed", "accepted"}]
    others.sort(key=lambda t: (t.strategy_code != chosen.strategy_code, t.strategy_code or "~", t.label))
    merge.into_id.choices = [
        ("", _("Scegli un tema")),
        *((str(t.id), f"{t.strategy_code or '–'} · {t.label}") for t in others),
    ]
    move = MoveSourceForm(formdata=None)
    move.to_theme_id.choices = [("", _("Nessun tema: toglila da questo")), *merge.into_id.choices[1:]]
    quotes = [
        (card, card.text[q.start : q.end], q.minority)
        for q in places
        if (card := cards.get(q.source_id))
        and card.state == "live"
        and rules.words_hash(card.text[q.start : q.end]) == q.sha256
    ]
    steps = queries.theme_steps(db(), theme_id=chosen.id)
    asked = {key for key in (chosen.decided_by, *(step.done_by for step in steps)) if key}
    who = people.names(db(), account_ids=sorted(asked)) if asked else {}
    into = next((t for t in themes if t.id == chosen.merged_into_id), None)
    return {
        "split": given.get("split") or SplitForm(formdata=None, version=chosen.version),
        "definition": _definition(chosen, cards),
        "summary": _told(summary, cards),
        "sentence": sentence,
        "retold": queries.retelling(db(), theme_id=chosen.id),
        "edit": edit,
        "merge": merge,
        "move": move,
        "quotes": quotes,
        "members": [(cards[row[0]], row[1], row[2]) for row in page.rows if row[0] in cards],
        "page": page,
        "decided_by": who.get(chosen.decided_by) if chosen.decided_by else None,
        "steps": steps,
        "last_step": _last(steps),
        "who": who,
        "into": into,
    }


def _asked(summary: list[dict[str, Any]]) -> int | None:
    """The sentence of a theme's summary whose sources are asked for in the address, as a place from 1, where it names some of its own."""
    place = asked_place(len(summary))
    return place if place and summary[place - 1]["source_ids"] else None


def _told(summary: list[dict[str, Any]], cards: dict[uuid.UUID, Any]) -> list[tuple[int, str, int]]:
    """The sentences of a summary whose quotes still stand: place, words, how many sources of its own it names (0: it rests on all).

    Those that are one quote stand among the quotes, with their source.
    """
    found = []
    for place, told in enumerate(summary, start=1):
        if told["role"] == "quote":
            continue
        text = _with_words(told["text"], [Place.from_json(quote) for quote in told["quotes"]], cards)
        if text:
            found.append((place, text, len(told["source_ids"])))
    return found


def _definition(chosen: ThemeRow, cards: dict[uuid.UUID, Any]) -> str:
    """The theme's definition with its source's words; empty where they no longer stand."""
    return _with_words(chosen.definition, chosen.definition_quotes, cards)


def _with_words(text: str, quotes: Sequence[Place], cards: dict[uuid.UUID, Any]) -> str:
    """A text with the words of sources in the places of their marks; empty where any of them no longer stands."""
    for number, place in enumerate(quotes):
        card = cards.get(uuid.UUID(place.source_id))
        words = rules.words_at(place, card.text) if card and card.state == "live" else None
        if words is None:
            return ""
        text = text.replace(f"⟦{number}⟧", words)
    return text


def _following(shown: list[ThemeRow], chosen: ThemeRow | None) -> uuid.UUID | None:
    """The next theme that waits for a decision, after the one that is open."""
    waiting = [t.id for t in shown if t.state == "proposed" and (chosen is None or t.id != chosen.id)]
    if chosen is None or not waiting:
        return waiting[0] if waiting else None
    order = {t.id: i for i, t in enumerate(shown)}
    after = [key for key in waiting if order[key] > order.get(chosen.id, -1)]
    return (after or waiting)[0]


def _before(shown: list[ThemeRow], chosen: ThemeRow | None) -> uuid.UUID | None:
    """The theme above the one that is open in the list."""
    order = [t.id for t in shown]
    at = order.index(chosen.id) if chosen is not None and chosen.id in order else 0
    return order[at - 1] if at > 0 else None


def _last(steps: Sequence[queries.StepRow]) -> queries.StepRow | None:
    """The last step that stands: the one that may be taken back."""
    return next((step for step in steps if not step.undone), None)


@bp.get("/scrivania/<slug>/temi")
@requires(Permission.see_evidence)
def themes(slug: str) -> tuple[str, int]:
    """The theme desk."""
    return desk(None)


@bp.get("/scrivania/<slug>/temi/<uuid:theme_id>")
@requires(Permission.see_evidence)
def theme(slug: str, theme_id: uuid.UUID) -> tuple[str, int]:
    """The theme desk with one theme open."""
    return desk(theme_id)


@bp.post("/scrivania/<slug>/temi/<uuid:theme_id>/stato")
@requires(Permission.decide_themes)
def decide(slug: str, theme_id: uuid.UUID) -> Response | tuple[str, int]:
    """Accept, refuse or reopen a theme, and open the next."""
    form = StateForm()
    if not form.validate():
        return desk(theme_id, status=422)
    decisions.set_state(
        db(),
        process_id=context().id,
        theme_id=theme_id,
        version=form.version.data,
        state=form.state.data,
        actor=actor(),
        now=now(),
    )
    following = clean_key(request.form.get("poi")) if form.state.data != "proposed" else None
    return opened(slug, following or theme_id, just=theme_id)


def opened(slug: str, theme_id: uuid.UUID, *, just: uuid.UUID | None = None) -> Response:
    """The desk with a theme open, in the view it was in, and the way to take the step on `just` back."""
    kept = request.form.get("stato") or None
    return redirect(url_for("evidence.theme", slug=slug, theme_id=theme_id, appena=just, stato=kept), 303)


@bp.post("/scrivania/<slug>/temi/<uuid:theme_id>/annulla")
@requires(Permission.decide_themes)
def take_back_step(slug: str, theme_id: uuid.UUID) -> Response:
    """Take back the last thing that was done to a theme."""
    step = clean_key(request.form.get("passo"))
    if step is None:
        raise NotFound
    undoing.take_back(
        db(), process_id=context().id, theme_id=theme_id, step_id=step, actor=actor(), now=now()
    )
    flash(_("Decisione annullata: il tema è com’era prima."), "success")
    return opened(slug, theme_id)


@bp.post("/scrivania/<slug>/temi/<uuid:theme_id>/descrizione")
@requires(Permission.decide_themes)
def describe(slug: str, theme_id: uuid.UUID) -> Response | tuple[str, int]:
    """Rename a theme, or put it under another strategy."""
    form = ThemeForm()
    form.strategy_id.choices = [
        ("", ""), *((str(s.id), s.code) for s in framework.strategies(db(), frame_id=context().frame_id))
    ]  # fmt: skip  # one row of values reads better so
    if not form.validate():
        return desk(theme_id, status=422, edit=form)
    decisions.describe(
        db(), process_id=context().id, theme_id=theme_id, version=form.version.data, label=form.label.data,
        strategy_id=clean_key(form.strategy_id.data), actor=actor(), now=now(),
    )  # fmt: skip  # one row of values reads better so
    return opened(slug, theme_id, just=theme_id)


@bp.post("/scrivania/<slug>/temi/<uuid:theme_id>/unione")
@requires(Permission.decide_themes)
def merge(slug: str, theme_id: uuid.UUID) -> Response | tuple[str, int]:
    """Make a theme part of another."""
    form = MergeForm()
    listed = queries.themes_of(db(), process_id=context().id)
    form.into_id.choices = [("", ""), *((str(t.id), t.label) for t in listed if t.id != theme_id)]
    into = clean_key(form.into_id.data)
    if not form.validate() or into is None:
        return desk(theme_id, status=422, merge=form)
    try:
        decisions.merge(
            db(),
            process_id=context().id,
            theme_id=theme_id,
            version=form.version.data,
            into_id=into,
            actor=actor(),
            now=now(),
        )
    except Invalid as error:
        form.put_errors(error.fields)
        return desk(theme_id, status=422, merge=form)
    return opened(slug, into, just=theme_id)


@bp.post("/scrivania/<slug>/temi/<uuid:theme_id>/fonti/<uuid:source_id>")
@requires(Permission.decide_themes)
def move_source(slug: str, theme_id: uuid.UUID, source_id: uuid.UUID) -> Response:
    """Take a source out of a theme, or move it under another."""
    decisions.move_source(
        db(), process_id=context().id, source_id=source_id, from_theme_id=theme_id,
        to_theme_id=clean_key(request.form.get("to_theme_id")), actor=actor(), now=now(),
    )  # fmt: skip  # one row of values reads better so
    return opened(slug, theme_id, just=theme_id)


def _new_theme_form() -> NewThemeForm:
    form = NewThemeForm()
    strategies = framework.strategies(db(), frame_id=context().frame_id)
    form.strategy_id.choices = [("", _("Nessuna strategia")), *((str(s.id), f"{s.code} {s.title}") for s in strategies)]
    return form


@bp.get("/scrivania/<slug>/temi/nuovo")
@requires(Permission.see_evidence)
def new_theme(slug: str) -> str:
    """The form for a theme made by hand."""
    form = _new_theme_form()
    form.sources.data = "\n".join(str(key) for raw in request.args.getlist("fonte") if (key := clean_key(raw)))
    return render_template("evidence/new_theme.html", form=form)


@bp.post("/scrivania/<slug>/temi/nuovo")
@requires(Permission.decide_themes)
def make_theme(slug: str) -> Response | tuple[str, int]:
    """Make a theme by hand from chosen sources."""
    form = _new_theme_form()
    keys = [clean_key(word) for word in (form.sources.data or "").split()]
    if form.validate() and None in keys:
        form.put_errors({"sources": _("Una delle righe non è il codice di una fonte.")})
    if form.errors:
        return render_template("evidence/new_theme.html", form=form), 422
    try:
        theme_id = decisions.make_theme(
            db(), process_id=context().id, label=form.label.data, strategy_id=clean_key(form.strategy_id.data),
            source_ids=list(dict.fromkeys(key for key in keys if key)), actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors(error.fields or {"sources": error.message})
        return render_template("evidence/new_theme.html", form=form), 422
    return redirect(url_for("evidence.theme", slug=slug, theme_id=theme_id, appena=theme_id), 303)
