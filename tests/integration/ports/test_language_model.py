"""The optional language model against a real local HTTP server: what leaves, what comes back, what is let through."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from consult.analytics.rephrasing import REPHRASED, rephrase, rephrase_label
from consult.analytics.types import Summary, SummarySentence
from consult.cli import main
from consult.ports.language_model import HttpLanguageModel, NullLanguageModel

SENTENCES = (
    SummarySentence("count", "Ne parlano 12 questionari su 85.", ("a", "b", "c")),
    SummarySentence("quote", "«Dopo le otto di sera non passa più nessun autobus per la valle.»", ("a",)),
    SummarySentence("quote", "«Servono corse serali per chi lavora in fabbrica fino alle 22.»", ("b",)),
    SummarySentence("quote", "«Scrivetemi a mario.rossi@example.it: la fermata è al buio.»", ("c",)),
)
SUMMARY = Summary("theme", "t1", SENTENCES)


class Service:
    """A chat completions service that says what a test wants and remembers what it was sent."""

    def __init__(self) -> None:
        self.answer: bytes = b""
        self.status = 200
        self.headers: dict[str, str] = {}
        self.asked: list[tuple[str, dict[str, Any], str]] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                service.asked.append((self.path, body, self.headers.get("Authorization", "")))
                self.send_response(service.status)
                for name, value in service.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(service.answer)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def says(self, text: str) -> None:
        self.answer = json.dumps({"choices": [{"message": {"content": text}}]}).encode()


@pytest.fixture
def service() -> Iterator[Service]:
    running = Service()
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.fixture
def model(service: Service, tmp_path: Path) -> HttpLanguageModel:
    return HttpLanguageModel(
        url=service.url,
        model="prova-1",
        key="chiave",
        log=tmp_path / "log" / "model.jsonl",
        now=lambda: datetime(2026, 5, 4, tzinfo=UTC),
        patience_s=5,
    )


def write(model: HttpLanguageModel | NullLanguageModel) -> Any:
    return lambda instruction, texts, language: model.write(instruction=instruction, texts=texts, language=language)


def test_faithful_lines_are_taken_with_their_sources_and_the_rest_stays(
    service: Service, model: HttpLanguageModel, tmp_path: Path
) -> None:
    service.says(
        "Per la valle, dopo le otto di sera, nessun autobus passa più. [1]\nTutti vogliono le corse serali. [2]"
    )
    result = rephrase(SUMMARY, write(model), "it")
    sentences = result.summary.sentences
    assert sentences[0] == SENTENCES[0]
    assert (sentences[1].role, sentences[1].source_ids) == (REPHRASED, ("a",))
    assert sentences[2:] == SENTENCES[2:]
    assert [row.reason for row in result.dropped] == ["quantity"]
    path, body, authorization = service.asked[0]
    assert (path, authorization, body["temperature"]) == ("/v1/chat/completions", "Bearer chiave", 0)
    sent = body["messages"][1]["content"]
    assert "mario.rossi" not in sent
    assert "Ne parlano 12" not in sent
    logged = [json.loads(line) for line in (tmp_path / "log" / "model.jsonl").read_text(encoding="utf-8").splitlines()]
    assert logged[0]["sent"] == body["messages"]
    assert logged[0]["to"].startswith("127.0.0.1")
    assert (tmp_path / "log" / "model.jsonl").stat().st_mode & 0o077 == 0
    assert "chiave" not in json.dumps(logged)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Servono corse serali per chi lavora in fabbrica.", "uncited"),
        ("Servono corse serali per chi lavora in fabbrica. [9]", "uncited"),
        ("Servono corse serali per chi lavora in fabbrica fino alle 23. [2]", "number"),
        ("Servono due corse serali per chi lavora in fabbrica. [2]", "number"),
        ("Molti chiedono corse serali per chi lavora in fabbrica. [2]", "quantity"),
        ("Chi lavora in fabbrica è favorevole alle corse serali. [2]", "stance"),
        ("Servono corse serali per chi lavora alla Fiat in fabbrica. [2]", "name"),
        ("Dopo le otto di sera passa l'autobus per la valle. [1]", "negation"),
        ("Non servono corse serali per chi lavora in fabbrica. [2]", "negation"),
        ("Chi lavora in fabbrica dice: «vogliamo corse serali subito». [2]", "quote"),
        ("Serve una piscina coperta con bar e palestra per famiglie. [2]", "support"),
    ],
)
def test_lines_that_say_more_or_less_than_their_sources_are_dropped(
    service: Service, model: HttpLanguageModel, line: str, reason: str
) -> None:
    service.says(line)
    result = rephrase(SUMMARY, write(model), "it")
    assert [row.reason for row in result.dropped] == [reason]
    assert result.summary == SUMMARY


@pytest.mark.parametrize(
    ("status", "answer"),
    [(500, b"oops"), (200, b"not json"), (200, b'{"choices": []}'), (200, b"[" * 100_000), (200, b"x" * 1_100_000)],
)
def test_a_failing_service_changes_nothing(
    service: Service, model: HttpLanguageModel, status: int, answer: bytes
) -> None:
    service.status, service.answer = status, answer
    assert rephrase(SUMMARY, write(model), "it").summary == SUMMARY


def test_texts_follow_no_redirect(service: Service, model: HttpLanguageModel) -> None:
    service.status, service.headers = 307, {"Location": f"{service.url}/elsewhere"}
    assert rephrase(SUMMARY, write(model), "it").summary == SUMMARY
    assert len(service.asked) == 1


def test_what_cannot_be_logged_is_not_sent(service: Service, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    blocked = HttpLanguageModel(
        url=service.url, model="m", log=tmp_path / "file" / "log", now=lambda: datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert blocked.write(instruction="x", texts=["testo"], language="it") is None
    assert service.asked == []


def test_without_a_model_everything_stays_and_no_other_address_is_taken(tmp_path: Path) -> None:
    assert rephrase(SUMMARY, write(NullLanguageModel()), "it").summary == SUMMARY
    for url in ("file:///etc/passwd", "ftp://x", "localhost"):
        with pytest.raises(ValueError, match="http"):
            HttpLanguageModel(url=url, model="m", log=tmp_path / "l", now=lambda: datetime(2026, 1, 1, tzinfo=UTC))


def test_a_label_is_made_of_the_themes_own_words(service: Service, model: HttpLanguageModel) -> None:
    quotes = ["Servono corse serali per chi lavora in fabbrica."]
    for answer, label in (
        ("Corse serali per la valle", "Corse serali per la valle"),
        ("Trasporti innovativi e smart", "Autobus"),
        ("Tutti contro le corse", "Autobus"),
        ("", "Autobus"),
    ):
        service.says(answer)
        assert rephrase_label("Autobus", ["corse", "valle"], quotes, write(model), "it") == label


def test_the_report_marks_what_a_model_wrote(service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "testi.csv"
    lines = [f"Servono corse serali per chi lavora in fabbrica numero {n}" for n in ("uno", "due", "tre", "quattro")]
    path.write_text("\n".join(["testo", *lines]), encoding="utf-8")
    service.says("Per chi lavora in fabbrica servono corse serali. [1]")
    monkeypatch.setenv("LANGUAGE_MODEL_URL", service.url)
    monkeypatch.setenv("LANGUAGE_MODEL_NAME", "prova-1")
    monkeypatch.setenv("CONSULT_MODEL_DIR", str(tmp_path))
    monkeypatch.setenv("CONSULT_DATA_DIR", str(tmp_path / "data"))
    command = ["themes", str(path), "--text", "testo", "--out", str(tmp_path / "o"), "--rephrase"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    report = (tmp_path / "o" / "summary.md").read_text(encoding="utf-8")
    assert "Riscritto da un modello linguistico (prova-1)" in report
    assert "Per chi lavora in fabbrica servono corse serali. (riga" in report
    assert json.loads((tmp_path / "o" / "manifest.json").read_text(encoding="utf-8"))["rephrased"]["taken"] == 1
    assert (tmp_path / "data" / "language_model.jsonl").is_file()
    monkeypatch.setenv("LANGUAGE_MODEL_URL", "")
    monkeypatch.setenv("LANGUAGE_MODEL_NAME", "")
    assert CliRunner().invoke(main, command).exit_code == 2
