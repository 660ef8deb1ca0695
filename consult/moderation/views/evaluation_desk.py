"""For who asks: requests for many proposals, offices, all evaluations of a proposal side by side, notes among staff."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.vocabulary import Outcome, ThingKind
from consult.discussion import queries as discussion
from consult.framework import queries as framework
from consult.moderation import rules
from consult.moderation.forms import FEASIBILITY, AskForm, DeadlineForm, NoteForm, OfficeForm, chosen_keys, end_of_day
from consult.moderation.queries import evaluations, items, notes, overlaps, preparing
from consult.moderation.queries import offices as office_list
from consult.moderation.services import evaluating
from consult.moderation.services import notes as noting
from consult.moderation.services import offices as keeping
from consult.web.access import requires
from consult.web.forms import clean_key
from consult.web.identity import actor
from consult.web.session import context, db, now
from consult.web.words import say

bp = Blueprint("evaluation_desk", __name__)
#: What a request leaves by default to who is asked.
USUAL_DAYS = 14


def narrowed(values: Any, *, without_draft: bool = False) -> preparing.Narrowed:
    """The choice of proposals that an address or a form names."""
    stage, outcome = values.get("valutazione", ""), values.get("proposto", "")
    return preparing.Narrowed(
        strategy_id=clean_key(values.get("strategia")),
        zone_id=clean_key(values.get("zona")),
        stage=stage if stage in preparing.STAGES else "",
        outcome=outcome if outcome in set(Outcome) else "",
        without_draft=without_draft,
    )


def place_of(values: Any) -> dict[str, str]:
    """The filters of a choice as they stand in the address."""
    return {name: value for name in ("strategia", "zona", "valutazione", "proposto") if (value := values.get(name))}


@bp.get("/scrivania/<slug>/valutazioni/chiedi")
@requires(Permission.ask_evaluations)
def ask_form(slug: str) -> str:
    """Undecided proposals with a box before each, whom to ask, until when."""
    form = AskForm(formdata=None)
    form.due.data = (now() + timedelta(days=USUAL_DAYS)).date()
    return _ask_page(form, ticked=set(request.args.getlist("proposta")))


@bp.post("/scrivania/<slug>/valutazioni/chiedi")
@requires(Permission.ask_evaluations)
def ask(slug: str) -> Any:
    """Ask for all that were ticked, or for the whole choice."""
    form = AskForm()
    _offer(form)
    chosen = set(chosen_keys("proposta"))
    if request.form.get("tutte"):
        chosen = set(
            preparing.selected(db(), process_id=context().id, by=narrowed(request.form), most=rules.MAX_CHOSEN)
        )
    wrong = ""
    if form.validate_on_submit():
        try:
            new, there = evaluating.ask(
                db(),
                process_id=context().id,
                proposal_ids=chosen,
                of=form.asked,
                due_at=end_of_day(form.due.data),
                question=form.question.data or "",
                actor=actor(),
                now=now(),
            )
            flash(_asked(new, there), "success")
            return redirect(url_for("evaluations.worklist", slug=slug, elenco="tutte"), 303)
        except Invalid as error:
            form.put_errors(error.fields)
            wrong = say(error.fields.get("proposals", "" if error.fields else error.message))
    return _ask_page(form, ticked={str(key) for key in chosen}, wrong=wrong), 422


def _asked(new: int, there: int) -> str:
    said = ngettext("%(num)s valutazione chiesta.", "%(num)s valutazioni chieste.", new)
    if there:
        said += " " + ngettext("%(num)s era già stata chiesta.", "%(num)s erano già state chieste.", there)
    return str(said)


@bp.post("/scrivania/<slug>/valutazioni/richieste")
@requires(Permission.ask_evaluations)
def change_requests(slug: str) -> Response:
    """Give the ticked requests another deadline, or ask no longer."""
    ids = list(chosen_keys("richiesta"))
    if request.form.get("azione") == "ritira":
        number = evaluating.withdraw(db(), process_id=context().id, evaluation_ids=ids, actor=actor(), now=now())
        flash(ngettext("%(num)s richiesta ritirata.", "%(num)s richieste ritirate.", number), "success")
    else:
        form = DeadlineForm()
        if not form.validate_on_submit():
            raise Invalid(_("Scegli il nuovo termine: un giorno nel futuro."))
        number = evaluating.set_deadline(
            db(),
            process_id=context().id,
            evaluation_ids=ids,
            due_at=end_of_day(form.due.data),
            actor=actor(),
            now=now(),
        )
        flash(
            ngettext("%(num)s richiesta con un nuovo termine.", "%(num)s richieste con un nuovo termine.", number),
            "success",
        )
    about = clean_key(request.form.get("proposta"))
    if about:
        return redirect(url_for("evaluation_desk.side_by_side", slug=slug, proposal_id=about), 303)
    return redirect(url_for("evaluations.worklist", slug=slug, elenco="tutte"), 303)


@bp.get("/scrivania/<slug>/valutazioni/uffici")
@requires(Permission.ask_evaluations)
def offices(slug: str) -> str:
    """The offices and who works in them."""
    return _offices_page(OfficeForm(formdata=None), None)


@bp.post("/scrivania/<slug>/valutazioni/uffici")
@requires(Permission.ask_evaluations)
def keep_office(slug: str) -> Any:
    """Enter an office, or change one."""
    form = OfficeForm()
    form.offer(office_list.evaluators(db(), process_id=context().id))
    office_id = clean_key(request.form.get("ufficio"))
    if form.validate_on_submit():
        try:
            keeping.keep_office(
                db(),
                process_id=context().id,
                office_id=office_id,
                name=form.name.data,
                account_ids=form.account_ids,
                actor=actor(),
                now=now(),
            )
            flash(_("Ufficio salvato."), "success")
            return redirect(url_for("evaluation_desk.offices", slug=slug), 303)
        except Invalid as error:
            form.put_errors(error.fields)
    return _offices_page(form, office_id), 422


@bp.post("/scrivania/<slug>/valutazioni/uffici/<uuid:office_id>/togli")
@requires(Permission.ask_evaluations)
def drop_office(slug: str, office_id: uuid.UUID) -> Response:
    """Take an office off the list."""
    keeping.drop_office(db(), process_id=context().id, office_id=office_id, actor=actor(), now=now())
    flash(_("Ufficio tolto dall’elenco."), "success")
    return redirect(url_for("evaluation_desk.offices", slug=slug), 303)


@bp.get("/scrivania/<slug>/moderazione/proposte/<uuid:proposal_id>/valutazioni")
@requires(Permission.see_moderation)
def side_by_side(slug: str, proposal_id: uuid.UUID) -> str:
    """All evaluations of a proposal beside one another, and the notes."""
    return _side_by_side(proposal_id, NoteForm(formdata=None))


@bp.post("/scrivania/<slug>/moderazione/proposte/<uuid:proposal_id>/note")
@requires(Permission.write_internal_note)
def write_note(slug: str, proposal_id: uuid.UUID) -> Any:
    """Write a note, or answer one."""
    form = NoteForm()
    if form.validate_on_submit():
        noting.write_note(
            db(),
            process_id=context().id,
            proposal_id=proposal_id,
            text=form.text.data,
            actor=actor(),
            now=now(),
            parent_id=clean_key(request.form.get("risponde")),
        )
        return redirect(_back(slug, proposal_id), 303)
    return _side_by_side(proposal_id, form), 422


@bp.post("/scrivania/<slug>/moderazione/proposte/<uuid:proposal_id>/note/<uuid:internal_note_id>/ritira")
@requires(Permission.write_internal_note)
def take_back_note(slug: str, proposal_id: uuid.UUID, internal_note_id: uuid.UUID) -> Response:
    """Take one's own note back."""
    noting.take_back_note(db(), process_id=context().id, note_id=internal_note_id, actor=actor(), now=now())
    flash(_("La nota è ritirata."), "success")
    return redirect(_back(slug, proposal_id), 303)


def _back(slug: str, proposal_id: uuid.UUID) -> str:
    """To the page the note was written on: the evaluator's own, or all evaluations side by side."""
    evaluation = clean_key(request.form.get("valutazione"))
    if evaluation:
        return url_for("evaluations.fill_in", slug=slug, evaluation_id=evaluation, _anchor="note")
    return url_for("evaluation_desk.side_by_side", slug=slug, proposal_id=proposal_id, _anchor="note")


def _offer(form: AskForm) -> None:
    here = context()
    form.offer(
        office_list.evaluators(db(), process_id=here.id), office_list.offices(db(), process_id=here.id)
    )  # fmt: skip  # one call reads better so


def _ask_page(form: AskForm, *, ticked: set[str], wrong: str = "") -> str:
    here = context()
    _offer(form)
    by = narrowed(request.values)
    return render_template(
        "moderation/evaluations/ask.html",
        form=form,
        page=preparing.selection(db(), process_id=here.id, by=by, cursor=request.values.get("da")),
        total=preparing.number_selected(db(), process_id=here.id, by=by),
        place=place_of(request.values),
        stages=preparing.STAGES,
        strategies=framework.strategies(db(), frame_id=here.frame_id),
        zones=framework.zones(db(), territory_id=here.territory_id),
        ticked=ticked,
        wrong=wrong,
        most=rules.MAX_CHOSEN,
    )


def _offices_page(form: OfficeForm, office_id: uuid.UUID | None) -> str:
    people = office_list.evaluators(db(), process_id=context().id)
    form.offer(people)
    return render_template(
        "moderation/evaluations/offices.html",
        form=form,
        office_id=office_id,
        offices=office_list.offices(db(), process_id=context().id),
        people=people,
    )


def _side_by_side(proposal_id: uuid.UUID, note_form: NoteForm) -> str:
    here = context()
    item = items.item(db(), process_id=here.id, kind="proposal", thing_id=proposal_id)
    if item is None:
        raise NotFound
    found = evaluations.of_proposal(db(), process_id=here.id, proposal_id=proposal_id)
    given = [e for e in found if e.delivered_at]
    keys = [(kind, uuid.UUID(key)) for e in given for kind, key, _origin in e.overlaps]
    named = overlaps.named(db(), process_id=here.id, frame_id=here.frame_id, keys=keys)
    return render_template(
        "moderation/evaluations/side_by_side.html",
        item=item,
        found=found,
        given=given,
        waiting=[e for e in found if not e.delivered_at],
        things={str(key): thing for key, thing in named.items()},
        split={
            "competence": rules.disagree(e.competence for e in given),
            "outcome": rules.disagree(e.outcome for e in given),
        },
        arguments=discussion.arguments(db(), target_kind=ThingKind.proposal, target_id=proposal_id),
        draft=preparing.draft(db(), process_id=here.id, proposal_id=proposal_id),
        feasibility=FEASIBILITY,
        words_of=rules.words_of,
        threads=notes.threads(db(), process_id=here.id, proposal_id=proposal_id),
        note_form=note_form,
        deadline_form=DeadlineForm(formdata=None),
    )
