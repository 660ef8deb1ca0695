"""Two hundred people at their browsers, in a process of their own: they open the page, wait for the word, and send until it is taken.

    python -m benchmarks.submit_load < JOB

The first line of standard input is a JSON object: `port`, `clients`, `paths` (one page a person), `bodies` (what each fills in),
`repeat` (how many sends at once of each; 1: one). Prints `opened` when all pages are open, sends after the next line of input,
prints `acknowledged N` now and then, and at the end one JSON line: the ledger (the code of each acknowledged answer) and the times.
Raw sockets and no thread: the load must not take the machine from the server that is measured.
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


class Line:
    """One kept-alive connection, opened again after a failure. `address` is what the proxy before the site would say."""

    def __init__(self, port: int, address: str) -> None:
        self.port, self.address = port, address
        self.streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, cookie: str, body: bytes = b"") -> tuple[int, bytes, str]:
        """Status, body and cookie of one request. Raises OSError where the connection breaks."""
        try:
            return await asyncio.wait_for(self._ask(method, path, cookie, body), 30)
        except (OSError, asyncio.IncompleteReadError, TimeoutError, ValueError) as error:
            self.close()
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Hang up."""
        if self.streams is not None:
            self.streams[1].close()
        self.streams = None

    async def _ask(self, method: str, path: str, cookie: str, body: bytes) -> tuple[int, bytes, str]:
        if self.streams is None:
            self.streams = await asyncio.open_connection("127.0.0.1", self.port)
        reader, writer = self.streams
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nX-Forwarded-For: {self.address}\r\nAccept-Language: it\r\n"
        if cookie:
            head += f"Cookie: {cookie}\r\n"
        if body:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        writer.write(head.encode() + b"\r\n" + body)
        found = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(found)
        page = await reader.readexactly(int(length.group(1))) if length else b""
        given = _COOKIE.search(found)
        return int(found[9:12]), page, given.group(1).decode() if given else cookie


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
    began = time.perf_counter()
    asyncio.run(people.each(number * people.job["repeat"], people.send))
    took = time.perf_counter() - began
    say(
        json.dumps(
            {
                "ledger": people.ledger, "times": people.times, "seconds": took, "open_seconds": opened, "errors_5xx": people.errors_5xx,
                "broken": people.broken, "refused": people.refused, "given_up": people.given_up,
            }
        )
    )  # fmt: skip  # one row of values reads better so
    return 0


if __name__ == "__main__":
    sys.exit(main())
