"""The form of an open contribution."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField, StringField
from wtforms.validators import Length

from consult.core.vocabulary import SpeakerKind
from consult.framework.queries import MunicipalityRow, ZoneRow
from consult.listening.contributions.rules import personal_data
from consult.listening.sources.forms import place_choices
from consult.web.forms import BroughtFile, Form, Invalid, choice, email, long_text, tick
from consult.web.labels import choices
from consult.web.words import say


class ContributionForm(Form):
    """What the territory needs, from where, and whether the text may be shown."""

    text = long_text(
        _l("Di che cosa ha bisogno il tuo territorio?"),
        minimum=5,
        maximum=5000,
        rows=7,
        description=_l("Una cosa sola per volta. Se puoi, racconta un caso: dove, quando, a chi succede."),
    )
    place = choice(_l("Da quale zona o comune parli?"), required=False)
    speaker = choice(_l("Parli come"), required=False)
    publish = tick(_l("Potete mostrare il testo sul sito, senza il mio nome"))
    email = email(
        _l("E-mail"),
        required=False,
        description=_l("Serve solo per confermare: arriva un link, poi l’indirizzo si cancella."),
    )
    files = FileField(
        _l("Allegati"),
        description=_l(
            "Al massimo tre, fino a 10 MB: PDF, DOCX, ODT, XLSX, PNG o JPEG. Li vede solo chi lavora al piano."
        ),
    )
    checked = tick(_l("Ho controllato: il testo può restare così"))
    code = HiddenField(validators=[Length(max=40)])
    sito_web = StringField(_l("Lascia vuoto questo campo"), render_kw={"autocomplete": "off", "tabindex": "-1"})
    warnings: tuple[str, ...] = ()

    def validate_text(self, field: StringField) -> None:
        """Warn once of what looks like other people's personal data; the author decides."""
        if field.errors:
            return
        self.warnings = tuple(say(words) for words in personal_data(field.data or ""))
        if self.warnings and not self.checked.data:
            raise Invalid(
                _(
                    "Il testo sembra contenere %(what)s. I dati di altre persone non servono: si possono togliere. "
                    "Se il testo va bene così, spunta la casella qui sotto.",
                    what=", ".join(self.warnings),
                )
            )

    def validate_sito_web(self, field: StringField) -> None:
        """A field that people don't see: programs that fill in everything give themselves away."""
        if field.data:
            raise Invalid(_("Il campo nascosto va lasciato vuoto: svuotalo e invia di nuovo."))


def contribution_form(
    zones: Sequence[ZoneRow], municipalities: Sequence[MunicipalityRow], *, proof: bool, files: bool
) -> ContributionForm:
    """The form with the places of this territory; with the address where it is to be proved, with files where they are taken."""
    form = ContributionForm()
    if not proof:
        del form.email
    if not files:
        del form.files
    form.place.choices = place_choices(zones, municipalities, empty=_("Preferisco non dirlo"))
    form.speaker.choices = choices(SpeakerKind, empty=_("Preferisco non dirlo"))
    return form


class DoorForm(Form):
    """How a process takes contributions."""

    proof = tick(_l("Chi non ha un account conferma il contributo con un’e-mail"))
    files = tick(_l("Si possono allegare file"))


class AnswersFileForm(Form):
    """A file of answers."""

    file = BroughtFile(_l("Il file"), description=_l("CSV, TSV o XLSX. La prima riga ha i nomi delle colonne."))


class MappingForm(Form):
    """Which column holds what."""

    text = choice(_l("I testi"))
    question = choice(
        _l("La domanda"),
        required=False,
        description=_l("Se non c’è una colonna, la domanda è il nome della colonna dei testi."),
    )
    place = choice(_l("Il comune o la zona"), required=False)
    date = choice(_l("La data"), required=False, description=_l("Si tiene solo il giorno."))
    speaker = choice(_l("Il tipo di voce"), required=False)
    language = choice(_l("La lingua"), required=False, description=_l("Se non c’è, la lingua si riconosce dal testo."))

    def fill(self, columns: Sequence[str]) -> MappingForm:
        """Offer the columns of the file."""
        for field in (self.text, self.question, self.place, self.date, self.speaker, self.language):
            field.choices = [("", _("Nessuna colonna")), *((column, column) for column in columns)]
        return self
