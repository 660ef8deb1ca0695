"""Two hundred people at their browsers, in a process of their own: they open the page, wait for the word, and send until it is taken.

    python -m benchmarks.submit_load < JOB

The first line of standard input is a JSON object: `port`, `clients`, `paths` (one page a person), `bodies` (what each fills in),
`repeat` (how many sends at once of each; 1: one). Prints `opened` when all pages are open, sends after the next line of input,
prints `acknowledged N` now and then, and at the end one JSON line: the ledger (the code of each acknowledged answer) and the times.
No thread, and as little work for each request as can be: the load must not take the machine from the server that is measured, so what
it used of the processor while it sent is told too.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from typing import Any
from urllib.parse import quote_plus

_CODE = re.compile(rb'name="code"[^>]*value="([^"]+)"')
_CSRF = re.compile(rb'name="csrf_token"[^>]*value="([^"]+)"')
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_COOKIE = re.compile(rb"\r\nset-cookie: *([^;\r\n]+)", re.IGNORECASE)
_TRIES, _WAIT_S = 200, 0.25
#: Seconds after which a request without an answer counts as broken.
_PATIENCE_S = 30.0


class Wire(asyncio.Protocol):
    """One connection that is open, and the answer that is awaited on it."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.answer: asyncio.Future[bytes] | None = None
        self.found, self.end, self.whole = b"", -1, 0

    async def ask(self, sent: bytes) -> tuple[bytes, bytes]:
        """Head and body of the answer. Raises OSError where the connection breaks or nothing comes."""
        if self.transport is None or self.transport.is_closing():
            raise ConnectionError("the connection broke")
        loop = asyncio.get_running_loop()
        self.found, self.end, self.answer = b"", -1, loop.create_future()
        self.transport.write(sent)
        patience = loop.call_later(_PATIENCE_S, self.connection_lost, None)
        try:
            found = await self.answer
        finally:
            patience.cancel()
        return found[: self.end + 2], found[self.end + 4 :]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The other side is there."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        """A piece of an answer; the last one ends the waiting."""
        self.found += data
        if self.end < 0:
            self.end = self.found.find(b"\r\n\r\n")
            if self.end < 0:
                return
            length = _LENGTH.search(self.found, 0, self.end + 2)
            self.whole = self.end + 4 + (int(length.group(1)) if length else 0)
        if len(self.found) >= self.whole and self.answer is not None and not self.answer.done():
            self.answer.set_result(self.found)

    def connection_lost(self, _error: Exception | None) -> None:
        """It broke, or nothing came for too long."""
        if self.answer is not None and not self.answer.done():
            self.answer.set_exception(ConnectionError("the connection broke"))


class Line:
    """One kept-alive connection, opened again after a failure. `address` is what the proxy before the site would say."""

    def __init__(self, port: int, address: str) -> None:
        self.port, self.address = port, address
        self.wire: Wire | None = None

    async def ask(self, method: str, path: str, cookie: str, body: bytes = b"") -> tuple[int, bytes, str]:
        """Status, body and cookie of one request. Raises OSError where the connection breaks."""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nX-Forwarded-For: {self.address}\r\nAccept-Language: it\r\n"
        if cookie:
            head += f"Cookie: {cookie}\r\n"
        if body:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        try:
            if self.wire is None:
                _transport, self.wire = await asyncio.get_running_loop().create_connection(Wire, "127.0.0.1", self.port)
            found, page = await self.wire.ask(head.encode() + b"\r\n" + body)
        except OSError:
            self.close()
            raise
        given = _COOKIE.search(found)
        return int(found[9:12]), page, given.group(1).decode() if given else cookie

    def close(self) -> None:
        """Hang up."""
        if self.wire is not None and self.wire.transport is not None:
            self.wire.transport.close()
        self.wire = None


class People:
    """Everybody's open form, and the ledger of what was acknowledged."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.forms: list[tuple[str, str, bytes]] = []
        self.ledger: list[str] = []
        self.answered: list[str] = []
        self.times: list[float] = []
        self.errors_5xx = self.broken = self.refused = self.given_up = 0

    async def each(self, number: int, act: Any) -> None:
        """Share `number` turns out to the clients; each client has one connection."""
        turns = iter(range(number))

        async def client(which: int) -> None:
            line = Line(self.job["port"], f"10.{which // 250}.{which % 250}.7")
            for turn in turns:
                await act(line, turn)
            line.close()

        await asyncio.gather(*(client(n) for n in range(self.job["clients"])))

    async def open(self, line: Line, turn: int) -> None:
        """Open the page."""
        path = self.job["paths"][turn]
        status, page, cookie = await line.ask("GET", path, "")
        code, csrf = _CODE.search(page), _CSRF.search(page)
        if not code or not csrf:
            raise RuntimeError(f"{path} has no form: {status} {page[:200]!r}")
        body = (
            f"csrf_token={quote_plus(csrf.group(1).decode())}&code={quote_plus(code.group(1).decode())}&azione=invia&"
        )
        self.forms[turn] = (code.group(1).decode(), cookie, (body + self.job["bodies"][turn]).encode())

    async def send(self, line: Line, turn: int) -> None:
        """Send until it is taken; the code is the same each time."""
        which = turn // self.job["repeat"]
        code, cookie, body = self.forms[which]
        line.address = f"172.{16 + which // 60_000}.{which // 250 % 240}.{which % 250}"
        began = time.perf_counter()
        for _try in range(_TRIES):
            try:
                status, _page, _cookie = await line.ask("POST", self.job["paths"][which], cookie, body)
            except OSError:
                self.broken += 1
                await asyncio.sleep(_WAIT_S)
                continue
            if status == 303:
                self.times.append(time.perf_counter() - began)
                self.ledger.append(code)
                if len(self.ledger) % 100 == 0:
                    say(f"acknowledged {len(self.ledger)}")
                return
            if status < 500:
                self.refused += 1
                return
            self.errors_5xx += 1
            await asyncio.sleep(_WAIT_S)
        self.given_up += 1


def say(line: str) -> None:
    """One line to whoever started this."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> int:
    """Open, wait, send, tell."""
    people = People(json.loads(sys.stdin.readline()))
    number = len(people.job["paths"])
    people.forms = [("", "", b"")] * number
    began = time.perf_counter()
    asyncio.run(people.each(number, people.open))
    opened = time.perf_counter() - began
    say("opened")
    sys.stdin.readline()
    began, used = time.perf_counter(), time.process_time()
    asyncio.run(people.each(number * people.job["repeat"], people.send))
    took, used = time.perf_counter() - began, time.process_time() - used
    say(
        json.dumps(
            {
                "ledger": people.ledger, "times": people.times, "seconds": took, "open_seconds": opened, "load_cpu_ms": used * 1000,
                "errors_5xx": people.errors_5xx, "broken": people.broken, "refused": people.refused, "given_up": people.given_up,
            }
        )
    )  # fmt: skip  # one row of values reads better so
    return 0


if __name__ == "__main__":
    sys.exit(main())
