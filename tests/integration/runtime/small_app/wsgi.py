"""The smallest site: it is healthy, and it dies when asked to."""

import os

from flask import Flask


def create() -> Flask:
    app = Flask(__name__)
    app.add_url_rule("/healthz", "healthz", lambda: "ok")
    app.add_url_rule("/die", "die", lambda: os._exit(3))
    return app
