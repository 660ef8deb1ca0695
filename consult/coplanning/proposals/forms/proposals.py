"""Forms of proposals, and the words for this room's codes."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FileField, HiddenField, SelectField, SelectMultipleField, TextAreaField
from wtforms.validators import DataRequired

from consult.coplanning.proposals.rules import MOST_PARTS, read_point
from consult.coplanning.proposals.services.carrying import MAX_REASON, MIN_REASON
from consult.coplanning.proposals.services.checks import MAX_TEXT, MAX_TITLE, MIN_TEXT, MIN_TITLE
from consult.coplanning.proposals.types import Lineage, ProposalOrigin, ProposalState, RegroupingState, Sort, SplitPart
from consult.core.vocabulary import SpeakerKind
from consult.framework.queries import MunicipalityRow, StrategyRow, ZoneRow
from consult.web.forms import REQUIRED, Form, Invalid, choice, clean_key, line, long_text, number, radio
from consult.web.labels import add_words, choices

add_words(
    ProposalState,
    {
        ProposalState.published: _l("pubblicata"),
        ProposalState.hidden: _l("nascosta"),
        ProposalState.waiting: _l("aspetta un moderatore"),
        ProposalState.dropped: _l("ritirata prima di comparire"),
        ProposalState.withdrawn: _l("ritirata da chi l’ha scritta"),
        ProposalState.merged: _l("unita a un’altra"),
        ProposalState.divided: _l("divisa in più proposte"),
    },
)
add_words(
    Sort,
    {
        Sort.newest: _l("le più recenti"),
        Sort.most_supported: _l("le più sostenute"),
        Sort.most_discussed: _l("le più discusse"),
        Sort.needs_opinions: _l("quelle che aspettano pareri"),
        Sort.shuffled: _l("a caso"),
    },
)
add_words(
    ProposalOrigin,
    {
        ProposalOrigin.web: _l("scritta qui"),
        ProposalOrigin.paper: _l("arrivata su carta"),
        ProposalOrigin.meeting: _l("raccolta in un incontro"),
    },
)
add_words(Lineage, {Lineage.merged_into: _l("unione"), Lineage.split_off: _l("divisione")})
add_words(
    RegroupingState,
    {
        RegroupingState.asked: _l("chiesta, in attesa di risposta"),
        RegroupingState.standing: _l("in vigore"),
        RegroupingState.refused: _l("non accettata"),
        RegroupingState.withdrawn: _l("ritirata da chi l’aveva chiesta"),
        RegroupingState.lapsed: _l("decaduta senza risposta"),
        RegroupingState.undone: _l("annullata"),
    },
)
NAME, PSEUDONYM = "nome", "pseudonimo"


def _picked_elsewhere(label: Any, *, required: bool = False, **options: Any) -> SelectField:
    """A drop-down whose value the service checks against the database, so that sending a form loads no lists."""
    validators = [DataRequired(message=REQUIRED)] if required else []
    return SelectField(label, choices=[], validators=validators, validate_choice=False, **options)


class ProposalForm(Form):
    """A proposal on one page."""

    title = line(
        _l("Titolo"),
        minimum=MIN_TITLE,
        maximum=MAX_TITLE,
        description=_l("Una frase che dica che cosa proponi."),
    )
    text = long_text(
        _l("Che cosa proponi"),
        minimum=MIN_TEXT,
        maximum=MAX_TEXT,
        rows=9,
        description=_l(
            "Che cosa si dovrebbe fare, dove, per chi, e perché. Puoi usare **grassetti** ed elenchi con il trattino."
        ),
    )
    strategy_id = _picked_elsewhere(
        _l("Strategia del piano"), required=True, description=_l("A quale strategia si lega la tua proposta.")
    )
    finding_id = _picked_elsewhere(
        _l("Risultanza a cui risponde"), description=_l("Se nasce da qualcosa che hai letto nel position paper.")
    )
    zone_ids = SelectMultipleField(
        _l("Zone"),
        choices=[],
        validate_choice=False,
        description=_l("Nessuna zona scelta: vale per tutto il territorio."),
    )
    municipality_id = _picked_elsewhere(_l("Oppure un comune"))
    point = line(
        _l("Un punto preciso"), required=False, maximum=60,
        description=_l("Le coordinate copiate dalla carta del telefono, per esempio 45.0703, 7.6869."),
    )  # fmt: skip  # one call reads better so
    author_kind = choice(_l("Chi propone"), choices=choices(SpeakerKind), default=str(SpeakerKind.resident))
    organisation = line(
        _l("Per conto di"),
        required=False,
        maximum=200,
        description=_l("Il nome dell’ente, associazione o impresa. Lascia vuoto se parli per te."),
    )
    signature = radio(
        _l("Come vuoi firmare"),
        choices=[(NAME, _l("con il mio nome")), (PSEUDONYM, _l("con un altro nome, o senza nome"))],
        default=NAME,
    )
    pseudonym = line(
        _l("Altro nome"), required=False, maximum=80, description=_l("Lascia vuoto per non mostrare alcun nome.")
    )
    files = FileField(
        _l("Allegati"),
        description=_l(
            "Al massimo tre, fino a 10 MB in tutto: PDF, DOCX, ODT, XLSX, PNG o JPEG. Li può aprire chiunque. Dalle foto togliamo "
            "luogo e ora; in un documento può restare scritto il nome di chi l’ha fatto."
        ),
    )
    notice_id = HiddenField()
    version = HiddenField()

    def offer(
        self,
        *,
        strategies: Sequence[StrategyRow],
        zones: Sequence[ZoneRow],
        municipalities: Sequence[MunicipalityRow],
        findings: Iterable[tuple[uuid.UUID, str, str]],
        own_name: str,
    ) -> None:
        """Fill the lists to choose from, for showing the form. Findings are key, title and the words of their group."""
        grouped: dict[str, list[tuple[str, str]]] = {}
        for s in strategies:
            grouped.setdefault(f"{s.axis_number}. {s.axis_title}", []).append((str(s.id), f"{s.code} {s.title}"))
        self.strategy_id.choices = {"": [("", _("Scegli una strategia"))], **grouped}
        self.offer_findings(findings)
        self.zone_ids.choices = [(str(z.id), f"{z.code} {z.name}") for z in zones]
        self.municipality_id.choices = [("", _("Nessuno"))] + [(str(m.id), m.name) for m in municipalities]
        self.signature.choices = [(NAME, _("con il mio nome: %(name)s", name=own_name)), *self.signature.choices[1:]]

    def offer_findings(self, findings: Iterable[tuple[uuid.UUID, str, str]]) -> None:
        """Fill the list of findings alone."""
        answers: dict[str, list[tuple[str, str]]] = {}
        for key, title, group in findings:
            answers.setdefault(group, []).append((str(key), title))
        self.finding_id.choices = {"": [("", _("Nessuna"))], **answers}

    def fields(self) -> dict[str, Any]:
        """What the services take, by name."""
        return {
            "title": self.title.data,
            "text": self.text.data,
            "strategy_id": clean_key(self.strategy_id.data) or uuid.UUID(int=0),
            "finding_id": clean_key(self.finding_id.data),
            "zone_ids": [key for key in map(clean_key, self.zone_ids.data or ()) if key],
            "municipality_id": clean_key(self.municipality_id.data),
            "point": read_point(self.point.data or ""),
            "author_kind": SpeakerKind(self.author_kind.data),
            "organisation": self.organisation.data or "",
            "show_name": self.signature.data != PSEUDONYM,
            "pseudonym": self.pseudonym.data or "",
        }

    def validate_point(self, field: Any) -> None:
        """A point is two numbers."""
        if field.data and read_point(field.data) is None:
            raise Invalid(_("Servono due numeri: latitudine e longitudine."))

    def typed(self) -> dict[str, Any]:
        """What is kept as a draft."""
        return {name: self[name].data for name in DRAFT_FIELDS}

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Show a kept draft again."""
        for name in DRAFT_FIELDS:
            if kept.get(name):
                self[name].data = kept[name]


DRAFT_FIELDS = (
    "title", "text", "strategy_id", "finding_id", "zone_ids", "municipality_id", "point", "author_kind", "organisation", "signature", "pseudonym",
)  # fmt: skip  # one name per field reads better in two lines


class PaperForm(ProposalForm):
    """A proposal that came on paper or at a meeting, typed in by an operator."""

    origin = radio(
        _l("Come è arrivata"),
        choices=[
            (str(ProposalOrigin.paper), _l("su carta")),
            (str(ProposalOrigin.meeting), _l("raccolta in un incontro")),
        ],
        default=str(ProposalOrigin.paper),
    )
    meeting_id = _picked_elsewhere(_l("In quale incontro"))
    received_on = line(_l("Giorno in cui è arrivata"), required=False, maximum=10)
    #: Who wrote it chooses on the sheet whether a name is shown.
    pseudonym = line(
        _l("Firma da mostrare"), required=False, maximum=80,
        description=_l("Solo se chi ha scritto lo permette sul foglio; altrimenti si lascia vuoto."),
    )  # fmt: skip  # one call reads better so
    signature = HiddenField(default=PSEUDONYM)
    code = HiddenField()
    #: What is scanned may hold a signature or an address: it stays on paper.
    files = None

    def offer_paper(
        self,
        *,
        strategies: Sequence[StrategyRow],
        zones: Sequence[ZoneRow],
        municipalities: Sequence[MunicipalityRow],
        findings: Iterable[tuple[uuid.UUID, str, str]],
        meetings: Iterable[tuple[uuid.UUID, str]],
    ) -> None:
        """Fill the lists to choose from."""
        grouped: dict[str, list[tuple[str, str]]] = {}
        for s in strategies:
            grouped.setdefault(f"{s.axis_number}. {s.axis_title}", []).append((str(s.id), f"{s.code} {s.title}"))
        self.strategy_id.choices = {"": [("", _("Scegli una strategia"))], **grouped}
        self.offer_findings(findings)
        self.zone_ids.choices = [(str(z.id), f"{z.code} {z.name}") for z in zones]
        self.municipality_id.choices = [("", _("Nessuno"))] + [(str(m.id), m.name) for m in municipalities]
        self.meeting_id.choices = [("", _("Nessuno"))] + [(str(key), title) for key, title in meetings]

    def paper_fields(self) -> dict[str, Any]:
        """What the service takes, by name."""
        values = self.fields()
        values["signature"] = values.pop("pseudonym")
        del values["show_name"]
        try:
            day = date.fromisoformat((self.received_on.data or "").strip())
        except ValueError:
            day = None
        return values | {
            "origin": ProposalOrigin(self.origin.data),
            "meeting_id": clean_key(self.meeting_id.data),
            "received_on": day,
            "code": self.code.data,
        }


def _reason(label: Any, description: Any = None) -> TextAreaField:
    return long_text(label, minimum=MIN_REASON, maximum=MAX_REASON, rows=3, description=description)


class MergeForm(Form):
    """Why proposals are merged, and the text that carries them on where it is a new one; which ones is ticked in the table beside."""

    title = line(_l("Titolo del testo nuovo"), required=False, maximum=200)
    text = long_text(
        _l("Testo nuovo"),
        required=False,
        maximum=8000,
        rows=8,
        description=_l("Dice in una volta sola ciò che le proposte chiedono insieme. Chi le ha scritte può opporsi."),
    )
    author_kind = choice(
        _l("Tipo di voce"),
        choices=[("", _l("Scegli")), *choices(SpeakerKind)],
        default="",
        required=False,
        description=_l("Con quale tipo si conta il testo nuovo. Le proposte unite tengono il loro."),
    )
    reason = _reason(
        _l("Perché si uniscono"), _l("Il motivo è pubblico: lo legge chi le ha scritte e chi le sostiene.")
    )


class JoinForm(Form):
    """An author's question to another author."""

    number = number(
        _l("Numero dell’altra proposta"), required=True, description=_l("Quella che porterà avanti la tua.")
    )
    reason = _reason(_l("Perché unirle"), _l("Lo leggerà chi ha scritto l’altra proposta, e poi chiunque."))


class SplitForm(Form):
    """The parts of a proposal; the third and fourth may stay empty."""

    reason = _reason(_l("Perché si divide"), _l("Il motivo è pubblico: lo legge chi l’ha scritta e chi la sostiene."))
    version = HiddenField()

    def offer(self, strategies: Sequence[StrategyRow]) -> None:
        """Fill the lists of strategies."""
        listed = [(str(s.id), f"{s.code} {s.title}") for s in strategies]
        for n in range(1, MOST_PARTS + 1):
            self[f"strategy_{n}"].choices = listed

    def rows(self) -> list[tuple[Any, Any, Any]]:
        """The fields of each part."""
        return [(self[f"title_{n}"], self[f"text_{n}"], self[f"strategy_{n}"]) for n in range(1, MOST_PARTS + 1)]

    def parts(self) -> list[SplitPart]:
        """The parts that were written."""
        return [
            SplitPart(title.data or "", text.data or "", clean_key(strategy.data) or uuid.UUID(int=0))
            for title, text, strategy in self.rows()
            if title.data or text.data
        ]


for _n in range(1, MOST_PARTS + 1):
    # Lengths are the service's to check, part by part: an empty part is no part.
    setattr(SplitForm, f"title_{_n}", line(_l("Titolo"), required=False, maximum=MAX_TITLE))
    setattr(SplitForm, f"text_{_n}", long_text(_l("Testo"), required=False, maximum=MAX_TEXT, rows=7))
    setattr(SplitForm, f"strategy_{_n}", _picked_elsewhere(_l("Strategia")))


class ObjectionForm(Form):
    """Why an author does not agree."""

    text = _reason(_l("Perché non sei d’accordo"), _l("Lo leggono i moderatori, e la risposta è pubblica."))


class ObjectionAnswerForm(Form):
    """The answer to an objection."""

    upheld = radio(
        _l("Decisione"),
        choices=[("no", _l("L’unione o divisione resta")), ("si", _l("Ha ragione: si annulla"))],
    )
    answer = _reason(_l("Risposta pubblica"))


class UndoForm(Form):
    """Why a merge or split is taken back."""

    why = _reason(_l("Perché si annulla"), _l("Il motivo è pubblico."))


class DeclineForm(Form):
    """What an author answers who does not want it."""

    why = long_text(_l("Vuoi dire perché?"), required=False, maximum=MAX_REASON, rows=3)
