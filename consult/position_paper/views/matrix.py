"""The matrix of findings and provisions: a plan unfolded into its provisions, and the whole of it as a table to take along."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from flask import Response, render_template, request
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from consult.core.permissions import Permission
from consult.core.spreadsheets import csv_lines, xlsx_bytes
from consult.files.types import MEDIA_TYPES, FileKind
from consult.framework import queries as framework
from consult.position_paper import queries
from consult.position_paper.forms import STATES
from consult.position_paper.queries import ConfrontationRow, StandingTitle
from consult.position_paper.views.blueprint import bp
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.session import context, db

#: Findings by row and provisions by column on a page.
ROWS, COLUMNS = 40, 8
_STATES = dict(STATES)
SHEETS = {str(kind): MEDIA_TYPES[kind] for kind in (FileKind.csv, FileKind.xlsx)}


def _standing() -> list[StandingTitle]:
    paper = queries.paper(db(), process_id=context().id)
    return queries.standing_titles(db(), paper_id=paper.id) if paper else []


@bp.get("/scrivania/<slug>/paper/confronto/<uuid:plan_id>")
@requires(Permission.see_paper_workshop)
def matrix(slug: str, plan_id: uuid.UUID) -> str:
    """One plan: findings by row, its provisions by column, and last what it does not speak of. Those nobody was set against on demand."""
    here = context()
    plans = framework.reference_plans(db(), frame_id=here.frame_id)
    plan = next((p for p in plans if p.id == plan_id), None)
    if plan is None:
        raise NotFound
    standing = _standing()
    rows = queries.confrontations(db(), process_id=here.id, finding_ids=[f.id for f in standing], plan_id=plan_id)
    provisions = framework.provisions(db(), frame_id=here.frame_id, plan_id=plan_id)
    touched = Counter(row.provision_id for row in rows if row.provision_id)
    whole = request.args.get("previsioni") == "tutte"
    listed = provisions if whole else [p for p in provisions if p.id in touched]
    first = next((place for place, p in enumerate(listed) if p.id == clean_key(request.args.get("dalla"))), 0)
    columns = listed[first : first + COLUMNS]
    cells: dict[tuple[uuid.UUID, uuid.UUID | None], ConfrontationRow] = {(r.finding_id, r.provision_id): r for r in rows}
    met = {r.finding_id for r in rows}
    # A row without a single cell says nothing here: the page of all plans lists what was set against nothing yet.
    after = request.args.get("dopo", type=int) or 0
    wanted = [f for f in standing if f.id in met and f.number > after]
    return render_template(
        "position_paper/matrix.html",
        plan=plan,
        plans=plans,
        findings=wanted[:ROWS],
        more=len(wanted) > ROWS,
        after=after,
        columns=columns,
        before=listed[max(0, first - COLUMNS)] if first else None,
        following=listed[first + COLUMNS] if len(listed) > first + COLUMNS else None,
        cells=cells,
        silent=any(r.provision_id is None for r in rows),
        touched=touched,
        whole=whole,
        total=len(provisions),
        met=len(met),
        standing=len(standing),
    )


@bp.get("/scrivania/<slug>/paper/confronto/matrice.<string:kind>")
@requires(Permission.see_paper_workshop)
def matrix_file(slug: str, kind: str) -> Response:
    """The whole matrix as a table: a row for each finding, a column for each provision of each plan that was set against something."""
    if kind not in SHEETS:
        raise NotFound
    here = context()
    standing = _standing()
    rows = queries.confrontations(db(), process_id=here.id, finding_ids=[f.id for f in standing])
    places = list(dict.fromkeys((row.plan_code, row.provision_code) for row in rows))
    header = [_("Numero"), _("Risultanza"), _("Strategia"), *(_column(*place) for place in places)]
    lines = _lines(standing, rows, places)
    body = "".join(csv_lines(header, lines)).encode() if kind == "csv" else xlsx_bytes(_("Confronto"), header, lines)
    answer = Response(body, content_type=SHEETS[kind])
    answer.headers["Content-Disposition"] = f'attachment; filename="confronto-{slug}.{kind}"'
    return answer


def _column(plan: str, provision: str | None) -> str:
    return f"{plan} {provision}" if provision else _("%(plan)s: non ne parla", plan=plan)


def _lines(
    standing: Sequence[StandingTitle], rows: Sequence[ConfrontationRow], places: Sequence[tuple[str, str | None]]
) -> Iterator[list[object]]:
    cells: dict[tuple[uuid.UUID, str, str | None], str] = defaultdict(str)
    for row in rows:
        parts = [str(_STATES[row.state]), row.note]
        if row.reply:
            parts.append(_("Risposta di %(office)s: %(words)s", office=row.reply_name, words=row.reply))
        cells[(row.finding_id, row.plan_code, row.provision_code)] = ". ".join(part.rstrip(". ") for part in parts if part)
    for finding in standing:
        yield [
            finding.number, finding.title, finding.strategy_code or "",
            *(cells[(finding.id, *place)] for place in places),
        ]  # fmt: skip  # one row of values reads better so
