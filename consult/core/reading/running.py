"""Starting the child that reads a document, and what its refusals say."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread, Timer
from typing import IO, Any, cast

from consult.core.errors import Invalid
from consult.core.reading import program
from consult.core.reading.blocks import Block
from consult.core.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a child may take: processor time, after which it gives up by itself, and time at all, for one that waits for nothing."""

    processor_s: int
    whole_s: float


#: While somebody waits for the page, and for the worker.
BRIEF, LONG = Patience(program.SECONDS, 25.0), Patience(90, 150.0)
#: A table in a larger workbook is read by the worker: workbooks are packed, and slower to read than text.
LARGE_WORKBOOK_BYTES = 120_000
#: Hears how many pages or rows were read, of how many (none: nobody knows).
Told = Callable[[int, int], None]
_CHECKOUT = Path(__file__).resolve().parents[3]
_SENTENCES = {
    "doctype": Sentence("Il documento contiene dichiarazioni nascoste (DOCTYPE o entità): salvalo di nuovo dal programma con cui è nato."),
    "macros": Sentence("Il documento contiene delle macro: salvalo senza macro e riprova."),
    "broken": Sentence("Il documento è rovinato: non si apre."),
    "locked": Sentence("Il documento è protetto da una password: salvalo senza e riprova."),
    "no_text": Sentence("Nel documento non c’è testo: se è una scansione, serve prima il riconoscimento dei caratteri."),
    "too_long": Sentence("Il documento è troppo lungo per essere letto in una volta: dividilo in parti."),
    "wrong_type": Sentence("Il contenuto non corrisponde al tipo di file."),
    "several": Sentence("Nel file ci sono più progetti: esportane uno alla volta dal programma con cui è nato."),
    "stopped": Sentence("Il documento è troppo pesante da leggere: salvalo di nuovo, o copia il testo in un file semplice."),
}  # fmt: skip  # one sentence a line


def refusal(code: str) -> Invalid:
    """The refusal of a document as a sentence at the field `file`."""
    sentence = _SENTENCES.get(code, _SENTENCES["broken"])
    return Invalid(sentence, {"file": sentence})


def read_in_child(
    data: bytes, module: str, *arguments: str, patience: Patience = BRIEF, told: Told | None = None
) -> dict[str, Any]:
    """What a program that reads a file says of it, run as a module in a child with nothing of this process's settings and secrets.

    The program limits itself by `program.shut`. Raises Invalid with a sentence at `file`. Nothing is written anywhere: killed at any
    moment, the child leaves nothing behind. `told` hears how far it is, in a thread of its own.
    """
    child = subprocess.Popen(
        [sys.executable, "-P", "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={
            "PYTHONPATH": str(_CHECKOUT),
            "LC_ALL": "C.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            program.PROCESSOR_TIME: str(patience.processor_s),
        },
        cwd="/",
    )
    # What the child says of its progress is read while it works: else it would stand still once nobody takes it.
    listener = Thread(target=_listen, args=(child.stderr, told), daemon=True)
    listener.start()
    end = Timer(patience.whole_s, child.kill)
    end.start()
    try:
        writer = Thread(target=_hand_over, args=(child.stdin, data), daemon=True)
        writer.start()
        answer = cast("IO[bytes]", child.stdout).read()
        status = child.wait()
        writer.join()
        listener.join()
    finally:
        end.cancel()
        if child.poll() is None:
            child.kill()
            child.wait()
        for pipe in (child.stdin, child.stdout, child.stderr):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
    if status != 0:
        raise refusal("stopped")
    found: dict[str, Any] = json.loads(answer)
    if "refused" in found:
        raise refusal(found["refused"])
    return found


def _hand_over(pipe: IO[bytes], data: bytes) -> None:
    # A child that refuses a file at its first bytes does not wait for the others.
    with suppress(OSError):
        pipe.write(data)
        pipe.close()


def _listen(pipe: IO[bytes], told: Told | None) -> None:
    with suppress(ValueError, OSError):
        for line in pipe:
            done, slash, total = line.decode("ascii", "replace").strip().partition("/")
            if told is not None and slash and done.isdecimal() and total.isdecimal():
                told(int(done), int(total))


def read_blocks(data: bytes, kind: str, *, patience: Patience = BRIEF, told: Told | None = None) -> list[Block]:
    """The blocks of a document of this kind: docx, odt, pdf, xlsx (its first sheet), workbook (all its sheets) or text.

    Raises Invalid with a sentence at `file`. The file has been let in by `consult.files`, which judged its kind and how far it unpacks.
    """
    found = read_in_child(data, "consult.core.reading.program", kind, patience=patience, told=told)
    return [Block.from_json(row) for row in found["blocks"]]
