"""The order of the paper, and what it leaves out."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.core.permissions import Permission
from consult.core.vocabulary import SpeakerKind
from consult.framework import queries as framework
from consult.position_paper import queries, rules, services
from consult.position_paper.forms import MoveForm
from consult.position_paper.views.blueprint import bp
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now


@bp.post("/scrivania/<slug>/paper/sezioni/<uuid:section_id>/posto")
@requires(Permission.edit_paper)
def move_section(slug: str, section_id: uuid.UUID) -> Response:
    """Move a section up or down."""
    up = request.form.get("verso") == "su"
    services.move_section(db(), process_id=context().id, section_id=section_id, up=up, actor=actor(), now=now())
    return redirect(url_for("position_paper.sections", slug=slug) + f"#s-{section_id}", 303)


@bp.post("/scrivania/<slug>/paper/sezioni/posto")
@requires(Permission.edit_paper)
def place_section(slug: str) -> Response:
    """Put a section before another one, or at the end."""
    section, before = clean_key(request.form.get("sezione")), clean_key(request.form.get("prima"))
    if section is None:
        flash(_("Scegli quale sezione va spostata."), "warning")
        return redirect(url_for("position_paper.sections", slug=slug), 303)
    services.place_section(
        db(), process_id=context().id, section_id=section, before_id=before, actor=actor(), now=now()
    )
    flash(_("Sezione spostata."), "success")
    return redirect(url_for("position_paper.sections", slug=slug) + f"#s-{section}", 303)


@bp.get("/scrivania/<slug>/paper/sezioni")
@requires(Permission.see_paper_workshop)
def sections(slug: str) -> str:
    """The sections in their order."""
    paper = queries.paper(db(), process_id=context().id)
    rows = queries.sections(db(), paper_id=paper.id) if paper else []
    asked, now_there = services.section_approvals(db(), process_id=context().id)
    return render_template(
        "position_paper/sections.html",
        sections=rows,
        approvals=asked,
        now_there=now_there,
        numbers=queries.findings_by_section(db(), paper_id=paper.id) if paper else {},
    )


@bp.post("/scrivania/<slug>/paper/risultanze/<uuid:finding_id>/sezione")
@requires(Permission.edit_paper)
def move_finding(slug: str, finding_id: uuid.UUID) -> Response:
    """Put a finding into another section."""
    form = MoveForm()
    section = clean_key(request.form.get("section_id"))
    services.move_finding(
        db(), process_id=context().id, finding_id=finding_id, version=form.version.data or 0, section_id=section or finding_id,
        actor=actor(), now=now(),
    )  # fmt: skip  # one row of values reads better so
    flash(_("Risultanza spostata."), "success")
    return redirect(url_for("position_paper.edit_finding", slug=slug, finding_id=finding_id), 303)


@bp.get("/scrivania/<slug>/paper/copertura")
@requires(Permission.see_paper_workshop)
def coverage(slug: str) -> str:
    """The part of each zone and kind of speaker, and what the paper leaves out."""
    here = context()
    zones, speakers = queries.parts(db(), process_id=here.id, territory_id=here.territory_id)
    return render_template(
        "position_paper/coverage.html",
        zones=framework.zones(db(), territory_id=here.territory_id),
        by_zone=rules.shares(zones),
        by_speaker=rules.shares(speakers),
        unheard=[kind for kind in SpeakerKind if str(kind) not in {part.code for part in speakers}] if speakers else [],
        bare=queries.bare_findings(db(), process_id=here.id),
        themes=queries.themes_in_no_finding(db(), process_id=here.id),
        telling=queries.telling_sources_uncited(db(), process_id=here.id),
    )
