"""A person's own pages: profile, password, browsers signed in, data to take away or erase."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import current_app, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import logout_user
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.core.protocols import PersonalData
from consult.people import forms, queries, services
from consult.people.views.blueprint import Answer, bp, me, page, refuse
from consult.web import limits
from consult.web.access import public, requires
from consult.web.identity import actor
from consult.web.limits import limiter
from consult.web.session import db, glue, now


@bp.route("/io/profilo", methods=["GET", "POST"])
@requires(Permission.change_own_account)
def profile() -> Answer:
    """Name, language and zone."""
    own = queries.own_account(db(), account_id=me().id)
    form = forms.ProfileForm(obj=own)
    form.offer_zones(current_app.extensions["consult_zone_choices"](db()))
    if form.validate_on_submit():
        try:
            services.change_profile(
                db(),
                account_id=me().id,
                display_name=form.display_name.data,
                locale=form.locale.data,
                zone_code=form.zone_code.data or None,
                actor=actor(),
                now=now(),
            )
            session["language"] = form.locale.data
            flash(_("Il profilo è salvato."), "success")
            return redirect(url_for("people.profile"), 303)
        except Invalid as error:
            refuse(form, error)
    return page("profile", form=form, own=own)


@bp.route("/io/password", methods=["GET", "POST"])
@limiter.limit(limits.SIGN_IN, methods=["POST"])
@requires(Permission.change_own_account)
def change_password() -> Answer:
    """Change the password; the other devices are signed out."""
    form = forms.ChangePasswordForm()
    if form.validate_on_submit():
        try:
            services.change_password(
                db(),
                account_id=me().id,
                token=me().token,
                current=form.current.data,
                password=form.password.data,
                actor=actor(),
                now=now(),
            )
            flash(_("La password è cambiata. Gli altri dispositivi sono stati disconnessi."), "success")
            return redirect(url_for("people.profile"), 303)
        except Invalid as error:
            refuse(form, error)
    return page("change_password", form=form)


@bp.get("/io/accessi")
@requires(Permission.use_own_pages)
def sessions() -> Answer:
    """The browsers in which one is signed in."""
    return page("sessions", rows=queries.sessions_of(db(), account_id=me().id, token=me().token))


@bp.post("/io/accessi/chiudi")
@requires(Permission.change_own_account)
def end_sessions() -> Response:
    """Sign out of one other browser, or of all others."""
    mark = request.form.get("mark") or None
    ended = services.end_sessions(db(), account_id=me().id, keep=me().token, mark=mark)
    flash(
        _("Fatto: su quei dispositivi bisogna accedere di nuovo.") if ended else _("Non c’era altro da chiudere."),
        "success",
    )
    return redirect(url_for("people.sessions"), 303)


def _rooms() -> tuple[PersonalData, ...]:
    rooms: tuple[PersonalData, ...] = current_app.extensions["consult_personal_data"]
    return rooms


@bp.get("/io/dati")
@requires(Permission.use_own_pages)
def own_data() -> Answer:
    """What is kept about me, how to take it away, how to erase it."""
    kept: Mapping[str, Any] = services.export(db(), account_id=me().id, rooms=_rooms())
    counts = [(name, len(rows)) for name, rows in kept.items() if rows]
    return page("own_data", counts=counts)


@bp.get("/io/dati/esporta")
@requires(Permission.use_own_pages)
def export() -> Response:
    """Everything about me, as a file."""
    settings = glue().settings
    data = {
        "service": settings.service_name,
        "authority": settings.authority_name,
        "exported_at": now().isoformat(),
        "note": _("Quello che hai dato in forma anonima non è qui: non possiamo sapere che è tuo (GDPR, art. 11)."),
        "data": services.export(db(), account_id=me().id, rooms=_rooms()),
    }
    response = current_app.response_class(
        json.dumps(data, ensure_ascii=False, indent=1, default=str), mimetype="application/json"
    )
    response.headers["Content-Disposition"] = 'attachment; filename="consult-i-miei-dati.json"'
    return response


@bp.route("/io/dati/cancella", methods=["GET", "POST"])
@limiter.limit(limits.SIGN_IN, methods=["POST"])
@requires(Permission.change_own_account)
def erase() -> Answer:
    """Erase my account."""
    form = forms.EraseForm()
    if form.validate_on_submit():
        try:
            services.erase(
                db(), account_id=me().id, password=form.password.data, rooms=_rooms(), actor=actor(), now=now()
            )
            logout_user()
            session.clear()
            return redirect(url_for("people.farewell"), 303)
        except Invalid as error:
            refuse(form, error)
    return page("erase", form=form)


@bp.get("/arrivederci")
@public
def farewell() -> Answer:
    """After erasing oneself."""
    return page("farewell")
