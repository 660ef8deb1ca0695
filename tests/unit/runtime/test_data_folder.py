"""Where data lie, and who may hold the folder."""

import os
from pathlib import Path

import pytest

from consult.runtime import data_folder
from consult.runtime.data_folder import DataFolder, default_data_dir, own_folder
from consult.runtime.privileges import Account, RuntimeProblem


def test_root_keeps_the_data_of_each_checkout_outside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_folder, "running_as_root", lambda: True)
    one, other = default_data_dir(tmp_path / "a" / "consult", {}), default_data_dir(tmp_path / "b" / "consult", {})
    assert one != other
    assert not one.is_relative_to(tmp_path)


def test_anybody_else_keeps_the_data_in_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_folder, "running_as_root", lambda: False)
    assert default_data_dir(tmp_path, {}) == tmp_path / "var" / "data"


def test_a_given_folder_wins(tmp_path: Path) -> None:
    assert default_data_dir(Path("anywhere"), {"CONSULT_DATA_DIR": str(tmp_path)}) == tmp_path


def test_a_second_holder_is_refused_with_the_first_ones_number(tmp_path: Path) -> None:
    first = DataFolder(tmp_path / "data")
    first.open()
    try:
        with pytest.raises(RuntimeProblem, match=rf"already running on .*process {os.getpid()}"):
            DataFolder(tmp_path / "data").open()
    finally:
        first.close()
    again = DataFolder(tmp_path / "data")
    again.open()
    again.close()


def test_sockets_move_to_a_short_folder_when_the_path_is_too_long(tmp_path: Path) -> None:
    assert DataFolder(Path("/srv/c")).sockets == Path("/srv/c/run")
    moved = DataFolder(tmp_path / ("long" * 30)).sockets
    assert len(os.fsencode(moved / ".s.PGSQL.5432.lock")) <= 107
    assert moved != DataFolder(tmp_path / ("other" * 30)).sockets


def test_the_servers_folder_is_private(tmp_path: Path) -> None:
    assert own_folder(tmp_path / "run", None).stat().st_mode & 0o777 == 0o700


def test_a_link_laid_in_place_of_a_socket_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RuntimeProblem, match="belongs to somebody else"):
        own_folder(tmp_path / "run", None)


def test_an_account_cannot_pass_a_private_folder(tmp_path: Path) -> None:
    stranger = Account("stranger", 54_321, 54_321)
    tmp_path.chmod(0o700)
    assert not stranger.may_enter(tmp_path)
