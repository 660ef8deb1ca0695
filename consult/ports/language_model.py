"""A text generator, where an authority configures one. The product works without: the Null port says that it has nothing.

It may only rephrase (see `consult.analytics.rephrasing`). Whatever leaves the machine is first written, word for word, into a
log of its own; personal data are hidden before, here once more whatever the caller did.
"""

from __future__ import annotations

import json
import logging
import urllib.request
from collections.abc import Callable
from datetime import datetime
from http.client import HTTPException
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from consult.analytics.rephrasing import without_personal_data

LOG = logging.getLogger(__name__)

#: Seconds one answer may take.
PATIENCE_S = 60.0
#: Longest answer read, in bytes.
LONGEST_ANSWER = 1_000_000
#: Longest text sent at once, in characters.
LONGEST_QUESTION = 40_000


class LanguageModel(Protocol):
    """Writes text from an instruction and the texts it may rest on."""

    #: Name and version, to be kept beside whatever it wrote; empty where there is none.
    name: str

    def write(self, *, instruction: str, texts: list[str], language: str) -> str | None:
        """The text, or None where the port has nothing to offer."""


class NullLanguageModel:
    """No generator is configured: everything is done by the project's own methods."""

    name = ""

    def write(self, *, instruction: str, texts: list[str], language: str) -> str | None:
        """Always None."""
        return None


def language_model(
    *, url: str, model: str, key: str, data_dir: Path, now: Callable[[], datetime], patience_s: float = PATIENCE_S
) -> HttpLanguageModel | NullLanguageModel:
    """The configured generator, or the one that has nothing to offer."""
    if not url:
        return NullLanguageModel()
    log = data_dir / "language_model.jsonl"
    return HttpLanguageModel(url=url, model=model, key=key, log=log, now=now, patience_s=patience_s)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """An answer that points elsewhere is refused: texts go to the address the authority named, and nowhere else."""

    def redirect_request(self, *_: object) -> None:
        """No other address."""


class HttpLanguageModel:
    """Any service that speaks OpenAI's chat completions. Failing in any way it offers nothing, and the caller goes on without."""

    def __init__(
        self,
        *,
        url: str,
        model: str,
        key: str = "",
        log: Path,
        now: Callable[[], datetime],
        patience_s: float = PATIENCE_S,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("The address of the language model must be an http or https URL.")
        self.name = model
        self._url = url.rstrip("/") + ("" if url.rstrip("/").endswith("/chat/completions") else "/chat/completions")
        self._host = parts.netloc.rsplit("@", 1)[-1]
        self._key = key
        self._log = log
        self._now = now
        self._patience_s = patience_s
        self._open = urllib.request.build_opener(_NoRedirects).open

    def write(self, *, instruction: str, texts: list[str], language: str) -> str | None:
        """See `LanguageModel.write`. Temperature 0 and a fixed seed, so that a service that can repeats itself."""
        said = "\n".join(without_personal_data(text) for text in texts)
        if not said.strip() or len(said) > LONGEST_QUESTION:
            return None
        body = {
            "model": self.name,
            "temperature": 0,
            "seed": 1,
            "messages": [{"role": "system", "content": instruction}, {"role": "user", "content": said}],
        }
        # Logged before it leaves: a text that cannot be logged is not sent.
        try:
            self._note({"sent": body["messages"], "language": language})
        except OSError as error:
            LOG.warning("language model not asked: its log cannot be written (%s)", type(error).__name__)
            return None
        answer = self._ask(body)
        LOG.info("language model %s asked: %d characters sent, %d received", self.name, len(said), len(answer or ""))
        return answer

    def _ask(self, body: dict[str, object]) -> str | None:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self._key}"} if self._key else {})
        request = urllib.request.Request(  # noqa: S310  # The scheme was checked when the port was made.
            self._url, json.dumps(body).encode(), headers, method="POST"
        )
        try:
            with self._open(request, timeout=self._patience_s) as response:
                data = response.read(LONGEST_ANSWER + 1)
            if len(data) > LONGEST_ANSWER:
                return None
            text = json.loads(data)["choices"][0]["message"]["content"]
        except (OSError, HTTPException, RecursionError, ValueError, LookupError, TypeError) as error:
            LOG.warning("language model gave no answer (%s)", type(error).__name__)
            return None
        return text if isinstance(text, str) else None

    def _note(self, facts: dict[str, object]) -> None:
        """One line of JSON; readable by its owner only."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        line = json.dumps(
            {"at": self._now().isoformat(), "to": self._host, "model": self.name, **facts}, ensure_ascii=False
        )
        self._log.touch(mode=0o600, exist_ok=True)
        with self._log.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
