"""The application class: one commit at the edge, one effect per form."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from flask import Flask, redirect, request, session
from flask.sessions import SecureCookieSessionInterface
from flask.wrappers import Response
from flask_babel import gettext as _
from itsdangerous import URLSafeTimedSerializer
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnprocessableEntity

from consult.core import once
from consult.core.errors import Conflict
from consult.core.normalise import UnreadableText, refuse_unreadable
from consult.web.access import keeps_receipt
from consult.web.identity import person
from consult.web.session import SAFE_METHODS, db

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

ONCE_FIELD = "_once"
_BODILESS = frozenset({204, 304})


class WholeResponse(Response):
    """A response that is not streamed goes to the server in one piece, which it sends in one go."""

    def get_app_iter(self, environ: WSGIEnvironment) -> Iterable[bytes]:
        """The body; a list where it stands ready."""
        if (
            environ["REQUEST_METHOD"] == "HEAD"
            or self.status_code in _BODILESS
            or not self.is_sequence
            or self._on_close
        ):
            return super().get_app_iter(environ)
        return list(self.iter_encoded())


class Cookies(SecureCookieSessionInterface):
    """Sessions in signed cookies, as Flask keeps them; what signs is made once, not twice with each request."""

    def __init__(self) -> None:
        self._signing: dict[object, URLSafeTimedSerializer | None] = {}

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """What signs with this application's key."""
        keys = app.secret_key, tuple(app.config["SECRET_KEY_FALLBACKS"] or ())
        found = self._signing.get(keys)
        if found is None:
            found = super().get_signing_serializer(app)
            self._signing = {keys: found}
        return found


class Application(Flask):
    """Flask with the house's rules on writing: unsafe method and status below 400 commits once; all else rolls back."""

    response_class = WholeResponse
    session_interface = Cookies()

    def dispatch_request(self) -> Response:
        """Run the view; take the form's key before it and commit after it, so that failures still become pages."""
        refuse_unreadable_values()
        if request.method in SAFE_METHODS or request.endpoint is None:
            return self.make_response(super().dispatch_request())
        key = self._take_key()
        if isinstance(key, Response):
            return key
        response = self.make_response(super().dispatch_request())
        if response.status_code < 400:
            if key is not None:
                once.settle(db(), key, response.location)
            db().commit()
        return response

    def _take_key(self) -> uuid.UUID | Response | None:
        view = self.view_functions.get(request.endpoint or "")
        if view is None or not keeps_receipt(view):
            return None
        try:
            key = uuid.UUID(request.form.get(ONCE_FIELD, ""))
        except ValueError as error:
            raise BadRequest(
                _("Il modulo non è completo. Si può tornare indietro, ricaricare la pagina e inviarlo di nuovo.")
            ) from error
        endpoint = request.endpoint or ""
        if once.take(db(), key, owner=sender(), endpoint=endpoint):
            return key
        location = once.earlier(db(), key, owner=sender(), endpoint=endpoint)
        if location is None:
            raise Conflict(
                _("Questo modulo è già stato inviato. Quello che hai scritto la prima volta è stato salvato.")
            )
        return cast(Response, redirect(location, 303))


def sender() -> str:
    """Whose form it is: the account, or a random mark kept in the browser's own cookie."""
    who = person()
    if who is not None:
        return f"account:{who.id}"
    if "sender" not in session:
        session["sender"] = secrets.token_urlsafe(12)
    return f"browser:{session['sender']}"


def fresh_key() -> str:
    """A key for a form that is being shown; the sender's mark is set now, so that the form finds it again."""
    sender()
    return str(uuid.uuid4())


def refuse_unreadable_values() -> None:
    """NUL bytes and lone surrogates can't be stored anywhere: refuse them at the door with a sentence."""
    # Werkzeug applies its limit on form memory to multipart bodies only.
    limit = request.max_form_memory_size
    if limit and request.mimetype == "application/x-www-form-urlencoded" and (request.content_length or 0) > limit:
        raise RequestEntityTooLarge
    values = [*request.args.values(), *(v for v in (request.view_args or {}).values() if isinstance(v, str))]
    if request.method not in SAFE_METHODS:
        values += [v for _name, v in request.form.items(multi=True)]
    try:
        for value in values:
            refuse_unreadable(value)
    except UnreadableText as error:
        raise UnprocessableEntity(str(error)) from error
