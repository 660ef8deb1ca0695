"""The published paper: pages anyone reads, permanent links to findings, files."""

from __future__ import annotations

import uuid

from flask import redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.permissions import Permission
from consult.position_paper import queries, services
from consult.position_paper.views.blueprint import bp, download, say_asked
from consult.position_paper.views.opening import asked_sentence, of_sentence, open_sources
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.limits import SUBMISSION, limiter
from consult.web.session import context, db, now


@bp.get("/processi/<slug>/position-paper")
@requires(Permission.view_process)
def public(slug: str) -> str:
    """The latest published version, or the one asked for, with quotes as far as consent goes today."""
    here = context()
    listed = queries.versions(db(), process_id=here.id)
    wanted = request.args.get("versione", type=int)
    version = queries.version(db(), process_id=here.id, number=wanted) if listed else None
    if wanted is not None and version is None:
        raise NotFound
    drafts = queries.consultations(db(), process_id=here.id)
    open_draft = next(((d.number, d.closes_at) for d in drafts if d.stage(now()) == "open"), None)
    if version is None:
        return render_template("position_paper/not_yet.html", open_draft=open_draft, drafts=drafts)
    paper = services.show_paper(db(), content=version.content)
    zone = request.args.get("zona", "")
    known = {z["code"]: z["name"] for z in paper.facts["zones"]}
    return render_template(
        "position_paper/public.html",
        paper=paper,
        version=version,
        approvers=queries.approvers(db(), manifest=version.manifest),
        versions=listed,
        latest=listed[0].number,
        zone=zone if zone in known else "",
        zone_name=known.get(zone),
        channel_name=services.channel_name,
        open_draft=open_draft,
        drafts=drafts,
        tallies=queries.tallies(db(), process_id=here.id) if drafts else {},
        files=queries.files(db(), paper_id=version.paper_id, version_number=version.number),
    )


@bp.get("/processi/<slug>/position-paper/risultanze/<uuid:finding_id>")
@requires(Permission.view_process)
def finding(slug: str, finding_id: uuid.UUID) -> str:
    """One published finding: its numbers, and every source behind and against it as far as consent goes."""
    here = context()
    version = queries.version_with_finding(db(), process_id=here.id, finding_id=finding_id)
    if version is None:
        raise NotFound
    raw = services.raw_finding(version.content, finding_id)
    shown = services.show_finding(db(), content=version.content, finding_id=finding_id)
    if raw is None or shown is None:
        raise NotFound
    latest = queries.versions(db(), process_id=here.id)[0]
    place = asked_sentence(shown)
    tally = queries.tallies(db(), process_id=here.id, finding_id=finding_id).get(finding_id)
    return render_template(
        "position_paper/finding.html",
        finding=shown,
        version=version,
        latest=latest,
        place=place,
        cited=open_sources(of_sentence(raw, shown, place), after=request.args.get("dopo", type=int) or 0),
        tally=tally,
        remarks=queries.comments_beside(db(), finding_id=finding_id) if tally else (),
    )


@bp.get("/processi/<slug>/position-paper/versioni/<int:number>/<string:kind>")
@requires(Permission.view_process)
def file(slug: str, number: int, kind: str) -> Response:
    """A built file of a published version, only while every quote in it still has the consent it was built under."""
    version = queries.version(db(), process_id=context().id, number=number) if number else None
    if version is None:
        raise NotFound
    return download(
        version.paper_id,
        version.number,
        kind,
        f"position-paper-{slug}-v{number}",
        url_for(".public", slug=slug, versione=number),
    )


@bp.post("/processi/<slug>/position-paper/file")
@requires(Permission.request_paper_file)
@limiter.limit(SUBMISSION)
def ask_for_file(slug: str) -> Response:
    """Have the files of a published version built anew."""
    number = request.form.get("versione", type=int)
    version = queries.version(db(), process_id=context().id, number=number) if number else None
    if version is None:
        raise NotFound
    asked = services.ask_for_files(
        db(), paper_id=version.paper_id, version_number=version.number, asked_by=actor().account_id, now=now()
    )
    say_asked(asked)
    return redirect(url_for("position_paper.public", slug=slug, versione=version.number), 303)
