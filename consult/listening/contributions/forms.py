"""The form of an open contribution."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField
from wtforms.validators import Length

from consult.core.vocabulary import SpeakerKind
from consult.framework.queries import MunicipalityRow, ZoneRow
from consult.listening.contributions.rules import personal_data
from consult.listening.sources.forms import place_choices
from consult.web.forms import Form, Invalid, choice, long_text, tick
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


def contribution_form(zones: Sequence[ZoneRow], municipalities: Sequence[MunicipalityRow]) -> ContributionForm:
    """The form with the places of this territory."""
    form = ContributionForm()
    form.place.choices = place_choices(zones, municipalities, empty=_("Preferisco non dirlo"))
    form.speaker.choices = choices(SpeakerKind, empty=_("Preferisco non dirlo"))
    return form
