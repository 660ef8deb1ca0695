"""Frozen, typed settings read once from the environment; an unsafe production setting refuses to start.

Every variable is documented in `.env.example`, and a test compares the two.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from consult.runtime import addresses

ROOT = Path(__file__).resolve().parent
DEVELOPMENT_KEY = "development-only-key-never-used-in-production"


class UnsafeSettings(Exception):
    """A setting is missing, malformed or unsafe; the message is one sentence for the person who starts the program."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All that the program needs to know about where it runs."""

    environment: str = "development"
    secret_key: str = DEVELOPMENT_KEY
    database_url: str = ""
    redis_url: str = ""
    base_url: str = "http://127.0.0.1:8000"
    allowed_hosts: tuple[str, ...] = ("127.0.0.1", "localhost")
    data_dir: Path = ROOT / "var"
    model_dir: Path = ROOT / "var" / "model"
    fast_texts: bool = False
    suggester_path: Path | None = None
    language_model_url: str = ""
    language_model_name: str = ""
    language_model_key: str = field(default="", repr=False)
    mail_url: str = ""
    mail_from: str = "consult@localhost"
    authority_name: str = "Autorità metropolitana"
    authority_url: str = ""
    service_name: str = "Consult"
    accessibility_url: str = ""
    privacy_url: str = ""
    timezone: str = "Europe/Rome"
    trusted_proxies: int = 0
    rate_limits: bool = True
    log_level: str = "INFO"
    embedded: bool = False
    testing: bool = False
    web_pool_size: int = 8
    upload_mb: int = 32
    environ: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    @property
    def secure_cookies(self) -> bool:
        """Cookies travel only over TLS whenever the public address is https."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def upload_bytes(self) -> int:
        """The largest file that staff may bring: answers, documents, coded work."""
        return self.upload_mb * 1024 * 1024

    @property
    def suggester_socket(self) -> Path:
        """Where the process that holds the language model listens; short, since a socket's path has at most 107 bytes."""
        if self.suggester_path is not None:
            return self.suggester_path
        inside = self.data_dir.resolve() / "suggest.sock"
        if len(os.fsencode(inside)) <= 107:
            return inside
        name = hashlib.sha256(os.fsencode(self.data_dir.resolve())).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"consult-{os.getuid()}-{name}.sock"

    @property
    def celery_broker_url(self) -> str:
        """The broker address in Celery's spelling; a UNIX socket is written `redis+socket://`."""
        return addresses.celery_broker_url(self.redis_url)

    @property
    def limiter_storage_url(self) -> str:
        """The same server in Flask-Limiter's spelling; a UNIX socket is written `redis+unix://`."""
        return addresses.limiter_storage_url(self.redis_url)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings from `environ` (default: the process's).

        Raises UnsafeSettings with one sentence when production would start unsafe.
        """
        env = dict(os.environ if environ is None else environ)
        base = cls()

        def text(name: str, default: str) -> str:
            return env.get(name, "").strip() or default

        def flag(name: str, default: bool) -> bool:
            value = env.get(name, "").strip().lower()
            if value not in {"", "0", "1", "true", "false", "yes", "no"}:
                raise UnsafeSettings(f"{name} must be 1 or 0, not «{value}».")
            return default if value == "" else value in {"1", "true", "yes"}

        def number(name: str, default: int) -> int:
            value = env.get(name, "").strip()
            if value and not value.isdigit():
                raise UnsafeSettings(f"{name} must be a whole number, not «{value}».")
            return int(value) if value else default

        data_dir = Path(text("CONSULT_DATA_DIR", str(base.data_dir)))
        settings = cls(
            environment=text("CONSULT_ENV", base.environment),
            secret_key=text("SECRET_KEY", base.secret_key),
            database_url=_database_url(text("DATABASE_URL", "")),
            redis_url=text("REDIS_URL", ""),
            base_url=text("BASE_URL", base.base_url).rstrip("/"),
            allowed_hosts=tuple(
                h.strip() for h in text("ALLOWED_HOSTS", ",".join(base.allowed_hosts)).split(",") if h.strip()
            ),
            data_dir=data_dir,
            model_dir=Path(text("CONSULT_MODEL_DIR", str(ROOT / "var" / "model"))),
            fast_texts=flag("CONSULT_FAST_TEXTS", base.fast_texts),
            suggester_path=Path(socket) if (socket := text("CONSULT_SUGGESTER_SOCKET", "")) else None,
            language_model_url=text("LANGUAGE_MODEL_URL", ""),
            language_model_name=text("LANGUAGE_MODEL_NAME", ""),
            language_model_key=text("LANGUAGE_MODEL_KEY", ""),
            mail_url=text("MAIL_URL", ""),
            mail_from=text("MAIL_FROM", base.mail_from),
            authority_name=text("AUTHORITY_NAME", base.authority_name),
            authority_url=text("AUTHORITY_URL", base.authority_url),
            service_name=text("SERVICE_NAME", base.service_name),
            accessibility_url=text("ACCESSIBILITY_URL", base.accessibility_url),
            privacy_url=text("PRIVACY_URL", base.privacy_url),
            timezone=text("CONSULT_TIMEZONE", base.timezone),
            trusted_proxies=number("TRUSTED_PROXIES", base.trusted_proxies),
            rate_limits=flag("RATE_LIMITS", base.rate_limits),
            log_level=text("LOG_LEVEL", base.log_level).upper(),
            embedded=flag("CONSULT_EMBEDDED", base.embedded),
            web_pool_size=number("WEB_POOL_SIZE", base.web_pool_size),
            upload_mb=number("UPLOAD_MB", base.upload_mb),
            environ=env,
        )
        settings.refuse_unsafe()
        return settings

    def refuse_unsafe(self) -> None:
        """Raise UnsafeSettings when this is production and something would be unsafe."""
        if self.environment not in {"development", "production"}:
            raise UnsafeSettings(f"CONSULT_ENV must be development or production, not «{self.environment}».")
        if self.mail_url and not (urlsplit(self.mail_url).scheme in {"smtp", "smtps"} and urlsplit(self.mail_url).hostname):
            raise UnsafeSettings("MAIL_URL must look like smtp://host:587 or smtps://host:465.")
        if self.language_model_url and not (
            urlsplit(self.language_model_url).scheme in {"http", "https"} and urlsplit(self.language_model_url).hostname
        ):
            raise UnsafeSettings("LANGUAGE_MODEL_URL must look like https://host/v1, or be empty.")
        if not 10 <= self.upload_mb <= 256:
            raise UnsafeSettings("UPLOAD_MB must be between 10, what anybody may attach, and 256.")
        if bool(self.language_model_url) != bool(self.language_model_name):
            raise UnsafeSettings("LANGUAGE_MODEL_URL and LANGUAGE_MODEL_NAME go together: set both, or neither.")
        if self.environment != "production":
            return
        if self.secret_key == DEVELOPMENT_KEY or len(self.secret_key) < 32:
            raise UnsafeSettings("SECRET_KEY must be set to at least 32 random characters in production.")
        if self.embedded:
            raise UnsafeSettings("CONSULT_EMBEDDED=1 opens demonstration accounts and cannot be used in production.")
        if self.environ.get("FLASK_DEBUG", "0") not in {"", "0"}:
            raise UnsafeSettings("FLASK_DEBUG must be off in production.")
        if not self.database_url:
            raise UnsafeSettings("DATABASE_URL must name the PostgreSQL server in production.")
        if not self.redis_url:
            raise UnsafeSettings("REDIS_URL must name the Redis or Valkey server in production.")
        if not self.secure_cookies:
            raise UnsafeSettings(
                "BASE_URL must start with https:// in production, or cookies would travel in the clear."
            )
        if "ALLOWED_HOSTS" not in self.environ or not self.allowed_hosts or "*" in self.allowed_hosts:
            raise UnsafeSettings("ALLOWED_HOSTS must list the host names of the site in production.")
        if urlsplit(self.base_url).hostname not in self.allowed_hosts:
            raise UnsafeSettings("ALLOWED_HOSTS must hold the host name of BASE_URL, which links in mails lead to.")
        if not self.mail_url:
            raise UnsafeSettings(
                "MAIL_URL must name the mail server in production, for example smtp://mail.example.it:587."
            )
        if not self.accessibility_url or not self.privacy_url:
            raise UnsafeSettings(
                "ACCESSIBILITY_URL and PRIVACY_URL must be set in production: the footer links them by law."
            )
        if not self.rate_limits:
            raise UnsafeSettings("RATE_LIMITS cannot be off in production.")


def _database_url(url: str) -> str:
    """Accept the common spellings of a PostgreSQL address and refuse every other database."""
    if not url:
        return ""
    scheme, _, rest = url.partition("://")
    if scheme in {"postgresql", "postgres", "postgresql+psycopg"}:
        return f"postgresql+psycopg://{rest}"
    raise UnsafeSettings("DATABASE_URL must be a PostgreSQL address: it is the only database this program speaks.")
