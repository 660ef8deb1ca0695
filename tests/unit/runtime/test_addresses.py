"""Each library gets its own spelling of one server's address."""

import pytest

from consult.runtime.addresses import celery_broker_url, limiter_storage_url


@pytest.mark.parametrize(
    "url", ["unix:///run/v.sock?db=3", "redis+unix:///run/v.sock?db=3", "redis+socket:///run/v.sock?virtual_host=3"]
)
def test_a_socket_keeps_its_path_and_database_in_every_spelling(url: str) -> None:
    assert celery_broker_url(url) == "redis+socket:///run/v.sock?virtual_host=3"
    assert limiter_storage_url(url) == "redis+unix:///run/v.sock?db=3"


@pytest.mark.parametrize("url", ["redis://:secret@cache.example:6379/1", "rediss://cache.example:6380/0", ""])
def test_a_network_address_stays_as_it_is(url: str) -> None:
    assert celery_broker_url(url) == url
    assert limiter_storage_url(url) == url
