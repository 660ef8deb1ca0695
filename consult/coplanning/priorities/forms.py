"""Forms of prioritisation rounds, and the words for this room's codes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField
from wtforms.validators import Optional

from consult.coplanning.priorities.types import RoundAudience, RoundFields, RoundMethod, RoundTarget
from consult.coplanning.rounds.rules import MAX_QUESTION, MAX_TITLE, MIN_TITLE
from consult.core.vocabulary import SpeakerKind
from consult.framework.queries import StrategyRow, ZoneRow
from consult.web.forms import Form, check_boxes, choice, clean_key, line, long_text, number, radio
from consult.web.labels import add_words, choices

add_words(
    RoundMethod,
    {RoundMethod.points: _l("distribuire punti"), RoundMethod.ranking: _l("mettere in ordine")},
)
add_words(RoundTarget, {RoundTarget.strategies: _l("strategie"), RoundTarget.proposals: _l("proposte")})
add_words(
    RoundAudience,
    {
        RoundAudience.registered: _l("tutte le persone registrate"),
        RoundAudience.invited: _l("solo le persone invitate"),
    },
)


class RoundForm(Form):
    """What a round asks."""

    title = line(_l("Titolo"), minimum=MIN_TITLE, maximum=MAX_TITLE)
    question = long_text(
        _l("Che cosa si chiede"), maximum=MAX_QUESTION, rows=3, description=_l("Una o due frasi: che cosa si decide, e a che cosa serve.")
    )  # fmt: skip  # one call reads better so
    method = radio(
        _l("Come si risponde"),
        choices=[
            (str(RoundMethod.points), _l("Ogni persona distribuisce dei punti tra le voci")),
            (str(RoundMethod.ranking), _l("Ogni persona mette in ordine le prime voci")),
        ],
        default=str(RoundMethod.points),
    )
    budget = number(_l("Punti di ogni persona"), default=10, description=_l("Da 3 a 100."))
    most_ranked = number(_l("Quante voci si mettono in ordine"), default=5, description=_l("Da 2 a 10."))
    strategy_ids = check_boxes(_l("Strategie da pesare"))
    proposal_numbers = line(
        _l("Oppure proposte, per numero"), required=False, maximum=400,
        description=_l("Numeri separati da virgole. Contano solo se nessuna strategia è scelta."),
    )  # fmt: skip  # one call reads better so
    zone_id = SelectField(_l("Territorio"), choices=[], validate_choice=False)
    audience = radio(_l("Chi partecipa"), choices=choices(RoundAudience), default=str(RoundAudience.registered))
    version = HiddenField()

    def offer(self, *, strategies: Sequence[StrategyRow], zones: Sequence[ZoneRow]) -> None:
        """Fill the lists to choose from."""
        self.strategy_ids.choices = [(str(s.id), f"{s.code} {s.title}") for s in strategies]
        self.zone_id.choices = [("", _("Tutto il territorio"))] + [(str(z.id), f"{z.code} {z.name}") for z in zones]

    def fields(self) -> RoundFields:
        """What the services take."""
        return RoundFields(
            title=self.title.data or "",
            question=self.question.data or "",
            method=RoundMethod(self.method.data),
            audience=RoundAudience(self.audience.data),
            zone_id=clean_key(self.zone_id.data),
            budget=self.budget.data or 0,
            most_ranked=self.most_ranked.data or 0,
        )

    def things(self) -> dict[str, Any]:
        """The strategies, or the numbers of the proposals."""
        return {
            "strategy_ids": [key for key in map(clean_key, self.strategy_ids.data or ()) if key],
            "proposal_numbers": [int(n) for n in re.findall(r"\d{1,6}", self.proposal_numbers.data or "")],
        }


class InviteForm(Form):
    """Who is invited."""

    addresses = long_text(
        _l("Indirizzi e-mail"), maximum=40_000, rows=5, description=_l("Uno per riga, o separati da virgole. Chi non ha un account riceve un invito.")
    )  # fmt: skip  # one call reads better so

    def listed(self) -> list[str]:
        """The addresses, one by one."""
        return [part for part in re.split(r"[\s,;]+", self.addresses.data or "") if part]


class BallotForm(Form):
    """Who speaks; what they say is read from the fields of each option."""

    zone_id = SelectField(_l("La tua zona"), choices=[], validators=[Optional()], validate_choice=False)
    speaker_kind = choice(_l("Parli come"), choices=choices(SpeakerKind), default=str(SpeakerKind.resident))
    notice_id = HiddenField()

    def offer(self, zones: Sequence[ZoneRow]) -> None:
        """Fill the list of zones."""
        self.zone_id.choices = [("", _("Preferisco non dirlo"))] + [(str(z.id), f"{z.code} {z.name}") for z in zones]


def typed_points(values: dict[str, str]) -> dict[uuid.UUID, int] | None:
    """Points by option out of the fields «p-<key>»; None where one is no whole number."""
    found: dict[uuid.UUID, int] = {}
    for name, value in values.items():
        key = clean_key(name.removeprefix("p-")) if name.startswith("p-") else None
        if key and value.strip():
            if not re.fullmatch(r"-?\d{1,4}", value.strip(), flags=re.ASCII):
                return None
            found[key] = int(value)
    return found


def typed_order(values: dict[str, str]) -> list[uuid.UUID]:
    """Options in order out of the fields «o-<place>»; empty places are passed over."""
    places = sorted(
        (int(name[2:]), key)
        for name, value in values.items()
        if re.fullmatch(r"o-\d{1,2}", name, flags=re.ASCII) and (key := clean_key(value))
    )
    return [key for _place, key in places]
