"""Forms of meetings: the meeting, its tables and files, registration, notes, ballots, remarks."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from wtforms import HiddenField, IntegerField, SelectField, StringField, widgets
from wtforms.validators import InputRequired, NumberRange, Optional

from consult.core.vocabulary import SpeakerKind, Stance
from consult.framework.queries import StrategyRow, ZoneRow
from consult.listening.meetings.types import TableRow
from consult.listening.sources.forms import day, moment
from consult.web.forms import Form, Invalid, check_boxes, choice, clean_key, email, line, long_text, radio, tick
from consult.web.labels import choices

NOTE_KINDS = (
    ("need", _l("bisogno")),
    ("proposal", _l("proposta")),
    ("criticism", _l("critica")),
    ("agreement", _l("accordo")),
)
ROUNDS = (("1", _l("primo: che cosa conta")), ("2", _l("secondo: che cosa serve")))
#: The most strategies that a ballot may rank.
MOST_PICKS = 10


def zone_options(zones: Sequence[ZoneRow], empty: Any) -> list[tuple[str, Any]]:
    """Zones to choose from, with an entry for none."""
    return [("", empty), *((str(zone.id), f"{zone.code} {zone.name}") for zone in zones)]


def table_name(table: TableRow) -> str:
    """A table as lists name it: number, theme, zone."""
    words = _("Tavolo %(n)s", n=table.number)
    more = table.title or (f"{table.zone_code} {table.zone_name}" if table.zone_code else "")
    return f"{words}: {more}" if more else words


def table_options(tables: Sequence[TableRow], empty: Any, *, free_only: bool = False) -> list[tuple[str, Any]]:
    """Tables to choose from; `free_only` leaves out those whose places are taken."""
    return [("", empty), *((str(t.id), table_name(t)) for t in tables if not (free_only and t.full))]


def strategy_name(strategy: StrategyRow) -> str:
    """A strategy as the type-ahead lists it."""
    return f"{strategy.code} {strategy.title}"


def find_strategy(typed: str | None, strategies: Sequence[StrategyRow]) -> uuid.UUID | None:
    """The strategy that was typed or picked from the list: by code, by the whole entry, or by words that only one title holds.

    Raises Invalid for words that lead to none or to several.
    """
    words = " ".join((typed or "").split()).casefold()
    if not words:
        return None
    code = re.match(r"[\w.]+", words)
    for strategy in strategies:
        if strategy_name(strategy).casefold() == words or (
            code and strategy.code.casefold() == code.group().rstrip(".")
        ):
            return strategy.id
    found = [strategy.id for strategy in strategies if words in strategy.title.casefold()]
    if len(found) == 1:
        return found[0]
    raise Invalid(_("Scegli una strategia dell’elenco che compare mentre si scrive, o scrivi il suo numero."))


class MeetingForm(Form):
    """What is known of a meeting."""

    title = line(_l("Titolo"), minimum=4)
    summary = long_text(_l("Presentazione"), required=False, rows=3, description=_l("A che cosa serve, per chi è."))
    starts_at = moment(_l("Inizio"))
    ends_at = moment(_l("Fine"), required=False)
    place = line(_l("Luogo"), description=_l("Per esempio: sala consiliare del municipio."))
    address = line(_l("Indirizzo"), required=False, maximum=300)
    zones = check_boxes(_l("Zone a cui è rivolto"))
    agenda = long_text(_l("Programma"), required=False, rows=5)
    registration = tick(_l("Ci si può iscrivere (non serve per partecipare)"))
    capacity = IntegerField(
        _l("Posti"),
        validators=[Optional(), NumberRange(1, 100_000)],
        description=_l("Quando sono finiti, chi si iscrive entra in lista d’attesa."),
    )
    picks = IntegerField(
        _l("Quante strategie si scelgono al primo giro"),
        default=5,
        validators=[Optional(), NumberRange(1, MOST_PICKS)],
    )
    minutes = long_text(
        _l("Introduzione al verbale"),
        required=False,
        maximum=20_000,
        rows=4,
        description=_l("Com’è andato l’incontro. Gli appunti si aggiungono da soli."),
    )
    version = IntegerField(validators=[Optional()], widget=widgets.HiddenInput())


class TableForm(Form):
    """A working table."""

    number = IntegerField(_l("Numero"), validators=[InputRequired(message=_l("Serve un numero.")), NumberRange(1, 200)])
    title = line(_l("Tema"), required=False, description=_l("Per esempio: muoversi, scuola, acqua."))
    zone = choice(_l("Zona per cui parla"), required=False)
    facilitator = choice(_l("Chi lo conduce"), required=False)
    seats = IntegerField(_l("Posti al tavolo"), validators=[Optional(), NumberRange(1, 1000)])

    def fill(self, zones: Sequence[ZoneRow], people: Sequence[tuple[str, str]]) -> TableForm:
        """Put in the zones of the territory and the people who may lead a table."""
        self.zone.choices = zone_options(zones, _l("Chi siede dice la sua"))
        self.facilitator.choices = [("", _l("Non ancora deciso")), *people]
        return self


class FileForm(Form):
    """A file for the page of a meeting."""

    title = line(_l("Che cos’è"), minimum=3)
    file = FileField(_l("Il file"), description=_l("PDF, DOCX, ODT, XLSX, PNG o JPEG, al massimo 10 MB."))


class RegistrationForm(Form):
    """Who comes, as far as it is needed."""

    email = email(
        _l("E-mail"),
        description=_l(
            "Serve per la conferma, un promemoria e se l’incontro cambia. La cancelliamo trenta giorni dopo."
        ),
    )
    name = line(_l("Nome"), required=False, maximum=120)
    organisation = line(
        _l("Organizzazione"), required=False, description=_l("Può comparire nel verbale. Il tuo nome no.")
    )
    table = choice(_l("A quale tavolo vuoi sedere?"), required=False)
    sito_web = StringField(_l("Lascia vuoto questo campo"), render_kw={"autocomplete": "off", "tabindex": "-1"})

    def fill(self, tables: Sequence[TableRow]) -> RegistrationForm:
        """Put in the tables that still have places; without tables nothing is asked."""
        if tables:
            self.table.choices = table_options(tables, _l("Decido lì"), free_only=True)
        else:
            del self.table
        return self


class AttendeeForm(Form):
    """Somebody who came without registering."""

    name = line(_l("Nome"), required=False, maximum=120)
    organisation = line(_l("Organizzazione"), required=False)


class NoteForm(Form):
    """One thing that was said."""

    text = long_text(_l("Che cosa è stato detto"), minimum=3, maximum=5000, rows=3)
    kind = radio(_l("Che cos’è"), choices=NOTE_KINDS)
    table = choice(_l("Tavolo"), required=False)
    round = radio(_l("Giro"), choices=ROUNDS, required=False)
    strategy = line(
        _l("Strategia"), required=False, description=_l("Scrivi il numero o una parola: l’elenco si restringe.")
    )
    speaker = choice(_l("Chi parla"), required=False)
    zone = choice(_l("Zona"), required=False)
    stance = choice(_l("Posizione"), required=False)
    agreed = IntegerField(_l("Quante persone concordano"), validators=[Optional(), NumberRange(0, 10_000)])
    revision = IntegerField(validators=[Optional()], widget=widgets.HiddenInput())
    zones: Sequence[ZoneRow] = ()
    tables: Sequence[TableRow] = ()
    strategies: Sequence[StrategyRow] = ()

    def fill(self) -> NoteForm:
        """Offer the zones, tables and strategies that were set; without tables none is asked."""
        self.zone.choices = zone_options(self.zones, _l("Non detta"))
        self.speaker.choices = choices(SpeakerKind, empty=_l("Non detto"))
        self.stance.choices = choices(Stance, empty=_l("Nessuna"))
        self.strategy.render_kw = {"list": "strategie", "autocomplete": "off", "maxlength": 200}
        if self.tables:
            self.table.choices = table_options(self.tables, _l("Tutta la sala"))
        else:
            del self.table
        return self

    def validate_strategy(self, field: StringField) -> None:
        """Refuse words that lead to no strategy."""
        find_strategy(field.data, self.strategies)


class BallotForm(Form):
    """Strategies in the order in which they matter, from a phone or for a table."""

    table = choice(_l("A quale tavolo siedi?"), required=False)
    zone = choice(_l("Per quale zona parli?"), required=False)
    people = IntegerField(_l("Quante persone al tavolo"), validators=[Optional(), NumberRange(1, 1000)])

    @property
    def picked(self) -> list[uuid.UUID | None]:
        """The keys chosen, in order."""
        return [clean_key(self[f"pick_{n}"].data) for n in range(1, MOST_PICKS + 1) if f"pick_{n}" in self]

    def fill(
        self,
        *,
        picks: int,
        strategies: Sequence[StrategyRow],
        zones: Sequence[ZoneRow],
        tables: Sequence[TableRow],
        by_table: bool,
    ) -> BallotForm:
        """Put in what may be chosen, and keep as many places as this meeting ranks."""
        groups: dict[str, list[tuple[str, Any]]] = {"": [("", _("Nessuna"))]}
        for strategy in strategies:
            axis = f"{strategy.axis_number}. {strategy.axis_title}"
            groups.setdefault(axis, []).append((str(strategy.id), strategy_name(strategy)))
        for n in range(1, MOST_PICKS + 1):
            if n > picks:
                del self[f"pick_{n}"]
            else:
                self[f"pick_{n}"].choices = groups
        self.zone.choices = zone_options(zones, _l("Preferisco non dirlo"))
        if tables:
            self.table.choices = table_options(tables, _l("Nessuno in particolare"))
        else:
            del self.table
        if not by_table:
            del self.people
        return self


_PLACES = (
    _l("La più importante"),
    _l("La seconda"),
    _l("La terza"),
    _l("La quarta"),
    _l("La quinta"),
    _l("La sesta"),
    _l("La settima"),
    _l("L’ottava"),
    _l("La nona"),
    _l("La decima"),
)
for _n, _label in enumerate(_PLACES, 1):
    setattr(BallotForm, f"pick_{_n}", SelectField(_label, validators=[Optional()], choices=[]))


class CodeForm(Form):
    """The short code on the screen."""

    codice = line(_l("Codice"), maximum=20)


class ReviewForm(Form):
    """Until when attendees may read the minutes."""

    until = day(_l("Si rilegge fino al"))


class RemarkForm(Form):
    """What is missing or wrong in the minutes."""

    text = long_text(_l("Che cosa manca o non torna?"), minimum=5, maximum=3000, rows=4)
    note = choice(_l("A quale appunto si riferisce?"), required=False)
    name = line(_l("Il tuo nome"), required=False, maximum=120, description=_l("Lo vede solo chi cura il verbale."))
    sito_web = StringField(_l("Lascia vuoto questo campo"), render_kw={"autocomplete": "off", "tabindex": "-1"})


class AnswerForm(Form):
    """What was done about a remark."""

    taken = radio(
        _l("Che cosa se ne fa"), choices=[("yes", _l("accolta: il verbale è corretto")), ("no", _l("non accolta"))]
    )
    answer = long_text(_l("Risposta"), required=False, maximum=2000, rows=2)


class StateForm(Form):
    """One of the states of a meeting or of its minutes."""

    state = HiddenField(validators=[InputRequired()])
