"""A relay with nothing to relay."""

import signal

signal.pause()
