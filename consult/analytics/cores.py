"""Work shared out among the cores of one process: to threads, or to children of it that look at the same memory.

Matrix products, sorting and the language model let other threads work meanwhile. What is mostly Python does not: it is shared with children
that are forked for it. They see all texts and vectors where they lie, so two cores cost no second copy of a hundred thousand sources, only
of what a child touches.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pickle
import signal
import struct
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Thread
from typing import Any, TypeVar

#: Whether this process is such a child: the other cores have their work already.
_is_child = False
#: More threads than this wait for the interpreter more than they work.
MOST = 4
#: From so many sources on, in one merge, a child is worth what it touches.
WORTH_FORKING = 5000
_NUMBER = struct.Struct("<I")
_LENGTH = struct.Struct("<Q")
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """How many threads or processes are worth having here."""
    return min(MOST, len(os.sched_getaffinity(0)))


def shared_out(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """What `function` makes of each item, in order, by threads. It must depend on its item alone; the first error ends all."""
    listed = list(items)
    if len(listed) < 2 or cores() < 2:
        return [function(item) for item in listed]
    with ThreadPoolExecutor(cores(), thread_name_prefix="shared-out") as pool:
        try:
            return list(pool.map(function, listed))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def shared_with_children(
    function: Callable[[Item], Result], items: Iterable[Item], first: Callable[[], object] | None = None
) -> list[Result]:
    """What `function` makes of each item, in order, by this process and a child for each further core.

    `first` is something else that this process does before it takes its share, when its children are already at work.

    It must depend on its item alone and touch no connection; what it returns must be picklable. Everyone takes the next item when done
    with one. The first error ends all. Nothing that a child changes is seen here. What a child had taken when the system ended it, as for want
    of memory, is done here after all.
    """
    listed = list(items)
    helpers = min(cores(), len(listed)) - 1
    if helpers < 1 or len(listed) > 10_000 or not _may_fork():
        if first is not None:
            first()
        return [function(item) for item in listed]
    found: dict[int, Any] = {}
    taken, waiting = os.pipe()
    # All numbers fit into the pipe, and each is read whole: it is the queue that everyone takes from.
    os.write(waiting, b"".join(map(_NUMBER.pack, range(len(listed)))))
    os.close(waiting)
    children: list[_Child] = []
    try:
        for _ in range(helpers):
            children.append(_fork(function, listed, taken))
        for child in children:
            child.listen()
        if first is not None:
            first()
        while (number := _next(taken)) is not None:
            found[number] = function(listed[number])
        for child in children:
            found |= child.answers()
        for number in range(len(listed)):
            if number not in found:
                found[number] = function(listed[number])
    finally:
        os.close(taken)
        for child in children:
            child.end()
    return [found[number] for number in range(len(listed))]


@contextlib.contextmanager
def beside(function: Callable[[], Result]) -> Iterator[Callable[[], Result]]:
    """Have a child do something while the body runs; what the body is given waits for the answer, or raises what the child raised.

    For `function` holds what `shared_with_children` says. Without a core to spare, or where the child is gone, it is done when asked for.
    """
    if cores() < 2 or not _may_fork():
        yield function
        return
    taken, waiting = os.pipe()
    os.write(waiting, _NUMBER.pack(0))
    os.close(waiting)
    try:
        child = _fork(lambda _: function(), [None], taken)
    finally:
        os.close(taken)
    try:
        child.listen()

        def answer() -> Result:
            found: dict[int, Result] = child.answers()
            return found[0] if 0 in found else function()

        yield answer
    finally:
        child.end()


@contextlib.contextmanager
def at_the_end(function: Callable[[], Result]) -> Iterator[Callable[[], Result]]:
    """The same as `beside` without a child, for what is too little for one."""
    yield function


def _may_fork() -> bool:
    return sys.platform == "linux" and not _is_child


def _next(taken: int) -> int | None:
    data = os.read(taken, _NUMBER.size)
    return _NUMBER.unpack(data)[0] if data else None


@dataclass(slots=True)
class _Child:
    """A child at work, and what it has answered so far."""

    process: int
    pipe: int
    said: list[bytes]
    reader: Thread | None = None

    def listen(self) -> None:
        """Take what it says as it comes: a pipe holds little, and the child would wait."""
        self.reader = Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        with os.fdopen(self.pipe, "rb") as stream:
            # One that is ended while it speaks leaves a part, which says nothing.
            while len(head := stream.read(_LENGTH.size)) == _LENGTH.size:
                size = _LENGTH.unpack(head)[0]
                if len(data := stream.read(size)) == size:
                    self.said.append(data)

    def answers(self) -> dict[int, Any]:
        """All it found, when it is done or gone. Raises what it raised."""
        if self.reader is not None:
            self.reader.join()
        found: dict[int, Any] = {}
        while self.said:
            number, answer, error = pickle.loads(self.said.pop())  # noqa: S301  # Written by a child of this very process.
            if error is not None:
                raise error
            if number is not None:
                found[number] = answer
        return found

    def end(self) -> None:
        """See it gone, whatever happened."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.process, 0)
        if self.reader is not None:
            self.reader.join()


def _fork(function: Callable[[Any], Any], items: Sequence[Any], taken: int) -> _Child:
    read, write = os.pipe()
    parent = os.getpid()
    process = os.fork()
    if process:
        os.close(write)
        return _Child(process, read, [])
    # Nothing of the parent's endings may run here: neither its connections nor its handlers are this child's.
    global _is_child  # It is the whole process's.
    _is_child = True
    try:
        for wanted in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGALRM):
            signal.signal(wanted, signal.SIG_DFL)
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() == parent:
            _work(function, items, taken, write)
    finally:
        os._exit(0)


def _work(function: Callable[[Any], Any], items: Sequence[Any], taken: int, write: int) -> None:
    def say(number: int | None, answer: Any, error: BaseException | None = None) -> None:
        data = pickle.dumps((number, answer, error), protocol=5)
        stream.write(_LENGTH.pack(len(data)) + data)
        stream.flush()

    with os.fdopen(write, "wb") as stream:
        try:
            while (number := _next(taken)) is not None:
                say(number, function(items[number]))
            say(None, None)
        except Exception as error:  # noqa: BLE001  # It is told to the parent, which raises it.
            say(None, None, error)


def ahead(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """What `function` makes of each item, in order, made by a thread: of the next one while the caller is at work on the last."""
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as pool:
        coming: Future[Result] | None = None
        for item in items:
            following = pool.submit(function, item)
            if coming is not None:
                yield coming.result()
            coming = following
        if coming is not None:
            yield coming.result()


@contextlib.contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Have something done in a thread while the body runs, and wait for it; its error is raised when the body is through."""
    with ThreadPoolExecutor(1, thread_name_prefix="meanwhile") as pool:
        doing = pool.submit(work)
        yield
        doing.result()


def give_back() -> None:
    """Return memory that is no longer used to the system, where its library can: between two steps of a merge that is most of it."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
