"""Strategies for a text as it is typed: asked of the one process that holds the language model, over a local socket.

No web process loads a model. The process stands beside the worker (`python -m worker.suggester`); when it is away, pages work without
suggestions. One question a connection: a line of JSON there, a line back. The plan's frame travels only when the process does not know
it yet, told apart by its hash.
"""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from consult.analytics.types import FrameTarget, Reason, StrategyLinks, Suggestion

#: How long a page may wait, in seconds: a warm answer takes hundredths.
PATIENCE_S = 1.5
#: Longest text that is read, in characters; the rest says little more about which strategy is meant.
LONGEST = 8000
#: Longest line either side accepts, in bytes.
LONGEST_LINE = 2_000_000


class NotYet(Exception):
    """The process is still reading the model or the frame: ask again in a moment."""


class StrategySuggester(Protocol):
    """Finds which strategies of a frame a text may be about."""

    def suggest(self, *, text: str, language: str, targets: Sequence[FrameTarget]) -> StrategyLinks | None:
        """Suggestions with reasons, or None where nobody can tell. Raises NotYet while the model is being read."""


class SocketSuggester:
    """Asks the process that listens on a UNIX socket."""

    def __init__(self, path: Path, *, patience_s: float = PATIENCE_S) -> None:
        self._path = path
        self._patience_s = patience_s

    def suggest(self, *, text: str, language: str, targets: Sequence[FrameTarget]) -> StrategyLinks | None:
        """See `StrategySuggester.suggest`; an absent or failing process means None, a slow one NotYet."""
        given = tuple(targets)
        question: dict[str, Any] = {"text": text[:LONGEST], "language": language, "frame": frame_key(given)}
        try:
            answer = ask(self._path, question, self._patience_s)
            if answer.get("state") == "unknown_frame":
                told = {**question, "targets": [asdict(target) for target in given]}
                answer = ask(self._path, told, self._patience_s)
        except TimeoutError as slow:
            raise NotYet from slow
        except (OSError, ValueError):
            return None
        if answer.get("state") == "not_yet":
            raise NotYet
        return links_from(answer["links"]) if answer.get("state") == "ready" else None


def ask(path: Path, question: Mapping[str, Any], patience_s: float) -> dict[str, Any]:
    """The answer of the process at `path` to one question. Raises TimeoutError, OSError where it is away, ValueError for no answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(patience_s)
        connection.connect(str(path))
        connection.sendall(json.dumps(question).encode() + b"\n")
        with connection.makefile("rb") as lines:
            answer = json.loads(lines.readline(LONGEST_LINE))
    if not isinstance(answer, dict):
        raise ValueError("an answer is one object")
    return answer


@lru_cache(maxsize=16)
def frame_key(targets: tuple[FrameTarget, ...]) -> str:
    """Hash of a frame's targets, the same on both sides of the socket."""
    return hashlib.sha256(json.dumps([asdict(target) for target in targets]).encode()).hexdigest()


def targets_from(rows: Sequence[Mapping[str, Any]]) -> tuple[FrameTarget, ...]:
    """Targets as they came over the socket. Raises TypeError or ValueError for anything else."""
    known = {field.name for field in fields(FrameTarget)}
    found = []
    for row in rows:
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items() if k in known}
        found.append(FrameTarget(**values))
    return tuple(found)


def links_from(values: Mapping[str, Any]) -> StrategyLinks:
    """Suggestions as they came over the socket."""
    found = tuple(
        Suggestion(s["code"], s["score"], s["confidence"], tuple(Reason(**reason) for reason in s["reasons"]))
        for s in values["suggestions"]
    )
    return StrategyLinks(values["source_id"], found, values["none_confidence"], values["fits"])
