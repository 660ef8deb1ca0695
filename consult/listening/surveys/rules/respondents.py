"""Tokens, how zone and kind are coarsened, which counts may be shown, how a list of invitees reads. Pure."""

from __future__ import annotations

import csv
import hashlib
import hmac
import re
import secrets
import uuid
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from consult.core.normalise import UnreadableText, clean_email, clean_line
from consult.core.sentences import Sentence
from consult.listening.sources.rules import fold, speaker_from
from consult.listening.surveys.types import DONT_KNOW, PREFER_NOT, Invitee, QuestionRow

#: Fewest letters that leave together in anonymous mode, and fewest staged answers that are swept before closing.
SMALLEST_BATCH = 10
SMALL_CELL = 5
GRACE_S = 60
MOST_INVITED = 5000
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


def coarse_values(
    questions: Sequence[QuestionRow], values: Mapping[str, Any], zone: uuid.UUID | None, kind: str | None
) -> dict[str, Any]:
    """The values of an anonymous answer as they are kept: no municipality, and zone and kind no finer than they were made."""
    found = dict(values)
    for question in questions:
        key = str(question.id)
        if found.get(key) in (DONT_KNOW, PREFER_NOT):
            continue
        if question.kind == "place" and key in found:
            found[key] = f"z:{zone}" if zone else None
        elif question.kind == "speaker" and key in found:
            found[key] = kind
    return {key: value for key, value in found.items() if value is not None}


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
    for number, cells in _lines(text, delimiter):
        if cells is None:
            bad.append((number, Sentence("Da questa riga in poi non si legge: di solito manca una virgoletta.")))
            break
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


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    """Numbered lines in cells; None at the end where the rest can't be read."""
    reader = csv.reader(text.splitlines(), delimiter=delimiter)
    try:
        yield from enumerate(reader, 1)
    except csv.Error:
        yield reader.line_num, None
