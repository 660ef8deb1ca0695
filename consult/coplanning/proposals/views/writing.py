"""Writing a proposal: the one-page form, what helps while writing, sending, editing, taking back."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.coplanning.proposals import queries, rules, services
from consult.coplanning.proposals.forms import NAME, PSEUDONYM, ProposalForm
from consult.coplanning.proposals.services import attaching, drafts, suggestions
from consult.coplanning.proposals.views.blueprint import bp, viewer_id
from consult.core.errors import Invalid
from consult.core.keeping import database_of
from consult.core.permissions import Permission
from consult.core.vocabulary import PhaseKind, ThingKind
from consult.evidence import queries as evidence
from consult.files import queries as files
from consult.files.services import read_upload
from consult.files.types import FileKind, Upload
from consult.files.views import attachment as serve
from consult.framework import queries as framework
from consult.ports.storage import storage_for
from consult.position_paper.queries import NearFinding, published_findings
from consult.position_paper.queries import near_findings as nearby
from consult.position_paper.types import FindingCard
from consult.process.queries import current_notice
from consult.web.access import can, requires, without_receipt
from consult.web.forms import clean_key, whole_number
from consult.web.identity import actor, person
from consult.web.limits import SUBMISSION, limiter
from consult.web.session import context, db, glue, now

READS_ONLY = "It is asked while typing and writes nothing."
#: Buttons of the form that keep the text instead of sending it, and what the form shows then.
KEEPING = {"bozza": "", "controlla": "controlla", "suggerisci": "suggerisci"}
#: What may come with a proposal.
KINDS = (FileKind.pdf, FileKind.docx, FileKind.odt, FileKind.xlsx, FileKind.png, FileKind.jpeg)
#: Buttons that take a suggestion up, and the field they fill.
TAKING = {"usa": "strategy_id", "risponde": "finding_id"}


@bp.get("/processi/<slug>/proposte/nuova")
@requires(Permission.start_proposal)
def new(slug: str) -> str:
    """The form, with what was kept last time; on request with a preview, similar proposals and suggested strategies."""
    form = ProposalForm(formdata=None)
    kept = drafts.read_draft(db(), account_id=_me(), place=_place())
    if kept:
        form.take_up(kept.fields)
    for name, field in (("strategia", form.strategy_id), ("risultanza", form.finding_id)):
        chosen = clean_key(request.args.get(name))
        if chosen:
            field.data = str(chosen)
    asked = request.args.get("mostra", "")
    return _form_page(
        form,
        kept_at=kept.saved_at if kept else None,
        pristine=kept is None and not request.args,
        preview=form.text.data if asked == "controlla" else None,
        similar=_similar(form) if kept and asked else [],
        suggested=_suggested(form) if kept and asked else None,
        near=_near(form) if kept and asked else [],
        asked=bool(kept and asked),
    )


@bp.post("/processi/<slug>/proposte/nuova")
@requires(Permission.submit_proposal)
@limiter.limit(SUBMISSION)
def create(slug: str) -> Any:
    """Send the proposal, or keep it as a draft where a keeping button was pressed."""
    form = ProposalForm()
    pressed, _colon, value = request.form.get("azione", "").partition(":")
    if pressed in KEEPING or pressed in TAKING:
        if pressed in TAKING:
            form[TAKING[pressed]].data = value
        drafts.keep_draft(
            db(), account_id=_me(), place=_place(), fields=form.typed(), title=form.title.data or "", now=now()
        )
        if pressed == "bozza":
            flash(_("La bozza è salvata: la ritrovi qui quando vuoi."), "success")
        anchor = {
            "controlla": "anteprima",
            "suggerisci": "strategia",
            "usa": "strategia",
            "risponde": "finding_id",
        }.get(pressed)
        return redirect(url_for("proposals.new", slug=slug, _anchor=anchor, mostra=KEEPING.get(pressed) or None), 303)
    if not form.validate_on_submit():
        return _form_page(form), 422
    try:
        key = attaching.submit_with_files(
            db(),
            process_id=context().id,
            uploads=_uploads(),
            storage=storage_for(glue().settings),
            **form.fields(),
            notice_id=clean_key(form.notice_id.data),
            draft_place=_place(),
            actor=actor(),
            now=now(),
        )
    except Invalid as refusal:
        form.put_errors(refusal.fields)
        return _form_page(form), 422
    if ThingKind.proposal in context().premoderated:
        flash(_("La tua proposta è arrivata. Prima che compaia la legge un moderatore: ti avviseremo."), "success")
    else:
        flash(
            _("La tua proposta è pubblicata. Ti avviseremo quando qualcuno la commenta e quando avrà un esito."),
            "success",
        )
    return redirect(url_for("proposals.show", slug=slug, proposal_id=key), 303)


@bp.post("/processi/<slug>/proposte/nuova/scarta")
@requires(Permission.submit_proposal)
def discard(slug: str) -> Any:
    """Throw the kept draft away."""
    drafts.drop_draft(db(), account_id=_me(), place=_place())
    flash(_("La bozza è stata buttata via."), "info")
    return redirect(url_for("proposals.new", slug=slug), 303)


@bp.post("/processi/<slug>/proposte/nuova/simili")
@requires(Permission.submit_proposal)
@without_receipt(READS_ONLY)
def look_alike(slug: str) -> str:
    """Proposals similar to what is being typed, for htmx."""
    return render_template("coplanning/proposals/_similar.html", similar=_similar(ProposalForm()), slug=slug, oob=True)


@bp.post("/processi/<slug>/proposte/nuova/suggerimenti")
@requires(Permission.submit_proposal)
@without_receipt(READS_ONLY)
def suggest(slug: str) -> Any:
    """Strategies suggested for what is being typed, for htmx; unasked, it keeps out of the way of who has chosen one."""
    form, unasked = ProposalForm(), request.form.get("da_solo") == "1"
    if unasked and clean_key(form.strategy_id.data):
        return "", 204
    suggested = _suggested(form)
    # While the model is still being read the page asks again by itself, whoever asked first.
    return render_template(
        "coplanning/proposals/_suggested.html", suggested=suggested, asked=not unasked or suggested is None, slug=slug
    )


@bp.post("/processi/<slug>/proposte/nuova/risponde")
@requires(Permission.submit_proposal)
@without_receipt(READS_ONLY)
def near_findings(slug: str) -> str:
    """Findings that what is being typed may answer, for htmx."""
    return render_template("coplanning/proposals/_near_findings.html", near=_near(ProposalForm()), slug=slug)


@bp.get("/processi/<slug>/proposte/nuova/risultanze")
@requires(Permission.start_proposal)
def findings(slug: str) -> str:
    """The findings of the chosen strategy, for htmx; all of them where it has none."""
    form = ProposalForm(formdata=None)
    chosen = clean_key(request.args.get("strategy_id"))
    found = published_findings(db(), process_id=context().id)
    near = [f for f in found if f.strategy_id == chosen] or found
    form.offer_findings((f.id, f.title, _group(f)) for f in near)
    form.finding_id.data = request.args.get("finding_id", "")
    return render_template("coplanning/proposals/_findings.html", form=form)


@bp.get("/processi/<slug>/proposte/<uuid:proposal_id>/modifica")
@requires(Permission.start_proposal)
def edit(slug: str, proposal_id: uuid.UUID) -> str:
    """The form of one's own proposal."""
    found = _own(proposal_id)
    form = ProposalForm(formdata=None)
    for name in ("title", "text", "author_kind", "organisation", "pseudonym"):
        form[name].data = getattr(found, name)
    for name in ("strategy_id", "finding_id", "municipality_id", "version"):
        form[name].data = str(getattr(found, name) or "")
    form.zone_ids.data = [str(key) for key in found.zone_ids]
    form.signature.data = NAME if found.show_name else PSEUDONYM
    form.point.data = f"{found.latitude}, {found.longitude}" if found.latitude is not None else ""
    return _form_page(form, editing=found)


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/modifica")
@requires(Permission.submit_proposal)
@limiter.limit(SUBMISSION)
def update(slug: str, proposal_id: uuid.UUID) -> Any:
    """Save one's own proposal, if nobody supported or changed it meanwhile."""
    form = ProposalForm()
    if not form.validate_on_submit():
        return _form_page(form, editing=_own(proposal_id)), 422
    try:
        attaching.edit_with_files(
            db(),
            process_id=context().id,
            proposal_id=proposal_id,
            uploads=_uploads(),
            dropped=[key for value in request.form.getlist("togli") if (key := clean_key(value))],
            storage=storage_for(glue().settings),
            version=whole_number(form.version.data),
            **form.fields(),
            actor=actor(),
            now=now(),
        )
    except Invalid as refusal:
        form.put_errors(refusal.fields)
        return _form_page(form, editing=_own(proposal_id)), 422
    flash(_("La proposta è cambiata. Il testo di prima resta nella sua storia."), "success")
    return redirect(url_for("proposals.show", slug=slug, proposal_id=proposal_id), 303)


@bp.post("/processi/<slug>/proposte/<uuid:proposal_id>/ritira")
@requires(Permission.submit_proposal)
def withdraw(slug: str, proposal_id: uuid.UUID) -> Any:
    """Take one's own proposal back."""
    services.withdraw(
        db(),
        process_id=context().id,
        proposal_id=proposal_id,
        version=whole_number(request.form.get("version")),
        actor=actor(),
        now=now(),
    )
    flash(_("Hai ritirato la proposta: non è più nell’elenco."), "success")
    return redirect(url_for("proposals.show", slug=slug, proposal_id=proposal_id), 303)


@bp.get("/processi/<slug>/proposte/<uuid:proposal_id>/allegati/<uuid:file_id>")
@requires(Permission.view_process)
def attachment(slug: str, proposal_id: uuid.UUID, file_id: uuid.UUID) -> Response:
    """A file of a proposal, for anyone while the proposal may be read; for who moderates also while it is hidden."""
    asked: dict[str, Any] = {"process_id": context().id, "proposal_id": proposal_id, "file_id": file_id}
    if not queries.may_open(db(), **asked, viewer_id=viewer_id(), hidden_too=can("see_moderation")):
        raise NotFound
    stored = files.one(db(), file_id=file_id, process_id=context().id)
    if stored is None:
        raise NotFound
    return serve(stored)


def _uploads() -> list[Upload]:
    """The files that were chosen, each through the door. Raises Invalid at `files`."""
    given = [file for file in request.files.getlist("files") if file.filename]
    if len(given) > attaching.MOST_FILES:
        raise Invalid(_("I file sono troppi."), {"files": _("Al massimo tre file.")})
    try:
        return [read_upload(file.stream, file.filename, kinds=KINDS, bare=True) for file in given]
    except Invalid as refusal:
        raise Invalid(refusal.message, {"files": refusal.fields["file"]}) from refusal


def _group(finding: FindingCard) -> str:
    return finding.strategy_code or _("Altre")


def _me() -> uuid.UUID:
    me = viewer_id()
    if me is None:
        raise NotFound
    return me


def _place() -> str:
    return f"proposals.new:{context().id}"


def _own(proposal_id: uuid.UUID) -> queries.EditableProposal:
    found = queries.for_editing(db(), process_id=context().id, proposal_id=proposal_id, author_id=_me())
    if found is None or not rules.words_are_open(found.state, found.first_supported_at, found.outcome):
        raise NotFound(_("Questa proposta non si può più cambiare."))
    return found


def _similar(form: ProposalForm) -> list[queries.SimilarRow]:
    return queries.similar(
        db(),
        process_id=context().id,
        title=form.title.data or "",
        words=form.text.data or "",
        language=context().language,
        viewer_id=viewer_id(),
    )


def _near(form: ProposalForm) -> list[NearFinding]:
    here = context()
    return nearby(
        db(), process_id=here.id, text=f"{form.title.data or ''}. {form.text.data or ''}", language=here.language
    )


def _suggested(form: ProposalForm) -> list[suggestions.SuggestedStrategy] | None:
    here = context()
    return suggestions.suggest(
        framework.strategies(db(), frame_id=here.frame_id),
        text=f"{form.title.data or ''}. {form.text.data or ''}",
        language=here.language,
        suggester=glue().suggester,
        examples=_examples,
    )


def _examples() -> dict[uuid.UUID, tuple[str, ...]]:
    """What people confirmed under each strategy: sources under accepted themes, and proposals that were taken up."""
    said = evidence.confirmed_texts(db(), process_id=context().id)
    taken = queries.confirmed_texts(db(), process_id=context().id)
    return {key: (*said.get(key, ()), *taken.get(key, ())) for key in said.keys() | taken.keys()}


def _form_page(
    form: ProposalForm, *, editing: queries.EditableProposal | None = None, pristine: bool = False, **more: Any
) -> str:
    """`pristine`: nobody typed anything yet, so that most of the form is the same for everybody."""
    here = context()
    who = person()
    around = framework.recent_surroundings(db(), frame_id=here.frame_id, territory_id=here.territory_id)
    outlines, point = around.outlines, rules.read_point(form.point.data or "")
    notice = current_notice(db(), process_id=here.id, kind=PhaseKind.co_planning)
    findings = tuple((f.id, f.title, _group(f)) for f in published_findings(db(), process_id=here.id))
    form.offer(
        strategies=around.strategies,
        zones=around.zones,
        municipalities=around.municipalities,
        findings=findings,
        own_name=who.display_name if who else "",
    )
    if notice and not form.notice_id.data:
        form.notice_id.data = str(notice.id)
    return render_template(
        "coplanning/proposals/edit.html",
        form=form,
        editing=editing,
        notice=notice,
        verified=bool(who and who.verified),
        phase=here.phase(PhaseKind.co_planning),
        phase_open=here.is_open(PhaseKind.co_planning),
        partial=around.partial,
        slug=here.slug,
        same_for_all=(database_of(db()), here.id, around.mark, findings) if pristine else None,
        outlines=outlines,
        mark=outlines.mark(*point) if outlines and point else None,
        attached=queries.attached(db(), proposal_id=editing.id) if editing else [],
        **more,
    )
