"""The version that a form carries."""

from __future__ import annotations

from wtforms import IntegerField
from wtforms.validators import InputRequired
from wtforms.widgets import HiddenInput


def version_field() -> IntegerField:
    """The hidden field with the version that the person saw."""
    return IntegerField(widget=HiddenInput(), validators=[InputRequired()])
