"""What those who write a paper, and those who comment its drafts, are told of it, in their language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _

from consult.position_paper.rules import WHY_NO_FILE
from consult.position_paper.types import FileFailure


def redacted_subject(*, version: int, language: str) -> str:
    """A version came out by itself because consent was withdrawn."""
    with force_locale(language):
        return str(_("Position paper: è uscita la versione %(n)s, con parti tolte", n=version))


def redacted_body(*, of: int, findings: int, language: str) -> str:
    """What was taken out, and what is left to do."""
    with force_locale(language):
        return str(
            ngettext(
                "Il consenso su una fonte è cambiato: dalla versione %(of)s è stato tolto quello che non si può più mostrare, in %(num)s "
                "risultanza. La bozza la segnala: va riletta, corretta o ritirata prima della prossima pubblicazione.",
                "Il consenso su alcune fonti è cambiato: dalla versione %(of)s è stato tolto quello che non si può più mostrare, in %(num)s "
                "risultanze. La bozza le segnala: vanno rilette, corrette o ritirate prima della prossima pubblicazione.",
                findings,
                of=of,
            )
        )


def approval_subject(*, title: str, language: str) -> str:
    """Somebody is asked to approve a section."""
    with force_locale(language):
        return str(_("Sezione da approvare: %(title)s", title=title))


def approval_body(*, title: str, language: str) -> str:
    """What is asked, and what answering means."""
    with force_locale(language):
        return str(
            _(
                "Si chiede di leggere la sezione «%(title)s» del position paper e di dire se può andare così. "
                "Chi approva resta scritto nel manifesto della versione che si pubblica.",
                title=title,
            )
        )


def approval_answer_subject(*, title: str, approved: bool, language: str) -> str:
    """What came back on a section, in one line."""
    with force_locale(language):
        if approved:
            return str(_("Sezione approvata: %(title)s", title=title))
        return str(_("Modifiche chieste alla sezione: %(title)s", title=title))


def approval_answer_body(*, name: str, approved: bool, note: str, language: str) -> str:
    """Who answered, and what they wrote."""
    with force_locale(language):
        said = (
            _("%(name)s ha approvato la sezione così com’è.", name=name)
            if approved
            else _("%(name)s chiede modifiche.", name=name)
        )
        return f"{said}\n\n{note}".strip()


@dataclass(frozen=True, slots=True)
class DraftNews:
    """Something that happened to a draft in consultation: opened, closed, commented, replied, answered or published.

    `title` is the process's where it is about the draft, the finding's where it is about a comment; empty for the draft as a whole.
    """

    what: str
    title: str
    number: int
    words: str = ""
    verdict: str = ""
    version: int = 0
    closes_at: datetime | None = None

    def subject(self, language: str) -> str:
        """One line."""
        with force_locale(language):
            about = self.title or str(_("la bozza nel suo insieme"))
            if self.what == "answered":
                words = {
                    "accepted": _("Il tuo commento è stato accolto: «%(title)s»", title=about),
                    "accepted_in_part": _("Il tuo commento è stato accolto in parte: «%(title)s»", title=about),
                    "not_accepted": _(
                        "Una risposta al tuo commento, che non è stato accolto: «%(title)s»", title=about
                    ),
                }
                return str(words[self.verdict])
            said = {
                "opened": _("Una bozza da leggere e commentare: %(title)s", title=self.title),
                "closed": _("La consultazione sulla bozza n. %(n)s è chiusa", n=self.number),
                "commented": _("Nuovi commenti alla bozza n. %(n)s", n=self.number),
                "replied": _("Una risposta al tuo commento su «%(title)s»", title=about),
                "published": _("Il position paper è pubblicato: ecco che cosa ne è stato dei commenti"),
            }
            return str(said[self.what])

    def body(self, language: str) -> str:
        """What it means, and what can be done now."""
        with force_locale(language):
            if self.what == "opened":
                until = format_date(self.closes_at, "long", locale=language)
                return str(_("Si commenta risultanza per risultanza, fino al %(until)s.", until=until))
            said = {
                "closed": _("Ora si risponde: ogni commento riceve un esito e una frase, che chiunque può leggere."),
                "commented": _("Stanno accanto alle risultanze, con quelli che aspettano una risposta in cima."),
                "published": _(
                    "È uscita la versione %(v)s. La tabella dice, commento per commento, che cosa è stato accolto e perché.",
                    v=self.version,
                ),
                "answered": _("Perché: %(reason)s", reason=self.words),
            }
            return str(said.get(self.what, self.words))


@dataclass(frozen=True, slots=True)
class FileNews:
    """A file of the paper that could not be built: its format, why (a code of FileFailure), and of which edition."""

    kind: str
    why: str
    version: int
    draft: int

    def subject(self, language: str) -> str:
        """One line."""
        with force_locale(language):
            return str(
                _("Il documento in %(kind)s non si è potuto preparare: %(edition)s", kind=self.kind.upper(), edition=self._edition())
            )

    def body(self, language: str) -> str:
        """Why, and what can be done."""
        with force_locale(language):
            rest = _("Gli altri documenti sono completi. Quello in HTML si legge senza rete, e dal browser si stampa o si salva in PDF.")
            return f"{_(WHY_NO_FILE[FileFailure(self.why)])} {rest}"

    def _edition(self) -> str:
        if self.version:
            return str(_("position paper, versione %(n)s", n=self.version))
        if self.draft:
            return str(_("position paper, bozza in consultazione n. %(n)s", n=self.draft))
        return str(_("position paper, bozza"))
