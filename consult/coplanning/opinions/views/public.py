"""Answering statements one at a time, one's own answers, and the results with their files, for anyone under /processi/<slug>/opinioni."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from consult.analytics.standpoints import next_to_ask
from consult.coplanning.opinions import queries, rules, services
from consult.coplanning.opinions.forms import SuggestForm, VoteForm, typed_votes
from consult.coplanning.opinions.types import OpinionVote
from consult.coplanning.opinions.views.blueprint import bp, found_conversation
from consult.coplanning.rounds.rules import LEAST
from consult.coplanning.rounds.views import download, running_and_over, takes_answers
from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.spreadsheets import csv_lines
from consult.core.vocabulary import PhaseKind
from consult.position_paper import queries as paper
from consult.process.queries import current_notice
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor, person
from consult.web.limits import SUBMISSION, VOTES, limiter
from consult.web.session import context, db, now
from consult.web.words import say


@bp.get("/processi/<slug>/opinioni")
@requires(Permission.view_process)
def index(slug: str) -> str:
    """The conversations: open ones first of all, then those that are over."""
    page = queries.conversations(db(), process_id=context().id, cursor=request.args.get("da"))
    running, over = running_and_over(page.rows)
    return render_template(
        "coplanning/opinions/index.html",
        page=page,
        running=running,
        over=over,
        next_url=url_for("opinions.index", slug=slug, da=page.next_cursor) if page.next_cursor else None,
    )


@bp.get("/processi/<slug>/opinioni/<uuid:conversation_id>")
@requires(Permission.view_process)
def show(slug: str, conversation_id: uuid.UUID) -> str:
    """One statement with three buttons, for who may answer; else what it is about and how to take part."""
    return _page(slug, found_conversation(conversation_id))


@bp.get("/processi/<slug>/opinioni/<uuid:conversation_id>/partecipa")
@requires(Permission.start_proposal)
def join(slug: str, conversation_id: uuid.UUID) -> Any:
    """Where «sign in to answer» leads: through signing in, back to the conversation."""
    return redirect(url_for("opinions.show", slug=slug, conversation_id=conversation_id), 303)


@bp.post("/processi/<slug>/opinioni/<uuid:conversation_id>")
@requires(Permission.cast_opinion)
@limiter.limit(VOTES)
def vote(slug: str, conversation_id: uuid.UUID) -> Any:
    """Take one answer, or put it in the place of the one before; then the next statement."""
    form = VoteForm()
    statement_id, said = clean_key(request.form.get("frase")), request.form.get("voto", "")
    if form.validate_on_submit() and statement_id and said in set(OpinionVote):
        try:
            services.vote(
                db(),
                process_id=context().id,
                conversation_id=conversation_id,
                votes={statement_id: OpinionVote(said)},
                notice_id=clean_key(form.notice_id.data),
                actor=actor(),
                now=now(),
            )
        except Invalid as refusal:
            # A statement may go while somebody reads it: the next one is asked, and nothing else was typed.
            flash(say(refusal.message), "warning")
        back = "opinions.mine" if request.form.get("torna") == "mie" else "opinions.show"
        return redirect(url_for(back, slug=slug, conversation_id=conversation_id, _anchor="frase"), 303)
    return _page(slug, found_conversation(conversation_id)), 422


@bp.get("/processi/<slug>/opinioni/<uuid:conversation_id>/mie")
@requires(Permission.start_proposal)
def mine(slug: str, conversation_id: uuid.UUID) -> str:
    """All statements on one page with one's own answers: to look over, change and take back."""
    found, who = found_conversation(conversation_id), person()
    return render_template(
        "coplanning/opinions/mine.html",
        c=found,
        statements=queries.statements(db(), conversation_id=found.id, account_id=who.id if who else None),
        still_open=takes_answers(found),
        form=VoteForm(formdata=None),
    )


@bp.post("/processi/<slug>/opinioni/<uuid:conversation_id>/mie")
@requires(Permission.cast_opinion)
@limiter.limit(SUBMISSION)
def save_all(slug: str, conversation_id: uuid.UUID) -> Any:
    """Take the answers of the whole page."""
    form = VoteForm()
    votes = typed_votes(request.form)
    if form.validate_on_submit() and votes:
        try:
            services.vote(
                db(), process_id=context().id, conversation_id=conversation_id, votes=votes, actor=actor(), now=now()
            )
            flash(_("Le tue risposte sono registrate."), "success")
        except Invalid as refusal:
            flash(say(refusal.message), "warning")
    return redirect(url_for("opinions.mine", slug=slug, conversation_id=conversation_id), 303)


@bp.post("/processi/<slug>/opinioni/<uuid:conversation_id>/ritira")
@requires(Permission.cast_opinion)
def withdraw(slug: str, conversation_id: uuid.UUID) -> Any:
    """Take back one answer, or all of them."""
    statement_id = clean_key(request.form.get("frase"))
    services.withdraw(
        db(),
        process_id=context().id,
        conversation_id=conversation_id,
        statement_id=statement_id,
        actor=actor(),
        now=now(),
    )
    flash(
        _("La risposta è ritirata. I risultati pubblici cambiano al prossimo conteggio.")
        if statement_id
        else _("Le tue risposte sono ritirate. I risultati pubblici cambiano al prossimo conteggio."),
        "info",
    )
    return redirect(url_for("opinions.mine", slug=slug, conversation_id=conversation_id), 303)


@bp.post("/processi/<slug>/opinioni/<uuid:conversation_id>/frasi")
@requires(Permission.cast_opinion)
@limiter.limit(SUBMISSION)
def suggest(slug: str, conversation_id: uuid.UUID) -> Any:
    """Take a participant's own statement; a moderator reads it first."""
    form = SuggestForm()
    if form.validate_on_submit():
        try:
            services.suggest_statement(
                db(),
                process_id=context().id,
                conversation_id=conversation_id,
                text=form.text.data or "",
                notice_id=clean_key(form.notice_id.data),
                actor=actor(),
                now=now(),
            )
            flash(_("Grazie: un moderatore legge la frase, poi la vedono tutti. Riceverai un avviso."), "success")
            return redirect(url_for("opinions.show", slug=slug, conversation_id=conversation_id), 303)
        except Invalid as refusal:
            form.put_errors(refusal.fields)
    return _page(slug, found_conversation(conversation_id), suggesting=form), 422


@bp.get("/processi/<slug>/opinioni/<uuid:conversation_id>/risultati")
@requires(Permission.view_process)
def results(slug: str, conversation_id: uuid.UUID) -> str:
    """What people share, what divides, which opinions stand together."""
    found = found_conversation(conversation_id)
    counted = _counted(found)
    statements = queries.statements(db(), conversation_id=found.id)
    findings = paper.finding_cards(db(), ids=[s.finding_id for s in statements if s.finding_id])
    return render_template(
        "coplanning/opinions/results.html",
        c=found,
        result=counted,
        statements=statements,
        by_key={s.key: s for s in statements},
        findings=findings,
        agree_in={
            group["name"] + key: rules.whole_percents(row)["agree"]
            for group in counted["groups"]
            for key, row in group["statements"].items()
            if row
        },
        circles=rules.circles(counted["groups"]),
        drawing=(rules.WIDTH, rules.HEIGHT),
        percents=rules.whole_percents,
        least=LEAST,
        still_open=takes_answers(found),
    )


@bp.get("/processi/<slug>/opinioni/<uuid:conversation_id>/dati.csv")
@requires(Permission.view_process)
def as_csv(slug: str, conversation_id: uuid.UUID) -> Response:
    """The results as CSV, a row for each statement and group."""
    header = ("statement", "number", "group", "group_people", "agree", "disagree", "pass", "answers")
    lines = "".join(csv_lines(header, _cells(conversation_id)))
    return download(lines, "text/csv; charset=utf-8", f"opinioni-{conversation_id}.csv")


@bp.get("/processi/<slug>/opinioni/<uuid:conversation_id>/dati.json")
@requires(Permission.view_process)
def as_json(slug: str, conversation_id: uuid.UUID) -> Response:
    """The results as JSON with the words of the statements, the method and its parameters."""
    found = found_conversation(conversation_id)
    counted, words = _counted(found), queries.texts_of(db(), conversation_id=conversation_id)
    body = json.dumps({"statements": words, "results": _without(counted, set(words))}, ensure_ascii=False)
    return download(body, "application/json", f"opinioni-{conversation_id}.json")


def _without(counted: dict[str, Any], kept: set[str]) -> dict[str, Any]:
    """Results without statements that were hidden since they were worked out."""

    def listed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [row for row in rows if row["statement"] in kept]

    def numbers(rows: dict[str, Any]) -> dict[str, Any]:
        return {key: row for key, row in rows.items() if key in kept}

    return counted | {
        "statements": numbers(counted["statements"]),
        "shared": listed(counted["shared"]),
        "divides": listed(counted["divides"]),
        "groups": [
            group | {"statements": numbers(group["statements"]), "typical": listed(group["typical"])}
            for group in counted["groups"]
        ],
    }


def _cells(conversation_id: uuid.UUID) -> Iterator[list[object]]:
    counted = _counted(found_conversation(conversation_id))
    for s in queries.statements(db(), conversation_id=conversation_id):
        for name, people, rows in (
            ("", counted["people"], counted["statements"]),
            *((g["name"], g["people"], g["statements"]) for g in counted["groups"]),
        ):
            row = rows.get(s.key)
            cells = [row["agree"], row["disagree"], row["passed"], row["seen"]] if row else ["", "", "", ""]
            yield [s.text, s.number, name, people, *cells]


def _counted(found: queries.ConversationRow) -> dict[str, Any]:
    counted = queries.results(db(), conversation_id=found.id) if found.shows_results else None
    if counted is None:
        raise NotFound(_("I risultati non ci sono ancora."))
    return counted


def _page(slug: str, found: queries.ConversationRow, *, suggesting: SuggestForm | None = None) -> str:
    here, who = context(), person()
    statements = queries.statements(db(), conversation_id=found.id, account_id=who.id if who else None)
    mine = queries.participation(db(), conversation_id=found.id, account_id=who.id) if who else None
    may = bool(mine and mine.verified and takes_answers(found))
    answered = [s for s in statements if s.vote is not None]
    chosen = None
    if may:
        weights = queries.asking(db(), conversation_id=found.id)
        # What came since the last count has been seen by nobody: it is asked as such.
        fresh = max(weights.values(), default=1.0)
        left = {s.key: weights.get(s.key, fresh) for s in statements if s.vote is None}
        wanted = request.args.get("frase") or next_to_ask(left, f"{who.id if who else ''}:{found.id}")
        chosen = next((s for s in statements if s.key == wanted), None)
    notice = current_notice(db(), process_id=here.id, kind=PhaseKind.co_planning) if may and not answered else None
    key = {"notice_id": str(notice.id)} if notice else {}
    if may and suggesting is None and found.participants_add:
        suggesting = SuggestForm(formdata=None, data=key)
    return render_template(
        "coplanning/opinions/show.html",
        c=found,
        statements=statements,
        answered=len(answered),
        statement=chosen,
        may=may,
        mine=mine,
        still_open=takes_answers(found),
        form=VoteForm(formdata=None, data=key) if may else None,
        suggesting=suggesting if may else None,
        most_own=rules.MOST_OWN,
        notice=notice,
    )
