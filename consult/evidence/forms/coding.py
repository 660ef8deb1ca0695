"""Forms of the codebook, the coding desk and blind samples."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, SelectMultipleField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput

from consult.evidence.forms.versions import version_field
from consult.web.forms import BroughtFile, Form, choice, line, long_text, number, tick


class CodeForm(Form):
    """A code: name, meaning, place."""

    version = IntegerField(widget=HiddenInput(), validators=[Optional()])
    name = line(_l("Nome"))
    definition = long_text(
        _l("Definizione"),
        required=False,
        maximum=6000,
        rows=4,
        description=_l("Che cosa vuol dire, quando si usa e quando no."),
    )
    example = long_text(
        _l("Esempio"), required=False, maximum=4000, rows=3, description=_l("Una frase inventata, non di una fonte.")
    )
    parent_id = choice(_l("Sotto"), required=False)
    strategy_id = choice(_l("Strategia"), required=False)
    colour = line(_l("Colore"), required=False, maximum=7, description=_l("Per esempio #0066CC."))
    codable = tick(_l("Si usa per codificare (senza il segno è solo un titolo che raggruppa)"))


class MergeCodeForm(Form):
    """The code that another one becomes part of."""

    into_id = choice(_l("Unisci a"))


class SplitCodeForm(Form):
    """The codes that come of one."""

    names = long_text(_l("Nuovi codici"), maximum=2000, rows=3, description=_l("Un nome per riga, almeno due."))


class ExchangeFileForm(Form):
    """A file of coded work."""

    file = BroughtFile(
        _l("File"),
        description=_l(
            "Un codebook (.qdc) o un progetto (.qdpx) REFI-QDA, oppure un progetto esportato da Taguette (.sqlite3). Audio e video non "
            "servono: si esporta senza."
        ),
    )


class ApplyForm(Form):
    """Words of a passage, and the code they go under."""

    revision = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    span_start = IntegerField(widget=HiddenInput(), validators=[Optional()])
    span_end = IntegerField(widget=HiddenInput(), validators=[Optional()])
    sentences = SelectMultipleField(_l("Frasi"), validate_choice=False, validators=[Optional()])
    code = line(_l("Codice"), description=_l("Si sceglie dall’elenco; un nome nuovo crea il codice."))
    memo = line(_l("Nota"), required=False, maximum=500)


class MemoForm(Form):
    """A note on a coding."""

    version = version_field()
    memo = long_text(_l("Nota"), required=False, maximum=4000, rows=2)


class VerdictForm(Form):
    """Accept or refuse a suggestion."""

    kind = HiddenField(validators=[InputRequired()])
    target_id = HiddenField(validators=[InputRequired()])
    verdict = HiddenField(validators=[InputRequired()])


class SampleForm(Form):
    """A sample to be coded blindly by two."""

    name = line(_l("Nome del campione"))
    size = number(_l("Quanti passaggi"), required=True)
    first_id = choice(_l("Prima persona"))
    second_id = choice(_l("Seconda persona"))


class SampleReadingForm(Form):
    """The codes that one of the two gives to a passage."""

    codes = SelectMultipleField(_l("Codici che si applicano"), validate_choice=False, validators=[Optional()])
