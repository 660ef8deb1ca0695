"""By what a reply of a department is known again: whoever writes over one must have read it. Pure."""

from __future__ import annotations

import hashlib


def mark_of_reply(reply: str, department: str) -> str:
    """What tells one reply of a department from another; empty for none."""
    return hashlib.sha256(f"{department}\n{reply}".encode()).hexdigest()[:16] if reply else ""
