"""A questionnaire in a file: our own document, LimeSurvey's structure or an XLSForm workbook, told apart by content."""

from __future__ import annotations

from consult.core.errors import Invalid
from consult.core.reading.running import read_blocks
from consult.listening.surveys.rules.document import load
from consult.listening.surveys.rules.imported import Imported
from consult.listening.surveys.rules.limesurvey_plan import read_limesurvey
from consult.listening.surveys.rules.xlsform_plan import read_xlsform

LARGEST_BYTES = 5 * 1024 * 1024


def read_questionnaire(data: bytes) -> Imported:
    """What a file holds. Raises Invalid with one sentence. A workbook is unpacked in a child with limits: no zip can harm this process."""
    head = data[:2000].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head:
        raise Invalid("Il file è vuoto.", {"file": "Il file è vuoto."})
    if head.startswith((b"{", b"[")):
        return Imported(load(data), ())
    if data.startswith(b"PK\x03\x04"):
        if len(data) > LARGEST_BYTES:
            sentence = "Il file è troppo grande per un questionario: può avere al massimo 5 MB."
            raise Invalid(sentence, {"file": sentence})
        return read_xlsform(read_blocks(data, "workbook"))
    return read_limesurvey(data)
