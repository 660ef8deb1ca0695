"""Starting the child that reads a document, and what its refusals say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from consult.core.errors import Invalid
from consult.core.reading.blocks import Block
from consult.core.sentences import Sentence

#: The child gives up by itself after its processor time; this is for one that waits for nothing.
PATIENCE = 25.0
_CHECKOUT = Path(__file__).resolve().parents[3]
_SENTENCES = {
    "doctype": Sentence("Il documento contiene dichiarazioni nascoste (DOCTYPE o entità): salvalo di nuovo dal programma con cui è nato."),
    "macros": Sentence("Il documento contiene delle macro: salvalo senza macro e riprova."),
    "broken": Sentence("Il documento è rovinato: non si apre."),
    "locked": Sentence("Il documento è protetto da una password: salvalo senza e riprova."),
    "no_text": Sentence("Nel documento non c'è testo: se è una scansione, serve prima il riconoscimento dei caratteri."),
    "too_long": Sentence("Il documento è troppo lungo per essere letto in una volta: dividilo in parti."),
    "wrong_type": Sentence("Il contenuto non corrisponde al tipo di file."),
    "several": Sentence("Nel file ci sono più progetti: esportane uno alla volta dal programma con cui è nato."),
    "stopped": Sentence("Il documento è troppo pesante da leggere: salvalo di nuovo, o copia il testo in un file semplice."),
}  # fmt: skip  # one sentence a line


def refusal(code: str) -> Invalid:
    """The refusal of a document as a sentence at the field `file`."""
    sentence = _SENTENCES.get(code, _SENTENCES["broken"])
    return Invalid(sentence, {"file": sentence})


def read_in_child(data: bytes, program: str, *arguments: str) -> dict[str, Any]:
    """What a program that reads a file says of it, run as a module in a child with nothing of this process's settings and secrets.

    The program limits itself by `program.shut`. Raises Invalid with a sentence at `file`. Nothing is written anywhere: killed at any
    moment, the child leaves nothing behind.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", program, *arguments],
            input=data,
            capture_output=True,
            timeout=PATIENCE,
            check=False,
            env={"PYTHONPATH": str(_CHECKOUT), "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
            cwd="/",
        )
    except subprocess.TimeoutExpired as error:
        raise refusal("stopped") from error
    if done.returncode != 0:
        raise refusal("stopped")
    found: dict[str, Any] = json.loads(done.stdout)
    if "refused" in found:
        raise refusal(found["refused"])
    return found


def read_blocks(data: bytes, kind: str) -> list[Block]:
    """The blocks of a document of this kind: docx, odt, pdf, xlsx (its first sheet), top (the first rows of it), workbook (all its sheets) or text.

    Raises Invalid with a sentence at `file`. The file has been let in by `consult.files`, which judged its kind and how far it unpacks.
    """
    found = read_in_child(data, "consult.core.reading.program", kind)
    return [Block.from_json(row) for row in found["blocks"]]
