"""The embedded servers are real, private, keep their data, and leave nothing behind."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import redis
import sqlalchemy as sa
from celery import Celery
from limits.storage import storage_from_string

from consult.runtime.binaries import find_binaries
from consult.runtime.privileges import RuntimeProblem, server_account
from consult.runtime.servers import EmbeddedServers, limiter_storage_url
from tests.factories.servers import short_folder


def test_the_packages_carry_the_servers_we_expect() -> None:
    found = find_binaries(server_account())
    assert found.postgres_bin.parts[-2] == "pginstall18"
    assert found.valkey_server.name == "valkey-server"


def test_data_survive_a_stop_and_a_crash() -> None:
    with short_folder() as folder:
        with EmbeddedServers(folder / "data", fast_and_unsafe=True) as servers:
            engine = sa.create_engine(servers.database_url)
            with engine.begin() as connection:
                connection.execute(sa.text("CREATE TABLE kept (word text)"))
                connection.execute(sa.text("INSERT INTO kept VALUES ('prima')"))
            redis.Redis.from_url(servers.redis_url).set("kept", "yes")
            servers.restart_postgres(immediate=True)
            servers.stop_valkey()
            with pytest.raises(redis.RedisError):
                redis.Redis.from_url(servers.redis_url).ping()
            servers.start_valkey()
            assert redis.Redis.from_url(servers.redis_url).get("kept") == b"yes"
        with EmbeddedServers(folder / "data", fast_and_unsafe=True) as servers:
            engine = sa.create_engine(servers.database_url)
            with engine.connect() as connection:
                assert connection.scalar(sa.text("SELECT word FROM kept")) == "prima"
            assert redis.Redis.from_url(servers.redis_url).get("kept") == b"yes"


def test_the_database_is_set_up_to_keep_promises() -> None:
    with short_folder() as folder, EmbeddedServers(folder / "data") as servers:
        with sa.create_engine(servers.database_url).connect() as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
                assert connection.scalar(sa.text(f"SHOW {setting}")) == "on", setting
            assert connection.scalar(sa.text("SELECT lower('PERCHÉ È')")) == "perché è"
            assert connection.scalar(sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")) is False
            assert connection.scalar(sa.text("SHOW listen_addresses")) == ""
        assert redis.Redis.from_url(servers.redis_url).config_get("maxmemory-policy") == {
            "maxmemory-policy": "noeviction"
        }


def test_every_library_reaches_valkey_by_its_own_spelling(servers: EmbeddedServers) -> None:
    assert storage_from_string(limiter_storage_url(servers.redis_url)).check()
    with Celery(broker=servers.celery_broker_url).connection_for_write() as connection:
        connection.ensure_connection(max_retries=1)


def test_only_the_servers_account_may_enter_where_the_sockets_are(servers: EmbeddedServers) -> None:
    socket = Path(servers.redis_url.removeprefix("unix://").partition("?")[0])
    assert socket.parent.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="what root may not do is only seen as root")
def test_started_by_root_the_servers_run_as_somebody_else(servers: EmbeddedServers) -> None:
    server = redis.Redis.from_url(servers.redis_url).info("server")["process_id"]
    assert Path(f"/proc/{server}").stat().st_uid != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers run as somebody else, who may be shut out")
def test_a_folder_the_servers_cannot_reach_is_refused_in_one_sentence_and_left_as_it_was() -> None:
    with short_folder() as folder:
        folder.chmod(0o700)
        with pytest.raises(RuntimeProblem, match="cannot reach"):
            EmbeddedServers(folder / "data").start()
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_second_copy_on_the_same_data_is_refused() -> None:
    with (
        short_folder() as folder,
        EmbeddedServers(folder / "data", fast_and_unsafe=True),
        pytest.raises(RuntimeProblem, match="already running"),
    ):
        EmbeddedServers(folder / "data").start()


def test_a_command_joins_the_servers_that_another_process_runs() -> None:
    with short_folder() as folder:
        assert EmbeddedServers.joined(folder / "data") is None
        with EmbeddedServers(folder / "data", fast_and_unsafe=True) as servers:
            joined = EmbeddedServers.joined(folder / "data")
            assert joined is not None
            assert (joined.database_url, joined.redis_url) == (servers.database_url, servers.redis_url)


def test_an_initialisation_cut_short_is_done_again() -> None:
    with short_folder() as folder:
        half = folder / "data" / "postgresql.new"
        half.mkdir(parents=True)
        (folder / "data").chmod(0o711)
        (half / "PG_VERSION").write_text("18\n")
        with EmbeddedServers(folder / "data", fast_and_unsafe=True) as servers:
            assert servers.dead == []
        assert not half.exists()


def test_data_of_another_release_are_refused_in_one_sentence() -> None:
    with short_folder() as folder:
        old = folder / "data" / "postgresql"
        old.mkdir(parents=True)
        (folder / "data").chmod(0o711)
        (old / "PG_VERSION").write_text("16\n")
        with pytest.raises(RuntimeProblem, match="written by PostgreSQL 16"):
            EmbeddedServers(folder / "data").start()


def test_databases_are_cloned_from_a_template_and_dropped(
    new_database: Callable[[], str], servers: EmbeddedServers
) -> None:
    one, other = sa.create_engine(new_database()), sa.create_engine(new_database())
    with one.begin() as connection:
        connection.execute(sa.text("CREATE TABLE only_here ()"))
    with other.connect() as connection:
        assert connection.scalar(sa.text("SELECT to_regclass('only_here')")) is None
    servers.drop_database(str(one.url.database))
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(str(one.url.render_as_string(hide_password=False)).replace("+psycopg", ""))
