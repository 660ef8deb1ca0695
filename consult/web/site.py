"""Addresses that belong to no feature: whether the site lives and is ready, and the reader's language."""

from __future__ import annotations

from flask import Blueprint, jsonify, redirect, request, session, url_for
from flask_wtf.csrf import generate_csrf
from sqlalchemy import text
from werkzeug.wrappers import Response

from consult.core import jobs
from consult.web.access import public, without_receipt
from consult.web.session import db
from consult.web.words import LANGUAGES

bp = Blueprint("site", __name__)


@bp.get("/healthz")
@public
def alive() -> Response:
    """The process answers; says nothing of the database."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def ready() -> tuple[Response, int] | Response:
    """Database reachable, and how many jobs wait or are parked."""
    db().execute(text("SELECT 1"))
    waiting, parked = jobs.waiting(db())
    return jsonify(status="ok", jobs_waiting=waiting, jobs_parked=parked)


@bp.post("/lingua")
@public
@without_receipt("Choosing a language twice is choosing it once.")
def set_language() -> Response:
    """Keep the chosen language in the browser's own cookie and go back to a page of ours."""
    chosen = request.form.get("lingua", "")
    if chosen in LANGUAGES:
        session["language"] = chosen
    generate_csrf()
    path = request.form.get("torna", "")
    # Only a path of this site, spelled so that no browser reads another host into it.
    inside = path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()
    return redirect(path if inside else url_for("home.index"), 303)
