"""Strategies for a text as it is typed: one process holds the model, pages ask it over a socket and never fail because of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from consult.analytics.embedding import LexicalEmbedder
from consult.analytics.types import FrameTarget
from consult.ports.suggestions import NotYet, SocketSuggester, ask, frame_key
from tests.factories.servers import short_folder
from tests.factories.site import CHECKOUT
from worker.suggester import Reader, Server

FRAME = (
    FrameTarget("1.1", "Trasporto pubblico e mobilità", description="treni, autobus, orari, corse, pendolari"),
    FrameTarget("2.1", "Scuola e formazione", description="scuole, studenti, insegnanti, aule, corsi"),
    FrameTarget("3.1", "Boschi, acque e montagna", description="foreste, torrenti, frane, sentieri, alpeggi"),
)
TEXT = "Servono treni e autobus con orari che vadano bene ai pendolari, e più corse la sera."


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder() as path:
        yield path


@pytest.fixture
def asked(folder: Path) -> Iterator[Path]:
    """A socket that is answered."""
    with Server(folder / "s.sock", Reader(LexicalEmbedder())) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield folder / "s.sock"
        server.shutdown()


def test_a_text_finds_its_strategy_with_the_words_that_say_so(asked: Path) -> None:
    links = SocketSuggester(asked, patience_s=30).suggest(text=TEXT, language="it", targets=FRAME)
    assert links is not None
    assert links.suggestions[0].code == "1.1"
    assert {reason.kind for reason in links.suggestions[0].reasons} & {"words", "sentence"}
    assert all(TEXT[reason.start : reason.end] == reason.text for reason in links.suggestions[0].reasons)


def test_the_frame_travels_only_once(asked: Path) -> None:
    suggester = SocketSuggester(asked, patience_s=30)
    suggester.suggest(text=TEXT, language="it", targets=FRAME)
    assert ask(asked, {"text": TEXT, "language": "it", "frame": frame_key(FRAME)}, 30)["state"] == "ready"
    other = FRAME[:2]
    assert ask(asked, {"text": TEXT, "language": "it", "frame": frame_key(other)}, 30)["state"] == "unknown_frame"


def test_only_this_account_may_ask(asked: Path) -> None:
    assert stat.S_IMODE(asked.stat().st_mode) & 0o077 == 0


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"not json",
        b"[]",
        b"{}",
        b'{"frame": "x", "language": "it", "text": 5, "targets": [1]}',
        b'"x"',
        b"\xff\xfe",
    ],
)
def test_what_is_no_question_is_refused_and_the_next_one_answered(asked: Path, line: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(asked))
        connection.sendall(line + b"\n")
        assert json.loads(connection.makefile("rb").readline())["state"] == "refused"
    assert SocketSuggester(asked, patience_s=30).suggest(text=TEXT, language="it", targets=FRAME) is not None


def test_without_the_process_there_are_no_suggestions_and_no_error(folder: Path) -> None:
    assert SocketSuggester(folder / "nobody.sock").suggest(text=TEXT, language="it", targets=FRAME) is None


def test_a_process_that_is_still_reading_is_not_waited_for(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(folder / "silent.sock"))
        silent.listen()
        with pytest.raises(NotYet):
            SocketSuggester(folder / "silent.sock", patience_s=0.1).suggest(text=TEXT, language="it", targets=FRAME)


def test_the_program_starts_over_a_dead_socket_and_ends_on_a_signal(folder: Path) -> None:
    path = folder / "s.sock"
    path.touch()  # What a killed process leaves behind.
    environ = {**os.environ, "CONSULT_SUGGESTER_SOCKET": str(path), "CONSULT_MODEL_DIR": str(folder / "no-model")}
    program = subprocess.Popen(
        [sys.executable, "-m", "worker.suggester"], cwd=CHECKOUT, env=environ, stderr=subprocess.PIPE, text=True
    )
    try:
        assert program.stderr is not None
        assert "suggestions are answered" in program.stderr.readline()
        links = SocketSuggester(path, patience_s=60).suggest(text=TEXT, language="it", targets=FRAME)
        assert links is not None
        assert links.suggestions[0].code == "1.1"
        program.send_signal(signal.SIGTERM)
        assert program.wait(20) == 0
        assert not path.exists()
    finally:
        program.kill()
