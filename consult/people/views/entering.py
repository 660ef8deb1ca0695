"""Pages for coming in and going out: signing in, signing up, one-time links."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask import current_app, flash, g, redirect, render_template, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_login import login_user, logout_user
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from consult.core.db import unit_of_work
from consult.core.errors import Invalid
from consult.core.vocabulary import STAFF
from consult.people import forms, queries, services
from consult.people.emails import WAY_BACK
from consult.people.rules import NOTICE_VERSION, Purpose
from consult.people.types import Entered
from consult.people.views.blueprint import Answer, bp, browser, page, refuse
from consult.web import limits
from consult.web.access import public, remember_sealed, sealed_way_back, where_next, without_receipt
from consult.web.forms import Form, clean_key
from consult.web.identity import Person, actor, person
from consult.web.limits import limiter
from consult.web.session import db, glue, now


def welcome(entered: Entered) -> Response:
    """Sign the browser in with a new token and a clean cookie, then lead staff to their desk and others where they were."""
    before = person()
    if before is not None:
        services.sign_out(db(), token=before.token)
    kept = {name: session[name] for name in ("after_sign_in", "language") if name in session}
    session.clear()
    session.update({"language": entered.locale, **kept})
    session.permanent = True
    login_user(
        Person(
            entered.account_id,
            entered.display_name,
            email="",
            administrator=entered.administrator,
            verified=True,
            locale=entered.locale,
            staff=entered.administrator,
            unread=0,
            token=entered.token,
        )
    )
    facts = glue().contexts.roles_anywhere(db(), account_id=entered.account_id, administrator=entered.administrator)
    staff = bool(facts.roles & STAFF) or entered.administrator
    return redirect(where_next("home.desk" if staff else "home.index"), 303)


def remember_where() -> None:
    """Keep the page of ours that the person comes from, as a route name: the browser's address is only matched, never followed."""
    if "after_sign_in" in session or not request.referrer:
        return
    parts = urlsplit(request.referrer)
    if parts.netloc != request.host:
        return
    try:
        endpoint, values = current_app.create_url_adapter(request).match(parts.path, method="GET")  # type: ignore[union-attr]  # A request always has one.
    except (HTTPException, RequestRedirect):
        return
    if endpoint != "static" and not endpoint.startswith(("people.", "site.")):
        session["after_sign_in"] = [endpoint, {name: str(value) for name, value in values.items()}]


@bp.route("/accesso", methods=["GET", "POST"])
@limiter.limit(limits.SIGN_IN, methods=["POST"])
@public
@without_receipt("Signing in twice is signing in once; a receipt would lead the second click out again.")
def sign_in() -> Answer:
    """Sign in."""
    form = forms.SignInForm()
    embedded = glue().settings.embedded
    if form.validate_on_submit():
        entered, reason = services.sign_in(
            db(),
            email=form.email.data,
            password=form.password.data,
            browser=browser(),
            demonstration_allowed=embedded,
            now=now(),
        )
        if entered is not None:
            return welcome(entered)
        with unit_of_work(glue().sessions) as own:
            # In a transaction of its own: the answer is a refusal, and a refusal rolls back.
            services.note_failed_sign_in(
                own, email=form.email.data, reason=reason, way_back=sealed_way_back()
            )
        form.form_errors.append(
            _("Questo indirizzo aspetta ancora la conferma: ti abbiamo mandato di nuovo il messaggio.")
            if reason == "unverified"
            else _("L’indirizzo o la password non sono giusti.")
        )
    elif request.method == "GET":
        remember_sealed(request.args.get(WAY_BACK, ""))
        remember_where()
    accounts = queries.demonstration_accounts(db()) if embedded else []
    roles = glue().contexts.roles_of(db(), account_ids=[a.id for a in accounts]) if accounts else {}
    return page("sign_in", form=form, accounts=accounts, roles=roles)


@bp.post("/accesso/dimostrazione")
@limiter.limit(limits.SIGN_IN)
@public
@without_receipt("Signing in twice is signing in once; a receipt would lead the second click out again.")
def sign_in_demonstration() -> Response:
    """Sign in as a demonstration account; only in embedded mode."""
    if not glue().settings.embedded:
        raise NotFound
    account_id = clean_key(request.form.get("account_id"))
    if account_id is None:
        raise NotFound
    return welcome(services.sign_in_demonstration(db(), account_id=account_id, browser=browser(), now=now()))


@bp.post("/uscita")
@public
@without_receipt("Signing out twice is signing out once.")
def sign_out() -> Response:
    """End the session of this browser."""
    who = person()
    if who is not None:
        services.sign_out(db(), token=who.token)
        logout_user()
    language = session.get("language")
    session.clear()
    if language:
        session["language"] = language
    flash(_("Sei uscito. A presto."), "success")
    return redirect(url_for("home.index"), 303)


@bp.route("/registrazione", methods=["GET", "POST"])
@limiter.limit(limits.SIGN_UP, methods=["POST"])
@public
def sign_up() -> Answer:
    """Ask for an account; the answer is the same for every address."""
    form = forms.SignUpForm()
    if form.validate_on_submit():
        try:
            services.sign_up(
                db(),
                email=form.email.data,
                display_name=form.display_name.data,
                password=form.password.data,
                locale=str(get_locale() or "it"),
                actor=actor(),
                now=now(),
                way_back=sealed_way_back(),
            )
            return redirect(url_for("people.look_at_your_mail"), 303)
        except Invalid as error:
            refuse(form, error)
    elif request.method == "GET":
        remember_where()
    return page("sign_up", form=form, notice_version=NOTICE_VERSION)


@bp.get("/guarda-la-posta")
@public
def look_at_your_mail() -> Answer:
    """The answer to every address, known or not, whatever was asked."""
    return page("look_at_your_mail")


def _link(token: str, purpose: Purpose) -> Any:
    """Whose link this is; None where it opens nothing. The address of the page must not travel on as a Referer."""
    g.no_referrer = True
    return queries.link_opens(db(), token=token, purpose=purpose) if len(token) <= 100 else None


def _dead_link(purpose: Purpose) -> tuple[str, int]:
    return render_template("people/dead_link.html", purpose=str(purpose)), 410


@bp.route("/registrazione/conferma/<token>", methods=["GET", "POST"])
@limiter.limit(limits.GUESSES)
@public
def verify(token: str) -> Answer:
    """Confirm an address."""
    account = _link(token, Purpose.verify)
    if account is None:
        return _dead_link(Purpose.verify)
    remember_sealed(request.args.get(WAY_BACK, ""))
    form = forms.PasswordForm()
    if form.validate_on_submit():
        try:
            entered = services.verify(
                db(), token=token, password=form.password.data, browser=browser(), actor=actor(), now=now()
            )
            flash(_("Il tuo indirizzo è confermato. Benvenuto!"), "success")
            return welcome(entered)
        except Invalid as error:
            refuse(form, error)
    return page("verify", form=form, account=account)


@bp.route("/password", methods=["GET", "POST"])
@limiter.limit(limits.MAIL, methods=["POST"])
@public
def request_reset() -> Answer:
    """Ask for a new password; the answer is the same for every address."""
    form = forms.AddressForm()
    if form.validate_on_submit():
        try:
            services.request_reset(
                db(), email=form.email.data, actor=actor(), now=now(), way_back=sealed_way_back()
            )
            return redirect(url_for("people.look_at_your_mail"), 303)
        except Invalid as error:
            refuse(form, error)
    return page("request_reset", form=form)


def _set_password(token: str, purpose: Purpose, form: Form, template: str) -> Answer:
    account = _link(token, purpose)
    if account is None:
        return _dead_link(purpose)
    remember_sealed(request.args.get(WAY_BACK, ""))
    if form.validate_on_submit():
        try:
            entered = services.set_password(
                db(),
                token=token,
                purpose=purpose,
                password=form.password.data,
                display_name=form.display_name.data if "display_name" in form else None,
                browser=browser(),
                actor=actor(),
                now=now(),
            )
            flash(_("La password è salvata. Gli altri dispositivi sono stati disconnessi."), "success")
            return welcome(entered)
        except Invalid as error:
            refuse(form, error)
    elif request.method == "GET" and "display_name" in form:
        form.display_name.data = account.display_name
    return page(template, form=form, account=account)


@bp.route("/password/<token>", methods=["GET", "POST"])
@limiter.limit(limits.GUESSES)
@public
def reset(token: str) -> Answer:
    """Set a new password by a link."""
    return _set_password(token, Purpose.reset, forms.NewPasswordForm(), "reset")


@bp.route("/invito/<token>", methods=["GET", "POST"])
@limiter.limit(limits.GUESSES)
@public
def accept_invitation(token: str) -> Answer:
    """Accept an invitation and choose the first password."""
    return _set_password(token, Purpose.invite, forms.AcceptInvitationForm(), "accept_invitation")
