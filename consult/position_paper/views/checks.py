"""The check of the paper: all that fails, one text tried before it is saved, what one sentence rests on."""

from __future__ import annotations

import uuid
from textwrap import shorten

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.listening.sources import queries as sources
from consult.listening.sources.rules import may_quote
from consult.position_paper import queries, rules, services
from consult.position_paper.forms import FindingForm, SentenceForm
from consult.position_paper.types import OWN, CitedSource, FindingRow, ShownSentence
from consult.position_paper.views.blueprint import bp
from consult.position_paper.views.editing import editor, strategy_choices
from consult.web.access import requires, without_receipt
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now

#: What stands for a source whose words may not be quoted.
UNREADABLE = _l("Fonte senza consenso a essere citata: conta, ma non si mostra.")
#: Sources offered for a sentence: its own first, then those that say most of the finding.
OFFERED = 60
#: How much of each is shown there, in characters.
OPENING = 220
#: Findings that fail, on a page of the check.
FAILING_PER_PAGE = 25


@bp.get("/scrivania/<slug>/paper/controllo")
@requires(Permission.see_paper_workshop)
def check(slug: str) -> str:
    """Every finding checked: its sources, numbers, words of quantity and quotes; the findings that fail page by page."""
    found = services.check_paper(db(), process_id=context().id)
    after = request.args.get("dopo", type=int) or 0
    # Open themes are told as one number above the list: a machine's first draft has one in every finding.
    failing = sorted({p.number for p in found.problems if p.code != "theme_open"}) if found else []
    page = [number for number in failing if number > after]
    return render_template(
        "position_paper/check.html",
        check=found,
        shown=[p for p in found.problems if p.number in page[:FAILING_PER_PAGE]] if found else [],
        following=page[FAILING_PER_PAGE - 1] if len(page) > FAILING_PER_PAGE else None,
        quantities=rules.QUANTITIES,
    )


@bp.post("/scrivania/<slug>/paper/risultanze/<uuid:finding_id>/prova")
@requires(Permission.edit_paper)
@without_receipt("Nothing is written: a text is only compared with the data.")
def try_text(slug: str, finding_id: uuid.UUID) -> tuple[str, int]:
    """Compare a text with the data without saving it."""
    form = FindingForm()
    form.strategy_id.choices = strategy_choices()
    row = queries.finding(db(), process_id=context().id, finding_id=finding_id)
    paper = queries.paper(db(), process_id=context().id)
    if row is None or paper is None:
        raise NotFound
    if not form.validate():
        return editor(finding_id, form=form, status=422)
    tried = rules.try_text(row, queries.whole(db(), process_id=context().id), form.statement.data, paper.language)
    return editor(finding_id, form=form, tried=tried)


def _sentence(finding_id: uuid.UUID, number: int) -> tuple[FindingRow, ShownSentence]:
    here = context()
    row = queries.finding(db(), process_id=here.id, finding_id=finding_id)
    paper = queries.paper(db(), process_id=here.id)
    if row is None or paper is None or not 1 <= number <= len(row.sentences):
        raise NotFound
    words = queries.quoted_words(db(), places=row.sentences[number - 1].quotes)
    now_there = rules.present(row, queries.whole(db(), process_id=here.id), paper.language)[number - 1]
    return row, rules.show(now_there, words)


def _offered(row: FindingRow, number: int) -> list[CitedSource]:
    """The sources a person may choose among for a sentence."""
    mine = set(row.sentences[number - 1].source_ids)
    live = sorted(row.supporting + row.contrary, key=lambda s: (str(s.source_id) not in mine, s.position))
    return live[:OFFERED]


def _sentence_page(
    finding_id: uuid.UUID, number: int, form: SentenceForm | None = None, status: int = 200
) -> tuple[str, int]:
    row, shown = _sentence(finding_id, number)
    offered = _offered(row, number)
    cards = sources.cards(db(), ids=[s.source_id for s in offered], public_only=False)
    form = form or SentenceForm(
        formdata=None, version=row.version, own=shown.role == OWN, sources=sorted(row.sentences[number - 1].source_ids)
    )
    form.sources.choices = [
        (str(s.source_id), shorten(cards[s.source_id].text, OPENING, placeholder=" …") if may_quote(cards[s.source_id]) else UNREADABLE)
        for s in offered
        if s.source_id in cards
    ]
    return render_template(
        "position_paper/sentence.html",
        form=form,
        finding=row,
        shown=shown,
        number=number,
        more=len(row.supporting) + len(row.contrary) - len(offered),
    ), status


@bp.get("/scrivania/<slug>/paper/risultanze/<uuid:finding_id>/frasi/<int:number>")
@requires(Permission.see_paper_workshop)
def sentence(slug: str, finding_id: uuid.UUID, number: int) -> tuple[str, int]:
    """What one sentence rests on."""
    return _sentence_page(finding_id, number)


@bp.post("/scrivania/<slug>/paper/risultanze/<uuid:finding_id>/frasi/<int:number>")
@requires(Permission.edit_paper)
def source_sentence(slug: str, finding_id: uuid.UUID, number: int) -> Response | tuple[str, int]:
    """Say what a sentence rests on."""
    form = SentenceForm()
    row, _shown = _sentence(finding_id, number)
    form.sources.choices = [(str(s.source_id), "") for s in row.sources]
    if not form.validate():
        return _sentence_page(finding_id, number, form, 422)
    offered = {str(s.source_id) for s in _offered(row, number)}
    chosen = [*request.form.getlist("sources"), *(k for k in row.sentences[number - 1].source_ids if k not in offered)]
    keys = [] if form.own.data else [key for raw in chosen if (key := clean_key(raw))]
    try:
        services.source_sentence(
            db(), process_id=context().id, finding_id=finding_id, version=form.version.data, number=number, own=form.own.data,
            source_ids=keys, actor=actor(), now=now(),
        )  # fmt: skip  # one row of values reads better so
    except Invalid as error:
        form.put_errors(error.fields)
        return _sentence_page(finding_id, number, form, 422)
    flash(_("Fonti della frase salvate."), "success")
    return redirect(url_for("position_paper.edit_finding", slug=slug, finding_id=finding_id) + "#frasi", 303)
