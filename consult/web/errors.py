"""Failures as pages: what happened, that nothing was lost, what to do."""

from __future__ import annotations

import logging
import re
from typing import Any

from flask import Flask, g, render_template, request, url_for
from flask.wrappers import Response
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, SecurityError

from consult.core.constraints import sentence_for
from consult.core.errors import Conflict, DomainError, Invalid, PhaseClosed
from consult.core.sentences import Sentence
from consult.core.wordings import side_by_side
from consult.web.access import BESIDE_FILES
from consult.web.session import SAFE_METHODS, end_session
from consult.web.words import say

log = logging.getLogger(__name__)
#: What a list hands on in place of a name: nobody typed it.
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SECRET_FIELDS = ("csrf_token", "_once", "password", "sito_web")


def typed_text() -> dict[str, str]:
    """What the person typed in the form that failed, without secrets, so that the page can show it again."""
    if request.method in SAFE_METHODS:
        return {}
    try:
        items = list(request.form.items(multi=True))
    except HTTPException:
        return {}
    kept: dict[str, str] = {}
    for name, value in items:
        if value.strip() and not _KEY.fullmatch(value.strip()) and not any(secret in name for secret in _SECRET_FIELDS):
            value = value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
            kept[name] = f"{kept[name]}\n{value}" if name in kept else value
    return kept


def page(status: int, message: str | None = None, **values: Any) -> Response:
    """The page of an error; the transaction of the request is rolled back first."""
    end_session()
    # A failure of the database must not be met again while its own page is drawn, so that page asks it nothing.
    g.standalone = status >= 500
    template = "errors/standalone.html" if status >= 500 else f"errors/{status}.html"
    response = Response(render_template(template, status=status, message=message, typed=typed_text(), **values), status)
    if status in {429, 503}:
        response.headers.setdefault("Retry-After", "30")
    return response


def _most_mb() -> int | None:
    """Megabytes that files may have here, where what was sent is longer; None where it is a text that is too long."""
    most = request.max_content_length
    if most is None or (request.content_length or 0) <= most:
        return None
    return (most - BESIDE_FILES) // (1024 * 1024)


def to_merge(error: Conflict) -> dict[str, Any] | None:
    """The form of a stale save, to be sent again from its own page: the texts that differ to be put together, the rest as it was sent.

    None where there is nothing to put together: the form did not say what its writer had seen, carried a file, or none of the texts;
    or where it holds more than the differences show: what a colleague changed there would be overwritten unseen.
    """
    if not error.whole or request.files or not error.again or not error.again.keys() <= request.form.keys():
        return None
    labels = {" ".join(d.yours.split()): say(d.label) for d in error.differences if d.theirs != d.yours and d.yours.strip()}
    texts: list[dict[str, Any]] = []
    rest: list[tuple[str, str]] = []
    for name, value in request.form.items(multi=True):
        label = labels.get(" ".join(value.split()))
        if label:
            texts.append({"name": name, "label": label, "text": value, "long": len(value) > 90 or "\n" in value})
        elif name not in {*error.again, *_SECRET_FIELDS}:
            rest.append((name, value))
    rest += error.again.items()
    return {"texts": texts, "rest": rest} if texts else None


def _worded(value: str) -> str:
    """What a choice is called, in the reader's language; what a person typed as it is."""
    return say(value) if isinstance(value, Sentence) else value


_PAGES = {400, 401, 403, 404, 405, 409, 410, 413, 422, 429}


def register(app: Flask) -> None:
    """Hang the handlers on the application."""

    @app.errorhandler(HTTPException)
    def _http(error: HTTPException) -> Any:
        if error.response is not None:
            return error.response
        if isinstance(error, SecurityError):
            # The Host is not ours: no address can be written for it, so no page of the site can be drawn.
            return Response(_("Questo sito non risponde a questo indirizzo."), 400, mimetype="text/plain")
        status = error.code or 500
        if isinstance(error, CSRFError):
            return page(400, _("Il modulo è rimasto aperto a lungo. Ricaricando la pagina lo si può inviare di nuovo."))
        own = error.description if error.description != type(error).description else None
        values = {"most_mb": _most_mb()} if status == 413 else {}
        response = page(status if status in _PAGES or status >= 500 else 400, own, **values)
        if status == 405 and getattr(error, "valid_methods", None):
            response.headers["Allow"] = ", ".join(error.valid_methods or ())  # type: ignore[attr-defined]  # Only MethodNotAllowed has it, checked above.
        for name, value in error.get_headers(request.environ):
            if name == "Retry-After":
                response.headers[name] = value
        return response

    @app.errorhandler(DomainError)
    def _domain(error: DomainError) -> Any:
        values: dict[str, Any] = {}
        if isinstance(error, Conflict):
            link = url_for(error.link_endpoint, **error.link_values) if error.link_endpoint else None  # type: ignore[arg-type]  # Route values are plain texts.
            values = {
                "link": link,
                "differences": [
                    (say(d.label), *side_by_side(_worded(d.theirs), _worded(d.yours)))
                    for d in error.differences
                    if d.theirs != d.yours
                ],
                "changed_by": error.changed_by,
                "current_version": error.current_version,
                "merge": to_merge(error),
            }
        if isinstance(error, Invalid):
            values = {"fields": {name: say(sentence) for name, sentence in error.fields.items()}}
        if isinstance(error, PhaseClosed):
            values = {"phase_closed": True, "context": g.get("context")}
        return page(error.status, say(error.message) or None, **values)

    @app.errorhandler(IntegrityError)
    def _integrity(error: IntegrityError) -> Any:
        name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
        log.warning("constraint %s refused a write", name)
        return page(409, _(sentence_for(name)))

    @app.errorhandler(OperationalError)
    @app.errorhandler(PoolTimeout)
    def _database_away(error: Exception) -> Any:
        log.warning("the database did not answer: %s", type(error).__name__)
        return page(503)

    @app.errorhandler(DBAPIError)
    def _database(error: DBAPIError) -> Any:
        if error.connection_invalidated:
            return page(503)
        code = getattr(error.orig, "sqlstate", "") or ""
        # 22: data the database can't take; 40: serialisation; 55: lock not available; 57: shutting down or statement cancelled.
        if code.startswith("22"):
            return page(422, _("Una delle informazioni inviate non si può salvare così com’è."))
        if code[:2] in {"40", "55", "57"}:
            return page(503)
        log.exception("the database refused a statement")
        return page(500)

    @app.errorhandler(Exception)
    def _unexpected(error: Exception) -> Any:
        log.exception("unexpected failure on %s", request.endpoint)
        if app.config.get("PROPAGATE_EXCEPTIONS"):
            raise error
        return page(500)
