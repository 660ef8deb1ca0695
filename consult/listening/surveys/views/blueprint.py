"""The blueprint that all pages of questionnaires hang on."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("surveys", __name__)
