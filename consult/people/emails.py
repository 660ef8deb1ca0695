"""What people receive about their account, in their language. Needs a context in which addresses of pages can be written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import url_for
from flask_babel import force_locale
from flask_babel import gettext as _

from consult.people.rules import Purpose
from consult.ports.mail import Letter
from consult.web.session import glue

#: Under which name an address carries the sealed way back.
WAY_BACK = "poi"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of letter: the link it mints, the page the link opens, its words."""

    purpose: Purpose | None
    endpoint: str
    words: Callable[[], tuple[str, list[str], list[str]]]


def fitting(about: str, *, has_password: bool) -> str:
    """The letter that fits the account now: who never set a password can't have it reset, only be invited again."""
    if not has_password and about in {"verification", "known_address", "reset"}:
        return "not_active"
    if has_password and about == "invitation":
        return "known_address"
    return about


def write(about: str, *, to: str, name: str, locale: str, token: str, way_back: str = "") -> Letter:
    """The letter, in the person's language, with its link where it has one; `way_back`, sealed, leads on to where the person was."""
    kind = LETTERS[about]
    settings = glue().settings
    with force_locale(locale):
        subject, before, after = kind.words()
        values = {"token": token} if kind.purpose else {}
        if way_back:
            values[WAY_BACK] = way_back
        address = url_for(kind.endpoint, _external=True, **values)
        parts = [_("Ciao %(name)s,", name=name), *before, address, *after]
        foot = f"--\n{settings.service_name} · {settings.authority_name}"
        return Letter(
            to=to,
            subject=f"{settings.service_name}: {subject}",
            text="\n\n".join([*parts, foot]) + "\n",
            key=f"{about}:{token}",
        )


def _verification() -> tuple[str, list[str], list[str]]:
    return (
        _("conferma il tuo indirizzo"),
        [_("qualcuno, speriamo tu, ha chiesto un account con questo indirizzo. Per confermarlo apri questa pagina:")],
        [
            _("Il collegamento vale due giorni. Ti chiederemo la password che hai scelto."),
            _("Se non sei stato tu non devi fare niente: senza conferma l’account sparisce da solo."),
        ],
    )


def _known_address() -> tuple[str, list[str], list[str]]:
    return (
        _("hai già un account"),
        [_("qualcuno ha chiesto un account con questo indirizzo, ma ne hai già uno. Puoi accedere da qui:")],
        [
            _("Se non ricordi la password, nella stessa pagina puoi chiederne una nuova."),
            _("Se non sei stato tu non devi fare niente."),
        ],
    )


def _reset() -> tuple[str, list[str], list[str]]:
    return (
        _("scegli una nuova password"),
        [_("qualcuno ha chiesto una nuova password per il tuo account. Per sceglierla apri questa pagina:")],
        [
            _("Il collegamento vale un’ora e funziona una volta sola."),
            _("Se non sei stato tu non devi fare niente: la tua password resta quella di prima."),
        ],
    )


def _invitation() -> tuple[str, list[str], list[str]]:
    return (
        _("un invito a collaborare"),
        [_("ti è stato dato un ruolo in un processo di consultazione. Per accettare e scegliere la password:")],
        [_("Il collegamento vale quattordici giorni e funziona una volta sola.")],
    )


def _not_active() -> tuple[str, list[str], list[str]]:
    return (
        _("il tuo account aspetta ancora"),
        [
            _(
                "qualcuno ha chiesto di entrare con questo indirizzo. Per questo indirizzo c’è un invito non ancora accettato:"
            ),
            _("usa il collegamento del messaggio di invito. Se è scaduto, chi ti ha invitato può mandartene un altro."),
            _("La pagina per accedere, quando avrai una password, è questa:"),
        ],
        [_("Se non sei stato tu non devi fare niente.")],
    )


def _password_changed() -> tuple[str, list[str], list[str]]:
    return (
        _("la password è cambiata"),
        [_("la password del tuo account è appena cambiata, e gli altri dispositivi sono stati disconnessi.")],
        [_("Se non sei stato tu, apri la pagina qui sopra e chiedi subito una nuova password.")],
    )


LETTERS: dict[str, Kind] = {
    "verification": Kind(Purpose.verify, "people.verify", _verification),
    "known_address": Kind(None, "people.sign_in", _known_address),
    "reset": Kind(Purpose.reset, "people.reset", _reset),
    "invitation": Kind(Purpose.invite, "people.accept_invitation", _invitation),
    "not_active": Kind(None, "people.sign_in", _not_active),
    "password_changed": Kind(None, "people.request_reset", _password_changed),
}
