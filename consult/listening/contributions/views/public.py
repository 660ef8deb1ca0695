"""The page of open contributions, its confirmation, and the operator's entry page."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from consult.core.errors import Invalid as DomainInvalid
from consult.core.normalise import clean_email
from consult.core.permissions import Permission
from consult.core.vocabulary import PhaseKind, ThingKind
from consult.files import queries as files
from consult.files.services import read_upload
from consult.files.types import FileKind, Upload
from consult.files.views import attachment as serve
from consult.framework import queries as framework
from consult.listening.contributions import queries, services
from consult.listening.contributions.forms import ContributionForm, DoorForm, contribution_form
from consult.listening.contributions.views.blueprint import bp
from consult.listening.sources.forms import read_place
from consult.listening.sources.rules import new_receipt_code, receipt_hash, token_owner
from consult.ports.storage import storage_for
from consult.process.queries import current_notice
from consult.web import limits
from consult.web.access import requires
from consult.web.identity import actor, person
from consult.web.limits import limiter
from consult.web.session import context, db, glue, now
from consult.web.words import locale_code

_CODES = "receipt_codes"
KINDS = (FileKind.pdf, FileKind.docx, FileKind.odt, FileKind.xlsx, FileKind.png, FileKind.jpeg)


def _load(*, on_paper: bool = False) -> tuple[ContributionForm, list[framework.MunicipalityRow], dict[str, Any]]:
    territory = context().territory_id
    municipalities = framework.municipalities(db(), territory_id=territory)
    door = queries.door(db(), process_id=context().id)
    proof = door.proof and person() is None and not on_paper
    form = contribution_form(
        framework.zones(db(), territory_id=territory),
        municipalities,
        proof=proof,
        files=door.files and not proof and not on_paper,
    )
    values = {
        "form": form,
        "partial": framework.territory_is_partial(db(), territory_id=territory),
        "notice": current_notice(db(), process_id=context().id, kind=PhaseKind.listening),
        "phase": context().phase(PhaseKind.listening),
        "open": context().is_open(PhaseKind.listening),
    }
    return form, municipalities, values


def _mint(form: ContributionForm) -> None:
    """Mint the receipt code with the form and keep it in the browser's own cookie, so that a double click finds it too."""
    if not form.code.data:
        form.code.data = new_receipt_code()
    kept = [code for code in session.get(_CODES, []) if code != form.code.data]
    session[_CODES] = [*kept[-3:], form.code.data]


def _take(*, on_paper: bool) -> tuple[str, int] | Response:
    form, municipalities, values = _load(on_paper=on_paper)
    if not form.validate_on_submit():
        _mint(form)
        return render_template("listening/contributions/new.html", on_paper=on_paper, **values), 422
    zone_id, municipality_id = read_place(form.place.data, municipalities)
    notice = values["notice"]
    if form.email is not None:
        return _ask_for_proof(form, values, zone_id, municipality_id)
    try:
        uploads = _uploads() if form.files is not None else []
    except DomainInvalid as error:
        form.put_errors({"files": error.fields["file"]})
        _mint(form)
        return render_template("listening/contributions/new.html", on_paper=on_paper, **values), 422
    done = services.submit(
        db(),
        process_id=context().id,
        text=form.text.data,
        zone_id=zone_id,
        municipality_id=municipality_id,
        speaker_kind=form.speaker.data or None,
        publish=form.publish.data,
        notice_id=notice.id if notice else None,
        on_paper=on_paper,
        code=form.code.data,
        uploads=uploads,
        storage=storage_for(glue().settings),
        actor=actor(),
        now=now(),
    )
    form.code.data = done.code
    _mint(form)
    endpoint = "contributions.paper_given" if on_paper else "contributions.given"
    return redirect(url_for(endpoint, slug=context().slug, contribution_id=done.contribution_id), 303)


def _uploads() -> list[Upload]:
    """The files that were chosen, each through the door. Raises Invalid."""
    given = [file for file in request.files.getlist("files") if file.filename]
    if len(given) > services.MOST_FILES:
        raise DomainInvalid(_("I file sono troppi."), {"file": _("Al massimo tre file.")})
    return [read_upload(file.stream, file.filename, kinds=KINDS) for file in given]


def _ask_for_proof(
    form: ContributionForm, values: dict[str, Any], zone_id: uuid.UUID | None, municipality_id: uuid.UUID | None
) -> tuple[str, int] | Response:
    """Keep the contribution until its author opens the letter."""
    address = clean_email(form.email.data or "")
    if "@" not in address:
        form.put_errors({"email": _("Serve un indirizzo e-mail completo.")})
        return render_template("listening/contributions/new.html", on_paper=False, **values), 422
    notice = values["notice"]
    services.wait_for_proof(
        db(),
        process_id=context().id,
        email=address,
        given={
            "text": form.text.data,
            "zone_id": str(zone_id) if zone_id else None,
            "municipality_id": str(municipality_id) if municipality_id else None,
            "speaker_kind": form.speaker.data or None,
            "publish": form.publish.data,
        },
        notice_id=notice.id if notice else None,
        now=now(),
        locale=locale_code(),
    )
    return redirect(url_for("contributions.look_at_your_mail", slug=context().slug), 303)


@bp.get("/processi/<slug>/contributi/posta")
@requires(Permission.see_listening)
def look_at_your_mail(slug: str) -> str:
    """What to do after sending, where an address is proved first."""
    return render_template("listening/contributions/mail.html")


def _waiting(token: str) -> uuid.UUID:
    key = token_owner("contribution", token, glue().settings.secret_key)
    if key is None:
        raise NotFound
    return key


@bp.get("/processi/<slug>/contributi/conferma/<token>")
@limiter.limit(limits.GUESSES)
@requires(Permission.see_listening)
def confirm(slug: str, token: str) -> str:
    """The text as it was written, and the button that makes it count: opening a letter alone changes nothing."""
    text = queries.waiting(db(), process_id=context().id, waiting_id=_waiting(token))
    return render_template(
        "listening/contributions/confirm.html", text=text, open=context().is_open(PhaseKind.listening)
    )


@bp.post("/processi/<slug>/contributi/conferma/<token>")
@limiter.limit(limits.SUBMISSION)
@requires(Permission.contribute)
def confirmed(slug: str, token: str) -> Response:
    """Take the contribution that waited."""
    done = services.confirm(db(), process_id=context().id, waiting_id=_waiting(token), actor=actor(), now=now())
    session[_CODES] = [*session.get(_CODES, [])[-3:], done.code]
    return redirect(url_for("contributions.given", slug=slug, contribution_id=done.contribution_id), 303)


@bp.get("/scrivania/<slug>/contributi/<uuid:contribution_id>/file/<uuid:file_id>")
@requires(Permission.read_register)
def attachment(slug: str, contribution_id: uuid.UUID, file_id: uuid.UUID) -> Response:
    """A file that came with a contribution, for staff."""
    if not queries.file_in_contribution(
        db(), process_id=context().id, contribution_id=contribution_id, file_id=file_id
    ):
        raise NotFound
    stored = files.one(db(), file_id=file_id, process_id=context().id)
    if stored is None:
        raise NotFound
    return serve(stored)


@bp.get("/scrivania/<slug>/contributi")
@requires(Permission.see_listening_desk)
def door(slug: str) -> str:
    """How contributions come in: on the page, on paper, from files; and what the page asks."""
    form = DoorForm(obj=queries.door(db(), process_id=context().id))
    count = queries.count(db(), process_id=context().id)
    return render_template("listening/contributions/desk.html", form=form, count=count)


@bp.post("/scrivania/<slug>/contributi")
@requires(Permission.run_listening)
def set_door(slug: str) -> Response:
    """Keep what the page asks."""
    form = DoorForm()
    services.set_door(
        db(),
        process_id=context().id,
        proof=bool(form.proof.data),
        files=bool(form.files.data),
        actor=actor(),
        now=now(),
    )
    flash(_("Salvato."), "success")
    return redirect(url_for("contributions.door", slug=slug), 303)


@bp.get("/processi/<slug>/contributi/nuovo")
@requires(Permission.see_listening)
def new(slug: str) -> str:
    """The form, or when it will open."""
    form, _municipalities, values = _load()
    _mint(form)
    return render_template("listening/contributions/new.html", on_paper=False, **values)


@bp.post("/processi/<slug>/contributi/nuovo")
@limiter.limit(limits.SUBMISSION)
@requires(Permission.contribute)
def create(slug: str) -> tuple[str, int] | Response:
    """Take a contribution."""
    return _take(on_paper=False)


@bp.get("/scrivania/<slug>/contributi/carta")
@requires(Permission.see_listening_desk)
def paper(slug: str) -> str:
    """The operator's page for what came on paper."""
    form, _municipalities, values = _load(on_paper=True)
    _mint(form)
    return render_template("listening/contributions/new.html", on_paper=True, **values)


@bp.post("/scrivania/<slug>/contributi/carta")
@requires(Permission.enter_paper_forms)
def enter_paper(slug: str) -> tuple[str, int] | Response:
    """Take what came on paper."""
    return _take(on_paper=True)


def _confirmation(contribution_id: uuid.UUID, *, on_paper: bool) -> str:
    found = queries.given(db(), process_id=context().id, contribution_id=contribution_id)
    if found is None or found.on_paper != on_paper:
        raise NotFound
    code = next((c for c in session.get(_CODES, []) if receipt_hash(c) == found.receipt_hash), None)
    if code is None and not on_paper:
        # Only the browser that gave it may see this page: the address alone tells nothing.
        raise NotFound
    return render_template("listening/contributions/given.html", code=code, given=found, kind=ThingKind.contribution)


@bp.get("/processi/<slug>/contributi/<uuid:contribution_id>/ricevuta")
@requires(Permission.see_listening)
def given(slug: str, contribution_id: uuid.UUID) -> str:
    """What happens next, and the receipt code."""
    return _confirmation(contribution_id, on_paper=False)


@bp.get("/scrivania/<slug>/contributi/carta/<uuid:contribution_id>")
@requires(Permission.see_listening_desk)
def paper_given(slug: str, contribution_id: uuid.UUID) -> str:
    """The receipt code to hand to the person, and the way to the next sheet."""
    return _confirmation(contribution_id, on_paper=True)
