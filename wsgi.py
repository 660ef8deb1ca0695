"""What a WSGI server imports: `wsgi:create` builds the application from the environment."""

from __future__ import annotations

import gc
import sys

from flask import Flask

from config import Settings
from consult.app import create_app

#: Seconds a thread may keep the interpreter while others wait. A request asks the database a dozen times, and after each answer it
#: would wait the usual 5 ms behind a thread that draws a page; measured with `python -m benchmarks.web`.
SWITCH_INTERVAL_S = 0.0005


def create() -> Flask:
    """The application for this environment."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    app = create_app(Settings.from_env())
    # What was imported stays for good: the collector need not look at it again and again.
    gc.collect()
    gc.freeze()
    return app
