"""Forms of accounts. Whether an address, a name or a password is good is asked of the rules, by the services."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l

from consult.core.vocabulary import SpeakerKind
from consult.web.forms import Form, choice, email, line, password, tick
from consult.web.labels import choices

#: Kinds of speaker that are bodies, not people.
BODIES = tuple(
    kind
    for kind in SpeakerKind
    if kind not in (SpeakerKind.resident, SpeakerKind.zone_spokesperson, SpeakerKind.professional)
)
LANGUAGES = (("it", "Italiano"), ("en", "English"))


class SignInForm(Form):
    """Address and password."""

    email = email(_l("Indirizzo e-mail"))
    password = password(_l("Password"))


class SignUpForm(Form):
    """A new account."""

    email = email(
        _l("Indirizzo e-mail"), description=_l("Serve per accedere e per avvisarti. Non lo mostriamo a nessuno.")
    )
    display_name = line(
        _l("Nome da mostrare"),
        maximum=80,
        description=_l("Può essere un nome inventato: compare accanto a quello che scrivi, se scegli di mostrarlo."),
    )
    password = password(
        _l("Password"),
        new=True,
        description=_l("Almeno 10 caratteri. Tre o quattro parole messe insieme vanno benissimo."),
    )
    notice = tick(
        _l("Ho letto come vengono usati i miei dati"),
        required=True,
        message=_l("Per aprire l’account serve aver letto come vengono usati i tuoi dati."),
    )


class PasswordForm(Form):
    """One's password, asked again."""

    password = password(_l("Password"))


class AddressForm(Form):
    """Only an address."""

    email = email(_l("Indirizzo e-mail"))


class NewPasswordForm(Form):
    """A new password, by a link."""

    password = password(
        _l("Nuova password"),
        new=True,
        description=_l("Almeno 10 caratteri. Tre o quattro parole messe insieme vanno benissimo."),
    )


class AcceptInvitationForm(Form):
    """Name and first password of an invited person."""

    display_name = line(
        _l("Nome da mostrare"), maximum=80, description=_l("Compare ai colleghi e accanto a quello che pubblichi.")
    )
    password = password(
        _l("Password"),
        new=True,
        description=_l("Almeno 10 caratteri. Tre o quattro parole messe insieme vanno benissimo."),
    )


class ProfileForm(Form):
    """Name, language and zone."""

    display_name = line(_l("Nome da mostrare"), maximum=80, description=_l("Può essere un nome inventato."))
    locale = choice(_l("Lingua dei messaggi"), choices=LANGUAGES)
    zone_code = choice(
        _l("La tua zona"), required=False, description=_l("Serve solo a proporti per prima la zona in cui vivi.")
    )

    def offer_zones(self, zones: Sequence[tuple[str, str]]) -> None:
        """Put the zones into the choice, after an empty one."""
        self.zone_code.choices = [("", _l("Preferisco non dirlo")), *zones]


class ChangePasswordForm(Form):
    """The password, from old to new."""

    current = password(_l("Password di adesso"))
    password = password(
        _l("Nuova password"),
        new=True,
        description=_l("Almeno 10 caratteri. Tre o quattro parole messe insieme vanno benissimo."),
    )


class OrganisationForm(Form):
    """Whom somebody speaks for."""

    name = line(_l("Nome dell’organizzazione"), description=_l("Com’è scritto nel suo statuto o sul suo sito."))
    kind = choice(_l("Che cos’è"), choices=choices(SpeakerKind, only=BODIES))


class EraseForm(Form):
    """Erasing oneself."""

    password = password(_l("Password"))
    sure = tick(
        _l("Ho capito: il mio account sparisce e non si può tornare indietro"),
        required=True,
        message=_l("Per cancellare l’account serve la tua conferma."),
    )
