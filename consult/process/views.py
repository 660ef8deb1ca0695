"""Pages of administrators and managers: opening a process, dating its phases, people and roles, notices, the record."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.audit import queries as audit
from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.protocols import PhaseFacts
from consult.core.vocabulary import PhaseKind, Role, ThingKind
from consult.framework import queries as framework
from consult.framework.rules import slug_of
from consult.people import queries as people
from consult.process import forms, queries, services
from consult.process.rules import check_slug, from_local, proposed_notice
from consult.process.services import PhasePlan
from consult.web import limits
from consult.web.access import requires
from consult.web.forms import Form, clean_key
from consult.web.identity import actor
from consult.web.labels import label
from consult.web.limits import limiter
from consult.web.session import context, db, glue, now
from consult.web.words import say

bp = Blueprint("process_admin", __name__)
Answer = str | tuple[str, int] | Response


def _page(template: str, **values: Any) -> Answer:
    html = render_template(f"process/{template}.html", **values)
    return (html, 422) if request.method == "POST" else html


def _refuse(form: Form, error: Invalid) -> None:
    form.put_errors(error.fields)
    if not any(name in form for name in error.fields):
        form.form_errors.append(say(error.message))


def _kind(code: str) -> PhaseKind:
    """A kind of phase named in an address, or 404."""
    if code not in list(PhaseKind):
        raise NotFound
    return PhaseKind(code)


@bp.get("/scrivania/amministrazione")
@requires(Permission.administer)
def home() -> Answer:
    """What there is: processes, frames, territories."""
    found = queries.processes(db(), published_only=False)
    return _page(
        "home",
        processes=found,
        phases=queries.phase_states(db(), process_ids=[row.id for row in found]),
        frames=framework.frames(db()),
        territories=framework.territories(db()),
    )


@bp.route("/scrivania/amministrazione/processi/nuovo", methods=["GET", "POST"])
@requires(Permission.administer)
def new() -> Answer:
    """Open a process on a frame and a territory."""
    form = forms.OpenProcessForm()
    form.frame_id.choices = [(str(row.id), row.title) for row in framework.frames(db())]
    form.territory_id.choices = [(str(row.id), row.title) for row in framework.territories(db())]
    if form.validate_on_submit():
        try:
            return _open(form)
        except Invalid as error:
            _refuse(form, error)
    return _page("new", form=form)


def _open(form: forms.OpenProcessForm) -> Response:
    frame_id, territory_id = clean_key(form.frame_id.data), clean_key(form.territory_id.data)
    frame = framework.frame(db(), frame_id=frame_id) if frame_id else None
    if frame is None or territory_id is None:
        raise Invalid(_("Scegli una struttura e un territorio."))
    title = form.title.data or frame.title
    slug = check_slug(form.slug.data or slug_of(title))
    services.open_process(
        db(),
        slug=slug,
        title=title,
        name=form.name.data or frame.name,
        summary=form.summary.data or "",
        frame_id=frame.id,
        territory_id=territory_id,
        phases=_plans(frame.phases),
        start_year=frame.start_year,
        end_year=frame.end_year,
        actor=actor(),
        now=now(),
    )
    flash(_("Il processo è aperto, ma non ancora pubblico. Ora servono le date delle fasi."), "success")
    return redirect(url_for("process_admin.phases", slug=slug), 303)


def _plans(proposed: list[dict[str, Any]]) -> list[PhasePlan]:
    """The phases of the frame's file, without dates; where it has none, one of each kind."""
    if not proposed:
        return [PhasePlan(kind, label(kind).capitalize(), None, None) for kind in PhaseKind]
    return [PhasePlan(PhaseKind(p["kind"]), p["title"], None, None, p["description"]) for p in proposed]


@bp.route("/scrivania/<slug>/impostazioni", methods=["GET", "POST"])
@requires(Permission.manage_process)
def settings(slug: str) -> Answer:
    """The words of the process, and what is still missing before it can be published."""
    here = context()
    found = queries.summary(db(), process_id=here.id)
    form = forms.WordsForm(obj=found)
    if form.validate_on_submit():
        services.describe_process(
            db(),
            process_id=here.id,
            title=form.title.data,
            name=form.name.data or "",
            summary=form.summary.data or "",
            actor=actor(),
            now=now(),
        )
        flash(_("Le parole del processo sono salvate."), "success")
        return redirect(url_for("process_admin.settings", slug=slug), 303)
    roles = {row.role for row in queries.members(db(), process_id=here.id)}
    reading = forms.PremoderationForm(formdata=None, data={"kinds": [str(kind) for kind in here.premoderated]})
    return _page(
        "settings",
        form=form,
        reading=reading,
        dated=any(phase.opens_at for phase in here.phases),
        notices=queries.notices(db(), process_id=here.id),
        missing_roles=[role for role in (Role.facilitator, Role.moderator) if role not in roles],
    )


@bp.post("/scrivania/<slug>/impostazioni/lettura")
@requires(Permission.manage_process)
def premoderate(slug: str) -> Response:
    """Say which new texts a moderator reads before anybody else."""
    form = forms.PremoderationForm()
    form.validate_on_submit()
    kinds = {ThingKind(kind) for kind in form.kinds.data or [] if kind in set(queries.PREMODERATED)}
    services.set_premoderation(db(), process_id=context().id, kinds=kinds, actor=actor(), now=now())
    flash(_("Salvato: vale per i testi che arrivano da adesso."), "success")
    return redirect(url_for("process_admin.settings", slug=slug), 303)


@bp.post("/scrivania/<slug>/impostazioni/pubblica")
@requires(Permission.manage_process)
def publish(slug: str) -> Response:
    """Make the process visible to anyone."""
    try:
        services.publish_process(db(), process_id=context().id, actor=actor(), now=now())
        flash(_("Il processo è pubblico: chiunque lo può vedere."), "success")
    except Invalid as error:
        flash(say(error.message), "error")
    return redirect(url_for("process_admin.settings", slug=slug), 303)


def _phase_form(phase: PhaseFacts, *, empty: bool = False) -> forms.PhaseForm:
    """The form of a phase's dates, in the authority's zone; each on the page has names of its own."""
    zone = ZoneInfo(glue().settings.timezone)
    dates = {
        "opens_at": phase.opens_at.astimezone(zone) if phase.opens_at else None,
        "closes_at": phase.closes_at.astimezone(zone) if phase.closes_at else None,
    }
    return forms.PhaseForm(prefix=str(phase.kind), data=dates) if empty else forms.PhaseForm(prefix=str(phase.kind))


def _phases_page(refused: PhaseKind | None = None, form: forms.PhaseForm | None = None, **values: Any) -> Answer:
    here = context()
    shown = [(p, form if p.kind == refused and form else _phase_form(p, empty=True)) for p in here.phases]
    frame = framework.frame(db(), frame_id=here.frame_id)
    hints = {p["kind"]: p for p in (frame.phases if frame else [])}
    return _page(
        "phases", shown=shown, form=form, refused=refused, hints=hints, timezone=glue().settings.timezone, **values
    )


@bp.get("/scrivania/<slug>/fasi")
@requires(Permission.manage_process)
def phases(slug: str) -> Answer:
    """The phases and their dates."""
    return _phases_page()


@bp.post("/scrivania/<slug>/fasi/<kind>")
@requires(Permission.manage_process)
def set_phase(slug: str, kind: str) -> Answer:
    """Date one phase; closing one that is open asks for a second yes."""
    chosen = _kind(kind)
    phase = context().phase(chosen)
    if phase is None:
        raise NotFound
    form = _phase_form(phase)
    if not form.validate_on_submit():
        return _phases_page(chosen, form)
    try:
        zone = glue().settings.timezone
        opens_at = from_local(form.opens_at.data, zone, field="opens_at")
        closes_at = from_local(form.closes_at.data, zone, field="closes_at")
        if phase.is_open and not form.sure.data and not _open_at(opens_at, closes_at, now()):
            return _phases_page(chosen, form, closing=True)
        services.set_phase(
            db(),
            process_id=context().id,
            kind=chosen,
            opens_at=opens_at,
            closes_at=closes_at,
            actor=actor(),
            now=now(),
            guards=glue().closing_guards,
        )
    except Invalid as error:
        _refuse(form, error)
        return _phases_page(chosen, form)
    flash(_("Le date sono salvate: %(phase)s.", phase=phase.title), "success")
    return redirect(url_for("process_admin.phases", slug=slug) + f"#fase-{kind}", 303)


def _open_at(opens_at: datetime | None, closes_at: datetime | None, moment: datetime) -> bool:
    return opens_at is not None and opens_at <= moment and (closes_at is None or closes_at > moment)


@bp.route("/scrivania/<slug>/persone", methods=["GET", "POST"])
@limiter.limit(limits.SUBMISSION, methods=["POST"])
@requires(Permission.manage_members)
def members(slug: str) -> Answer:
    """Who has which role; give one by e-mail address."""
    form = forms.MemberForm()
    if form.validate_on_submit():
        try:
            services.invite_member(
                db(),
                process_id=context().id,
                email=form.email.data,
                display_name=form.display_name.data or "",
                role=Role(form.role.data),
                actor=actor(),
                now=now(),
            )
            flash(_("Il ruolo è dato. Chi non ha ancora un account riceve un invito per posta."), "success")
            return redirect(url_for("process_admin.members", slug=slug), 303)
        except Invalid as error:
            _refuse(form, error)
    return _page("members", form=form, rows=queries.members(db(), process_id=context().id))


@bp.post("/scrivania/<slug>/persone/<uuid:membership_id>/togli")
@requires(Permission.manage_members)
def remove_member(slug: str, membership_id: uuid.UUID) -> Response:
    """Take a role back."""
    try:
        services.take_role(db(), process_id=context().id, membership_id=membership_id, actor=actor(), now=now())
        flash(_("Il ruolo è tolto, da subito."), "success")
    except Invalid as error:
        flash(say(error.message), "error")
    return redirect(url_for("process_admin.members", slug=slug), 303)


@bp.get("/scrivania/<slug>/organizzazioni")
@requires(Permission.manage_members)
def organisations(slug: str) -> Answer:
    """Who asks to speak for an organisation, and who does."""
    return _page(
        "organisations",
        asked=people.memberships_to_answer(db()),
        confirmed=people.confirmed_memberships(db()),
    )


@bp.post("/scrivania/<slug>/organizzazioni/<uuid:organisation_id>/<uuid:account_id>")
@requires(Permission.manage_members)
def answer_organisation(slug: str, organisation_id: uuid.UUID, account_id: uuid.UUID) -> Response:
    """Confirm, refuse or end that somebody speaks for an organisation."""
    services.answer_organisation(
        db(),
        process_id=context().id,
        organisation_id=organisation_id,
        account_id=account_id,
        accept=request.form.get("risposta") == "si",
        actor=actor(),
        now=now(),
    )
    flash(_("Salvato: la persona riceve un avviso."), "success")
    return redirect(url_for("process_admin.organisations", slug=slug), 303)


@bp.get("/scrivania/<slug>/informative")
@requires(Permission.manage_process)
def notices(slug: str) -> Answer:
    """The privacy notices of the phases."""
    return _page("notices", notices=queries.notices(db(), process_id=context().id))


@bp.route("/scrivania/<slug>/informative/<kind>", methods=["GET", "POST"])
@requires(Permission.manage_process)
def notice(slug: str, kind: str) -> Answer:
    """Write a new version of a phase's notice; the proposed words are a start."""
    chosen = _kind(kind)
    current = queries.current_notice(db(), process_id=context().id, kind=chosen)
    form = forms.NoticeForm()
    if form.validate_on_submit():
        services.publish_notice(
            db(), process_id=context().id, kind=chosen, text=form.text.data, actor=actor(), now=now()
        )
        flash(_("La nuova versione dell’informativa è pubblicata."), "success")
        return redirect(url_for("process_admin.notices", slug=slug), 303)
    if request.method == "GET":
        form.text.data = current.text if current else proposed_notice(chosen, glue().settings.authority_name)
    return _page("notice", form=form, kind=chosen, current=current)


@bp.get("/scrivania/amministrazione/registro")
@requires(Permission.read_audit)
def record() -> Answer:
    """The record of who did what, newest first."""
    page = audit.events(db(), cursor=request.args.get("dopo"))
    names = people.names(db(), account_ids=list({row.actor_id for row in page.rows if row.actor_id}))
    return _page("record", page=page, names=names, acts=forms.ACTS)
