"""Server addresses in the spelling each library expects: Celery, redis-py and Flask-Limiter write a socket differently."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

APP_ROLE = "consult"
DATABASE = "consult"
_SOCKET_SCHEMES = ("unix", "redis+unix", "redis+socket")


@dataclass(frozen=True, slots=True)
class EmbeddedAddresses:
    """The addresses of embedded servers whose sockets are in `sockets`."""

    sockets: Path

    @property
    def database_url(self) -> str:
        """SQLAlchemy's address of the application's database, as the application's role."""
        return self.database_url_of(DATABASE)

    def database_url_of(self, name: str) -> str:
        """SQLAlchemy's address of the database `name`, as the application's role."""
        return f"postgresql+psycopg://{APP_ROLE}@/{quote(name)}?host={quote(str(self.sockets), safe='')}"

    @property
    def valkey_socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def redis_url(self) -> str:
        """redis-py's address of Valkey. For Flask-Limiter pass it through `limiter_storage_url`."""
        return f"unix://{quote(str(self.valkey_socket))}?db=0"

    @property
    def celery_broker_url(self) -> str:
        """Celery's address of Valkey."""
        return celery_broker_url(self.redis_url)


def celery_broker_url(redis_url: str) -> str:
    """Celery's spelling of a Redis address.

    `unix:///path/s.sock?db=1` becomes `redis+socket:///path/s.sock?virtual_host=1`; `redis://` and `rediss://` stay as they are.
    """
    parts = urlsplit(redis_url)
    if parts.scheme not in _SOCKET_SCHEMES:
        return redis_url
    return f"redis+socket://{parts.path}?{urlencode({'virtual_host': _database(parts.query)})}"


def limiter_storage_url(redis_url: str) -> str:
    """Flask-Limiter's spelling of a Redis address: a UNIX socket is `redis+unix:///path`, the rest stays as it is."""
    parts = urlsplit(redis_url)
    if parts.scheme not in _SOCKET_SCHEMES:
        return redis_url
    return f"redis+unix://{parts.path}?{urlencode({'db': _database(parts.query)})}"


def _database(query: str) -> str:
    values = parse_qs(query)
    return (values.get("db") or values.get("virtual_host") or ["0"])[0]
