"""What a WSGI server imports: `wsgi:create` builds the application from the environment."""

from __future__ import annotations

from flask import Flask

from config import Settings
from consult.app import create_app


def create() -> Flask:
    """The application for this environment."""
    return create_app(Settings.from_env())
