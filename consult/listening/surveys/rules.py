"""What is a valid answer, how zone and kind are coarsened, which counts may be shown, how a list of invitees reads. Pure."""

from __future__ import annotations

import csv
import hashlib
import hmac
import re
import secrets
import uuid
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from consult.core.normalise import UnreadableText, clean_email, clean_line, clean_text
from consult.core.sentences import Sentence
from consult.listening.sources.rules import fold, speaker_from
from consult.listening.surveys.types import Invitee, QuestionRow

KINDS = ("short", "long", "single", "multiple", "yes_no", "scale", "place", "speaker")
LONGEST = {"short": 300, "long": 5000}
#: Fewest letters that leave together in anonymous mode, and fewest staged answers that are swept before closing.
SMALLEST_BATCH = 10
SMALL_CELL = 5
GRACE_S = 60
MOST_INVITED = 5000
NEEDED = Sentence("Questa risposta serve per continuare.")
_ADDRESS = re.compile(r"^[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,190}\.[^@\s,;<>\".]{2,}$")
_HEADINGS = {
    "email": "email", "e mail": "email", "mail": "email", "indirizzo e mail": "email", "posta elettronica": "email",
    "organizzazione": "organisation", "organisation": "organisation", "organization": "organisation", "ente": "organisation",
    "tipo": "kind", "kind": "kind", "tipo di voce": "kind", "categoria": "kind", "zona": "zone", "zone": "zone", "zona omogenea": "zone",
}  # fmt: skip  # pairs read better side by side


def new_token() -> str:
    """A link's token: 128 random bits."""
    return secrets.token_urlsafe(16)


def token_hash(token: str) -> bytes:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def token_of(invitation_id: uuid.UUID, secret: str) -> str:
    """The token of a pseudonymous invitation: 128 bits that only the secret key can make again, so that a reminder has the same link."""
    mark = hmac.new(secret.encode(), b"questionnaire-invitation" + invitation_id.bytes, hashlib.sha256).digest()
    return urlsafe_b64encode(mark[:16]).decode().rstrip("=")


def clean_values(
    questions: Sequence[QuestionRow], raw: Mapping[str, Any], places: frozenset[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The valid answers by question key, and a sentence for each that is missing or impossible.

    `raw` maps question keys to what was sent; `places` are the codes "z:key" and "m:key" of the territory.
    """
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for question in questions:
        key = str(question.id)
        try:
            value = _clean(question, raw.get(key), places)
        except UnreadableText as error:
            problems[key] = str(error)
            continue
        except ValueError as error:
            problems[key] = str(error)
            continue
        if value in (None, "", []):
            if question.required:
                problems[key] = NEEDED
        else:
            values[key] = value
    return values, problems


def _clean(question: QuestionRow, value: Any, places: frozenset[str]) -> Any:
    """One answer in its stored form; None where there is none. Raises ValueError with a sentence."""
    codes = {option.code for option in question.options}
    if question.kind == "multiple":
        chosen = [value] if isinstance(value, str) else list(value or [])
        if not set(chosen) <= codes:
            raise ValueError(Sentence("Scegli tra le voci dell'elenco."))
        most = question.settings.get("most")
        if most and len(set(chosen)) > most:
            raise ValueError(Sentence("Si possono scegliere al massimo %(n)s voci.", n=most))
        return [option.code for option in question.options if option.code in chosen]
    text = value if isinstance(value, str) else "" if value is None else str(value)
    if not text.strip():
        return None
    if question.open:
        text = clean_line(text) if question.kind == "short" else clean_text(text)
        if len(text) > LONGEST[question.kind]:
            raise ValueError(Sentence("Il testo può avere al massimo %(max)d caratteri.", max=LONGEST[question.kind]))
        return text
    if question.kind == "scale":
        low, high = question.settings.get("min", 1), question.settings.get("max", 5)
        if not re.fullmatch(r"-?[0-9]{1,3}", text) or not low <= int(text) <= high:
            raise ValueError(Sentence("Scegli un numero da %(low)s a %(high)s.", low=low, high=high))
        return int(text)
    known = {"single": codes, "yes_no": {"yes", "no"}, "place": places}.get(question.kind)
    if question.kind == "speaker":
        known = {str(speaker_from(text))} if speaker_from(text) == text else set()
    if known is None or text not in known:
        raise ValueError(Sentence("Scegli una delle voci dell'elenco."))
    return text


def given_speaker(questions: Sequence[QuestionRow], values: Mapping[str, Any]) -> str | None:
    """The kind of speaker that was answered, if it was asked."""
    return next((values[str(q.id)] for q in questions if q.kind == "speaker" and str(q.id) in values), None)


def given_place(questions: Sequence[QuestionRow], values: Mapping[str, Any]) -> str | None:
    """The place that was answered ("z:key" or "m:key"), if it was asked."""
    return next((values[str(q.id)] for q in questions if q.kind == "place" and str(q.id) in values), None)


def coarsen(
    zone: uuid.UUID | None, speaker: str | None, invited: Mapping[tuple[uuid.UUID | None, str | None], int]
) -> tuple[uuid.UUID | None, str | None]:
    """Zone and kind as far as at least 5 invited people share them: a zone has one spokesperson, who must not be found."""
    by_zone: Counter[uuid.UUID | None] = Counter()
    by_kind: Counter[str | None] = Counter()
    for (its_zone, its_kind), number in invited.items():
        by_zone[its_zone] += number
        by_kind[its_kind] += number
    if invited.get((zone, speaker), 0) >= SMALL_CELL:
        return zone, speaker
    if zone is not None and by_zone[zone] >= SMALL_CELL:
        return zone, None
    if speaker is not None and by_kind[speaker] >= SMALL_CELL:
        return None, speaker
    return None, None


def suppress(counts: Sequence[int]) -> list[int | None]:
    """Counts as they may be shown: those of 1 to 4 are hidden.

    Where one alone would be, the next smallest is hidden too, so that the total can't give it away.
    """
    hidden = {i for i, n in enumerate(counts) if 0 < n < SMALL_CELL}
    if len(hidden) == 1:
        others = [i for i, n in enumerate(counts) if i not in hidden and n > 0]
        if others:
            hidden.add(min(others, key=lambda i: counts[i]))
    return [None if i in hidden else n for i, n in enumerate(counts)]


def read_invitees(text: str) -> tuple[list[Invitee], list[tuple[int, str]]]:
    """People of a pasted list or a CSV file, and the lines that can't be read with the reason.

    With a line of headings (email, organizzazione, tipo, zona) columns may come in any order; without, in that order.
    """
    text = text.lstrip("\ufeff")
    delimiter = max(";\t,", key=text[:4000].count)
    columns = {name: i for i, name in enumerate(("email", "organisation", "kind", "zone"))}
    people: list[Invitee] = []
    bad: list[tuple[int, str]] = []
    seen: set[str] = set()
    for number, cells in enumerate(csv.reader(text.splitlines(), delimiter=delimiter), 1):
        try:
            row = [clean_line(cell) for cell in cells]
        except UnreadableText as error:
            bad.append((number, str(error)))
            continue
        if not any(row):
            continue
        names = [_HEADINGS.get(fold(cell)) for cell in row]
        if not people and not bad and "email" in names and not any("@" in cell for cell in row):
            columns = {name: i for i, name in enumerate(names) if name}
            continue
        cell = {name: row[i] if i < len(row) else "" for name, i in columns.items()}
        address = clean_email(cell["email"])
        if not _ADDRESS.match(address):
            bad.append((number, Sentence("«%(address)s» non è un indirizzo e-mail.", address=cell["email"][:60])))
        elif address in seen:
            bad.append((number, Sentence("«%(address)s» è già in questo elenco.", address=address)))
        elif cell.get("kind") and speaker_from(cell["kind"]) is None:
            bad.append((number, Sentence("«%(kind)s» non è un tipo di voce conosciuto.", kind=cell["kind"][:60])))
        else:
            seen.add(address)
            kind = speaker_from(cell.get("kind", ""))
            people.append(
                Invitee(
                    number,
                    address,
                    cell.get("organisation", "")[:200],
                    str(kind) if kind else None,
                    cell.get("zone", ""),
                )
            )
    return people, bad
