"""What a WSGI server imports: `wsgi:create` builds the application from the environment."""

from __future__ import annotations

import gc
import sys

from flask import Flask

from config import Settings
from consult.app import create_app
from consult.listening.sources.rules import detect_language
from consult.web.access import longest_request
from consult.web.turnstile import Turnstile

#: Seconds a thread may keep the interpreter while others wait. A request asks the database a dozen times, and after each answer it
#: would wait the usual 5 ms behind a thread that draws a page; measured with `python -m benchmarks.web`.
SWITCH_INTERVAL_S = 0.0005

#: New objects before the collector looks for rings among them. A page makes some thousands that die by themselves; looking at each
#: seven hundred cost a tenth of a page, measured with `python -m benchmarks.web`.
COLLECT_AFTER = (20_000, 20, 20)

#: A process works on one request after the other: two that draw pages at the same time only fight for the interpreter, and both are late.
#: Who takes longer than this many seconds waits for something, most likely the database, and another is let in beside it; so many in all,
#: of the threads the process has. A page takes some 10 ms, on a machine that has other work three times that.
PATIENCE_S = 0.03
AT_ONCE = 4
#: Of those who send so many at once: each waits for the disk for as long as it reckons.
SENDING_AT_ONCE = 2


def create() -> Flask:
    """The application for this environment."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    settings = Settings.from_env()
    app = create_app(settings)
    # Read now and not while the first person who sends something waits for it: a third of a second.
    detect_language("In quale lingua è scritta questa frase?")
    # What was imported stays for good: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    app.wsgi_app = Turnstile(  # type: ignore[method-assign]  # The documented way to wrap.
        app.wsgi_app, at_once=AT_ONCE, patience=PATIENCE_S, most=longest_request(settings), sending=SENDING_AT_ONCE
    )
    return app
