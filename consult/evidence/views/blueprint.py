"""The blueprint that all pages of the evidence hang on."""

from __future__ import annotations

from flask import Blueprint

bp = Blueprint("evidence", __name__)
