"""The one process that holds the language model for texts being typed, and for what a merge calls its themes. `python -m worker.suggester`.

It answers on a UNIX socket, in the protocols of `consult.ports.suggestions` and `consult.ports.vectors`, and keeps nothing of what it is
asked. It stands beside the worker, away from the broker: a queue in between would make a person wait behind somebody's aggregation.
"""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import os
import signal
import socketserver
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any

from threadpoolctl import threadpool_limits

from config import Settings
from consult.analytics import pipeline
from consult.analytics.embedding import Embedder, load_embedder
from consult.analytics.types import FrameTarget, Parameters
from consult.ports.suggestions import LONGEST_LINE, frame_key, targets_from

log = logging.getLogger(__name__)
#: Frames kept at once; an authority has one or two.
MOST_FRAMES = 8
#: Answers worked out at the same time: more would only share the processor and all be late.
AT_ONCE = 2
#: Characters up to which a text of a run may take any turn: it takes a few milliseconds.
SHORT = 300
#: A client that says nothing for so long is let go, in seconds.
SILENCE_S = 5.0


class Reader:
    """Answers questions with one model; frames are read once and kept."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._frames: dict[str, tuple[FrameTarget, ...]] = {}
        self._reading: set[str] = set()
        self._lock = threading.Lock()
        self._turn = threading.BoundedSemaphore(AT_ONCE)
        # What a run reads goes one by one, so that a turn is always left to somebody who types; short texts are over before that matters.
        self._for_runs = threading.Lock()

    def answer(self, question: Mapping[str, Any]) -> dict[str, Any]:
        """One answer. Raises KeyError, TypeError or ValueError for a question that is none."""
        if "sentences" in question:
            return self._vectors(question["sentences"], str(question["model"]))
        key, language = str(question["frame"]), str(question["language"])
        with self._lock:
            targets = self._frames.get(key)
            reading = key in self._reading
        if reading:
            return {"state": "not_yet"}
        if targets is None:
            if "targets" not in question:
                return {"state": "unknown_frame"}
            given = targets_from(question["targets"])
            if frame_key(given) != key:
                raise ValueError("the frame is not the one it says")
            targets = self._read(key, given, language)
        with self._turn:
            links = pipeline.suggest(str(question["text"]), targets, self._embedder, Parameters(language=language))
        return {"state": "ready", "links": asdict(links)}

    def _vectors(self, sentences: Any, model: str) -> dict[str, Any]:
        """The vectors of one text, for a worker that holds no model (`consult.ports.vectors`)."""
        if model != self._embedder.name:
            return {"state": "another_model"}
        if not isinstance(sentences, list) or not all(isinstance(sentence, str) for sentence in sentences):
            raise TypeError("sentences are a list of texts")
        long = sum(map(len, sentences)) > SHORT
        with self._for_runs if long else contextlib.nullcontext(), self._turn:
            rows = self._embedder.embed(sentences)
        return {"state": "ready", "rows": base64.b64encode(rows.astype("<f4").tobytes()).decode()}

    def _read(self, key: str, given: tuple[FrameTarget, ...], language: str) -> tuple[FrameTarget, ...]:
        """Read a frame in, which takes a second; others who ask meanwhile are told «not yet»."""
        with self._lock:
            self._reading.add(key)
        try:
            pipeline.suggest(
                "Serve una frase perché il piano venga letto.", given, self._embedder, Parameters(language=language)
            )
        finally:
            with self._lock:
                self._reading.discard(key)
        with self._lock:
            while len(self._frames) >= MOST_FRAMES:
                del self._frames[next(iter(self._frames))]
            self._frames[key] = given
        return given


class Server(socketserver.ThreadingUnixStreamServer):
    """Listens on a socket that only this account may open."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, path: Path, reader: Reader) -> None:
        self.reader = reader
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # What a killed process left behind would refuse the new one.
        before = os.umask(0o077)
        try:
            super().__init__(str(path), Conversation)
        finally:
            os.umask(before)


class Conversation(socketserver.StreamRequestHandler):
    """One connection: questions line by line, each with its answer."""

    timeout = SILENCE_S
    server: Server

    def handle(self) -> None:
        """Answer until the other side is done; a question that can't be read is answered with «refused», never repeated in a log."""
        try:
            while line := self.rfile.readline(LONGEST_LINE):
                try:
                    answer = self.server.reader.answer(json.loads(line))
                except (ValueError, KeyError, TypeError, AttributeError):
                    answer = {"state": "refused"}
                self.wfile.write(json.dumps(answer).encode() + b"\n")
        except OSError:
            return  # The page did not wait for the answer.


def main() -> None:
    """Run in the foreground until SIGTERM or SIGINT."""
    settings = Settings.from_env()
    logging.basicConfig(level=settings.log_level, format="%(levelname)s %(name)s %(message)s")
    # Products for one text are so small that a second thread costs more than it does, most of all where others are at work.
    threadpool_limits(limits=1)
    embedder = load_embedder(settings.model_dir, fast=settings.fast_texts)
    embedder.embed(["Si parte."])  # The model is read before anybody asks, not while somebody waits.
    with Server(settings.suggester_socket, Reader(embedder)) as server:

        def end(_number: int, _frame: FrameType | None) -> None:
            # `shutdown` waits for the loop, which runs in this very thread.
            threading.Thread(target=server.shutdown).start()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        log.info("suggestions are answered on %s", settings.suggester_socket)
        server.serve_forever(poll_interval=0.2)
    settings.suggester_socket.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
