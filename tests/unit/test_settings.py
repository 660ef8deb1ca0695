"""Unsafe production settings refuse to start, each with one sentence."""

from __future__ import annotations

import pytest

from config import Settings, UnsafeSettings

GOOD = {
    "CONSULT_ENV": "production",
    "SECRET_KEY": "k" * 40,
    "DATABASE_URL": "postgresql://consult@db/consult",
    "REDIS_URL": "redis://cache:6379/0",
    "BASE_URL": "https://consultazione.example.it",
    "ALLOWED_HOSTS": "consultazione.example.it",
    "MAIL_URL": "smtp://mail.example.it:587",
    "ACCESSIBILITY_URL": "https://example.it/accessibilita",
    "PRIVACY_URL": "https://example.it/privacy",
}


def test_safe_production_settings_start() -> None:
    settings = Settings.from_env(GOOD)
    assert settings.secure_cookies
    assert settings.database_url == "postgresql+psycopg://consult@db/consult"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "sqlite:///consult.db"),
        ("REDIS_URL", ""),
        ("BASE_URL", "http://consultazione.example.it"),
        ("ALLOWED_HOSTS", "*"),
        ("ALLOWED_HOSTS", "altro.example.it"),
        ("MAIL_URL", "mail.example.it:587"),
        ("MAIL_URL", ""),
        ("ACCESSIBILITY_URL", ""),
        ("PRIVACY_URL", ""),
        ("RATE_LIMITS", "0"),
        ("CONSULT_EMBEDDED", "1"),
        ("FLASK_DEBUG", "1"),
        ("CONSULT_ENV", "staging"),
        ("TRUSTED_PROXIES", "many"),
    ],
)
def test_an_unsafe_production_setting_refuses_to_start(name: str, value: str) -> None:
    with pytest.raises(UnsafeSettings) as refusal:
        Settings.from_env({**GOOD, name: value})
    assert str(refusal.value).endswith(".")


def test_a_missing_host_list_refuses_to_start() -> None:
    with pytest.raises(UnsafeSettings, match="ALLOWED_HOSTS"):
        Settings.from_env({k: v for k, v in GOOD.items() if k != "ALLOWED_HOSTS"})


def test_the_broker_address_of_a_socket_is_spelled_as_celery_wants() -> None:
    assert Settings(redis_url="unix:///run/v.sock").celery_broker_url.startswith("redis+socket:///run/v.sock")
