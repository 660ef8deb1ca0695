"""Findings against existing plans: the matrix, one finding, the plans and their provisions, the owners' replies."""

from __future__ import annotations

import uuid
from collections import defaultdict
from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.files.services import read_upload
from consult.files.types import FileKind
from consult.framework import queries as framework
from consult.framework import services as plans
from consult.framework.rules import BadRow, NothingRead, ProvisionRow, read_provisions
from consult.people import queries as people
from consult.position_paper import queries, rules, services
from consult.position_paper.forms import ConfrontForm, PlanForm, ProvisionFileForm, ProvisionForm, ReplyForm
from consult.position_paper.queries import ConfrontationRow
from consult.position_paper.views.blueprint import bp
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now
from consult.web.words import say

#: Findings on a page of the matrix, provisions found by words, and the size of a file of provisions.
ROWS, FOUND, MAXIMUM = 40, 12, 4 * 1024 * 1024
#: Provisions of the finding's own strategy that are offered though they say it in other words.
MATES = 6
#: Rows of a file that were left out, told one by one.
LEFT_OUT = 30
#: What was taken away last, and may be put back.
_TAKEN_AWAY = "confrontation_taken_away"
#: Provisions of a plan on a page.
PROVISIONS_PER_PAGE = 100
KINDS = {FileKind.csv, FileKind.text, FileKind.json, FileKind.xlsx}


@bp.get("/scrivania/<slug>/paper/confronto")
@requires(Permission.see_paper_workshop)
def confrontation(slug: str) -> str:
    """The matrix: findings by row, existing plans by column."""
    here = context()
    paper = queries.paper(db(), process_id=here.id)
    standing = queries.standing_titles(db(), paper_id=paper.id) if paper else []
    done = queries.confronted(db(), process_id=here.id)
    open_only = request.args.get("vista") == "aperte"
    after = request.args.get("dopo", type=int) or 0
    wanted = [f for f in standing if f.number > after and not (open_only and f.id in done)]
    page = wanted[:ROWS]
    cells: dict[tuple[uuid.UUID, uuid.UUID], list[ConfrontationRow]] = defaultdict(list)
    for row in queries.confrontations(db(), process_id=here.id, finding_ids=[f.id for f in page]):
        cells[(row.finding_id, row.plan_id)].append(row)
    return render_template(
        "position_paper/confrontation.html",
        findings=page,
        more=len(wanted) > ROWS,
        plans=framework.reference_plans(db(), frame_id=here.frame_id),
        cells=cells,
        open_only=open_only,
        total=len(standing),
        done=sum(f.id in done for f in standing),
    )


def _finding_page(
    finding_id: uuid.UUID,
    status: int = 200,
    *,
    given: ConfrontForm | None = None,
    replied: tuple[uuid.UUID, ReplyForm] | None = None,
) -> tuple[str, int]:
    """One finding against existing plans; a judgement or a reply that was refused is passed in, and stands where it was typed."""
    here = context()
    row = queries.finding(db(), process_id=here.id, finding_id=finding_id)
    paper = queries.paper(db(), process_id=here.id)
    if row is None or paper is None:
        raise NotFound
    listed = queries.confrontations(db(), process_id=here.id, finding_ids=[finding_id])
    provisions = framework.provisions(db(), frame_id=here.frame_id)
    taken = {c.provision_id for c in listed}
    present = rules.present(row, queries.whole(db(), process_id=here.id), paper.language)
    words = queries.quoted_words(db(), places=queries.places_of([row]))
    statement = " ".join(rules.show(s, words).text for s in present)
    # What it says in its sources' own words is what a plan may say too: its quotes are compared, the machine's counts are not.
    told = [rules.show(s, words).text for s in present if not (s.role in rules.COUNTED and s.origin == "machine")]
    text = " ".join([*told, *(said for said in words.values() if said)])
    asked = request.values.get("cerca", "").strip()[:200]
    free = [p for p in provisions if p.id not in taken]
    like = queries.like_provisions(
        db(),
        provisions=free,
        title=asked or row.title,
        text="" if asked else text,
        strategy=None if asked else row.strategy_code,
        language=paper.language,
    )
    by_id = {p.id: p for p in provisions}
    shown = {item.key for item in like[:FOUND]}
    mates = [p for p in free if not asked and row.strategy_code in p.strategies and p.id not in shown][:MATES]
    who = people.names(db(), account_ids=[c.changed_by for c in listed if c.changed_by])
    done = queries.confronted(db(), process_id=here.id)
    waiting = [f for f in queries.standing_titles(db(), paper_id=paper.id) if f.id not in done and f.id != finding_id]
    return render_template(
        "position_paper/confront.html",
        finding=row,
        following=next((f for f in waiting if f.number > row.number), waiting[0] if waiting else None),
        left=len(waiting),
        text=statement,
        rows=listed,
        who=who,
        suggestions=[(by_id[item.key], item) for item in like[:FOUND]],
        mates=mates,
        asked=asked,
        plans=framework.reference_plans(db(), frame_id=here.frame_id),
        spoken={c.plan_id for c in listed},
        form=ConfrontForm(formdata=None),
        reply=ReplyForm(formdata=None),
        given=given,
        replied=replied,
        mark_of_reply=rules.mark_of_reply,
        provisions=len(provisions),
        taken_away=_taken_away(finding_id, listed),
    ), status


def _taken_away(finding_id: uuid.UUID, listed: list[ConfrontationRow]) -> dict[str, Any] | None:
    """The fields that put back what this person has just taken away here, unless somebody stated it anew."""
    kept = session.get(_TAKEN_AWAY)
    if not kept or kept[:2] != [request.args.get("tolto"), str(finding_id)]:
        return None
    fields: dict[str, Any] = kept[2]
    stated = {(str(c.plan_id), str(c.provision_id or "")) for c in listed}
    return fields if (fields["plan_id"], fields["provision_id"]) not in stated else None


@bp.get("/scrivania/<slug>/paper/risultanze/<uuid:finding_id>/confronto")
@requires(Permission.see_paper_workshop)
def confront_finding(slug: str, finding_id: uuid.UUID) -> tuple[str, int]:
    """One finding against existing plans, with provisions that look like it."""
    return _finding_page(finding_id)


@bp.post("/scrivania/<slug>/paper/risultanze/<uuid:finding_id>/confronto")
@requires(Permission.edit_paper)
def confront(slug: str, finding_id: uuid.UUID) -> Response | tuple[str, int]:
    """State how a finding stands to a provision or plan."""
    form = ConfrontForm()
    plan_id = clean_key(form.plan_id.data)
    if not form.validate() or plan_id is None:
        return _finding_page(finding_id, 422, given=form)
    try:
        services.confront(
            db(), process_id=context().id, finding_id=finding_id, plan_id=plan_id, provision_id=clean_key(form.provision_id.data),
            state=form.state.data, note=form.note.data or "", version=form.version.data,
            score=request.form.get("score", type=float), actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
        session.pop(_TAKEN_AWAY, None)
    except Invalid as error:
        form.put_errors({"state": next(iter(error.fields.values()), error.message)})
        return _finding_page(finding_id, 422, given=form)
    return _to_finding(slug, finding_id)


def _to_finding(slug: str, finding_id: uuid.UUID, taken_away: uuid.UUID | None = None) -> Response:
    return redirect(url_for("position_paper.confront_finding", slug=slug, finding_id=finding_id, tolto=taken_away), 303)


def _row_of(confrontation_id: uuid.UUID) -> ConfrontationRow:
    row = queries.confrontation(db(), process_id=context().id, confrontation_id=confrontation_id)
    if row is None:
        raise NotFound
    return row


@bp.post("/scrivania/<slug>/paper/confronti/<uuid:confrontation_id>/togli")
@requires(Permission.edit_paper)
def take_back_confrontation(slug: str, confrontation_id: uuid.UUID) -> Response:
    """Take a confrontation away; the page that follows offers to put it back."""
    row = _row_of(confrontation_id)
    services.take_back(
        db(), process_id=context().id, confrontation_id=confrontation_id, version=request.form.get("version", type=int) or 0,
        actor=actor(), now=now(),
    )  # fmt: skip  # one row of values reads better so
    fields = {"plan_id": str(row.plan_id), "provision_id": str(row.provision_id or ""), "state": row.state, "note": row.note, "version": "0"}
    if row.score is not None:
        fields["score"] = str(row.score)
    session[_TAKEN_AWAY] = [str(confrontation_id), str(row.finding_id), fields]
    return _to_finding(slug, row.finding_id, confrontation_id)


@bp.post("/scrivania/<slug>/paper/confronti/<uuid:confrontation_id>/risposta")
@requires(Permission.reply_confrontation)
def reply_confrontation(slug: str, confrontation_id: uuid.UUID) -> Response | tuple[str, int]:
    """Reply for the department that owns the plan."""
    form = ReplyForm()
    row = _row_of(confrontation_id)
    if not form.validate():
        return _finding_page(row.finding_id, 422, replied=(confrontation_id, form))
    services.reply(
        db(), process_id=context().id, confrontation_id=confrontation_id, text=form.reply.data, department=form.department.data,
        seen=request.form.get("seen", ""), actor=actor(), now=now(),
    )  # fmt: skip  # one row of values reads better so
    flash(_("Risposta salvata: si leggerà nel position paper."), "success")
    return _to_finding(slug, row.finding_id)


def _plans_page(form: PlanForm, status: int = 200) -> tuple[str, int]:
    here = context()
    counted: dict[uuid.UUID, int] = defaultdict(int)
    for provision in framework.provisions(db(), frame_id=here.frame_id):
        counted[provision.plan_id] += 1
    return render_template(
        "position_paper/plans.html",
        plans=framework.reference_plans(db(), frame_id=here.frame_id),
        counted=counted,
        form=form,
    ), status


@bp.get("/scrivania/<slug>/paper/piani")
@requires(Permission.see_paper_workshop)
def existing_plans(slug: str) -> tuple[str, int]:
    """Existing plans that the paper is confronted with."""
    return _plans_page(PlanForm(formdata=None))


@bp.post("/scrivania/<slug>/paper/piani")
@requires(Permission.edit_paper)
def save_plan(slug: str) -> Response | tuple[str, int]:
    """Add an existing plan, or change one."""
    form = PlanForm()
    if not form.validate():
        return _plans_page(form, 422)
    plan_id = plans.save_plan(
        db(), frame_id=context().frame_id, code=form.code.data, title=form.title.data, version=form.plan_version.data or "",
        actor=actor(), now=now(),
    )  # fmt: skip  # one row of values reads better so
    return redirect(url_for("position_paper.existing_plan", slug=slug, plan_id=plan_id), 303)


def _plan_page(
    plan_id: uuid.UUID, *, file: ProvisionFileForm | None = None, one: ProvisionForm | None = None, status: int = 200
) -> tuple[str, int]:
    here = context()
    plan = next((p for p in framework.reference_plans(db(), frame_id=here.frame_id) if p.id == plan_id), None)
    if plan is None:
        raise NotFound
    listed = framework.provisions(db(), frame_id=here.frame_id, plan_id=plan_id)
    after, corrected = clean_key(request.args.get("dopo")), clean_key(request.args.get("correggi"))
    start = next((place for place, p in enumerate(listed, start=1) if p.id == after), 0)
    known = next((p for p in listed if p.id == corrected), None)
    if one is None and known is not None:
        one = ProvisionForm(
            formdata=None, code=known.code, text=known.text, page=known.page, strategies=", ".join(known.strategies)
        )
    return render_template(
        "position_paper/plan.html",
        plan=plan,
        total=len(listed),
        provisions=listed[start : start + PROVISIONS_PER_PAGE],
        more=len(listed) > start + PROVISIONS_PER_PAGE,
        known=known,
        form=file if file and (file.errors or file.form_errors) else one,
        file=file or ProvisionFileForm(formdata=None),
        one=one or ProvisionForm(formdata=None),
    ), status


@bp.get("/scrivania/<slug>/paper/piani/<uuid:plan_id>")
@requires(Permission.see_paper_workshop)
def existing_plan(slug: str, plan_id: uuid.UUID) -> tuple[str, int]:
    """One existing plan with its provisions."""
    return _plan_page(plan_id)


@bp.post("/scrivania/<slug>/paper/piani/<uuid:plan_id>/importa")
@requires(Permission.edit_paper)
def import_provisions(slug: str, plan_id: uuid.UUID) -> Response | tuple[str, int]:
    """Import a plan's provisions from a file."""
    here, form = context(), ProvisionFileForm()
    sent = request.files.get("file")
    try:
        upload = read_upload(
            sent.stream if sent else None, sent.filename if sent else None, kinds=KINDS, maximum=MAXIMUM
        )
        codes = [s.code for s in framework.strategies(db(), frame_id=here.frame_id)]
        rows, bad = read_provisions(upload.data, str(upload.kind), codes)
        new, known = plans.import_provisions(
            db(), frame_id=here.frame_id, plan_id=plan_id, rows=rows, actor=actor(), now=now()
        )
    except NothingRead as error:
        form.put_errors({"file": f"{say(error.message)} {_told(error.bad)}".rstrip()})
        return _plan_page(plan_id, file=form, status=422)
    except Invalid as error:
        form.put_errors(error.fields)
        return _plan_page(plan_id, file=form, status=422)
    flash(ngettext("%(num)d previsione nuova.", "%(num)d previsioni nuove.", new), "success")
    if known:
        flash(ngettext("%(num)d previsione aggiornata.", "%(num)d previsioni aggiornate.", known), "success")
    if bad:
        flash(_left_out(bad), "warning")
    return redirect(url_for("position_paper.existing_plan", slug=slug, plan_id=plan_id), 303)


def _left_out(bad: list[BadRow]) -> str:
    """How many rows of a file were left out, which and why."""
    number = ngettext("%(num)d riga lasciata fuori.", "%(num)d righe lasciate fuori.", len(bad))
    then = _("Si correggono nel file e si importa di nuovo: le righe già entrate non si perdono.")
    return f"{number} {_told(bad)} {then}"


def _told(bad: list[BadRow]) -> str:
    """Which rows of a file cannot be read and why, one after the other; of very many the first, and how many more. Nothing of none."""
    if not bad:
        return ""
    said = "; ".join(_("riga %(n)s: %(why)s", n=line, why=str(say(why)).rstrip(".")) for line, why in bad[:LEFT_OUT])
    more = len(bad) - LEFT_OUT
    rest = " " + ngettext("E %(num)d altra riga.", "E altre %(num)d righe.", more) if more > 0 else ""
    return f"{said}.{rest}"


@bp.post("/scrivania/<slug>/paper/piani/<uuid:plan_id>/previsioni")
@requires(Permission.edit_paper)
def write_provision(slug: str, plan_id: uuid.UUID) -> Response | tuple[str, int]:
    """Write one provision by hand."""
    form = ProvisionForm()
    if not form.validate():
        return _plan_page(plan_id, one=form, status=422)
    codes = tuple(code for code in (form.strategies.data or "").replace(";", ",").replace(" ", ",").split(",") if code)
    row = ProvisionRow(form.code.data, form.text.data, form.page.data, codes)
    try:
        plans.write_provision(db(), frame_id=context().frame_id, plan_id=plan_id, row=row, actor=actor(), now=now())
    except Invalid as error:
        form.put_errors(error.fields)
        return _plan_page(plan_id, one=form, status=422)
    flash(_("Previsione salvata."), "success")
    return redirect(url_for("position_paper.existing_plan", slug=slug, plan_id=plan_id), 303)
