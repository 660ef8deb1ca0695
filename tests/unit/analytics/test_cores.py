"""Work shared with forked children gives what one process gives, and ends with the first error."""

from __future__ import annotations

import os
import pickle
import signal
import threading
from typing import Any

import pytest

from consult.analytics import cores
from consult.analytics.cores import ahead, at_the_end, beside, meanwhile, shared_with_children


@pytest.fixture(autouse=True)
def three_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "cores", lambda: 3)


class Meeting:
    """Lets this process wait in its first item until a child has begun one."""

    def __init__(self) -> None:
        self.here = os.getpid()
        self._told, self._tell = os.pipe()
        self._met = False

    def in_child(self) -> bool:
        """Whether this is a child; the parent comes back when one of them was here."""
        if os.getpid() != self.here:
            os.write(self._tell, b".")
            return True
        if not self._met:
            self._met = bool(os.read(self._told, 1))
        return False


def test_answers_come_in_order_whoever_found_them() -> None:
    meeting = Meeting()

    def worked(number: int) -> tuple[bool, bytes]:
        return meeting.in_child(), bytes([number]) * 100_000  # More than a pipe holds.

    found = shared_with_children(worked, list(range(12)))
    assert [data[0] for _, data in found] == list(range(12))
    assert any(child for child, _ in found)


def test_the_first_error_of_a_child_is_raised_and_nobody_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    meeting, fork, made = Meeting(), cores._fork, []

    def noted(*about: Any) -> Any:
        made.append(fork(*about))
        return made[-1]

    monkeypatch.setattr(cores, "_fork", noted)

    def worked(number: int) -> int:
        if meeting.in_child():
            raise ValueError(f"child at {number}")
        return number

    with pytest.raises(ValueError, match="child at"):
        shared_with_children(worked, list(range(6)))
    assert made
    for child in made:
        with pytest.raises(ChildProcessError):
            os.waitpid(child.process, os.WNOHANG)


def test_what_a_killed_child_had_taken_is_done_here() -> None:
    meeting = Meeting()

    def worked(number: int) -> int:
        if meeting.in_child():
            os.kill(os.getpid(), signal.SIGKILL)
        return number * 2

    assert shared_with_children(worked, list(range(6))) == [0, 2, 4, 6, 8, 10]


def test_something_else_is_done_first_while_children_are_at_work() -> None:
    read, write = os.pipe()
    here, done = os.getpid(), []

    def worked(number: int) -> tuple[bool, int]:
        if os.getpid() != here:
            os.write(write, b".")
            return True, number
        return False, number

    # It ends only when a child has begun: nobody waits for it.
    found = shared_with_children(worked, list(range(6)), first=lambda: done.append(os.read(read, 1)))
    assert done == [b"."]
    assert [number for _, number in found] == list(range(6))
    assert any(child for child, _ in found)


def test_what_a_child_does_beside_is_there_when_it_is_asked_for() -> None:
    here = os.getpid()

    def worked() -> tuple[int, list[int]]:
        # A child of a child would only be in the others' way.
        return os.getpid(), shared_with_children(lambda _: os.getpid(), list(range(4)))

    with beside(worked) as answer:
        child, within = answer()
    assert child != here
    assert set(within) == {child}
    with beside(lambda: 1 // 0) as answer, pytest.raises(ZeroDivisionError):
        answer()
    with beside(lambda: os.getpid() == here or os.kill(os.getpid(), signal.SIGKILL)) as answer:
        assert answer() is True  # Who was killed is stood in for.
    with at_the_end(worked) as answer:
        assert answer()[0] == here


def test_half_an_answer_of_a_killed_child_says_nothing() -> None:
    read, write = os.pipe()
    with os.fdopen(write, "wb") as stream:
        whole = pickle.dumps((3, "whole", None))
        stream.write(cores._LENGTH.pack(len(whole)) + whole + cores._LENGTH.pack(1000) + b"half")
    child = cores._Child(0, read, [])
    child.listen()
    assert child.answers() == {3: "whole"}


def test_what_is_done_meanwhile_is_waited_for_and_its_error_raised() -> None:
    begun, done = threading.Event(), []

    def work() -> None:
        assert begun.wait(10)
        done.append(1)

    with meanwhile(work):
        assert not done
        begun.set()
    assert done
    with pytest.raises(ZeroDivisionError), meanwhile(lambda: 1 // 0):
        done.append(2)
    assert done == [1, 2]


def test_one_item_is_not_shared() -> None:
    assert shared_with_children(lambda _: os.getpid(), [1]) == [os.getpid()]


def test_the_next_is_made_while_the_last_is_looked_at() -> None:
    begun = [threading.Event() for _ in range(4)]

    def make(number: int) -> int:
        begun[number].set()
        return number * number

    found = []
    for number, square in enumerate(ahead(make, range(4))):
        if number < 3:
            assert begun[number + 1].wait(10)
        found.append(square)
    assert found == [0, 1, 4, 9]
    assert list(ahead(make, [])) == []


def test_what_goes_wrong_ahead_is_raised() -> None:
    def make(number: int) -> float:
        return 1 / number

    with pytest.raises(ZeroDivisionError):
        list(ahead(make, [1, 0, 2]))
