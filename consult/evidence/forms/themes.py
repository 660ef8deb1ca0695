"""Forms of the theme desk. Every one carries the version its author saw."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField
from wtforms.validators import InputRequired

from consult.evidence.forms.versions import version_field
from consult.web.forms import Form, choice, line, long_text


class StateForm(Form):
    """Accept, refuse or reopen a theme."""

    version = version_field()
    state = HiddenField(validators=[InputRequired()])


class ThemeForm(Form):
    """A theme's label and the strategy it stands under."""

    version = version_field()
    label = line(_l("Etichetta del tema"), maximum=200)
    strategy_id = choice(_l("Strategia"), required=False)


class MergeForm(Form):
    """The theme it becomes part of."""

    version = version_field()
    into_id = choice(_l("Unisci a"))


class MoveSourceForm(Form):
    """The theme a source goes to; empty takes it out of all."""

    to_theme_id = choice(_l("Sposta sotto"), required=False)


class NewThemeForm(Form):
    """A theme made by hand from chosen sources."""

    label = line(_l("Etichetta del tema"), maximum=200)
    strategy_id = choice(_l("Strategia"), required=False)
    sources = long_text(
        _l("Fonti"),
        maximum=8000,
        rows=4,
        description=_l("Un codice di fonte per riga: si copia dal registro delle fonti."),
    )


class SplitForm(Form):
    """The label of the theme that chosen sources go to."""

    version = version_field()
    label = line(_l("Etichetta del tema nuovo"), maximum=200)
