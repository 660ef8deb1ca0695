"""Whom a person speaks for: asking, leaving."""

from __future__ import annotations

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.core.permissions import Permission
from consult.people import queries, services
from consult.people.forms import OrganisationForm
from consult.people.views.blueprint import me
from consult.web.access import requires
from consult.web.identity import actor
from consult.web.limits import SUBMISSION, limiter
from consult.web.session import db, now

bp = Blueprint("organisations", __name__)


@bp.route("/io/organizzazioni", methods=["GET", "POST"])
@limiter.limit(SUBMISSION, methods=["POST"])
@requires(Permission.change_own_account)
def mine() -> str | tuple[str, int] | Response:
    """The organisations I speak for, and the form to ask for another."""
    form = OrganisationForm()
    if form.validate_on_submit():
        try:
            services.ask_membership(
                db(), account_id=me().id, name=form.name.data, kind=form.kind.data, actor=actor(), now=now()
            )
            flash(_("Richiesta inviata: la conferma chi gestisce il processo."), "success")
            return redirect(url_for("organisations.mine"), 303)
        except Invalid as error:
            form.put_errors(error.fields)
    rows = queries.own_memberships(db(), account_id=me().id)
    page = render_template("people/organisations.html", form=form, rows=rows)
    return (page, 422) if request.method == "POST" else page


@bp.post("/io/organizzazioni/<uuid:organisation_id>/lascia")
@requires(Permission.change_own_account)
def leave(organisation_id: uuid.UUID) -> Response:
    """Speak for an organisation no more."""
    services.leave_organisation(db(), organisation_id=organisation_id, account_id=me().id, actor=actor(), now=now())
    flash(_("Non parli più per questa organizzazione."), "success")
    return redirect(url_for("organisations.mine"), 303)
