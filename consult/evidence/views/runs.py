"""The aggregation's pages."""

from __future__ import annotations

import uuid

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.permissions import Permission
from consult.evidence import queries, rules
from consult.evidence.services import runs
from consult.evidence.views.blueprint import bp
from consult.people import queries as people
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.session import context, db, now


@bp.get("/scrivania/<slug>/aggregazioni")
@requires(Permission.see_evidence)
def runs_list(slug: str) -> str:
    """The runs so far and the button that starts one."""
    here = context()
    return render_template(
        "evidence/runs.html",
        runs=queries.runs(db(), process_id=here.id),
        totals=queries.totals(db(), process_id=here.id),
        changes=queries.changes(db(), process_id=here.id),
    )


@bp.post("/scrivania/<slug>/aggregazioni")
@requires(Permission.run_aggregation)
def start(slug: str) -> Response:
    """Start an aggregation and show its progress."""
    run_id = runs.start_run(db(), process_id=context().id, actor=actor(), now=now())
    return redirect(url_for("evidence.run", slug=slug, run_id=run_id), 303)


@bp.post("/scrivania/<slug>/aggregazioni/aggiorna")
@requires(Permission.run_aggregation)
def refresh(slug: str) -> Response:
    """Read only what changed since the last aggregation, and show its progress."""
    run_id = runs.start_run(db(), process_id=context().id, kind="refresh", actor=actor(), now=now())
    return redirect(url_for("evidence.run", slug=slug, run_id=run_id), 303)


@bp.get("/scrivania/<slug>/aggregazioni/<uuid:run_id>")
@requires(Permission.see_evidence)
def run(slug: str, run_id: uuid.UUID) -> str:
    """One run: steps and counts while it works, what it found and changed afterwards."""
    found = queries.run(db(), process_id=context().id, run_id=run_id)
    if found is None:
        raise NotFound
    end = found.reduced_at or found.finished_at or now()
    remaining = rules.remaining_seconds(
        found.prepared_count, found.source_count, (end - found.started_at).total_seconds()
    )
    return render_template(
        "evidence/run.html",
        run=found,
        remaining=_remaining(remaining) if found.state == "preparing" else None,
        who=people.name_of(db(), account_id=found.requested_by),
        outcome=queries.outcome(db(), run_id=run_id) if found.state == "done" else None,
        readings=queries.readings(db(), process_id=context().id) if found.state == "done" else {},
    )


def _remaining(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    if seconds < 60:
        return str(_("meno di un minuto"))
    minutes = round(seconds / 60)
    return str(ngettext("circa %(num)d minuto", "circa %(num)d minuti", minutes))


@bp.post("/scrivania/<slug>/aggregazioni/<uuid:run_id>/annulla")
@requires(Permission.run_aggregation)
def cancel(slug: str, run_id: uuid.UUID) -> Response:
    """Stop a run."""
    runs.cancel_run(db(), process_id=context().id, run_id=run_id, actor=actor(), now=now())
    flash(_("Aggregazione annullata. Temi e decisioni restano com’erano."), "success")
    return redirect(url_for("evidence.runs_list", slug=slug), 303)


@bp.post("/scrivania/<slug>/aggregazioni/<uuid:run_id>/pausa")
@requires(Permission.run_aggregation)
def pause(slug: str, run_id: uuid.UUID) -> Response:
    """Let a run rest; what is ready stays."""
    runs.pause_run(db(), process_id=context().id, run_id=run_id, actor=actor())
    return redirect(url_for("evidence.run", slug=slug, run_id=run_id), 303)


@bp.post("/scrivania/<slug>/aggregazioni/<uuid:run_id>/riprendi")
@requires(Permission.run_aggregation)
def resume(slug: str, run_id: uuid.UUID) -> Response:
    """Go on with a run that rests, or try again the parts that failed repeatedly."""
    runs.resume_run(db(), process_id=context().id, run_id=run_id, actor=actor())
    return redirect(url_for("evidence.run", slug=slug, run_id=run_id), 303)
