"""Passwords, names, addresses, and how long links and sessions live; pure."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l

from consult.core.errors import Invalid
from consult.core.normalise import UnreadableText, clean_email, clean_line

#: OWASP's recommended argon2id parameters: memory in KiB, passes, lanes.
_HASHER = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
PASSWORD_MINIMUM, PASSWORD_MAXIMUM = 10, 200
NAME_MINIMUM, NAME_MAXIMUM = 2, 80
SESSION_LIFE = timedelta(days=14)
UNVERIFIED_LIFE = timedelta(days=7)
DRAFT_LIFE = timedelta(days=90)
RECEIPT_LIFE = timedelta(days=7)
CLEAN_UP_HOUR = 3
LOCALES = ("it", "en")
#: Version of the words about data shown at sign-up; change it with them.
NOTICE_VERSION = "account-1"
#: What stands where the name of an erased person stood.
ERASED_NAME = "Persona cancellata"


class Purpose(StrEnum):
    """What a one-time link opens; a link of one purpose never opens another."""

    verify = "verify"
    reset = "reset"
    invite = "invite"


TOKEN_LIFE = {Purpose.verify: timedelta(days=2), Purpose.reset: timedelta(hours=1), Purpose.invite: timedelta(days=14)}

_COMMON = (
    "password", "passw0rd", "parola d'ordine", "1234567890", "0123456789", "0987654321", "qwertyuiop", "qwerty12345",
    "abcdefghij", "asdfghjkl", "juventus", "inter", "milan", "torino", "benvenuto", "amoremio", "ciaociao", "consult",
)  # fmt: skip  # A list of words reads better in few lines.


def night_of(now: datetime, timezone: str) -> str:
    """The date of the last night at three by the clock of `timezone`."""
    return (now.astimezone(ZoneInfo(timezone)) - timedelta(hours=CLEAN_UP_HOUR)).strftime("%Y-%m-%d")


def new_token() -> str:
    """A token of 192 random bits for a link or a cookie."""
    return secrets.token_urlsafe(24)


def token_hash(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def hash_password(password: str) -> str:
    """The argon2id hash to keep."""
    return _HASHER.hash(_normal(password))


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _HASHER.hash(secrets.token_urlsafe(16))


def password_matches(stored: str | None, password: str) -> bool:
    """Whether the password is the stored one. Without a stored hash another is verified, so that the time is the same."""
    try:
        right = _HASHER.verify(stored or _nobody(), _normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return right and stored is not None


def needs_new_hash(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(stored)


def _normal(password: str) -> str:
    """The same password typed on another keyboard gives the same text (NIST SP 800-63B 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, *, email: str = "", display_name: str = "") -> None:
    """Raise Invalid, with the sentence at `password`, for one that is short or easy to guess."""
    plain = _normal(password)
    folded = plain.casefold()
    if len(plain) < PASSWORD_MINIMUM:
        _refuse(_l("La password deve avere almeno %(min)d caratteri.", min=PASSWORD_MINIMUM))
    if len(password) > PASSWORD_MAXIMUM:
        _refuse(_l("La password può avere al massimo %(max)d caratteri.", max=PASSWORD_MAXIMUM))
    if len(set(folded)) < 5:
        _refuse(_l("La password ripete sempre gli stessi caratteri: scegline una meno facile da indovinare."))
    own = [part for part in (email.partition("@")[0].casefold(), display_name.casefold()) if len(part) >= 4]
    if any(part in folded for part in own):
        _refuse(_l("La password contiene il tuo nome o il tuo indirizzo: scegline una meno facile da indovinare."))
    rest = folded
    for word in _COMMON:
        rest = rest.replace(word, "")
    if len(set(rest)) < 4:
        _refuse(_l("La password è tra le più usate: tre o quattro parole messe insieme vanno benissimo."))


def _refuse(sentence: object) -> None:
    raise Invalid(str(sentence), {"password": str(sentence)})


def check_email(value: str) -> str:
    """The address as it is kept: lower case, well formed. Raises Invalid, with the sentence at `email`."""
    try:
        address = clean_email(value)
        found = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except (EmailNotValidError, UnreadableText) as error:
        sentence = str(_l("Questo indirizzo non è completo: di solito è fatto così, nome@esempio.it."))
        raise Invalid(sentence, {"email": sentence}) from error
    return found.normalized.lower()


def check_name(value: str) -> str:
    """The name as it is shown. Raises Invalid, with the sentence at `display_name`, where nothing can be read in it."""
    try:
        name = clean_line(value)
    except UnreadableText as error:
        raise Invalid(str(error), {"display_name": str(error)}) from error
    readable = sum(unicodedata.category(character)[0] in "LN" for character in name)
    if not NAME_MINIMUM <= len(name) <= NAME_MAXIMUM or not readable:
        sentence = str(
            _l(
                "Il nome deve avere da %(min)d a %(max)d caratteri, almeno una lettera.",
                min=NAME_MINIMUM,
                max=NAME_MAXIMUM,
            )
        )
        raise Invalid(sentence, {"display_name": sentence})
    return name


def name_of(address: str) -> str:
    """A first name for a person of whom only the address is known; they choose another when they accept."""
    part = address.partition("@")[0]
    return part if len(part) >= NAME_MINIMUM and any(c.isalnum() for c in part) else str(_l("Collega"))


_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def browser_name(user_agent: str) -> str:
    """What a person would call their browser: "Firefox, Android". Nothing more of what it says of itself is kept."""
    found = [next((name for mark, name in marks if mark in user_agent), "") for marks in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in found if name)
