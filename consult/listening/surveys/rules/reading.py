"""A questionnaire in a file: our own document or LimeSurvey's structure, told apart by content. Pure."""

from __future__ import annotations

from consult.core.errors import Invalid
from consult.listening.surveys.rules.document import load
from consult.listening.surveys.rules.imported import Imported
from consult.listening.surveys.rules.limesurvey_plan import read_limesurvey

LARGEST_BYTES = 5 * 1024 * 1024


def read_questionnaire(data: bytes) -> Imported:
    """What a file holds. Raises Invalid with one sentence."""
    head = data[:2000].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head:
        raise Invalid("Il file è vuoto.", {"file": "Il file è vuoto."})
    if head.startswith((b"{", b"[")):
        return Imported(load(data), ())
    return read_limesurvey(data)
