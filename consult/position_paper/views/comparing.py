"""Any two versions side by side: between published ones for anyone, with the draft for those who write it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from consult.core.permissions import Permission
from consult.listening.sources import queries as sources
from consult.listening.sources.rules import may_show
from consult.position_paper import queries, services
from consult.position_paper.types import VersionRow
from consult.position_paper.views.blueprint import bp
from consult.web.access import requires
from consult.web.session import context, db

#: Changed findings on a page, and sources named under one.
CHANGES_PER_PAGE, NAMED = 40, 12
#: The draft as it would be published now, and with all that nobody accepted yet; before its number, a draft put in consultation.
READY, WHOLE, CONSULTED = "pronta", "bozza", "bozza-"


def _paper(side: str) -> services.ShownPaper | None:
    """One side of the comparison, or None where it is not there."""
    here = context()
    if side in {READY, WHOLE}:
        content = services.build_content(db(), process_id=here.id, publishable_only=side == READY)
    elif side.startswith(CONSULTED):
        draft = queries.frozen_draft(db(), process_id=here.id, number=int(side.removeprefix(CONSULTED)))
        content = draft.content if draft else None
    else:
        version = (
            queries.version(db(), process_id=here.id, number=int(side)) if side.isdigit() and len(side) < 6 else None
        )
        content = version.content if version else None
    return services.show_paper(db(), content=content) if content else None


def _sides(listed: list[VersionRow], *, draft: bool) -> tuple[str, str]:
    """What was chosen; without a choice the two latest, or the latest and the draft."""
    numbers = [str(v.number) for v in listed]
    usual = [*numbers[:1], READY] if draft else [*reversed(numbers[:2])]
    return request.args.get("da") or (usual[0] if usual else ""), request.args.get("a") or (usual[-1] if usual else "")


def _compare(endpoint: str, *, draft: bool) -> str:
    here = context()
    listed = queries.versions(db(), process_id=here.id)
    known = {str(v.number): _("Versione %(n)s", n=v.number) for v in listed}
    known |= {
        f"{CONSULTED}{d.number}": _("Bozza in consultazione n. %(n)s", n=d.number)
        for d in queries.consultations(db(), process_id=here.id)
    }
    if draft:
        known |= {READY: _("Bozza, come si pubblicherebbe oggi"), WHOLE: _("Bozza, con le proposte da decidere")}
    one, two = _sides(listed, draft=draft)
    asked = "da" in request.args or "a" in request.args
    if asked and not {one, two} <= known.keys():
        raise NotFound
    before = _paper(one) if one in known and two in known and one != two else None
    after = _paper(two) if before is not None else None
    found = services.compare(before, after) if before and after else None
    start = min(request.args.get("dopo", type=int) or 0, len(found.findings)) if found else 0
    page = found.findings[max(start, 0) : max(start, 0) + CHANGES_PER_PAGE] if found else ()
    return render_template(
        "position_paper/compare.html",
        found=found,
        page=page,
        start=max(start, 0),
        following=start + CHANGES_PER_PAGE if found and start + CHANGES_PER_PAGE < len(found.findings) else None,
        known=known,
        one=one,
        two=two,
        draft=draft,
        here=url_for(endpoint, slug=here.slug),
        endpoint=endpoint,
        named=_named(page),
        NAMED=NAMED,
    )


def _named(page: Any) -> set[uuid.UUID]:
    """Which of the sources that came or went anyone may open. One statement."""
    keys = {
        uuid.UUID(key)
        for change in page
        for listed in (change.sources.joined, change.sources.left, change.sources.turned)
        for key, _contrary in listed[:NAMED]
    }
    return {key for key, card in sources.cards(db(), ids=sorted(keys), public_only=True).items() if may_show(card)}


@bp.get("/processi/<slug>/position-paper/confronto")
@requires(Permission.view_process)
def compare(slug: str) -> str:
    """Two published versions side by side."""
    return _compare("position_paper.compare", draft=False)


@bp.get("/scrivania/<slug>/paper/versioni")
@requires(Permission.see_paper_workshop)
def compare_draft(slug: str) -> str:
    """Any version, or the draft, beside any other."""
    return _compare("position_paper.compare_draft", draft=True)
