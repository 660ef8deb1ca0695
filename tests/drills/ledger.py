"""People at their browsers, as threads: each sends a form with its own key until it is acknowledged, and writes down what was.

The ledger of acknowledgements is what the database is compared with: a drill is never passed by the absence of errors.
"""

from __future__ import annotations

import http.client
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie


class _Forms(HTMLParser):
    """The hidden and preset fields of each form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, str]] = []
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = True
            self.forms.append({})
        elif tag == "input" and self._open and values.get("type") == "hidden" and values.get("name"):
            self.forms[-1][values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = False


@dataclass(slots=True)
class Answer:
    """What came back."""

    status: int
    body: str
    location: str = ""


@dataclass(slots=True)
class Visitor:
    """One browser: keeps cookies, follows nothing."""

    base_url: str
    cookies: dict[str, str] = field(default_factory=dict)
    timeout_s: float = 30.0

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> Answer:
        """One request. Raises OSError or HTTPException where the connection breaks."""
        parts = urllib.parse.urlsplit(self.base_url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=self.timeout_s)
        headers = {"Accept-Language": "it", "Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        body = None
        if fields is not None:
            body = urllib.parse.urlencode(fields)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
            for line in answer.headers.get_all("Set-Cookie") or ():
                for name, morsel in SimpleCookie(line).items():
                    self.cookies[name] = morsel.value
            return Answer(answer.status, text, answer.getheader("Location") or "")
        finally:
            connection.close()

    def form(self, path: str, *, having: str = "_once") -> dict[str, str]:
        """The hidden fields of the last form of a page that carries a field: its keys and marks."""
        page = self.ask("GET", path)
        if page.status != 200:
            raise AssertionError(f"GET {path} answers {page.status}")
        parser = _Forms()
        parser.feed(page.body)
        found = [form for form in parser.forms if having in form]
        if not found:
            raise AssertionError(f"{path} has no form with {having}")
        return found[-1]


@dataclass(slots=True)
class Ledger:
    """What was sent, acknowledged and refused, by mark; and every answer met on the way."""

    acknowledged: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)
    statuses: list[int] = field(default_factory=list)
    pages_503: list[str] = field(default_factory=list)
    retries: int = 0
    slowest_s: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def deliver(
        self, visitor: Visitor, mark: str, path: str, fields: dict[str, str], *, tries: int = 80, wait_s: float = 0.25
    ) -> None:
        """Send the same form, key included, until it is acknowledged or refused for good."""
        for _try in range(tries):
            begun = time.monotonic()
            try:
                answer = visitor.ask("POST", path, fields)
            except (OSError, http.client.HTTPException):
                answer = Answer(0, "")
            with self.lock:
                self.statuses.append(answer.status)
                self.slowest_s = max(self.slowest_s, time.monotonic() - begun)
                if answer.status == 503:
                    self.pages_503.append(answer.body)
                if 200 <= answer.status < 400:
                    self.acknowledged.add(mark)
                    return
                if 400 <= answer.status < 500:
                    self.refused.add(mark)
                    return
                self.retries += 1
            time.sleep(wait_s)  # A browser too waits before it sends the same form again.
        with self.lock:
            self.given_up.add(mark)


def at_once(work: Callable[[int], None], numbers: Iterable[int], *, threads: int) -> list[threading.Thread]:
    """Start threads that take numbers one by one; the caller joins them. A failure in one is raised by `join_all`."""
    waiting = list(numbers)
    lock = threading.Lock()

    def run() -> None:
        while True:
            with lock:
                if not waiting:
                    return
                number = waiting.pop(0)
            try:
                work(number)
            except BaseException as error:
                _failures.append(error)
                raise

    started = [threading.Thread(target=run, daemon=True) for _ in range(threads)]
    for thread in started:
        thread.start()
    return started


_failures: list[BaseException] = []


def join_all(threads: list[threading.Thread], *, timeout_s: float = 180) -> None:
    """Wait for all; raise what one of them raised."""
    deadline = time.monotonic() + timeout_s
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
        assert not thread.is_alive(), "a visitor hangs"
    if _failures:
        failure = _failures[0]
        _failures.clear()
        raise failure
