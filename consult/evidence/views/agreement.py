"""Blind double coding: samples, one's own readings, the comparison and its differences."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.vocabulary import Role
from consult.evidence import queries
from consult.evidence.forms import SampleForm, SampleReadingForm
from consult.evidence.services import sampling
from consult.evidence.types import SampleRow
from consult.evidence.views.blueprint import bp
from consult.listening.sources import queries as sources
from consult.people import queries as people
from consult.process import queries as process
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now

ROOT = "/scrivania/<slug>/concordanza"


def _list(form: SampleForm, *, status: int = 200) -> tuple[str, int]:
    coders = [
        (str(row.account_id), row.display_name)
        for row in process.members(db(), process_id=context().id)
        if row.role == str(Role.facilitator)
    ]
    form.first_id.choices = form.second_id.choices = [("", _("Scegli una persona")), *coders]
    rows = queries.samples(db(), process_id=context().id)
    names = people.names(db(), account_ids=list({key for row in rows for key in row.coder_ids}))
    return render_template("evidence/agreement/list.html", samples=rows, names=names, form=form, coders=coders), status


@bp.get(ROOT)
@requires(Permission.see_evidence)
def samples(slug: str) -> tuple[str, int]:
    """The samples so far and the form of a new one."""
    return _list(SampleForm(formdata=None, size=30))


@bp.post(ROOT)
@requires(Permission.code_sources)
def draw_sample(slug: str) -> Response | tuple[str, int]:
    """Draw a sample."""
    form = SampleForm()
    coders = [clean_key(request.form.get(name)) for name in ("first_id", "second_id")]
    form.first_id.choices = form.second_id.choices = [(str(key), "") for key in coders if key]
    if not form.validate() or not all(coders):
        return _list(form, status=422)
    try:
        key = sampling.draw_sample(
            db(), process_id=context().id, name=form.name.data, size=form.size.data, coder_ids=[c for c in coders if c], actor=actor(), now=now()
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors(error.fields)
        return _list(form, status=422)
    return redirect(url_for("evidence.sample", slug=slug, sample_id=key), 303)


def _sample(sample_id: uuid.UUID) -> SampleRow:
    rows = queries.samples(db(), process_id=context().id, sample_id=sample_id)
    if not rows:
        raise NotFound
    return rows[0]


@bp.get(f"{ROOT}/<uuid:sample_id>")
@requires(Permission.see_evidence)
def sample(slug: str, sample_id: uuid.UUID) -> str:
    """While it is open, one's own passages; once closed, the comparison."""
    found = _sample(sample_id)
    me = actor().account_id
    codes = {code.id: code for code in queries.codes(db(), process_id=context().id)}
    names = people.names(db(), account_ids=list(found.coder_ids))
    if found.state == "closed":
        from consult.analytics.agreement import agreement  # noqa: PLC0415  # Loads the statistics, which other pages need not wait for.

        units, differences = queries.compared(db(), sample=found)
        rows = agreement(units, [str(key) for key in found.code_ids])
        ids = list(dict.fromkeys(d.source_id for d in differences))
        return render_template(
            "evidence/agreement/compared.html",
            sample=found,
            names=names,
            codes=codes,
            units=len(units),
            rows=[(codes.get(uuid.UUID(row.code)) if row.code else None, row) for row in rows],
            differences=differences,
            cards=sources.cards(db(), ids=ids, public_only=False),
        )
    mine = queries.own_readings(db(), sample_id=sample_id, coder_id=me) if me in found.coder_ids and me else {}
    cards = sources.cards(db(), ids=list(found.source_ids), public_only=False) if me in found.coder_ids else {}
    live = [key for key in found.source_ids if key in cards and cards[key].state == "live"]
    wanted = clean_key(request.args.get("fonte"))
    chosen = wanted if wanted in live else next((key for key in live if key not in mine), live[0] if live else None)
    form = SampleReadingForm(formdata=None, codes=[str(key) for key in mine.get(chosen, [])] if chosen else [])
    form.codes.choices = [(str(key), codes[key].path) for key in found.code_ids if key in codes]
    return render_template(
        "evidence/agreement/blind.html",
        sample=found,
        names=names,
        mine=mine,
        live=live,
        cards=cards,
        chosen=cards.get(chosen) if chosen else None,
        coder=me in found.coder_ids,
        form=form,
        codes=codes,
    )


@bp.post(f"{ROOT}/<uuid:sample_id>/passaggi/<uuid:source_id>")
@requires(Permission.code_sources)
def read_sample(slug: str, sample_id: uuid.UUID, source_id: uuid.UUID) -> Response:
    """Keep one's own codes for a passage, and go to the next."""
    given = [key for raw in request.form.getlist("codes") if (key := clean_key(raw))]
    sampling.read_blindly(
        db(),
        process_id=context().id,
        sample_id=sample_id,
        source_id=source_id,
        code_ids=given,
        actor=actor(),
        now=now(),
    )
    return redirect(url_for("evidence.sample", slug=slug, sample_id=sample_id, _anchor="passaggio"), 303)


@bp.post(f"{ROOT}/<uuid:sample_id>/chiusura")
@requires(Permission.code_sources)
def close_sample(slug: str, sample_id: uuid.UUID) -> Response:
    """End the blindness and compare."""
    sampling.close_sample(db(), process_id=context().id, sample_id=sample_id, actor=actor(), now=now())
    return redirect(url_for("evidence.sample", slug=slug, sample_id=sample_id), 303)


@bp.post(f"{ROOT}/<uuid:sample_id>/differenze/<uuid:source_id>/<uuid:code_id>")
@requires(Permission.code_sources)
def adjudicate(slug: str, sample_id: uuid.UUID, source_id: uuid.UUID, code_id: uuid.UUID) -> Response:
    """Decide a difference."""
    sampling.adjudicate(
        db(), process_id=context().id, sample_id=sample_id, source_id=source_id, code_id=code_id,
        applies=request.form.get("applies") == "1", actor=actor(), now=now(),
    )  # fmt: skip  # one row of values reads better so
    flash(_("Differenza decisa."), "success")
    return redirect(url_for("evidence.sample", slug=slug, sample_id=sample_id, _anchor="differenze"), 303)
