"""The blueprint of this room, and what its pages share."""

from __future__ import annotations

from typing import Any, cast

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from consult.core.errors import Invalid
from consult.people.rules import browser_name
from consult.web.forms import Form
from consult.web.identity import Person, person

bp = Blueprint("people", __name__)


Answer = str | tuple[str, int] | Response


def me() -> Person:
    """The signed-in person; only on pages whose mark asks for an account."""
    return cast(Person, person())


def browser() -> str:
    """What the browser is called, for its owner's list of devices."""
    return browser_name(request.user_agent.string or "")


def refuse(form: Form, error: Invalid) -> None:
    """Hang a service's refusal at the fields it names, else at the head of the form."""
    form.put_errors(error.fields)
    if not any(name in form for name in error.fields):
        form.form_errors.append(error.message)


def page(template: str, **values: Any) -> Answer:
    """The page; 422 where a form was sent and is shown again."""
    html = render_template(f"people/{template}.html", **values)
    return (html, 422) if request.method == "POST" else html
