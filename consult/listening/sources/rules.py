"""What may be shown and quoted, which language a text is in, receipt codes, keys of imported rows. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import unicodedata
import uuid
from collections.abc import Iterable
from dataclasses import replace

from consult.analytics.prepare import language_of
from consult.core.sentences import Sentence
from consult.core.vocabulary import SpeakerKind
from consult.listening.sources.types import SourceCard, TakenBack

#: Languages that sources may be in: those the analytics reads.
LANGUAGES = ("it", "en", "fr")
#: Characters that tell the language of an answer, and how likely it must be by the first of them: more only cost time. Of 4,028 texts of
#: public sets in three languages 97 in a hundred are told by their beginning, and none is told otherwise by all of it.
_BEGINNING, _SURE, _TELLING = 48, 0.95, 120
#: Changes a person may make to a source, with the state it is in afterwards (None: stays as it is).
CHANGES: dict[str, str | None] = {
    "redact": None,
    "correct": None,
    "withdraw": "withdrawn",
    "hide": "hidden",
    "restore": "live",
    "publish": "live",
    "hold": "waiting",
}
#: It went because its interview may no longer be read, and comes back when it may again. Only the program gives these two reasons: the
#: form offers neither, so that what a person withdrew by hand, for whatever reason, is never put back by itself.
CONSENT_LAPSED = "consent_lapsed"
CONSENT_BACK = "consent_back"
#: Why a source may be changed: codes never change. Those that people choose stand in the form with their words.
REASONS = (
    "personal_data",
    "typing_error",
    "author_asked",
    "consent_withdrawn",
    "offence",
    "duplicate",
    "off_topic",
    "mistake",
    "read_first",
    CONSENT_LAPSED,
    CONSENT_BACK,
)
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "U": "V"})


def may_show(card: SourceCard) -> bool:
    """Whether anyone may read the text: its author said so and nobody withdrew or hid it since."""
    return card.state == "live" and card.visibility == "public"


def may_quote(card: SourceCard) -> bool:
    """Whether a paper may quote the text: it is public, or consent to quote covers at least anonymous quotes."""
    return card.state == "live" and (card.visibility == "public" or card.quotable != "none")


def attribution(card: SourceCard) -> str:
    """The role or name to show with a quote; empty where consent covers anonymous quotes only."""
    return card.attribution if may_quote(card) and card.quotable in {"role", "name"} else ""


def how_it_went(changes: Iterable[tuple[str, str, uuid.UUID | None, str]], *, consented: bool) -> TakenBack:
    """How a withdrawn source went, from what was done to it since it was last in use: (change, reason, who, state until then), in order.

    Whoever takes it again while it is gone takes it too, and whoever hides it then hides what comes back.
    """
    (_first, reason, who, before), *since = changes
    takings = [(reason, who)]
    for change, reason, who, _state in since:
        if change == "withdraw":
            takings.append((reason, who))
        elif change in {"hide", "hold", "publish"}:
            before = CHANGES[change] or before
    return TakenBack(tuple(takings), before, consented)


def with_consent_only(taken: TakenBack) -> bool:
    """Whether it went with consent and for nothing else: then it comes back with it."""
    return all(reason == CONSENT_LAPSED for reason, _who in taken.takings)


def stays_withdrawn(taken: TakenBack | None, *, by: uuid.UUID | None) -> str:
    """Why a withdrawn source is not put back by this person; empty where they may. `taken`: how it went."""
    if taken is None:
        return ""
    others = {reason for reason, who in taken.takings if who is None or who != by}
    if "author_asked" in others:
        return Sentence("L’ha ritirata chi l’ha scritta o detta: non si può rimettere.")
    if "consent_withdrawn" in others:
        return Sentence("È stata ritirata perché chi l’ha detta non dà più il consenso: può rimetterla solo chi l’ha ritirata.")
    if not taken.consented and with_consent_only(taken):
        return Sentence("Manca il consenso di chi l’ha detta: torna da sola quando il consenso si registra di nuovo nell’intervista.")
    if not taken.consented:
        return Sentence("Manca il consenso di chi l’ha detta: si può rimettere quando il consenso si registra di nuovo nell’intervista.")
    return ""


def naming(card: SourceCard) -> str:
    """How much a quote of it says of who said it: name, role or anonymous."""
    return card.quotable if attribution(card) else "anonymous"


def public_card(card: SourceCard) -> SourceCard:
    """The card as anyone may see it: no text where it may be neither shown nor quoted, no attribution beyond consent."""
    return replace(card, text=card.text if may_quote(card) else "", attribution=attribution(card))


def detect_language(text: str, default: str = "it") -> str:
    """The language of a text, of those that sources may be in; `default` where it is too short or too uncertain to tell."""
    return language_of(text[:4000], LANGUAGES, default)


def soon_detected(text: str) -> str:
    """The language of a text while somebody waits: by how it begins where that says it clearly, else by a little more of it."""
    return language_of(text[:_BEGINNING], LANGUAGES, "", least=_SURE) or detect_language(text[:_TELLING])


def new_receipt_code() -> str:
    """A code of 80 random bits that can be read aloud: four groups of four, without letters that look alike."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    return "-".join(letters[i : i + 4] for i in range(0, 16, 4))


def receipt_hash(code: str) -> bytes | None:
    """The hash of a code as it was typed (blanks, hyphens, case and look-alikes don't matter); None for what can't be a code."""
    letters = re.sub(r"[\s\-–—]", "", code).upper().translate(_LOOKALIKES)
    if len(letters) != 16 or any(letter not in _ALPHABET for letter in letters):
        return None
    return hashlib.sha256(letters.encode()).digest()


def import_key(column: str, text: str, occurrence: int) -> str:
    """The key of an imported row: the n-th time this text stands in this column. Importing a file twice gives equal keys."""
    return hashlib.sha256(f"{column}\x1f{occurrence}\x1f{text}".encode()).hexdigest()


def fold(text: str) -> str:
    """Lower case without accents, punctuation or double blanks: how names in files are compared."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.sub(r"[^a-z0-9]+", " ", "".join(c for c in plain if not unicodedata.combining(c))).split())


_SPEAKERS = {
    "residente": SpeakerKind.resident, "cittadino": SpeakerKind.resident, "cittadina": SpeakerKind.resident, "citizen": SpeakerKind.resident,
    "comune": SpeakerKind.municipality, "ente": SpeakerKind.municipality, "ente locale": SpeakerKind.municipality,
    "portavoce": SpeakerKind.zone_spokesperson, "portavoce di zona": SpeakerKind.zone_spokesperson,
    "associazione": SpeakerKind.association, "organisation": SpeakerKind.association, "terzo settore": SpeakerKind.association,
    "impresa": SpeakerKind.business, "azienda": SpeakerKind.business, "company": SpeakerKind.business,
    "sindacato": SpeakerKind.trade_union, "scuola": SpeakerKind.education, "school": SpeakerKind.education,
    "universita": SpeakerKind.research, "ricerca": SpeakerKind.research, "universita e ricerca": SpeakerKind.research,
    "sanita": SpeakerKind.health_social, "sociale": SpeakerKind.health_social, "sanita e sociale": SpeakerKind.health_social,
    "professionista": SpeakerKind.professional, "professioni": SpeakerKind.professional, "servizi pubblici": SpeakerKind.utility,
}  # fmt: skip  # pairs read better side by side
_SPEAKERS.update({fold(kind.value): kind for kind in SpeakerKind})


def speaker_from(text: str) -> SpeakerKind | None:
    """The kind of speaker that a cell of a file names, by code or by everyday word; None where it names none."""
    return _SPEAKERS.get(fold(text))


def _mark(purpose: str, key: uuid.UUID, secret: str) -> bytes:
    return hmac.new(secret.encode(), f"listening:{purpose}:{key}".encode(), hashlib.sha256).digest()[:16]


def personal_token(purpose: str, key: uuid.UUID, secret: str) -> str:
    """The token of a link in a letter: the key and 128 bits that only the secret can make, so that every letter has the same link."""
    return base64.urlsafe_b64encode(key.bytes + _mark(purpose, key, secret)).decode().rstrip("=")


def token_owner(purpose: str, token: str, secret: str) -> uuid.UUID | None:
    """The key that a token was made for, or None for what we did not make."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 32:
        return None
    key = uuid.UUID(bytes=raw[:16])
    return key if hmac.compare_digest(raw[16:], _mark(purpose, key, secret)) else None
