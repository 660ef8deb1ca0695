"""The codebook: tree, one code, merging and splitting."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.evidence import queries
from consult.evidence.forms import CodeForm, MergeCodeForm, SplitCodeForm
from consult.evidence.services import codebook, coding
from consult.evidence.types import CodeRow
from consult.evidence.views.blueprint import bp
from consult.framework import queries as framework
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now

BOOK = "/scrivania/<slug>/codebook"
#: Codes of a page of the tree, and of those merged or split that are listed under it.
CODES_PER_PAGE, GONE_SHOWN = 100, 100


def _fill(form: CodeForm, codes: list[CodeRow], own: uuid.UUID | None = None) -> CodeForm:
    live = [code for code in codes if code.state == "live" and code.id != own]
    form.parent_id.choices = [("", _("Nessuno: sta in cima")), *((str(c.id), c.path) for c in live)]
    strategies = framework.strategies(db(), frame_id=context().frame_id)
    form.strategy_id.choices = [("", _("Nessuna strategia")), *((str(s.id), f"{s.code} {s.title}") for s in strategies)]
    return form


def _fields(form: CodeForm) -> codebook.CodeFields:
    return codebook.CodeFields(
        name=form.name.data, definition=form.definition.data or "", example=form.example.data or "", colour=form.colour.data or "",
        codable=form.codable.data, parent_id=clean_key(form.parent_id.data), strategy_id=clean_key(form.strategy_id.data),
    )  # fmt: skip  # one row of values reads better so


def _book(*, status: int = 200, form: CodeForm | None = None) -> tuple[str, int]:
    codes = queries.codes(db(), process_id=context().id)
    live = [code for code in codes if code.state == "live"]
    after = clean_key(request.args.get("dopo"))
    start = next((i for i, code in enumerate(live, start=1) if code.id == after), 0)
    shown = live[start : start + CODES_PER_PAGE]
    page = render_template(
        "evidence/codebook/index.html",
        codes=codes,
        shown=shown,
        following=shown[-1].id if start + len(shown) < len(live) else None,
        later=start > 0,
        gone=[code for code in codes if code.state != "live"],
        GONE_SHOWN=GONE_SHOWN,
        names={code.id: code.name for code in codes},
        form=_fill(form or CodeForm(formdata=None, codable=True), codes),
    )
    return page, status


@bp.get(BOOK)
@requires(Permission.see_evidence)
def codebook_page(slug: str) -> tuple[str, int]:
    """The whole codebook as a tree."""
    return _book()


@bp.post(BOOK)
@requires(Permission.code_sources)
def make_code(slug: str) -> Response | tuple[str, int]:
    """Make a code."""
    form = _fill(CodeForm(), queries.codes(db(), process_id=context().id))
    if not form.validate():
        return _book(status=422, form=form)
    try:
        codebook.make_code(db(), process_id=context().id, fields=_fields(form), actor=actor(), now=now())
    except Invalid as error:
        form.put_errors(error.fields)
        return _book(status=422, form=form)
    flash(_("Codice aggiunto."), "success")
    return redirect(url_for("evidence.codebook_page", slug=slug), 303)


def _code(
    code_id: uuid.UUID,
    *,
    status: int = 200,
    form: CodeForm | None = None,
    merge: MergeCodeForm | None = None,
    split: SplitCodeForm | None = None,
) -> tuple[str, int]:
    codes = queries.codes(db(), process_id=context().id)
    code = next((row for row in codes if row.id == code_id), None)
    if code is None:
        raise NotFound
    gone = code.id in queries.borrowed(db(), process_id=context().id)
    edit = form or CodeForm(
        formdata=None, version=code.version, name=code.name, definition=code.definition, example="" if gone else code.example, colour=code.colour,
        codable=code.codable, parent_id=str(code.parent_id or ""), strategy_id=str(code.strategy_id or ""),
    )  # fmt: skip  # one row of values reads better so
    others = [(str(c.id), c.path) for c in codes if c.state == "live" and c.id != code_id]
    merging = merge or MergeCodeForm(formdata=None)
    merging.into_id.choices = [("", _("Scegli un codice")), *others]
    lineage = queries.lineage(db(), code_id=code_id)
    became = [row[1] for row in lineage if row[0] == "to" and row[3] != "unmerge"]
    page = render_template(
        "evidence/codebook/code.html",
        code=code,
        gone=gone,
        names={row.id: row.name for row in codes},
        form=_fill(edit, codes, code_id),
        merge=merging,
        split=split or SplitCodeForm(formdata=None),
        lineage=lineage,
        held=queries.held_by_code(db(), code_id=code_id),
        list_kept=code.state != "merged" or queries.merge_kept_list(db(), code_id=code_id),
        perhaps=queries.perhaps_below(db(), code_id=code_id) if code.state == "merged" else [],
        heirs=[row for row in codes if row.id in became and row.state == "live"],
    )
    return page, status


@bp.get(f"{BOOK}/<uuid:code_id>")
@requires(Permission.see_evidence)
def code(slug: str, code_id: uuid.UUID) -> tuple[str, int]:
    """One code: meaning, lineage, what it holds."""
    return _code(code_id)


@bp.post(f"{BOOK}/<uuid:code_id>")
@requires(Permission.code_sources)
def describe_code(slug: str, code_id: uuid.UUID) -> Response | tuple[str, int]:
    """Save a code."""
    form = _fill(CodeForm(), queries.codes(db(), process_id=context().id), code_id)
    if not form.validate():
        return _code(code_id, status=422, form=form)
    try:
        codebook.describe_code(
            db(), process_id=context().id, code_id=code_id, version=form.version.data or 0, fields=_fields(form), actor=actor(), now=now()
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors(error.fields)
        return _code(code_id, status=422, form=form)
    flash(_("Codice salvato."), "success")
    return redirect(url_for("evidence.code", slug=slug, code_id=code_id), 303)


@bp.post(f"{BOOK}/<uuid:code_id>/unione")
@requires(Permission.code_sources)
def merge_code(slug: str, code_id: uuid.UUID) -> Response | tuple[str, int]:
    """Make a code part of another."""
    form = MergeCodeForm()
    form.into_id.choices = [("", ""), *((str(c.id), c.path) for c in queries.codes(db(), process_id=context().id))]
    into = clean_key(form.into_id.data)
    if not form.validate() or into is None:
        return _code(code_id, status=422, merge=form)
    try:
        codebook.merge_codes(db(), process_id=context().id, code_id=code_id, into_id=into, actor=actor(), now=now())
    except Invalid as error:
        form.put_errors(error.fields)
        return _code(code_id, status=422, merge=form)
    flash(_("Codici uniti: ciò che l’uno contiene conta ora per l’altro."), "success")
    return redirect(url_for("evidence.code", slug=slug, code_id=into), 303)


@bp.post(f"{BOOK}/<uuid:code_id>/separazione")
@requires(Permission.code_sources)
def unmerge_code(slug: str, code_id: uuid.UUID) -> Response:
    """Take a code out of the one it was merged into."""
    known = codebook.unmerge_code(db(), process_id=context().id, code_id=code_id, actor=actor(), now=now())
    flash(_("Codice separato: i suoi brani contano di nuovo per lui."), "success")
    if not known:
        flash(
            _(
                "Quali codici stavano sotto di lui, prima dell’unione, non era stato annotato: se serve, spostali a mano."
            ),
            "warning",
        )
    return redirect(url_for("evidence.code", slug=slug, code_id=code_id), 303)


@bp.post(f"{BOOK}/<uuid:code_id>/divisione")
@requires(Permission.code_sources)
def split_code(slug: str, code_id: uuid.UUID) -> Response | tuple[str, int]:
    """Make several codes of one."""
    form = SplitCodeForm()
    if not form.validate():
        return _code(code_id, status=422, split=form)
    try:
        codebook.split_code(
            db(), process_id=context().id, code_id=code_id, names=(form.names.data or "").splitlines(), actor=actor(), now=now()
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors({"names": next(iter(error.fields.values()), error.message)})
        return _code(code_id, status=422, split=form)
    flash(_("Codice diviso: ora ogni brano va dato a uno dei nuovi."), "success")
    return redirect(url_for("evidence.code", slug=slug, code_id=code_id), 303)


@bp.post(f"{BOOK}/<uuid:code_id>/brani/<uuid:coding_id>")
@requires(Permission.code_sources)
def recode(slug: str, code_id: uuid.UUID, coding_id: uuid.UUID) -> Response:
    """Give a piece that a split code holds to one of its heirs."""
    target = clean_key(request.form.get("to_code_id"))
    if target is None:
        raise Invalid(_("Scegli a quale codice darlo."))
    coding.recode(db(), process_id=context().id, coding_id=coding_id, code_id=target, actor=actor(), now=now())
    return redirect(url_for("evidence.code", slug=slug, code_id=code_id, _anchor="brani"), 303)
