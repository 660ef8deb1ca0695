"""Closed by default: an endpoint without a mark answers 403, and a test finds it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import current_app, flash, g, redirect, request, session, url_for
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.exceptions import Forbidden, NotFound, Unauthorized
from werkzeug.routing import BuildError
from werkzeug.wrappers import Response

from config import Settings
from consult.core.errors import PhaseClosed
from consult.core.permissions import TABLE, Facts, Permission, allows, decide
from consult.core.vocabulary import Role
from consult.web.identity import person
from consult.web.session import SAFE_METHODS, db, glue

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC = "public"
_MARK = "__access__"
#: Bytes of a request beside its files: the other fields, and what parts them.
BESIDE_FILES = 2 * 1024 * 1024
_WITHOUT_RECEIPT = "__without_receipt__"
_WITHOUT_CSRF = "__without_csrf__"
_LARGE_FILES = "__large_files__"


def public(view: View) -> View:
    """Anyone may call this, whatever the process and phase."""
    setattr(view, _MARK, PUBLIC)
    return view


def requires(permission: Permission) -> Callable[[View], View]:
    """Only who holds the permission, in the process named by `slug` in the address, or in any process where none is named."""

    def mark(view: View) -> View:
        setattr(view, _MARK, permission)
        return view

    return mark


def without_receipt(reason: str) -> Callable[[View], View]:
    """The form carries no idempotency key, for the reason given (anonymous answers: a key's row would date them)."""

    def mark(view: View) -> View:
        setattr(view, _WITHOUT_RECEIPT, reason)
        return view

    return mark


def without_csrf(reason: str) -> Callable[[View], View]:
    """The form may come from elsewhere than our own pages, for the reason given: the address itself proves who asks."""

    def mark(view: View) -> View:
        setattr(view, _WITHOUT_CSRF, reason)
        return view

    return mark


def large_files(view: View) -> View:
    """Staff brings files here, as large as the setting allows; everywhere else a request ends at what anybody may attach."""
    setattr(view, _LARGE_FILES, True)
    return view


def longest_request(settings: Settings) -> int:
    """Bytes of the longest request that any view takes."""
    return settings.upload_bytes + BESIDE_FILES


def let_large_files_in() -> None:
    """Before the first look at what is sent: how long it may be."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is not None and hasattr(view, _LARGE_FILES):
        request.max_content_length = longest_request(glue().settings)


def asks_for_csrf(view: Callable[..., Any]) -> bool:
    """Whether what is sent to the view must come from a page of ours."""
    return not hasattr(view, _WITHOUT_CSRF)


def mark_of(view: Callable[..., Any]) -> str | Permission | None:
    """The access mark of a view function, or None."""
    return cast("str | Permission | None", getattr(view, _MARK, None))


def keeps_receipt(view: Callable[..., Any]) -> bool:
    """Whether the view's forms carry an idempotency key."""
    return not hasattr(view, _WITHOUT_RECEIPT)


def facts() -> Facts:
    """The facts of this request, for buttons that are shown or hidden."""
    context = g.get("context")
    found: Facts | None = context.facts if context else g.get("facts")
    if found is None:
        who = person()
        found = glue().contexts.roles_anywhere(
            db(), account_id=who.id if who else None, administrator=bool(who and who.administrator)
        )
        g.facts = found
    return found


def can(permission: str) -> bool:
    """For templates: whether this person may do it here and now."""
    return allows(Permission(permission), facts())


def enforce() -> Response | None:
    """Before each request: load the process of the address, then ask the table."""
    if request.endpoint is None or request.endpoint == "static":
        return None
    view = current_app.view_functions[request.endpoint]
    mark = mark_of(view)
    if mark is None:
        raise Forbidden
    if mark == PUBLIC:
        return None
    permission = Permission(mark)
    rule = TABLE[permission]
    if request.method not in SAFE_METHODS and not rule.writes:
        raise Forbidden
    who = person()
    if who is None and Role.anonymous not in rule.roles:
        return ask_to_sign_in()
    slug = (request.view_args or {}).get("slug")
    if slug is not None:
        g.context = glue().contexts.load(
            db(),
            slug=slug,
            account_id=who.id if who else None,
            administrator=bool(who and who.administrator),
            # Read with who is signed in, for this address.
            read=g.pop("read_context", None) if who else None,
        )
        if g.context is None:
            raise NotFound
    verdict = decide(permission, facts())
    if verdict.allowed:
        return None
    if verdict.hidden and slug is not None and not facts().published:
        g.context = None  # The page that says «not found» names no process that is not public yet.
    if verdict.phase_closed:
        raise PhaseClosed(_("La fase a cui appartiene questa azione non è aperta adesso."))
    raise NotFound if verdict.hidden or verdict.sign_in else Forbidden


def ask_to_sign_in() -> Response:
    """Lead to the sign-in page and back here afterwards; what was typed is shown again by the 401 page."""
    if request.method not in SAFE_METHODS:
        raise Unauthorized
    session["after_sign_in"] = [request.endpoint, {k: str(v) for k, v in (request.view_args or {}).items()}]
    flash(_("Per continuare bisogna accedere."), "info")
    return redirect(url_for("people.sign_in"))


def where_next(default_endpoint: str = "home.index", **values: Any) -> str:
    """Where to go after signing in: a route name remembered by us, never an address given by the browser."""
    remembered = session.pop("after_sign_in", None)
    if isinstance(remembered, list) and len(remembered) == 2 and remembered[0] in current_app.view_functions:
        try:
            return url_for(remembered[0], **remembered[1])
        except BuildError:
            # A letter outlives a release in which the page has got another address.
            return url_for(default_endpoint, **values)
    return url_for(default_endpoint, **values)


#: The longest sealed way back that is looked at, in characters.
_LONGEST_SEAL = 600


#: For how long a letter leads back, in seconds: as long as the links of letters live.
_SEALED_FOR_S = 14 * 24 * 3600
#: What may stand in the address of a page that a letter leads to: the process, or the key of a thing that has a page.
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _sealer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="consult.way-back")


def sealed_way_back() -> str:
    """Where this person was before they came to sign up, sealed so that a letter can carry it; empty where that is not known.

    A page that opens only to who has its link is not told: the letter may reach somebody else, where the address was typed wrongly.
    """
    remembered = session.get("after_sign_in")
    everybodys = remembered and all(name == "slug" or _KEY.fullmatch(value) for name, value in remembered[1].items())
    sealed = str(_sealer().dumps(remembered)) if everybodys else ""
    return sealed if len(sealed) <= _LONGEST_SEAL else ""


def remember_sealed(sealed: str) -> None:
    """Take up the way back that a letter carries, in whatever browser it is opened: a route name that we sealed, or nothing."""
    if not sealed or len(sealed) > _LONGEST_SEAL:
        return
    try:
        endpoint, values = _sealer().loads(sealed, max_age=_SEALED_FOR_S)
    except (BadSignature, ValueError, TypeError):
        return
    session["after_sign_in"] = [endpoint, values]
