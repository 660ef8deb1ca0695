"""The page of open contributions, its confirmation, and the operator's entry page."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, redirect, render_template, session, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.permissions import Permission
from consult.core.vocabulary import PhaseKind, ThingKind
from consult.framework import queries as framework
from consult.listening.contributions import queries, services
from consult.listening.contributions.forms import ContributionForm, contribution_form
from consult.listening.sources.forms import read_place
from consult.listening.sources.rules import new_receipt_code, receipt_hash
from consult.process.queries import current_notice
from consult.web import limits
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.limits import limiter
from consult.web.session import context, db, now

bp = Blueprint("contributions", __name__)
_CODES = "receipt_codes"


def _load() -> tuple[ContributionForm, list[framework.MunicipalityRow], dict[str, Any]]:
    territory = context().territory_id
    municipalities = framework.municipalities(db(), territory_id=territory)
    form = contribution_form(framework.zones(db(), territory_id=territory), municipalities)
    values = {
        "form": form,
        "partial": framework.territory_is_partial(db(), territory_id=territory),
        "notice": current_notice(db(), process_id=context().id, kind=PhaseKind.listening),
        "phase": context().phase(PhaseKind.listening),
        "open": context().is_open(PhaseKind.listening),
    }
    return form, municipalities, values


def _mint(form: ContributionForm) -> None:
    """Mint the receipt code with the form and keep it in the browser's own cookie, so that a double click finds it too."""
    if not form.code.data:
        form.code.data = new_receipt_code()
    kept = [code for code in session.get(_CODES, []) if code != form.code.data]
    session[_CODES] = [*kept[-3:], form.code.data]


def _take(*, on_paper: bool) -> tuple[str, int] | Response:
    form, municipalities, values = _load()
    if not form.validate_on_submit():
        _mint(form)
        return render_template("listening/contributions/new.html", on_paper=on_paper, **values), 422
    zone_id, municipality_id = read_place(form.place.data, municipalities)
    notice = values["notice"]
    done = services.submit(
        db(),
        process_id=context().id,
        text=form.text.data,
        zone_id=zone_id,
        municipality_id=municipality_id,
        speaker_kind=form.speaker.data or None,
        publish=form.publish.data,
        notice_id=notice.id if notice else None,
        on_paper=on_paper,
        code=form.code.data,
        actor=actor(),
        now=now(),
    )
    form.code.data = done.code
    _mint(form)
    endpoint = "contributions.paper_given" if on_paper else "contributions.given"
    return redirect(url_for(endpoint, slug=context().slug, contribution_id=done.contribution_id), 303)


@bp.get("/processi/<slug>/contributi/nuovo")
@requires(Permission.see_listening)
def new(slug: str) -> str:
    """The form, or when it will open."""
    form, _municipalities, values = _load()
    _mint(form)
    return render_template("listening/contributions/new.html", on_paper=False, **values)


@bp.post("/processi/<slug>/contributi/nuovo")
@limiter.limit(limits.SUBMISSION)
@requires(Permission.contribute)
def create(slug: str) -> tuple[str, int] | Response:
    """Take a contribution."""
    return _take(on_paper=False)


@bp.get("/scrivania/<slug>/contributi/carta")
@requires(Permission.see_listening_desk)
def paper(slug: str) -> str:
    """The operator's page for what came on paper."""
    form, _municipalities, values = _load()
    _mint(form)
    return render_template("listening/contributions/new.html", on_paper=True, **values)


@bp.post("/scrivania/<slug>/contributi/carta")
@requires(Permission.enter_paper_forms)
def enter_paper(slug: str) -> tuple[str, int] | Response:
    """Take what came on paper."""
    return _take(on_paper=True)


def _confirmation(contribution_id: uuid.UUID, *, on_paper: bool) -> str:
    found = queries.given(db(), process_id=context().id, contribution_id=contribution_id)
    if found is None or found.on_paper != on_paper:
        raise NotFound
    code = next((c for c in session.get(_CODES, []) if receipt_hash(c) == found.receipt_hash), None)
    if code is None and not on_paper:
        # Only the browser that gave it may see this page: the address alone tells nothing.
        raise NotFound
    return render_template("listening/contributions/given.html", code=code, given=found, kind=ThingKind.contribution)


@bp.get("/processi/<slug>/contributi/<uuid:contribution_id>/ricevuta")
@requires(Permission.see_listening)
def given(slug: str, contribution_id: uuid.UUID) -> str:
    """What happens next, and the receipt code."""
    return _confirmation(contribution_id, on_paper=False)


@bp.get("/scrivania/<slug>/contributi/carta/<uuid:contribution_id>")
@requires(Permission.see_listening_desk)
def paper_given(slug: str, contribution_id: uuid.UUID) -> str:
    """The receipt code to hand to the person, and the way to the next sheet."""
    return _confirmation(contribution_id, on_paper=True)
