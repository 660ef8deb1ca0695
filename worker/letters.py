"""What a task needs to write to people: addresses of pages, languages, and the way out.

The worker builds the application for its routes and catalogues only; it serves nothing and opens no connection through it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from flask import Flask

from consult.app import create_app
from consult.ports.mail import Mailer, mailer_for
from worker.celery_app import settings


@lru_cache(maxsize=1)
def _application() -> Flask:
    return create_app(settings)


@contextmanager
def outgoing() -> Iterator[Mailer]:
    """A mailer, and a context in which links are written with the public address of the site, never with a request's Host."""
    with _application().test_request_context("/", base_url=settings.base_url):
        yield mailer_for(settings)
