"""Server addresses in the spelling each library expects: Celery, redis-py and Flask-Limiter write a UNIX socket differently."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

_SOCKET_SCHEMES = ("unix", "redis+unix", "redis+socket")


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
