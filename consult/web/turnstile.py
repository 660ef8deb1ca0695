"""The turnstile before the application: how many requests of one process are worked on at the same time.

A process has more threads than it lets through. The threads take in what a slow phone sends and give back what it reads slowly; one
at a time draws pages, since more of them only fight for the interpreter: every request is then ready late instead of one after the
other (`python -m benchmarks.web`). One that takes long waits for something, and then keeps nobody out. Who sends something goes before
who only looks: it is what a person waits for, and what must not be lost when many look at the same time. Most of a send is waiting for the
database, which writes to the disk before it says so: some may be inside together, so that one reckons while another waits
(`python -m benchmarks.submit`).
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Bytes of a body kept in memory; what is longer waits in a temporary file.
IN_MEMORY = 256 * 1024
CHUNK = 64 * 1024
#: So many may go before somebody who looks and waits; then it is that one's turn.
BEFORE_OTHERS = 8
LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})


class Turnstile:
    """A WSGI application that lets one request after the other into another one, their bodies read before they enter.

    Who has been inside for `patience` seconds waits for something, most likely the database: another one is let in beside it, up to
    `at_once` in all. Of those who send `sending` are let in at once where nobody else is inside.

    A body longer than `most` bytes is not read: the application refuses it by its length. One without a length is left as it is.
    """

    def __init__(
        self, application: WSGIApplication, *, at_once: int, patience: float, most: int, sending: int = 1
    ) -> None:
        self._application = application
        self._places = _Places(at_once, patience, sending)
        self._most = most

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Wait for a place, then ask the application. A streamed response is sent outside."""
        length = environ.get("CONTENT_LENGTH") or ""
        if length.isdigit() and 0 < int(length) <= self._most:
            environ["wsgi.input"] = _taken_in(cast(BinaryIO, environ["wsgi.input"]), int(length))
        with self._places.one(first=environ.get("REQUEST_METHOD", "GET") not in LOOKING):
            return self._application(environ, start_response)


class _Places:
    """Places that are handed from one to the next: whoever leaves says who enters, and who waits looks whether somebody lingers."""

    def __init__(self, number: int, patience: float, sending: int = 1) -> None:
        self._number, self._patience, self._sending = number, patience, sending
        self._lock = threading.Lock()
        #: Since when each is inside.
        self._inside: dict[threading.Lock, float] = {}
        self._first: deque[threading.Lock] = deque()
        self._others: deque[threading.Lock] = deque()
        self._went_before = 0
        #: Those inside who only look.
        self._looking: set[threading.Lock] = set()

    @contextmanager
    def one(self, *, first: bool) -> Iterator[None]:
        """A place, as soon as there is one."""
        turn = threading.Lock()
        turn.acquire()
        with self._lock:
            (self._first if first else self._others).append(turn)
            wait = self._let_in()
        while not turn.acquire(timeout=wait):
            with self._lock:
                wait = self._let_in()
        try:
            yield
        finally:
            with self._lock:
                del self._inside[turn]
                self._looking.discard(turn)
                self._let_in()

    def _let_in(self) -> float:
        """Call who waits for as long as there is room; returns after how many seconds it is worth looking again."""
        while self._first or self._others:
            moment = time.monotonic()
            if len(self._inside) >= self._number:
                # Whoever leaves within the patience of the last who entered calls nobody: then it is for those who wait to look.
                return self._patience
            lingers_in = max(self._inside.values()) + self._patience - moment if self._inside else 0.0
            if lingers_in > 0 and not self._may_join():
                return lingers_in
            looks = not self._first_is_next()
            turn = self._next()
            self._inside[turn] = moment
            if looks:
                self._looking.add(turn)
            turn.release()
        return self._patience + 1.0

    def _may_join(self) -> bool:
        """Whether the next one sends, and only few are inside, who send as well."""
        return self._first_is_next() and not self._looking and len(self._inside) < self._sending

    def _first_is_next(self) -> bool:
        return bool(self._first) and (not self._others or self._went_before < BEFORE_OTHERS)

    def _next(self) -> threading.Lock:
        if self._first_is_next():
            self._went_before = self._went_before + 1 if self._others else 0
            return self._first.popleft()
        self._went_before = 0
        return self._others.popleft()


def _taken_in(sent: BinaryIO, length: int) -> BinaryIO:
    body = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # It lives as long as the request and closes itself.
    while length > 0 and (chunk := sent.read(min(CHUNK, length))):
        body.write(chunk)
        length -= len(chunk)
    body.seek(0)
    return cast(BinaryIO, body)
