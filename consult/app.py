"""The composition root: settings in, application out. Nothing here decides; it hangs rooms together."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import timedelta
from functools import lru_cache
from importlib import import_module
from typing import Any

from babel import Locale
from flask import Flask, g, request, session
from flask_babel import get_locale
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header
from werkzeug.middleware.proxy_fix import ProxyFix

from config import ROOT, Settings
from consult.core.db import make_engine, make_readers, make_sessions
from consult.core.protocols import ClosingGuard, PersonalData
from consult.files.rules import MAXIMUM_BYTES
from consult.framework import queries as framework_queries
from consult.moderation.queries.closing import OpenObjections, UndecidedProposals
from consult.navigation import address, entries
from consult.notices import queries as notices_queries
from consult.people import queries as people_queries
from consult.ports.suggestions import SocketSuggester
from consult.process import queries as process_queries
from consult.process.queries import Contexts
from consult.web import access, assets, errors, formats, fragments, headers, labels, limits, words
from consult.web.application import Application, fresh_key
from consult.web.identity import Person, login_manager
from consult.web.session import Glue, db, end_session

#: Modules with a blueprint named `bp`, from the bottom of the house up.
BLUEPRINTS: tuple[str, ...] = (
    "consult.web.site",
    "consult.people.views",
    "consult.people.views.organisations",
    "consult.notices.views",
    "consult.framework.views",
    "consult.process.views",
    "consult.listening.sources.views",
    "consult.listening.surveys.views",
    "consult.listening.interviews.views",
    "consult.listening.meetings.views",
    "consult.listening.contributions.views",
    "consult.listening.documents.views",
    "consult.evidence.views",
    "consult.position_paper.views",
    "consult.coplanning.proposals.views",
    "consult.coplanning.priorities.views",
    "consult.coplanning.opinions.views",
    "consult.plan.views",
    "consult.moderation.views",
    "consult.moderation.views.work",
    "consult.moderation.views.evaluations",
    "consult.moderation.views.evaluation_desk",
    "consult.moderation.views.preparing",
    "consult.moderation.views.policy",
    "consult.moderation.views.appeals",
    "consult.moderation.views.second_look",
    "consult.moderation.views.taking_up",
    "consult.overview.views.home",
    "consult.overview.views.interviews",
    "consult.overview.views.sources",
    "consult.overview.views.thread",
    "consult.overview.views.answers",
)

#: Rooms that keep data about people, from the bottom up: the `services` of each offers PERSONAL_DATA (`core.protocols.PersonalData`).
PERSONAL_ROOMS: tuple[str, ...] = (
    "consult.people.services",
    "consult.files.services",
    "consult.notices.services",
    "consult.process.services",
    "consult.discussion.services",
    "consult.listening.surveys.services",
    "consult.listening.interviews.services",
    "consult.listening.meetings.services",
    "consult.listening.contributions.services",
    "consult.listening.documents.services",
    "consult.evidence.services",
    "consult.position_paper.services",
    "consult.coplanning.proposals.services",
    "consult.coplanning.priorities.services",
    "consult.coplanning.opinions.services",
    "consult.plan.services",
    "consult.moderation.services",
)


#: Rooms that are asked before a phase is closed, here and in the worker.
CLOSING_GUARDS: tuple[ClosingGuard, ...] = (UndecidedProposals(), OpenObjections())


def create_app(settings: Settings) -> Flask:
    """Build the application for these settings. Nothing is opened or connected before the first request."""
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s %(message)s")
    app = Application(
        "consult",
        root_path=str(ROOT / "consult"),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "consult" / "web" / "static"),
    )
    app.config.update(
        SECRET_KEY=settings.secret_key,
        TESTING=settings.testing,
        TRUSTED_HOSTS=list(settings.allowed_hosts),
        SESSION_COOKIE_NAME="__Host-consult" if settings.secure_cookies else "consult",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=14),
        MAX_CONTENT_LENGTH=MAXIMUM_BYTES + access.BESIDE_FILES,
        MAX_FORM_MEMORY_SIZE=3 * 1024 * 1024,
        MAX_FORM_PARTS=2000,
        # A form on a page that opens by its address is sent without a Referer, as the page asks (`web/headers.py`), and so is every form
        # of a browser or network that strips it. Against forged forms stand the key in the form and the cookie that belongs to it, which
        # another site can neither read nor have sent along (SameSite).
        WTF_CSRF_SSL_STRICT=False,
        WTF_CSRF_TIME_LIMIT=None,  # The token lives as long as the session: a form left open over lunch is still good.
        BABEL_DEFAULT_LOCALE="it",
        BABEL_DEFAULT_TIMEZONE=settings.timezone,
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "consult" / "web" / "translations"),
        PROPAGATE_EXCEPTIONS=False,
    )
    if settings.trusted_proxies:
        n = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=n, x_proto=n, x_host=n)  # type: ignore[method-assign]  # The documented way to wrap.
    app.extensions["consult"] = make_glue(settings)
    app.extensions["consult_addresses"] = {}
    # Before the forms' own check, which reads what was sent.
    app.before_request(access.let_large_files_in)
    csrf = CSRFProtect(app)
    words.Translator(app, locale_selector=choose_language)
    words.register(app)
    fragments.register(app)
    _sign_in(app)
    limits.register(app, storage=settings.limiter_storage_url, enabled=settings.rate_limits)
    errors.register(app)
    headers.register(app, secure=settings.secure_cookies)
    app.before_request(access.enforce)
    app.teardown_request(end_session)
    _templates(app, settings)
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(name).bp)
    access.public(app.view_functions["static"])
    for view in app.view_functions.values():
        if not access.asks_for_csrf(view):
            csrf.exempt(view)
    app.extensions["consult_personal_data"] = personal_data()
    app.extensions["consult_zone_choices"] = framework_queries.zone_choices
    return app


def make_glue(settings: Settings) -> Glue:
    """What an application needs of its surroundings: the database above all."""
    engine = make_engine(settings.database_url, pool_size=settings.web_pool_size, read_only_unless_said=True)
    return Glue(
        settings=settings,
        sessions=make_sessions(engine),
        readers=make_readers(engine),
        contexts=Contexts(),
        suggester=SocketSuggester(settings.suggester_socket),
        closing_guards=CLOSING_GUARDS,
    )


def personal_data() -> tuple[PersonalData, ...]:
    """What the rooms hand to export and erasure; a room that keeps nothing about people offers nothing."""
    rooms: list[PersonalData] = []
    for name in PERSONAL_ROOMS:
        module = import_module(name)
        if hasattr(module, "PERSONAL_DATA"):
            rooms.append(module.PERSONAL_DATA)
    return tuple(rooms)


def choose_language() -> Locale:
    """The language the reader chose, else the first of the browser's that we speak, else Italian."""
    chosen = session.get("language")
    return _locale(chosen if chosen in words.LANGUAGES else _first_spoken(request.headers.get("Accept-Language", "")))


@lru_cache(maxsize=512)
def _first_spoken(accepted: str) -> str:
    """Browsers say the same few things with every request."""
    return parse_accept_header(accepted, LanguageAccept).best_match(words.LANGUAGES, default="it")


#: Read once each, not with every request.
_locale = lru_cache(maxsize=16)(Locale.parse)


def _sign_in(app: Flask) -> None:
    login_manager.init_app(app)
    key = people_queries.SIGNED_IN_KEY
    staff, unread = process_queries.staff_of(key), notices_queries.unread_of(key)
    place = process_queries.context_of(key, people_queries.SIGNED_IN)

    def load(token: str) -> Person | None:
        slug = (request.view_args or {}).get("slug")
        found, g.read_context = people_queries.signed_in(
            db(), token=token, staff=staff, unread=unread, place=place, slug=slug
        )
        return Person(**asdict(found), token=token) if found else None

    login_manager.user_loader(load)


def _templates(app: Flask, settings: Settings) -> None:
    app.jinja_env.filters.update(formats.FILTERS)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        asset=assets.asset, once=fresh_key, label=labels.label, can=access.can, site=settings, address=address
    )

    @app.context_processor
    def _page_facts() -> dict[str, Any]:
        if g.get("standalone"):
            return {"locale": str(get_locale() or "it"), "process": None, "nav": ()}
        context = g.get("context")
        return {"locale": str(get_locale() or "it"), "process": context, "nav": entries(context, current_user)}
