"""The public plan, one action, and the desk where actions are edited."""

from __future__ import annotations

from dataclasses import astuple, fields
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import Response as FileResponse
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.spreadsheets import csv_lines
from consult.files.services import read_upload
from consult.files.types import FileKind
from consult.framework import queries as framework
from consult.plan import queries, rules, services
from consult.plan.forms import ActionForm, PlanFileForm, StateForm
from consult.plan.types import FILE_KINDS, ActionOrigin, ActionState
from consult.position_paper import queries as paper
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.limits import SUBMISSION, limiter
from consult.web.session import context, db, now
from consult.web.words import say

bp = Blueprint("plan", __name__)
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html; charset=utf-8",
}


@bp.get("/processi/<slug>/piano")
@requires(Permission.view_process)
def public(slug: str) -> str:
    """Vision, axes, strategies, actions, each with how much it rests on."""
    here = context()
    by_strategy: dict[Any, list[queries.ActionRow]] = {}
    actions = queries.outline(db(), process_id=here.id)
    for row in actions:
        by_strategy.setdefault(row.strategy_id, []).append(row)
    return render_template(
        "plan/public.html",
        axes=framework.axes(db(), frame_id=here.frame_id),
        vision=framework.vision(db(), frame_id=here.frame_id),
        actions=by_strategy,
        total=len(actions),
        adopted=sum(a.state == ActionState.adopted for a in actions),
        files=services.plan_files(db(), process_id=here.id),
    )


@bp.get("/processi/<slug>/piano.csv")
@requires(Permission.view_process)
def as_csv(slug: str) -> Response:
    """The plan as CSV, a row for each action."""
    names = [field.name for field in fields(queries.WholeAction)]
    rows = (astuple(row) for row in queries.whole_plan(db(), process_id=context().id))
    return _file("".join(csv_lines(names, rows)), "text/csv; charset=utf-8", "csv")


@bp.get("/processi/<slug>/piano/documenti/<string:kind>")
@requires(Permission.view_process)
def file(slug: str, kind: str) -> Response:
    """A built file of the plan, while the plan still says what stands in it; else back to where it can be asked for."""
    if kind not in FILE_KINDS:
        raise NotFound
    body = services.plan_file(db(), process_id=context().id, kind=kind)
    if body is None:
        flash(_("Il piano è cambiato: questo documento va preparato di nuovo. Lo si può chiedere qui sotto."), "info")
        return redirect(url_for("plan.public", slug=slug, _anchor="documenti"))
    return _file(body, TYPES[kind], kind)


@bp.get("/processi/<slug>/piano/documenti")
@requires(Permission.view_process)
def files(slug: str) -> str:
    """How far the files of the plan are, for htmx; without it, a page of its own that can be reloaded."""
    return render_template("plan/files.html", files=services.plan_files(db(), process_id=context().id))


@bp.post("/processi/<slug>/piano/documenti")
@requires(Permission.request_paper_file)
@limiter.limit(SUBMISSION)
def ask_for_files(slug: str) -> Response:
    """Have the files of the plan built."""
    services.ask_for_plan_files(db(), process_id=context().id, now=now())
    flash(_("I documenti si stanno preparando: tra poco si scaricano da qui."), "info")
    return redirect(url_for("plan.public", slug=slug, _anchor="documenti"), 303)


def _file(body: str | bytes, mimetype: str, ending: str) -> Response:
    response = FileResponse(body, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="piano-{context().slug}.{ending}"'
    return response


@bp.get("/scrivania/<slug>/piano/importa")
@requires(Permission.see_plan_desk)
def bring(slug: str) -> str:
    """How a table of an earlier plan's actions is brought in."""
    return render_template("plan/import.html", form=PlanFileForm(), columns=rules.IMPORT_COLUMNS, problems=[])


@bp.post("/scrivania/<slug>/piano/importa")
@requires(Permission.edit_action)
def import_file(slug: str) -> Any:
    """Bring a table in, all rows or none."""
    form, given = PlanFileForm(), request.files.get("file")
    problems: list[str] = []
    try:
        upload = read_upload(
            given.stream if given else None, given.filename if given else None, kinds=(FileKind.csv, FileKind.text)
        )
        done = services.import_actions(db(), process_id=context().id, data=upload.data, actor=actor(), now=now())
    except Invalid as error:
        form.validate()
        form.put_errors(error.fields)
        problems = [say(text) for name, text in error.fields.items() if name.startswith("row-")]
        return render_template("plan/import.html", form=form, columns=rules.IMPORT_COLUMNS, problems=problems), 422
    flash(
        _(
            "Azioni aggiunte: %(added)s. Già nel piano e lasciate com’erano: %(there)s.",
            added=done.added,
            there=done.there,
        ),
        "success",
    )
    return redirect(url_for("plan.desk", slug=slug), 303)


@bp.get("/processi/<slug>/piano/<code>")
@requires(Permission.view_process)
def action(slug: str, code: str) -> str:
    """One action: what it says, what it rests on, what happened to it."""
    found = _found(code)
    grounds = queries.grounds(db(), action_ids=[found.id])
    named = [g.thing_id for g in grounds if g.kind == "finding"] + [g.finding_id for g in grounds if g.finding_id]
    return render_template(
        "plan/action.html",
        action=found,
        grounds=grounds,
        findings=paper.finding_cards(db(), ids=list(dict.fromkeys(named))),
        history=queries.history(db(), action_id=found.id),
        words=rules.FIELD_WORDS,
    )


@bp.get("/scrivania/<slug>/piano")
@requires(Permission.see_plan_desk)
def desk(slug: str) -> str:
    """Draft actions to be edited, last changed first."""
    here = context()
    state = request.args.get("stato", "")
    strategy = clean_key(request.args.get("strategia"))
    page = queries.desk(
        db(),
        process_id=here.id,
        strategy_id=strategy,
        state=state if state in set(ActionState) else None,
        resting_on_nothing=bool(request.args.get("senza-basi")),
        cursor=request.args.get("da"),
    )
    return render_template(
        "plan/desk.html",
        page=page,
        strategies=framework.strategies(db(), frame_id=here.frame_id),
        states=list(ActionState),
        chosen={"stato": state, "strategia": str(strategy or ""), "senza-basi": request.args.get("senza-basi", "")},
    )


@bp.get("/scrivania/<slug>/piano/nuova")
@requires(Permission.see_plan_desk)
def new(slug: str) -> str:
    """An empty form for an action that staff write themselves."""
    form = _form()
    form.strategy.data = request.args.get("strategia", "")
    return render_template("plan/edit.html", form=form, action=None)


@bp.post("/scrivania/<slug>/piano/nuova")
@requires(Permission.edit_action)
def create(slug: str) -> Any:
    """Write a typed action."""
    form = _form()
    strategy_id = clean_key(form.strategy.data)
    if not form.validate_on_submit() or strategy_id is None:
        return render_template("plan/edit.html", form=form, action=None), 422
    _key, code = services.create_action(
        db(),
        process_id=context().id,
        strategy_id=strategy_id,
        fields=form.fields(),
        origin=ActionOrigin.typed,
        actor=actor(),
        now=now(),
    )
    flash(_("L’azione %(code)s è salvata come bozza.", code=code), "success")
    return redirect(url_for("plan.desk_action", slug=slug, code=code), 303)


@bp.get("/scrivania/<slug>/piano/<code>")
@requires(Permission.see_plan_desk)
def desk_action(slug: str, code: str) -> str:
    """The form of one action, with what it rests on beside it."""
    found = _found(code)
    form = _form()
    form.show(found)
    return render_template("plan/edit.html", form=form, **_beside(found))


@bp.post("/scrivania/<slug>/piano/<code>")
@requires(Permission.edit_action)
def save(slug: str, code: str) -> Any:
    """Save the words of an action."""
    found = _found(code)
    form = _form()
    form.strategy.data = str(found.strategy_id)
    if not form.validate_on_submit():
        return render_template("plan/edit.html", form=form, **_beside(found)), 422
    services.edit_action(
        db(),
        process_id=context().id,
        action_id=found.id,
        version=form.seen_version,
        fields=form.fields(),
        actor=actor(),
        now=now(),
        note=form.note.data or "",
    )
    flash(_("Modifiche salvate."), "success")
    return redirect(url_for("plan.desk_action", slug=slug, code=code), 303)


@bp.post("/scrivania/<slug>/piano/<code>/stato")
@requires(Permission.edit_action)
def move(slug: str, code: str) -> Response:
    """Withdraw an action, or bring it to another state."""
    found = _found(code)
    form = StateForm()
    wanted = form.state.data or ""
    if not form.validate_on_submit() or wanted not in set(ActionState) or wanted == ActionState.adopted:
        raise Invalid(_("Scegli uno degli stati possibili."))
    seen = form.version.data or ""
    services.change_state(
        db(),
        process_id=context().id,
        action_id=found.id,
        version=int(seen) if seen.isdigit() and len(seen) < 9 else 0,
        state=ActionState(wanted),
        actor=actor(),
        now=now(),
        note=form.note.data or "",
    )
    flash(_("Stato dell’azione aggiornato."), "success")
    return redirect(url_for("plan.desk_action", slug=slug, code=code), 303)


def _found(code: str) -> queries.ActionDetail:
    found = queries.by_code(db(), process_id=context().id, code=code)
    if found is None:
        raise NotFound
    return found


def _form() -> ActionForm:
    here = context()
    form = ActionForm()
    form.offer(
        strategies=[(str(s.id), f"{s.code} {s.title}") for s in framework.strategies(db(), frame_id=here.frame_id)],
        zones=[(str(z.id), f"{z.code} {z.name}") for z in framework.zones(db(), territory_id=here.territory_id)],
        provisions=[(str(p.id), p.words) for p in queries.provisions(db(), frame_id=here.frame_id)],
    )
    return form


def _beside(found: queries.ActionDetail) -> dict[str, Any]:
    grounds = queries.grounds(db(), action_ids=[found.id])
    return {
        "action": found,
        "grounds": grounds,
        "history": queries.history(db(), action_id=found.id),
        "words": rules.FIELD_WORDS,
        "moves": [s for s in ActionState if s != ActionState.adopted and rules.may_move(found.state, s)],
        "editable": rules.may_edit(found.state),
    }
