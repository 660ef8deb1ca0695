"""How large a file may be: one setting for what staff brings, on the page, at the form and at the door; less for what anybody attaches."""

from __future__ import annotations

import dataclasses
import io

import pytest

from consult.core.vocabulary import Role
from consult.files.rules import MAXIMUM_BYTES
from consult.web.access import BESIDE_FILES
from tests.conftest import Stage

MB = 1024 * 1024
PLACES = ("codebook/scambio", "importa")


@pytest.mark.parametrize("place", PLACES)
def test_one_setting_says_how_large_a_file_of_the_desk_may_be(stage: Stage, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    glue = stage.app.extensions["consult"]
    settings = dataclasses.replace(glue.settings, upload_mb=14)
    monkeypatch.setitem(stage.app.extensions, "consult", dataclasses.replace(glue, settings=settings))
    client, address = stage.client_as(Role.facilitator), f"/scrivania/{stage.world.slug}/{place}"
    page = client.get(address).text
    assert "Al massimo 14 MB." in page
    assert f'data-most="{14 * MB}"' in page

    def send(size: int, to: str = address) -> tuple[int, str]:
        answer = client.send(to, {"file": (io.BytesIO(b"\x00" * size), "x.bin")}, content_type="multipart/form-data")
        return answer.status_code, answer.text

    # More than anybody may attach gets as far as being looked at.
    status, page = send(13 * MB)
    assert status == 422
    assert "non si può caricare" in page or "non corrisponde" in page
    status, page = send(14 * MB + 1)
    assert status == 422
    assert "può avere al massimo 14 MB" in page
    status, page = send(14 * MB + BESIDE_FILES + 1)
    assert status == 413
    assert "può avere al massimo 14 MB" in page
    status, page = send(MAXIMUM_BYTES + BESIDE_FILES + 1, f"/processi/{stage.world.slug}/contributi/nuovo")
    assert status == 413
    assert "può avere al massimo 10 MB" in page
