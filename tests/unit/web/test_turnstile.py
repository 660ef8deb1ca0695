"""The turnstile: one request after the other is worked on, and neither a slow sender nor one that waits keeps everybody's place."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from typing import Any

from consult.web.turnstile import BEFORE_OTHERS, IN_MEMORY, Turnstile

#: Nobody who waits here waits so long: places change hands only when somebody leaves.
LONG = 1000.0


def _asked(turnstile: Turnstile, body: io.RawIOBase | io.BytesIO, length: int | None) -> bytes:
    environ: dict[str, Any] = {"wsgi.input": body}
    if length is not None:
        environ["CONTENT_LENGTH"] = str(length)
    return b"".join(turnstile(environ, lambda *_args: lambda _data: None))


class _Slow(io.BytesIO):
    """A body that comes only when it is allowed to."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.asked_for, self.may_come = threading.Event(), threading.Event()

    def read(self, size: int | None = -1, /) -> bytes:
        self.asked_for.set()
        assert self.may_come.wait(20)
        return super().read(size)


def _echo(environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
    return [environ["wsgi.input"].read()]


def test_a_body_arrives_whole_also_when_it_is_long() -> None:
    turnstile = Turnstile(_echo, at_once=1, patience=LONG, most=10 * IN_MEMORY)
    for data in (b"", b"short", bytes(range(256)) * (IN_MEMORY // 100)):
        assert _asked(turnstile, io.BytesIO(data), len(data)) == data


def test_a_body_too_long_or_of_no_length_is_left_to_the_application() -> None:
    seen: list[Any] = []

    def look(environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        seen.append(environ["wsgi.input"])
        return [b""]

    turnstile = Turnstile(look, at_once=1, patience=LONG, most=10)
    long, endless = io.BytesIO(b"x" * 11), io.BytesIO(b"x")
    _asked(turnstile, long, 11)
    _asked(turnstile, endless, None)
    assert seen == [long, endless]


def test_who_sends_slowly_keeps_no_place() -> None:
    turnstile = Turnstile(_echo, at_once=1, patience=LONG, most=100)
    slow = _Slow(b"later")
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(_asked(turnstile, slow, 5)))
    thread.start()
    assert slow.asked_for.wait(20)
    assert _asked(turnstile, io.BytesIO(b"now"), 3) == b"now"
    slow.may_come.set()
    thread.join(20)
    assert got == [b"later"]


def test_no_more_than_its_places_are_inside_and_a_failure_gives_its_place_back() -> None:
    inside, most, lock, all_in = 0, 0, threading.Lock(), threading.Event()

    def count(_environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
            if inside == 2:
                all_in.set()
        assert all_in.wait(20)
        with lock:
            inside -= 1
        raise LookupError

    turnstile = Turnstile(count, at_once=2, patience=0.0, most=100)
    failed: list[type[BaseException]] = []

    def ask() -> None:
        try:
            _asked(turnstile, io.BytesIO(), 0)
        except LookupError as error:
            failed.append(type(error))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert most == 2
    assert len(failed) == 8


def test_who_sends_goes_before_who_looks_and_nobody_waits_for_ever() -> None:
    entered: list[str] = []
    inside, may_leave = threading.Event(), threading.Event()

    def work(environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        entered.append(environ["REQUEST_METHOD"])
        inside.set()
        assert may_leave.wait(20)
        return [b""]

    turnstile = Turnstile(work, at_once=4, patience=LONG, most=100)

    def ask(method: str) -> threading.Thread:
        environ = {"REQUEST_METHOD": method, "wsgi.input": io.BytesIO()}
        thread = threading.Thread(target=lambda: list(turnstile(environ, lambda *_args: lambda _data: None)))
        thread.start()
        return thread

    def waiting() -> int:
        return len(turnstile._places._first) + len(turnstile._places._others)

    threads = [ask("HEAD")]
    assert inside.wait(20)
    for number, method in enumerate(["GET", *["POST"] * (BEFORE_OTHERS + 2), "GET"], 1):
        threads.append(ask(method))
        while waiting() < number:
            threads[-1].join(0.001)
    may_leave.set()
    for thread in threads:
        thread.join(20)
    assert entered == ["HEAD", *["POST"] * BEFORE_OTHERS, "GET", "POST", "POST", "GET"]
    assert waiting() == 0


def test_two_who_send_are_inside_together_and_nobody_beside_who_looks() -> None:
    inside: list[str] = []
    may_leave = {name: threading.Event() for name in ("look", "one", "two", "three")}

    def work(environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        inside.append(environ["PATH_INFO"])
        assert may_leave[environ["PATH_INFO"]].wait(20)
        return [b""]

    turnstile = Turnstile(work, at_once=4, patience=LONG, most=100, sending=2)

    def ask(method: str, name: str) -> threading.Thread:
        environ = {"REQUEST_METHOD": method, "PATH_INFO": name, "wsgi.input": io.BytesIO()}
        thread = threading.Thread(target=lambda: list(turnstile(environ, lambda *_args: lambda _data: None)))
        thread.start()
        return thread

    def until(thread: threading.Thread, done: Callable[[], bool]) -> None:
        while not done():
            thread.join(0.001)

    threads = [ask("GET", "look")]
    until(threads[0], lambda: inside == ["look"])
    for number, name in enumerate(("one", "two", "three"), 1):
        threads.append(ask("POST", name))
        until(threads[-1], lambda number=number: len(turnstile._places._first) == number)  # type: ignore[misc]  # A number of its own.
    assert inside == ["look"]
    may_leave["look"].set()
    until(threads[1], lambda: len(inside) == 3)
    assert sorted(inside[1:]) == ["one", "two"]
    assert len(turnstile._places._first) == 1, "the third waits"
    for event in may_leave.values():
        event.set()
    for thread in threads:
        thread.join(20)
    assert inside[-1] == "three"


def test_another_is_let_in_beside_one_that_lingers() -> None:
    entered: list[str] = []
    may_leave = {name: threading.Event() for name in ("slow", "next")}

    def work(environ: dict[str, Any], _start: Any) -> Iterable[bytes]:
        entered.append(environ["PATH_INFO"])
        assert may_leave[environ["PATH_INFO"]].wait(20)
        return [b""]

    turnstile = Turnstile(work, at_once=2, patience=0.01, most=100)

    def ask(name: str) -> threading.Thread:
        environ = {"REQUEST_METHOD": "GET", "PATH_INFO": name, "wsgi.input": io.BytesIO()}
        thread = threading.Thread(target=lambda: list(turnstile(environ, lambda *_args: lambda _data: None)))
        thread.start()
        return thread

    slow = ask("slow")
    while not entered:
        slow.join(0.001)
    # The first has not left and will not until the second was inside: only its lingering lets the second in.
    second = ask("next")
    may_leave["next"].set()
    second.join(20)
    assert entered == ["slow", "next"]
    assert slow.is_alive()
    may_leave["slow"].set()
    slow.join(20)
    assert not turnstile._places._inside
