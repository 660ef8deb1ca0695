"""The base form and the fields that every feature uses: text comes in through the one normaliser."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from functools import lru_cache
from typing import IO, Any, TypedDict

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import FileStorage
from wtforms import (
    BooleanField,
    EmailField,
    FileField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    widgets,
)
from wtforms.i18n import get_translations
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from consult.core.normalise import UnreadableText, clean_line, clean_text
from consult.web.session import glue
from consult.web.words import locale_code, say

__all__ = [
    "BooleanField",
    "BroughtFile",
    "Form",
    "Invalid",
    "check_boxes",
    "choice",
    "clean_key",
    "email",
    "line",
    "long_text",
    "number",
    "password",
    "radio",
    "tick",
    "whole_number",
]

Invalid = ValidationError
#: What PostgreSQL's `integer` holds.
LARGEST_INTEGER = 2**31 - 1
TOO_LARGE = _l("Questo numero è troppo grande.")


@lru_cache(maxsize=8)
def _own_sentences(locale: str) -> Any:
    return get_translations([locale])


class Brought(TypedDict):
    """A file as it was sent: its bytes, its name, and how many bytes it may have."""

    stream: IO[bytes] | None
    name: str | None
    maximum: int


class BroughtFile(FileField):  # type: ignore[misc]  # WTForms ships no types.
    """A file that staff brings at the desk: says how large it may be, and the browser refuses a larger one before it is sent."""

    def __init__(self, label: Any = None, *, description: Any = "", **more: Any) -> None:
        settings = glue().settings
        said = f"{description} {_('Al massimo %(n)s MB.', n=settings.upload_mb)}".strip()
        refusal = _("Il file è troppo grande: può avere al massimo %(n)s MB.", n=settings.upload_mb)
        limits = {"data-most": str(settings.upload_bytes), "data-too-large": refusal}
        super().__init__(label, description=said, render_kw={**more.pop("render_kw", {}), **limits}, **more)

    def sent(self) -> Brought:
        """What the door for files asks for: the file that was sent, if any, and the limit that was promised beside the field."""
        file = self.data if isinstance(self.data, FileStorage) else None
        return {
            "stream": file.stream if file else None,
            "name": file.filename if file else None,
            "maximum": glue().settings.upload_bytes,
        }


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types.
    """Base of all forms: CSRF by Flask-WTF, texts normalised, unknown fields ignored by construction."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # Flask-WTF ships no types.
        def get_translations(self, form: Any) -> Any:
            """WTForms' own sentences in the reader's language, read once and not with every form."""
            return _own_sentences(locale_code())

    def process(self, *given: Any, **more: Any) -> None:
        """Take what was sent; a whole number that no integer column holds is an error of its field, never of the server."""
        super().process(*given, **more)
        for field in self:
            if isinstance(field, IntegerField) and isinstance(field.data, int) and abs(field.data) > LARGEST_INTEGER:
                field.data = None
                field.process_errors = [*field.process_errors, str(TOO_LARGE)]

    def put_errors(self, fields: dict[str, str]) -> None:
        """Hang the sentences of a refusal by a service at the fields they name."""
        for name, sentence in fields.items():
            if name in self:
                self[name].errors = [*self[name].errors, say(sentence)]


def _filter(one_line: bool) -> Any:
    def clean(value: str | None) -> str | None:
        if value is None:
            return None
        try:
            return clean_line(value) if one_line else clean_text(value)
        except UnreadableText as error:
            raise ValidationError(say(str(error))) from error

    return clean


REQUIRED = _l("Questa informazione serve per continuare.")


def _validators(required: bool, minimum: int, maximum: int) -> list[Any]:
    message = (
        _l("Il testo può avere al massimo %(max)d caratteri.")
        if minimum == 0
        else _l("Servono da %(min)d a %(max)d caratteri.")
    )
    first: list[Any] = [DataRequired(message=REQUIRED)] if required else [Optional()]
    return [*first, Length(min=minimum, max=maximum, message=message)]


def line(label: Any, *, required: bool = True, minimum: int = 0, maximum: int = 200, **options: Any) -> StringField:
    """One line of text."""
    return StringField(
        label,
        filters=[_filter(True)],
        validators=_validators(required, minimum, maximum),
        render_kw={"maxlength": maximum},
        **options,
    )


def long_text(
    label: Any, *, required: bool = True, minimum: int = 0, maximum: int = 5000, rows: int = 6, **options: Any
) -> TextAreaField:
    """A text of several lines."""
    return TextAreaField(
        label,
        filters=[_filter(False)],
        validators=_validators(required, minimum, maximum),
        render_kw={"rows": rows, "data-max": maximum},
        **options,
    )


def email(label: Any, *, required: bool = True, **options: Any) -> EmailField:
    """An e-mail address; its form is checked where it is used, by the account's rules."""
    return EmailField(
        label,
        filters=[_filter(True)],
        validators=_validators(required, 0, 254),
        render_kw={"autocomplete": "email", "inputmode": "email", "maxlength": 254},
        **options,
    )


def password(label: Any, *, new: bool = False, **options: Any) -> PasswordField:
    """A password: never trimmed, never shown again."""
    return PasswordField(
        label,
        validators=[
            DataRequired(message=REQUIRED),
            Length(max=200, message=_l("La password può avere al massimo %(max)d caratteri.")),
        ],
        render_kw={"autocomplete": "new-password" if new else "current-password"},
        **options,
    )


def number(label: Any, *, required: bool = False, **options: Any) -> IntegerField:
    """A whole number."""
    return IntegerField(label, validators=[InputRequired(message=REQUIRED) if required else Optional()], **options)


def tick(label: Any, *, required: bool = False, message: Any = REQUIRED, **options: Any) -> BooleanField:
    """One box to tick."""
    return BooleanField(label, validators=[DataRequired(message=message)] if required else [], **options)


def choice(
    label: Any, *, choices: Sequence[tuple[str, Any]] = (), required: bool = True, **options: Any
) -> SelectField:
    """A drop-down; where it is not required the first entry should be empty."""
    return SelectField(
        label,
        choices=list(choices),
        validators=[DataRequired(message=REQUIRED)] if required else [Optional()],
        validate_choice=True,
        **options,
    )


def radio(label: Any, *, choices: Sequence[tuple[str, Any]] = (), required: bool = True, **options: Any) -> RadioField:
    """One of some, all in sight."""
    return RadioField(
        label,
        choices=list(choices),
        validators=[InputRequired(message=REQUIRED)] if required else [Optional()],
        **options,
    )


def check_boxes(label: Any, *, choices: Sequence[tuple[str, Any]] = (), **options: Any) -> SelectMultipleField:
    """Any of some, all in sight."""
    return SelectMultipleField(
        label,
        choices=list(choices),
        option_widget=widgets.CheckboxInput(),
        widget=widgets.ListWidget(prefix_label=False),
        **options,
    )


def clean_key(value: str | None) -> uuid.UUID | None:
    """A key chosen in a form or an address, or None; anything that is no key counts as none."""
    try:
        return uuid.UUID(value) if value else None
    except ValueError:
        return None


def asked_place(among: int) -> int | None:
    """The place, from 1, of the sentence that an address names (`?frase=`) among so many: None where it names none, 0 for one that is not there."""
    place = request.args.get("frase", type=int)
    return place if place is None or 1 <= place <= among else 0


def whole_number(value: str | None) -> int:
    """A small whole number out of a hidden field or an address, such as a version; 0 where there is none."""
    return int(value) if value and value.isascii() and value.isdigit() and len(value) < 9 else 0
