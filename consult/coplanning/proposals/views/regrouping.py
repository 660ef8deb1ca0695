"""Merging and splitting: the moderators' forms and list, the authors' question, the public page of each act."""

from __future__ import annotations

import re
import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from consult.coplanning.proposals import queries, rules, services
from consult.coplanning.proposals.forms import (
    DeclineForm,
    JoinForm,
    MergeForm,
    ObjectionAnswerForm,
    ObjectionForm,
    SplitForm,
    UndoForm,
)
from consult.coplanning.proposals.types import RegroupingState
from consult.coplanning.proposals.views.blueprint import bp, shown, viewer_id
from consult.core import settling
from consult.core.errors import Invalid
from consult.core.permissions import Permission, allows
from consult.core.vocabulary import SpeakerKind
from consult.framework import queries as framework
from consult.web.access import requires
from consult.web.forms import clean_key, whole_number
from consult.web.identity import actor
from consult.web.limits import SUBMISSION, limiter
from consult.web.session import context, db, now
from consult.web.words import say

CONTESTED = "contestate"

#: Chosen in place of a proposal: a text written for all of them carries them on.
ANEW = "nuova"


@bp.get("/scrivania/<slug>/proposte/unioni")
@requires(Permission.see_moderation)
def regroupings(slug: str) -> str:
    """Merges and splits of the process, those contested first of all."""
    contested = request.args.get("elenco") == CONTESTED
    page = queries.regroupings(db(), process_id=context().id, contested=contested, cursor=request.args.get("da"))
    return render_template(
        "coplanning/proposals/regroupings.html",
        page=page,
        contested=contested,
        next_url=url_for(
            "proposals.regroupings", slug=slug, da=page.next_cursor, elenco=CONTESTED if contested else None
        )
        if page.next_cursor
        else None,
    )


@bp.get("/scrivania/<slug>/proposte/<uuid:proposal_id>/unisci")
@requires(Permission.see_moderation)
def merge_form(slug: str, proposal_id: uuid.UUID) -> str:
    """Which proposals say the same, and which one carries them on?"""
    return _merge_page(slug, proposal_id, MergeForm(formdata=None), {})


@bp.post("/scrivania/<slug>/proposte/<uuid:proposal_id>/unisci")
@requires(Permission.decide_proposal)
def merge(slug: str, proposal_id: uuid.UUID) -> Any:
    """Merge the ticked proposals into the chosen one."""
    form = MergeForm()
    ticked = [key for key in map(clean_key, request.form.getlist("unire")) if key]
    anew = request.form.get("into") == ANEW
    into = clean_key(request.form.get("into")) or proposal_id
    wrong: dict[str, str] = {}
    if form.validate_on_submit():
        everything = dict.fromkeys([proposal_id, *ticked, into])
        seen = {key: whole_number(request.form.get(f"seen-{key}")) for key in everything}
        try:
            common: dict[str, Any] = {
                "process_id": context().id, "reason": form.reason.data, "seen": seen, "actor": actor(), "now": now(),
            }  # fmt: skip  # one row of values reads better so
            if anew:
                if not form.author_kind.data:
                    raise Invalid(_("Scegli un tipo di voce."), {"author_kind": _("Scegli un tipo di voce.")})
                act = services.merge_anew(
                    db(),
                    from_ids=list(everything),
                    title=form.title.data or "",
                    text=form.text.data or "",
                    author_kind=SpeakerKind(form.author_kind.data),
                    signature=_("testo comune, scritto da chi modera"),
                    **common,
                )
            else:
                act = services.merge(
                    db(), from_ids=[key for key in everything if key != into], into_id=into, **common
                )  # fmt: skip  # one call of named values reads better so
            flash(_("Fatto. Chi le ha scritte e chi le sostiene riceverà un avviso."), "success")
            return redirect(url_for("proposals.regrouping", slug=slug, regrouping_id=act), 303)
        except Invalid as refusal:
            form.put_errors(refusal.fields)
            wrong = {name: say(words) for name, words in refusal.fields.items()}
    return _merge_page(slug, proposal_id, form, wrong, ticked=ticked, into=None if anew else into, anew=anew), 422


def _merge_page(
    slug: str,
    proposal_id: uuid.UUID,
    form: MergeForm,
    wrong: dict[str, str],
    *,
    ticked: list[uuid.UUID] | None = None,
    into: uuid.UUID | None = None,
    anew: bool = False,
) -> str:
    here = context()
    lead = shown(proposal_id)
    rows = queries.versions_of(db(), process_id=here.id, ids=[proposal_id])
    if not rows:
        raise NotFound(_("Questa proposta non si può più unire né dividere."))
    near = queries.similar(
        db(), process_id=here.id, title=lead.title, words=rows[0].text, language=here.language, apart_from=proposal_id, size=8
    )  # fmt: skip  # one call of named values reads better so
    typed = request.values.get("numeri", "")
    numbers = [int(n) for n in re.findall(r"\d{1,6}", typed)][:20]
    kept = [key for key in map(clean_key, request.form.getlist("riga")) if key]
    others = queries.versions_of(db(), process_id=here.id, ids=[*(s.id for s in near), *kept], numbers=numbers)
    candidates = [row for row in others if row.id != proposal_id]
    asked = {row.id for row in candidates if row.number in numbers}
    everyone = [rows[0], *candidates]
    best = max(everyone, key=lambda row: (row.supports_count, -row.number))
    return render_template(
        "coplanning/proposals/merge.html",
        form=form,
        lead=rows[0],
        candidates=candidates,
        ticked=set(ticked or ()) | asked,
        into=None if anew else into or best.id,
        anew=anew,
        new=ANEW,
        wrong=wrong,
        typed=typed,
        base=url_for("proposals.index", slug=slug),
    )


@bp.get("/scrivania/<slug>/proposte/<uuid:proposal_id>/dividi")
@requires(Permission.see_moderation)
def split_form(slug: str, proposal_id: uuid.UUID) -> str:
    """Into which proposals does this one fall apart?"""
    form = SplitForm(formdata=None)
    row = _divisible(proposal_id)
    form.version.data = str(row.version)
    form.text_1.data = row.text
    form.title_1.data = row.title
    for field in (form.strategy_1, form.strategy_2, form.strategy_3, form.strategy_4):
        field.data = str(row.strategy_id)
    return _split_page(slug, form, row)


@bp.post("/scrivania/<slug>/proposte/<uuid:proposal_id>/dividi")
@requires(Permission.decide_proposal)
def split(slug: str, proposal_id: uuid.UUID) -> Any:
    """Split a proposal into the parts that were written."""
    form = SplitForm()
    if form.validate_on_submit():
        try:
            act = services.split(
                db(),
                process_id=context().id,
                proposal_id=proposal_id,
                version=whole_number(form.version.data),
                parts=form.parts(),
                reason=form.reason.data,
                actor=actor(),
                now=now(),
            )
            flash(_("Fatto. Chi l’ha scritta e chi la sostiene riceverà un avviso."), "success")
            return redirect(url_for("proposals.regrouping", slug=slug, regrouping_id=act), 303)
        except Invalid as refusal:
            form.put_errors(refusal.fields or {"title_2": refusal.message})
    return _split_page(slug, form, _divisible(proposal_id)), 422


def _split_page(slug: str, form: SplitForm, row: Any) -> str:
    form.offer(framework.strategies(db(), frame_id=context().frame_id))
    return render_template(
        "coplanning/proposals/split.html", form=form, lead=row, base=url_for("proposals.index", slug=slug)
    )


def _divisible(proposal_id: uuid.UUID) -> Any:
    rows = queries.versions_of(db(), process_id=context().id, ids=[proposal_id])
    if not rows:
        raise NotFound(_("Questa proposta non si può più unire né dividere."))
    return rows[0]


@bp.get("/processi/<slug>/proposte/<uuid:proposal_id>/unisci")
@requires(Permission.start_proposal)
def join_form(slug: str, proposal_id: uuid.UUID) -> str:
    """An author looks for a proposal that says the same as theirs."""
    form = JoinForm(formdata=None)
    form.number.data = whole_number(request.args.get("numero")) or None
    return _join_page(slug, proposal_id, form)


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/unisci")
@requires(Permission.submit_proposal)
@limiter.limit(SUBMISSION)
def join_another(slug: str, proposal_id: uuid.UUID) -> Any:
    """An author asks another to merge."""
    form = JoinForm()
    if form.validate_on_submit():
        try:
            act = services.ask_to_merge(
                db(),
                process_id=context().id,
                proposal_id=proposal_id,
                into_number=form.number.data,
                reason=form.reason.data,
                actor=actor(),
                now=now(),
            )
            return redirect(url_for("proposals.regrouping", slug=slug, regrouping_id=act), 303)
        except Invalid as refusal:
            form.put_errors(refusal.fields or {"number": refusal.message})
    return _join_page(slug, proposal_id, form), 422


def _join_page(slug: str, proposal_id: uuid.UUID, form: JoinForm) -> str:
    proposal = shown(proposal_id)
    if not rules.is_author(proposal.author_id, viewer_id()):
        raise NotFound
    row = _divisible(proposal_id)
    near = queries.similar(
        db(), process_id=context().id, title=row.title, words=row.text, language=context().language, apart_from=proposal_id, size=5
    )  # fmt: skip  # one call of named values reads better so
    return render_template(
        "coplanning/proposals/join.html", form=form, p=proposal, near=near, base=url_for("proposals.index", slug=slug),
        answer_days=settling.ANSWER_DAYS,
    )  # fmt: skip  # one call of named values reads better so


@bp.get("/processi/<slug>/proposte/unioni/<uuid:regrouping_id>")
@requires(Permission.view_process)
def regrouping(slug: str, regrouping_id: uuid.UUID) -> str:
    """The page of a merge or split: what, why, what the authors say, what became of it."""
    return _regrouping_page(slug, regrouping_id)


def _regrouping_page(slug: str, regrouping_id: uuid.UUID, **forms: Any) -> str:
    act = queries.regrouping(db(), process_id=context().id, regrouping_id=regrouping_id)
    me = viewer_id()
    # A question between two authors is theirs until it is answered with yes.
    if act is None or (act.made_at is None and not act.concerns(me)):
        raise NotFound(_("Questa unione o divisione non c’è."))
    mine = [p for p in act.parts if rules.is_author(p.author_id, me)]
    shown_forms: dict[str, Any] = {
        "objection_form": ObjectionForm(formdata=None),
        "answer_form": ObjectionAnswerForm(formdata=None),
        "undo_form": UndoForm(formdata=None),
        "decline_form": DeclineForm(formdata=None),
    }
    return render_template(
        "coplanning/proposals/regrouping.html",
        act=act,
        me=me,
        mine=mine,
        may_answer=_may_answer(act),
        answer_by=settling.answer_by,
        lapse_cause=rules.lapse_cause,
        may_object=bool(mine)
        and rules.may_object(act.state, act.objections_until, context().now)
        and not any(p.objected_at for p in mine),
        base=url_for("proposals.index", slug=slug),
        here=url_for("proposals.regrouping", slug=slug, regrouping_id=regrouping_id),
        desk=url_for("proposals.undo_regrouping", slug=slug, regrouping_id=regrouping_id),
        **(shown_forms | forms),
    )


def _may_answer(act: queries.ShownRegrouping) -> frozenset[uuid.UUID]:
    """The proposals whose author's objection this person may answer now."""
    here = context()
    return frozenset(
        p.id
        for p in act.open_objections
        if act.state == RegroupingState.standing
        and allows(Permission.answer_objection, here.facts)
        and settling.may_settle(
            involved=[act.asked_by, p.author_id], who=viewer_id(), roles=here.facts.roles, since=p.objected_at, now=here.now
        )
    )


def _done(slug: str, regrouping_id: uuid.UUID, words: str) -> Any:
    flash(words, "success")
    return redirect(url_for("proposals.regrouping", slug=slug, regrouping_id=regrouping_id), 303)


@bp.post("/processi/<slug>/proposte/unioni/<uuid:regrouping_id>/accetta")
@requires(Permission.submit_proposal)
def agree_to_merge(slug: str, regrouping_id: uuid.UUID) -> Any:
    """The other author says yes."""
    services.agree(db(), process_id=context().id, regrouping_id=regrouping_id, actor=actor(), now=now())
    return _done(slug, regrouping_id, _("Le due proposte sono unite."))


@bp.post("/processi/<slug>/proposte/unioni/<uuid:regrouping_id>/rifiuta")
@requires(Permission.answer_regrouping)
def decline_to_merge(slug: str, regrouping_id: uuid.UUID) -> Any:
    """One of the authors says no, or takes the question back."""
    form = DeclineForm()
    if not form.validate_on_submit():
        return _regrouping_page(slug, regrouping_id, decline_form=form), 422
    services.decline(
        db(), process_id=context().id, regrouping_id=regrouping_id, why=form.why.data or "", actor=actor(), now=now()
    )
    return _done(slug, regrouping_id, _("Va bene: le due proposte restano separate."))


@bp.post("/processi/<slug>/proposte/unioni/<uuid:regrouping_id>/obiezione")
@requires(Permission.answer_regrouping)
@limiter.limit(SUBMISSION)
def object_to_regrouping(slug: str, regrouping_id: uuid.UUID) -> Any:
    """An author objects."""
    form = ObjectionForm()
    if not form.validate_on_submit():
        return _regrouping_page(slug, regrouping_id, objection_form=form), 422
    services.object_to(
        db(), process_id=context().id, regrouping_id=regrouping_id, text=form.text.data, actor=actor(), now=now()
    )
    return _done(slug, regrouping_id, _("La tua obiezione è arrivata: risponde in pubblico, qui, un moderatore diverso da chi ha deciso."))


@bp.post("/scrivania/<slug>/proposte/unioni/<uuid:regrouping_id>/obiezioni/<uuid:proposal_id>")
@requires(Permission.answer_objection)
def answer_objection(slug: str, regrouping_id: uuid.UUID, proposal_id: uuid.UUID) -> Any:
    """A moderator who did not make it answers an objection, or in the end a manager."""
    form = ObjectionAnswerForm()
    if not form.validate_on_submit():
        return _regrouping_page(slug, regrouping_id, answer_form=form), 422
    services.answer_objection(
        db(),
        process_id=context().id,
        regrouping_id=regrouping_id,
        proposal_id=proposal_id,
        upheld=form.upheld.data == "si",
        answer=form.answer.data,
        actor=actor(),
        now=now(),
    )
    return _done(slug, regrouping_id, _("La risposta è pubblicata."))


@bp.post("/scrivania/<slug>/proposte/unioni/<uuid:regrouping_id>/annulla")
@requires(Permission.decide_proposal)
def undo_regrouping(slug: str, regrouping_id: uuid.UUID) -> Any:
    """A moderator takes a merge or split back."""
    form = UndoForm()
    if not form.validate_on_submit():
        return _regrouping_page(slug, regrouping_id, undo_form=form), 422
    services.undo(
        db(), process_id=context().id, regrouping_id=regrouping_id, why=form.why.data, actor=actor(), now=now()
    )
    return _done(slug, regrouping_id, _("Annullata: le proposte stanno di nuovo da sole."))
