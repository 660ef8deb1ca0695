"""Pages of notices, the unsubscribe link, and the mailbox of embedded mode."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.exceptions import NotFound
from werkzeug.routing import BuildError
from werkzeug.wrappers import Response

from consult.core.errors import NotFound as Missing
from consult.core.permissions import Permission
from consult.notices import queries, services
from consult.notices.forms import PreferenceForm, StopForm
from consult.notices.rules import Digest, account_of_token
from consult.ports import mail
from consult.web.access import public, requires, without_csrf, without_receipt
from consult.web.forms import clean_key
from consult.web.identity import Person, actor, person
from consult.web.session import db, glue, now

bp = Blueprint("notices", __name__)
Answer = str | tuple[str, int] | Response


def _me() -> Person:
    return cast(Person, person())


def _target(endpoint: str, values: dict[str, Any]) -> str:
    """The page a notice is about; empty where it is no more."""
    if endpoint not in current_app.view_functions:
        return ""
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return ""


@bp.get("/io/avvisi")
@requires(Permission.use_own_pages)
def index() -> Answer:
    """My notices, newest first."""
    page = queries.page_of(db(), account_id=_me().id, cursor=request.args.get("dopo"))
    targets = {row.id: _target(row.link_endpoint, row.link_values) for row in page.rows}
    return render_template("notices/index.html", page=page, targets=targets)


@bp.post("/io/avvisi/letti")
@requires(Permission.change_own_account)
@without_receipt("Reading twice is reading once.")
def mark_read() -> Response:
    """Mark one notice as read and go to what it is about, or mark all."""
    notification_id = clean_key(request.form.get("notification_id"))
    services.mark_read(db(), account_id=_me().id, notification_id=notification_id, actor=actor(), now=now())
    if notification_id is not None:
        row = queries.one(db(), account_id=_me().id, notification_id=notification_id)
        target = _target(row.link_endpoint, row.link_values) if row and request.form.get("open") else ""
        if target:
            return redirect(target, 303)
    return redirect(url_for("notices.index"), 303)


@bp.route("/io/avvisi/preferenze", methods=["GET", "POST"])
@requires(Permission.change_own_account)
def preferences() -> Answer:
    """When to be told by mail."""
    form = PreferenceForm()
    if form.validate_on_submit():
        services.set_preference(db(), account_id=_me().id, digest=form.digest.data, actor=actor(), now=now())
        flash(_("La tua scelta è salvata."), "success")
        return redirect(url_for("notices.preferences"), 303)
    if request.method == "GET":
        form.digest.data = queries.preference(db(), account_id=_me().id)
        return render_template("notices/preferences.html", form=form)
    return render_template("notices/preferences.html", form=form), 422


@bp.route("/avvisi/stop/<token>", methods=["GET", "POST"])
@public
@without_receipt("Stopping twice is stopping once.")
@without_csrf(
    "A mail program posts here by itself (RFC 8058), without cookies; the signed link can do nothing but stop mails."
)
def unsubscribe(token: str) -> Answer:
    """Stop all mails about notices with one button, here or in the mail program; opening the link alone stops nothing."""
    g.no_referrer = True
    account_id = account_of_token(glue().settings.secret_key, token)
    if account_id is None:
        raise NotFound
    if request.method != "POST":
        return render_template("notices/unsubscribe.html", form=StopForm(), token=token)
    try:
        services.set_preference(db(), account_id=account_id, digest=str(Digest.none), actor=actor(), now=now())
    except Missing:
        # The account is gone, and with it the mails: there is nothing left to stop.
        current_app.logger.info("unsubscribe link of an erased account")
    if request.form.get("List-Unsubscribe") == "One-Click":
        # RFC 8058, section 3.1: programs do not follow a redirect reliably.
        return render_template("notices/unsubscribed.html")
    return redirect(url_for("notices.unsubscribed"), 303)


@bp.get("/avvisi/stop")
@public
def unsubscribed() -> Answer:
    """No more mails."""
    return render_template("notices/unsubscribed.html")


@bp.get("/posta")
@public
def mailbox() -> Answer:
    """What was mailed; only in embedded mode, where nothing leaves the machine."""
    settings = glue().settings
    if not settings.embedded:
        raise NotFound
    return render_template("notices/mailbox.html", letters=mail.stored_letters(settings))


@bp.get("/posta/<name>")
@public
def letter(name: str) -> Answer:
    """One letter; only in embedded mode."""
    settings = glue().settings
    found = mail.stored_letter(settings, name=name) if settings.embedded else None
    if found is None:
        raise NotFound
    return render_template("notices/letter.html", letter=found)
