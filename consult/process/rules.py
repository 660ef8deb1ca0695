"""Names of processes, dates typed in the authority's zone, and the privacy notices proposed to managers; pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from consult.core.errors import Invalid
from consult.core.vocabulary import PhaseKind

_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
#: Words that stand where a process's name stands in addresses.
RESERVED = frozenset({"amministrazione", "nuovo", "nuova"})
YEARS = range(2000, 2200)


def check_slug(slug: str) -> str:
    """A name for addresses. Raises Invalid at `slug`."""
    if not _SLUG.fullmatch(slug) or len(slug) > 60:
        _refuse(_("Solo lettere minuscole senza accenti, cifre e trattini: per esempio piano-2027-2029."))
    if slug in RESERVED:
        _refuse(_("Questo nome serve al sito: scegline un altro."))
    return slug


def _refuse(sentence: str) -> None:
    raise Invalid(sentence, {"slug": sentence})


def from_local(value: datetime | None, timezone: str, *, field: str) -> datetime | None:
    """An instant typed without zone, meant in the authority's zone. Raises Invalid for years that can only be a slip."""
    if value is None:
        return None
    if value.year not in YEARS:
        sentence = _("L’anno non può essere quello giusto: controlla la data.")
        raise Invalid(sentence, {field: sentence})
    return value.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)


def proposed_notice(kind: PhaseKind, authority: str) -> str:
    """The words proposed for a phase's privacy notice, in Markdown; the manager changes them before publishing."""
    asked = {
        PhaseKind.preliminary: _("in questa fase non chiediamo niente a chi visita il sito"),
        PhaseKind.listening: _(
            "quello che dici nei questionari, negli incontri, nelle interviste e nei contributi; se vuoi, la tua zona e in che veste parli"
        ),
        PhaseKind.co_planning: _(
            "le proposte, i sostegni e i commenti che scrivi, con il nome che hai scelto se decidi di mostrarlo"
        ),
        PhaseKind.drafting: _("i pareri di chi rivede le azioni, con il suo ruolo"),
        PhaseKind.adoption: _("in questa fase non chiediamo dati nuovi"),
        PhaseKind.implementation: _("le risposte di comuni e cittadini su come procede il piano"),
    }[kind]
    parts = [
        _("**Chi tratta i dati.** %(authority)s.", authority=authority),
        _("**Che cosa raccogliamo.** %(asked)s.", asked=asked[0].upper() + asked[1:]),
        _(
            "**Perché.** Per scrivere un piano che tenga conto di tutto il territorio. È un compito di interesse pubblico "
            "(Regolamento UE 2016/679, articolo 6, paragrafo 1, lettera e)."
        ),
        _(
            "**Chi lo vede.** Le persone che lavorano al processo. Il pubblico vede solo quello che scegli di pubblicare, e le "
            "sintesi in cui nessuno si riconosce."
        ),
        _(
            "**Per quanto.** Fino all’adozione del piano e per i controlli che la legge chiede; poi restano solo i conteggi."
        ),
        _(
            "**I tuoi diritti.** Puoi vedere, correggere, portare via e cancellare i tuoi dati dalla tua pagina. Quello che dai in forma "
            "anonima non si può ritrovare: nemmeno noi sappiamo che è tuo. Puoi rivolgerti al Garante per la protezione dei dati personali."
        ),
        _("**Un favore.** Non scrivere nomi o fatti privati di altre persone."),
    ]
    return "\n\n".join(parts)
