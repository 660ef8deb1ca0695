"""The turnstile before the application: how many requests of one process are worked on at the same time.

A process has more threads than it lets through. The threads take in what a slow phone sends and give back what it reads slowly; only
a few at a time draw pages, since more of them only fight for the interpreter: every request is then ready late instead of one after
the other (`python -m benchmarks.web`).
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Bytes of a body kept in memory; what is longer waits in a temporary file.
IN_MEMORY = 256 * 1024
CHUNK = 64 * 1024


class Turnstile:
    """A WSGI application that lets `at_once` requests a process into another one, their bodies read before they enter.

    A body longer than `most` bytes is not read: the application refuses it by its length. One without a length is left as it is.
    """

    def __init__(self, application: WSGIApplication, *, at_once: int, most: int) -> None:
        self._application = application
        self._places = threading.BoundedSemaphore(at_once)
        self._most = most

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Wait for a place, then ask the application. A streamed response is sent outside."""
        length = environ.get("CONTENT_LENGTH") or ""
        if length.isdigit() and 0 < int(length) <= self._most:
            environ["wsgi.input"] = _taken_in(cast(BinaryIO, environ["wsgi.input"]), int(length))
        with self._places:
            return self._application(environ, start_response)


def _taken_in(sent: BinaryIO, length: int) -> BinaryIO:
    body = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  # It lives as long as the request and closes itself.
    while length > 0 and (chunk := sent.read(min(CHUNK, length))):
        body.write(chunk)
        length -= len(chunk)
    body.seek(0)
    return cast(BinaryIO, body)
