"""Mail: a letter goes to a mail server, to a folder that the embedded mailbox page shows, or nowhere."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import mailbox
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import format_datetime, parseaddr, parsedate_to_datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from config import Settings
from consult.core.jobs import TryLater
from consult.core.normalise import clean_line

log = logging.getLogger(__name__)
TIMEOUT_S = 10
MAILBOX_FOLDER = "mailbox"


class MailAway(TryLater):
    """The mail server can't take the letter now: the job waits in the outbox, nothing is lost."""


class MailRefused(Exception):
    """The letter can never be delivered (address refused or malformed): trying again would not help."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One plain-text mail. The same `key` gives the same Message-ID, so that a repeated sending can be recognised.

    `hide_recipient`: the embedded mailbox keeps it without its recipient (ballots of anonymous questionnaires).
    """

    to: str
    subject: str
    text: str
    key: str
    headers: Mapping[str, str] = field(default_factory=dict)
    hide_recipient: bool = False
    #: An iCalendar entry that calendars offer to accept; its METHOD says how.
    calendar: bytes = b""


class Mailer(Protocol):
    """Hands over one letter."""

    def send(self, letter: Letter) -> None:
        """Return when the letter was taken. Raises MailAway (try later) or MailRefused (never)."""


def as_message(letter: Letter, sender: str) -> EmailMessage:
    """The letter as it travels. Raises MailRefused where a header could carry a second header or a second recipient."""
    message = EmailMessage(policy=policy.SMTPUTF8 if not letter.to.isascii() else policy.SMTP)
    try:
        name, address = parseaddr(sender)
        message["From"] = Address(display_name=name, addr_spec=address)
        message["To"] = Address(addr_spec=letter.to)
        message["Subject"] = clean_line(letter.subject)
        message["Date"] = format_datetime(datetime.now(UTC))
        domain = address.rpartition("@")[2] or "localhost"
        message["Message-ID"] = f"<{hashlib.sha256(letter.key.encode()).hexdigest()[:40]}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        for header, value in letter.headers.items():
            message[header] = value
    except (MessageError, ValueError, IndexError, AttributeError) as error:
        raise MailRefused("a header of the letter is malformed") from error
    message.set_content(letter.text, cte="8bit" if not letter.to.isascii() else "quoted-printable")
    if letter.calendar:
        message.add_attachment(
            letter.calendar, maintype="text", subtype="calendar", cte="base64", filename="appuntamento.ics"
        )
        part = message.get_payload(-1)
        part.set_param("method", "REQUEST")  # type: ignore[union-attr]  # As above.
        part.set_param("charset", "utf-8")  # type: ignore[union-attr]  # As above.
    return message


class SmtpMailer:
    """A mail server: `smtp://user:password@host:587` (STARTTLS where offered, always with a password) or `smtps://`."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ValueError("MAIL_URL must look like smtp://host:587 or smtps://host:465")
        self._host, self._tls = parts.hostname, parts.scheme == "smtps"
        self._port = parts.port or (465 if self._tls else 587)
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")
        self._sender = sender

    def send(self, letter: Letter) -> None:
        """Hand the letter to the server in a connection of its own."""
        message = as_message(letter, self._sender)
        try:
            server = self._connect()
            try:
                server.send_message(message, to_addrs=[letter.to])
            finally:
                # The letter is taken once DATA was answered: a quarrel about QUIT must not send it again.
                with contextlib.suppress(smtplib.SMTPException, OSError):
                    server.quit()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _text in error.recipients.values()]
            if all(code >= 500 for code in codes):
                raise MailRefused("the server refuses the address") from error
            raise MailAway("the server defers the address") from error
        except smtplib.SMTPDataError as error:
            if error.smtp_code >= 500:
                raise MailRefused("the server refuses the letter") from error
            raise MailAway("the server defers the letter") from error
        except smtplib.SMTPNotSupportedError as error:
            raise MailRefused("the server can't carry this address") from error
        except (smtplib.SMTPException, OSError) as error:
            # A wrong password or sender is ours to mend: the letter waits until it is.
            raise MailAway(type(error).__name__) from error

    def _connect(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self._tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self._host, self._port, timeout=TIMEOUT_S, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=TIMEOUT_S)
        try:
            server.ehlo()
            if self._user and not self._tls and not server.has_extn("starttls"):
                raise smtplib.SMTPException("no TLS is offered, and a password must not travel in the clear")
            if not self._tls and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server


class MaildirMailer:
    """Embedded mode: letters are files in a folder, shown by the mailbox page."""

    def __init__(self, folder: Path, sender: str) -> None:
        self._folder, self._sender = folder, sender

    def send(self, letter: Letter) -> None:
        """Write the letter as one file; a reader never sees half of it."""
        message = as_message(letter, self._sender)
        if letter.hide_recipient:
            message.replace_header("To", "undisclosed-recipients:;")
        try:
            self._folder.parent.mkdir(parents=True, exist_ok=True)
            mailbox.Maildir(self._folder, create=True).add(message.as_bytes(policy=message.policy.clone(linesep="\n")))
        except OSError as error:
            raise MailAway("the mailbox folder can't be written") from error


class NullMailer:
    """No mail server is configured: the letter is dropped, and the log says that one was, not to whom."""

    def send(self, letter: Letter) -> None:
        """Drop the letter, after the checks every letter passes."""
        as_message(letter, "consult@localhost")
        log.warning("no MAIL_URL is set: a letter was not sent")


def mailer_for(settings: Settings) -> Mailer:
    """The mailer that the settings ask for."""
    if settings.mail_url:
        return SmtpMailer(settings.mail_url, settings.mail_from)
    if settings.embedded:
        return MaildirMailer(settings.data_dir / MAILBOX_FOLDER, settings.mail_from)
    return NullMailer()


@dataclass(frozen=True, slots=True)
class StoredLetter:
    """A letter in the embedded mailbox."""

    name: str
    to: str
    subject: str
    at: datetime
    text: str


def stored_letters(settings: Settings, *, limit: int = 100) -> list[StoredLetter]:
    """The newest letters of the embedded mailbox, newest first."""
    files = sorted(_letter_files(settings), key=lambda path: (path.stat().st_mtime_ns, path.name), reverse=True)
    return [_read(path) for path in files[:limit]]


def stored_letter(settings: Settings, *, name: str) -> StoredLetter | None:
    """One letter of the embedded mailbox by its name, or None."""
    return next((_read(path) for path in _letter_files(settings) if _name(path) == name), None)


def _letter_files(settings: Settings) -> list[Path]:
    folder = settings.data_dir / MAILBOX_FOLDER
    return [path for part in ("new", "cur") for path in (folder / part).glob("*") if path.is_file()]


def _name(path: Path) -> str:
    """A name for addresses: file names hold the machine's name, and one letter keeps its name for ever."""
    return hashlib.sha256(path.name.partition(":")[0].encode()).hexdigest()[:20]


def _read(path: Path) -> StoredLetter:
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    body = message.get_body(("plain",))
    try:
        at = parsedate_to_datetime(str(message["Date"])).astimezone(UTC)
    except ValueError:
        at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return StoredLetter(
        name=_name(path),
        to=str(message["To"] or ""),
        subject=str(message["Subject"] or ""),
        at=at,
        text=str(body.get_content()) if body is not None else "",
    )
