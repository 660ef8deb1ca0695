"""Rate limits for the doors that invite abuse; the store may fail, the site goes on with limits in process memory."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from contextlib import suppress

from flask import Flask, request
from flask_limiter import Limiter, RateLimitExceeded
from redis import RedisError

from consult.web.identity import person

_KEYS: dict[int, bytes] = {}
_PREFIX = "consult-limit"


def _daily_key() -> bytes:
    """A key that lives in memory and changes every day: an address can't be recognised from what the store holds."""
    day = int(time.time() // 86_400)
    if day not in _KEYS:
        _KEYS.clear()
        _KEYS[day] = secrets.token_bytes(16)
    return _KEYS[day]


def visitor() -> str:
    """Whom a limit counts: the account, or a keyed hash of the address that can't be turned back."""
    who = person()
    if who is not None:
        return f"account:{who.id}"
    address = request.remote_addr or "unknown"
    return "visitor:" + hmac.new(_daily_key(), address.encode(), hashlib.sha256).hexdigest()[:24]


class _Doors(Limiter):
    """Limits stand at single doors only: nothing is asked before it is known which one somebody takes, and then only the store.

    Flask-Limiter's own way works out with each request what else might hold, which costs more than the question. It is taken where the
    store does not answer.
    """

    def _check_request_limit(self, callable_name: str | None = None, in_middleware: bool = True) -> None:
        if in_middleware or not self.enabled:
            return
        if not self._storage_dead:
            with suppress(RedisError):
                for limit in sorted(self.limit_manager.decorated_limits(callable_name or ""), key=lambda x: x.limit):
                    # Of a page with a form only what is sent counts, not how often somebody looks at it.
                    if limit.is_exempt or limit.method_exempt:
                        continue
                    if not self.limiter.hit(limit.limit, _PREFIX, limit.key_func(), request.endpoint or ""):
                        raise RateLimitExceeded(limit)
                return
        super()._check_request_limit(callable_name, in_middleware)


limiter = _Doors(key_func=visitor, strategy="moving-window", headers_enabled=False)

SIGN_IN = "20 per minute; 100 per hour"
SIGN_UP = "10 per minute; 40 per hour"
MAIL = "6 per minute; 20 per hour"
SUBMISSION = "20 per minute; 200 per hour"
#: One answer at a time: somebody who reads fast answers one in two seconds.
VOTES = "60 per minute; 900 per hour"
GUESSES = "30 per minute"


def register(app: Flask, *, storage: str, enabled: bool) -> None:
    """Bind the limiter; a store that is down costs nothing but precision, since each process then counts by itself."""
    app.config.update(
        RATELIMIT_ENABLED=enabled,
        RATELIMIT_STORAGE_URI=storage or "memory://",
        RATELIMIT_STORAGE_OPTIONS={"socket_connect_timeout": 1, "socket_timeout": 1} if storage else {},
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=True,
        # When the store dies under several requests at once, the first turns the fallback on and the others would fail: they pass uncounted.
        RATELIMIT_SWALLOW_ERRORS=True,
        RATELIMIT_KEY_PREFIX=_PREFIX,
    )
    limiter.init_app(app)
