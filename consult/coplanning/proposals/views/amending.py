"""Changes proposed to somebody's proposal: the list, one of them as a difference, proposing, changing, taking back, the author's answer."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound

from consult.coplanning.proposals import queries, rules, services
from consult.coplanning.proposals.forms import AmendmentAnswerForm, AmendmentForm
from consult.coplanning.proposals.queries import ShownAmendment
from consult.coplanning.proposals.rules import Words
from consult.coplanning.proposals.types import AmendmentState
from consult.coplanning.proposals.views.blueprint import bp, shown, viewer_id
from consult.core import settling
from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.vocabulary import PhaseKind, ThingKind
from consult.core.wordings import changes
from consult.discussion.forms import ReportForm
from consult.discussion.types import ReportReason
from consult.process.queries import current_notice
from consult.web.access import requires, without_receipt
from consult.web.identity import actor, person
from consult.web.limits import SUBMISSION, limiter
from consult.web.session import context, db, now


@bp.get("/processi/<slug>/proposte/<uuid:proposal_id>/modifiche")
@requires(Permission.view_process)
def amendments(slug: str, proposal_id: uuid.UUID) -> str:
    """The changes proposed to a proposal, with what became of each."""
    proposal, me = shown(proposal_id), viewer_id()
    page = queries.amendments(
        db(), process_id=context().id, proposal_id=proposal_id, viewer_id=me, cursor=request.args.get("da")
    )
    here = url_for("proposals.amendments", slug=slug, proposal_id=proposal_id)
    return render_template(
        "coplanning/proposals/amendments/index.html",
        p=proposal,
        page=page,
        base=url_for("proposals.show", slug=slug, proposal_id=proposal_id),
        list_url=url_for("proposals.index", slug=slug),
        next_url=f"{here}?da={page.next_cursor}" if page.next_cursor else None,
        first_url=here if request.args.get("da") else None,
        may_amend=_may_amend(proposal, me),
        may_answer_now=context().is_open(PhaseKind.co_planning),
    )


@bp.get("/processi/<slug>/proposte/<uuid:proposal_id>/modifiche/nuova")
@requires(Permission.start_proposal)
def new_amendment(slug: str, proposal_id: uuid.UUID) -> Any:
    """The words of now, to be changed."""
    mine = queries.open_amendment_of(db(), proposal_id=proposal_id, account_id=viewer_id())
    if mine is not None:
        return redirect(url_for("proposals.amendment", slug=slug, proposal_id=proposal_id, amendment_id=mine), 303)
    version, words = _present(proposal_id)
    form = AmendmentForm(formdata=None)
    again = _lapsed(proposal_id, request.args.get("da"))
    if again is not None:
        words, form.reason.data = again.carried or words, again.reason
    form.title.data, form.text.data, form.base_version.data = words.title, words.text, str(version)
    return _form_page(slug, proposal_id, form)


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/modifiche/nuova")
@requires(Permission.amend_proposal)
@limiter.limit(SUBMISSION)
def propose_amendment(slug: str, proposal_id: uuid.UUID) -> Any:
    """Propose the change."""
    form = AmendmentForm()
    if not form.validate_on_submit():
        return _form_page(slug, proposal_id, form), 422
    notice = current_notice(db(), process_id=context().id, kind=PhaseKind.co_planning)
    try:
        key = services.propose_amendment(
            db(),
            process_id=context().id,
            proposal_id=proposal_id,
            **form.words(),
            show_name=not form.hide_name.data,
            notice_id=notice.id if notice else None,
            actor=actor(),
            now=now(),
        )
    except Invalid as refusal:
        form.put_errors(refusal.fields or {"text": refusal.message})
        return _form_page(slug, proposal_id, form), 422
    if ThingKind.proposal in context().premoderated:
        flash(_("Arrivata. Prima che compaia la legge un moderatore: ti avviseremo."), "success")
    else:
        flash(_("La modifica è proposta. Chi ha scritto la proposta riceve un avviso e può risponderti qui."), "success")
    return _to(slug, proposal_id, key)


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/modifiche/differenze")
@requires(Permission.amend_proposal)
@without_receipt("It is asked while typing and writes nothing.")
def preview_amendment(slug: str, proposal_id: uuid.UUID) -> str:
    """What is being changed, marked word by word, for htmx."""
    form = AmendmentForm()
    _version, words = _present(proposal_id)
    return render_template(
        "coplanning/proposals/amendments/_difference.html",
        difference=_difference(words, Words(form.title.data or "", form.text.data or "")),
    )


@bp.get("/processi/<slug>/proposte/<uuid:proposal_id>/modifiche/<uuid:amendment_id>")
@requires(Permission.view_process)
def amendment(slug: str, proposal_id: uuid.UUID, amendment_id: uuid.UUID) -> str:
    """One change: what it takes away and adds, why, what the author said."""
    return _amendment_page(slug, _one(proposal_id, amendment_id), AmendmentAnswerForm(formdata=None))


@bp.get("/processi/<slug>/proposte/<uuid:proposal_id>/modifiche/<uuid:amendment_id>/cambia")
@requires(Permission.start_proposal)
def edit_amendment(slug: str, proposal_id: uuid.UUID, amendment_id: uuid.UUID) -> str:
    """Change one's own while it waits; where the proposal moved, over the words of now as far as that goes."""
    found = _own_open(proposal_id, amendment_id)
    form = AmendmentForm(formdata=None)
    words = found.carried or Words(found.title, found.text)
    form.title.data, form.text.data, form.reason.data = words.title, words.text, found.reason
    form.base_version.data, form.version.data = str(found.present_version), str(found.version)
    return _form_page(slug, proposal_id, form, editing=found)


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/modifiche/<uuid:amendment_id>/cambia")
@requires(Permission.amend_proposal)
@limiter.limit(SUBMISSION)
def update_amendment(slug: str, proposal_id: uuid.UUID, amendment_id: uuid.UUID) -> Any:
    """Save one's own change."""
    form = AmendmentForm()
    if not form.validate_on_submit():
        return _form_page(slug, proposal_id, form, editing=_own_open(proposal_id, amendment_id)), 422
    try:
        services.edit_amendment(
            db(),
            process_id=context().id,
            amendment_id=amendment_id,
            version=form.seen,
            **form.words(),
            actor=actor(),
            now=now(),
        )
    except Invalid as refusal:
        form.put_errors(refusal.fields or {"text": refusal.message})
        return _form_page(slug, proposal_id, form, editing=_own_open(proposal_id, amendment_id)), 422
    flash(_("La tua modifica è cambiata."), "success")
    return _to(slug, proposal_id, amendment_id)


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/modifiche/<uuid:amendment_id>/ritira")
@requires(Permission.amend_proposal)
def withdraw_amendment(slug: str, proposal_id: uuid.UUID, amendment_id: uuid.UUID) -> Any:
    """Take one's own change back."""
    form = AmendmentAnswerForm()
    services.withdraw_amendment(
        db(), process_id=context().id, amendment_id=amendment_id, version=form.seen[0], actor=actor(), now=now()
    )
    flash(_("Hai ritirato la modifica."), "success")
    return redirect(url_for("proposals.amendments", slug=slug, proposal_id=proposal_id), 303)


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/modifiche/<uuid:amendment_id>/rispondi")
@requires(Permission.amend_proposal)
def answer_amendment(slug: str, proposal_id: uuid.UUID, amendment_id: uuid.UUID) -> Any:
    """The author takes it up, or says why not."""
    form = AmendmentAnswerForm()
    if form.validate_on_submit():
        version, proposal_version = form.seen
        common: dict[str, Any] = {
            "process_id": context().id, "amendment_id": amendment_id, "version": version, "answer": form.answer.data or "",
            "actor": actor(), "now": now(),
        }  # fmt: skip  # one row of values reads better so
        try:
            if request.form.get("azione") == "accogli":
                services.accept_amendment(db(), proposal_version=proposal_version, **common)
                flash(
                    _(
                        "La modifica è nel testo. Chi l’ha proposta è tra gli autori, e chi sostiene la proposta riceve un avviso."
                    ),
                    "success",
                )
            else:
                services.decline_amendment(db(), **common)
                flash(_("Il testo resta com’è. La tua risposta è pubblica."), "success")
            return _to(slug, proposal_id, amendment_id)
        except Invalid as refusal:
            form.put_errors(refusal.fields or {"answer": refusal.message})
    return _amendment_page(slug, _one(proposal_id, amendment_id), form), 422


@bp.get("/processi/<slug>/proposte/<uuid:proposal_id>/modifiche/<uuid:amendment_id>/segnala")
@requires(Permission.start_proposal)
def report_amendment_form(slug: str, proposal_id: uuid.UUID, amendment_id: uuid.UUID) -> str:
    """Why should a moderator look at this change?"""
    return _report_page(slug, _one(proposal_id, amendment_id), ReportForm(formdata=None))


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/modifiche/<uuid:amendment_id>/segnala")
@requires(Permission.report)
@limiter.limit(SUBMISSION)
def report_amendment(slug: str, proposal_id: uuid.UUID, amendment_id: uuid.UUID) -> Any:
    """Report a change."""
    form, found = ReportForm(), _one(proposal_id, amendment_id)
    if not form.validate_on_submit():
        return _report_page(slug, found, form), 422
    services.report_amendment(
        db(), process_id=context().id, amendment_id=found.id, reason=ReportReason(form.reason.data), note=form.note.data or "",
        actor=actor(), now=now(),
    )  # fmt: skip  # one call of named values reads better so
    flash(
        _("Grazie: un moderatore guarderà la tua segnalazione. Chi ha scritto il testo non saprà chi sei."), "success"
    )
    return _to(slug, proposal_id, amendment_id)


def _report_page(slug: str, found: ShownAmendment, form: ReportForm) -> str:
    return render_template(
        "discussion/report.html",
        form=form,
        title=_("Modifica proposta a «%(title)s»", title=found.present.title),
        comment=None,
        amendment=found,
        back=url_for("proposals.amendment", slug=slug, proposal_id=found.proposal_id, amendment_id=found.id),
        list_url=url_for("proposals.index", slug=slug),
    )


def _amendment_page(slug: str, found: ShownAmendment, form: AmendmentAnswerForm) -> str:
    me, still_open = viewer_id(), context().is_open(PhaseKind.co_planning)
    carried = found.carried if found.moved and found.state == AmendmentState.open else None
    before, after = (found.present, carried) if carried else (found.base, Words(found.title, found.text))
    form.version.data, form.proposal_version.data = str(found.version), str(found.proposal_version)
    return render_template(
        "coplanning/proposals/amendments/show.html",
        a=found,
        form=form,
        difference=_difference(before, after),
        after=after,
        carried=carried,
        lapse_cause=rules.lapse_cause,
        clash=found.moved and found.state == AmendmentState.open and carried is None,
        own=rules.is_author(found.author_id, me),
        me=me,
        may_answer=still_open and found.answerable and rules.is_author(found.proposal_author_id, me),
        phase_open=still_open,
        may_amend=still_open
        and rules.may_amend(found.proposal_state, found.proposal_outcome, found.proposal_author_id, me),
        base=url_for("proposals.show", slug=slug, proposal_id=found.proposal_id),
        list_url=url_for("proposals.index", slug=slug),
    )


def _form_page(slug: str, proposal_id: uuid.UUID, form: AmendmentForm, editing: ShownAmendment | None = None) -> str:
    proposal, me, who = shown(proposal_id), viewer_id(), person()
    if editing is None and rules.is_author(proposal.author_id, me):
        raise NotFound(_("La tua proposta la cambi tu."))
    _version, words = _present(proposal_id)
    return render_template(
        "coplanning/proposals/amendments/edit.html",
        p=proposal,
        form=form,
        editing=editing,
        difference=_difference(words, Words(form.title.data or "", form.text.data or "")),
        clash=editing is not None and editing.moved and editing.carried is None,
        notice=current_notice(db(), process_id=context().id, kind=PhaseKind.co_planning),
        verified=bool(who and who.verified),
        may=editing is not None or _may_amend(proposal, me),
        answer_days=settling.ANSWER_DAYS,
        base=url_for("proposals.show", slug=slug, proposal_id=proposal_id),
        list_url=url_for("proposals.index", slug=slug),
    )


def _may_amend(proposal: queries.ShownProposal, me: uuid.UUID | None) -> bool:
    return context().is_open(PhaseKind.co_planning) and rules.may_amend(
        proposal.state, proposal.outcome, proposal.author_id, me
    )


def _difference(before: Words, after: Words) -> tuple[Any, Any]:
    return changes(before.title, after.title), changes(before.text, after.text)


def _present(proposal_id: uuid.UUID) -> tuple[int, Words]:
    found = queries.source_words(db(), process_id=context().id, proposal_id=proposal_id)
    if found is None:
        raise NotFound(_("Questa proposta non c’è, o non è più visibile."))
    return found


def _one(proposal_id: uuid.UUID, amendment_id: uuid.UUID) -> ShownAmendment:
    found = queries.amendment(
        db(), process_id=context().id, proposal_id=proposal_id, amendment_id=amendment_id, viewer_id=viewer_id()
    )
    if found is None:
        raise NotFound(_("Questa modifica non c’è, o non è più visibile."))
    return found


def _lapsed(proposal_id: uuid.UUID, key: str | None) -> ShownAmendment | None:
    """One's own change that nobody answered, to be proposed again; None where there is no such one."""
    try:
        found = _one(proposal_id, uuid.UUID(key or ""))
    except (ValueError, NotFound):
        return None
    mine = rules.is_author(found.author_id, viewer_id())
    return found if mine and found.state == AmendmentState.lapsed else None


def _own_open(proposal_id: uuid.UUID, amendment_id: uuid.UUID) -> ShownAmendment:
    found = _one(proposal_id, amendment_id)
    if not rules.is_author(found.author_id, viewer_id()) or found.state not in (
        AmendmentState.open,
        AmendmentState.waiting,
    ):
        raise NotFound(_("Questa modifica non si può più cambiare."))
    return found


def _to(slug: str, proposal_id: uuid.UUID, amendment_id: uuid.UUID) -> Any:
    return redirect(url_for("proposals.amendment", slug=slug, proposal_id=proposal_id, amendment_id=amendment_id), 303)
