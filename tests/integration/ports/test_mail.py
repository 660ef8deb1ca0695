"""Letters to a real SMTP server (aiosmtpd), to one that fails in every way, and to the embedded mailbox."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from config import Settings
from consult.ports.mail import (
    Letter,
    MailAway,
    MaildirMailer,
    MailRefused,
    NullMailer,
    SmtpMailer,
    mailer_for,
    stored_letter,
    stored_letters,
)
from tests.factories.site import free_port

LETTER = Letter(
    "giulia@example.org",
    "Città e perché",
    "Ciao Giulia,\n\nperché sì.\n" + "à" * 2000 + "\n.\nfine",
    "key-1",
    {"List-Unsubscribe": "<http://x/y>"},
)


class Handler:
    """Takes letters, or answers as told at one step."""

    def __init__(self, **answers: str) -> None:
        self.taken: list[Any] = []
        self.answers = answers

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:  # aiosmtpd's name.
        if "rcpt" in self.answers:
            return self.answers["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:  # aiosmtpd's name.
        if "mail" in self.answers:
            return self.answers["mail"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # aiosmtpd's name.
        if "data" in self.answers:
            return self.answers["data"]
        self.taken.append(envelope)
        return "250 OK"

    async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:  # aiosmtpd's name.
        return self.answers.get("quit", "221 Bye")


@contextmanager
def server(handler: Handler, **options: Any) -> Iterator[str]:
    controller = Controller(handler, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield f"smtp://127.0.0.1:{controller.port}"
    finally:
        controller.stop()


def test_a_letter_arrives_whole() -> None:
    handler = Handler()
    with server(handler) as url:
        SmtpMailer(url, "Consult <consult@example.org>").send(LETTER)
    envelope = handler.taken[0]
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert envelope.rcpt_tos == ["giulia@example.org"]
    assert message["Subject"] == "Città e perché"
    assert message["From"] == "Consult <consult@example.org>"
    assert message["List-Unsubscribe"] == "<http://x/y>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message.get_content().replace("\r\n", "\n").rstrip("\n") == LETTER.text
    assert "example.org>" in message["Message-ID"]


def test_the_same_letter_bears_the_same_message_id() -> None:
    handler = Handler()
    with server(handler) as url:
        for _ in range(2):
            SmtpMailer(url, "consult@example.org").send(LETTER)
    ids = {line for e in handler.taken for line in e.content.splitlines() if line.startswith(b"Message-ID")}
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("answers", "failure"),
    [
        ({"rcpt": "450 mailbox busy"}, MailAway),
        ({"rcpt": "550 no such mailbox"}, MailRefused),
        ({"data": "451 try again"}, MailAway),
        ({"data": "554 not accepted"}, MailRefused),
        ({"mail": "553 sender refused"}, MailAway),
        ({"mail": "421 too many connections"}, MailAway),
    ],
)
def test_what_may_pass_later_waits_and_what_never_will_is_refused(
    answers: dict[str, str], failure: type[Exception]
) -> None:
    with server(Handler(**answers)) as url, pytest.raises(failure):
        SmtpMailer(url, "consult@example.org").send(LETTER)


def test_a_quarrel_after_the_letter_was_taken_does_not_send_it_again() -> None:
    handler = Handler(quit="500 what?")
    with server(handler) as url:
        SmtpMailer(url, "consult@example.org").send(LETTER)
    assert len(handler.taken) == 1


def test_nobody_listening_a_deaf_server_and_a_foreign_one_are_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consult.ports.mail.TIMEOUT_S", 0.5)
    with pytest.raises(MailAway):
        SmtpMailer(f"smtp://127.0.0.1:{free_port()}", "consult@example.org").send(LETTER)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with pytest.raises(MailAway):
            SmtpMailer(f"smtp://127.0.0.1:{deaf.getsockname()[1]}", "consult@example.org").send(LETTER)
        thread = threading.Thread(target=_answer_like_a_web_server, args=(deaf,))
        thread.start()
        with pytest.raises(MailAway):
            SmtpMailer(f"smtp://127.0.0.1:{deaf.getsockname()[1]}", "consult@example.org").send(LETTER)
        thread.join()


def _answer_like_a_web_server(listening: socket.socket) -> None:
    for _ in range(2):  # The connection of the attempt before may still stand in the queue.
        connection, _peer = listening.accept()
        with connection:
            try:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            except OSError:
                continue


def test_a_password_never_travels_in_the_clear() -> None:
    handler = Handler()
    with server(handler) as url, pytest.raises(MailAway):
        SmtpMailer(url.replace("smtp://", "smtp://user:secret@"), "consult@example.org").send(LETTER)
    assert handler.taken == []


@pytest.mark.parametrize("mailer", [NullMailer, lambda: SmtpMailer("smtp://127.0.0.1:9", "consult@example.org")])
@pytest.mark.parametrize(
    "address",
    [
        "a@b.it\r\nBcc: x@y.it",
        "a@b.it, x@y.it",
        "a@b.it\nX: y",
        "a b@c.it",
        "",
        "<a@b.it>",
        "a@b.it;x@y.it",
        "a@b.it\x00",
    ],
)
def test_no_address_smuggles_a_header_or_a_second_recipient(mailer: Callable[[], Any], address: str) -> None:
    with pytest.raises(MailRefused):
        mailer().send(Letter(address, "s", "t", "k"))


def test_no_subject_smuggles_a_header(tmp_path: Path) -> None:
    settings = Settings(embedded=True, data_dir=tmp_path)
    mailer_for(settings).send(Letter("a@b.it", "Uno\r\nBcc: x@y.it\n\nDue", "testo", "k"))
    files = [p.read_bytes() for p in (tmp_path / "mailbox" / "new").iterdir()]
    assert len(files) == 1
    head = files[0].partition(b"\n\n")[0].lower()
    assert b"\nbcc:" not in head
    assert stored_letters(settings)[0].subject == "Uno Bcc: x@y.it Due"
    with pytest.raises(MailRefused):
        mailer_for(settings).send(Letter("a@b.it", "s", "t", "k", {"List-Unsubscribe": "<x>\r\nBcc: y@z.it"}))


def test_the_embedded_mailbox_shows_the_newest_first(tmp_path: Path) -> None:
    settings = Settings(embedded=True, data_dir=tmp_path)
    assert stored_letters(settings) == []
    assert isinstance(mailer_for(settings), MaildirMailer)
    for number in range(3):
        mailer_for(settings).send(Letter("a@b.it", f"Numero {number}", "perché\nno", f"k{number}"))
    found = stored_letters(settings, limit=2)
    assert [letter.subject for letter in found] == ["Numero 2", "Numero 1"]
    one = stored_letter(settings, name=found[0].name)
    assert one is not None
    assert one.text.strip() == "perché\nno"
    for bad in ("", "../../etc/passwd", "x"):
        assert stored_letter(settings, name=bad) is None


def test_settings_choose_the_mailer(tmp_path: Path) -> None:
    assert isinstance(mailer_for(Settings()), NullMailer)
    assert isinstance(mailer_for(Settings(mail_url="smtps://user:p%40ss@mail.example.it")), SmtpMailer)
    with pytest.raises(ValueError, match="MAIL_URL"):
        mailer_for(Settings(mail_url="http://mail.example.it"))
