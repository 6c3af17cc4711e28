"""What a server that serves others refuses to start with."""

import base64
import hashlib
import re
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.exposure import is_guessable
from config.setting_rows import SettingsError
from config.settings import Settings, rows
from tests.config.keys import INDEX, KEY, NEWEST, OLDER, OTHER_KEY, PRODUCTION


@pytest.mark.parametrize("name", sorted(set(PRODUCTION) - {"UPCOACH_ENV"}))
def test_production_needs_its_secrets_and_engines(name: str) -> None:
    environ = {key: text for key, text in PRODUCTION.items() if key != name}

    with pytest.raises(SettingsError, match=f"^{name} is needed in production; "):
        Settings.from_environ(environ)


def test_production_tells_of_all_that_it_needs_at_once() -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environ({"UPCOACH_ENV": "production", "UPCOACH_LIMITS": "off"})

    names = [line.partition(" ")[0] for line in str(refusal.value).splitlines()]
    assert sorted(names) == sorted({*PRODUCTION, "UPCOACH_LIMITS"} - {"UPCOACH_ENV"})


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("PUBLIC_URL", "http://api.example.org", "UPCOACH_PUBLIC_URL must begin with https://"),
        ("PUBLIC_URL", "http://localhost:8888", "UPCOACH_PUBLIC_URL must begin with https://"),
        ("LIMITS", "off", "UPCOACH_LIMITS must be on"),
        ("PASSKEY_ORIGINS", "http://app.example.org", "UPCOACH_PASSKEY_ORIGINS must begin"),
        ("WEB_ORIGINS", "http://app.example.org", "UPCOACH_WEB_ORIGINS must begin"),
        ("PROXIES", "0.0.0.0/0", "not 0.0.0.0/0"),
        ("PROXIES", "10.0.0.1,::/0", "not ::/0"),
        ("PROXIES", "0.0.0.0/1,128.0.0.0/1", "not 0.0.0.0/1"),
        ("INDEX_KEY", OTHER_KEY, "UPCOACH_INDEX_KEY is not random"),  # all zeros
        ("INDEX_KEY", KEY, "UPCOACH_INDEX_KEY is not random"),  # that of the tests
        ("INDEX_KEY", "A" * 42 + "E", "UPCOACH_INDEX_KEY is not random"),
        ("INDEX_KEY", base64.urlsafe_b64encode(b"ab" * 16).decode(), "is not random"),
        ("INDEX_KEY", base64.urlsafe_b64encode(b"x" * 32).decode(), "is not random"),
        (
            "INDEX_KEY",
            base64.urlsafe_b64encode(b"change this key to one of yours!").decode(),
            "is not",
        ),
        ("INDEX_KEY", NEWEST, "UPCOACH_INDEX_KEY is the same key as UPCOACH_MASTER_KEYS (k2)"),
        ("INDEX_KEY", OLDER.rstrip("="), "is the same key as UPCOACH_MASTER_KEYS (k1)"),
        ("MASTER_KEYS", f"k1:{OTHER_KEY}", "UPCOACH_MASTER_KEYS (k1) is not random"),
        ("MASTER_KEYS", f"k2:{NEWEST},k1:{KEY}", "UPCOACH_MASTER_KEYS (k1) is not random"),
        ("MASTER_KEYS", f"k2:{NEWEST},k1:{NEWEST}", "(k1) is the same key as UPCOACH_MASTER_KEYS"),
        ("VAPID_KEY", OTHER_KEY, "UPCOACH_VAPID_KEY is not random"),
        ("VAPID_KEY", INDEX, "UPCOACH_VAPID_KEY is the same key as UPCOACH_INDEX_KEY"),
        ("VAPID_KEY", OLDER, "UPCOACH_VAPID_KEY is the same key as UPCOACH_MASTER_KEYS (k1)"),
        ("INDEX_KEY", "c2hvcnQ", "must be 32 bytes"),
        ("SMTP_URL", "", "UPCOACH_SMTP_URL is needed in production"),
        ("MONGO_URL", "", "UPCOACH_MONGO_URL is needed in production"),
    ],
)
def test_production_refuses_what_is_not_safe(name: str, text: str, words: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(words)) as refusal:
        Settings.from_environ(PRODUCTION | {f"UPCOACH_{name}": text})

    assert not text or text not in str(refusal.value) or name in {"PUBLIC_URL", "PROXIES"}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        (
            {"PUBLIC_URL": "https://api.example.org"},
            "UPCOACH_PUBLIC_URL is https://api.example.org",
        ),
        ({"PUBLIC_URL": "http://api.example.org"}, "UPCOACH_PUBLIC_URL is http://api.example.org"),
        ({"PUBLIC_URL": "https://localhost"}, "UPCOACH_PUBLIC_URL is https://localhost"),
        ({"PUBLIC_URL": "http://192.168.1.5:8888"}, "UPCOACH_PUBLIC_URL is"),
        ({"PUBLIC_URL": "http://localhost.example.org"}, "UPCOACH_PUBLIC_URL is"),
        ({"PUBLIC_URL": "http://127.0.0.1.nip.io"}, "UPCOACH_PUBLIC_URL is"),
        ({"HOST": "0.0.0.0"}, "UPCOACH_HOST is 0.0.0.0"),  # noqa: S104
        ({"HOST": "::"}, "UPCOACH_HOST is ::"),
        ({"HOST": "192.168.1.5", "PUBLIC_URL": "http://localhost:8888"}, "UPCOACH_HOST is"),
        ({"METRICS_HOST": "0.0.0.0"}, "UPCOACH_METRICS_HOST is"),  # noqa: S104
    ],
)
@pytest.mark.parametrize("unset", ["", " ", None])
def test_who_serves_others_says_what_it_is(
    environ: dict[str, str], said: str, unset: str | None
) -> None:
    given = {f"UPCOACH_{name}": text for name, text in environ.items()}
    blank = {} if unset is None else {"UPCOACH_ENV": unset}

    with pytest.raises(SettingsError, match=f"^{said}") as refusal:
        Settings.from_environ(given | blank)

    assert "UPCOACH_ENV=production" in str(refusal.value)
    assert Settings.from_environ(given | {"UPCOACH_ENV": "development"}).reached_at is not None


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"HOST": "localhost"},
        {"HOST": "::1"},
        {"HOST": "127.0.0.2", "PUBLIC_URL": "http://app.localhost:3000"},
        {"PUBLIC_URL": "http://localhost:8888"},
        {"PUBLIC_URL": "http://[::1]:8888"},
    ],
)
def test_a_developer_says_nothing(environ: dict[str, str]) -> None:
    settings = Settings.from_environ({f"UPCOACH_{name}": one for name, one in environ.items()})

    assert (settings.environment, settings.reached_at) == ("development", None)


@pytest.mark.parametrize(
    ("host", "metrics_host"),
    [("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("10.0.0.7", "10.0.0.7")],  # noqa: S104
)
def test_metrics_are_on_all_addresses_for_nobody_who_has_not_said_so(
    host: str, metrics_host: str
) -> None:
    environ = PRODUCTION | {"UPCOACH_HOST": host}

    assert Settings.from_environ(environ).metrics_host == metrics_host
    environ["UPCOACH_METRICS_HOST"] = "0.0.0.0"  # noqa: S104
    assert Settings.from_environ(environ).metrics_host == "0.0.0.0"  # noqa: S104


@given(st.binary(min_size=32, max_size=32).map(lambda seed: hashlib.sha256(seed).digest()))
def test_random_keys_are_taken(key: bytes) -> None:
    assert not is_guessable(key)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *((name, text) for name in ("INDEX_KEY", "MASTER_KEYS") for text in ("", "short")),
        ("INDEX_KEY", OTHER_KEY),
        ("INDEX_KEY", NEWEST),
        ("VAPID_KEY", "short"),
        ("VAPID_KEY", OTHER_KEY),
        ("VAPID_KEY", NEWEST),
        ("MASTER_KEYS", f"k1:{OTHER_KEY}"),
        ("MASTER_KEYS", f"k2:{NEWEST},k1:{NEWEST}"),
    ],
)
def test_whoever_has_no_good_key_is_told_a_command_that_makes_one(name: str, text: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environ(PRODUCTION | {f"UPCOACH_{name}": text})

    command = str(refusal.value).partition("make one with: ")[2]
    shell = ["/bin/sh", "-c", command]
    made = subprocess.run(shell, capture_output=True, text=True, check=True).stdout
    taken = Settings.from_environ(PRODUCTION | {f"UPCOACH_{name}": made})
    assert taken.environment == "production"


@pytest.mark.parametrize(
    ("domain", "url"),
    [
        ("example.com", "https://api.example.org"),
        ("www.api.example.org", "https://api.example.org"),
        ("ample.org", "https://api.example.org"),
        ("org", "https://api.example.org"),
        (".example.org", "https://api.example.org"),
        ("0.0.1", "http://127.0.0.1:8888"),
        ("example.org", ""),
    ],
)
def test_passkeys_are_bound_to_the_host_of_the_pages_or_what_it_ends_with(
    domain: str, url: str
) -> None:
    names = {"UPCOACH_PASSKEY_DOMAIN": domain, "UPCOACH_PUBLIC_URL": url}

    with pytest.raises(SettingsError, match=r"^UPCOACH_PASSKEY_DOMAIN must be ") as refusal:
        Settings.from_environ({"UPCOACH_ENV": "development"} | names)

    assert repr(domain) in str(refusal.value)


@pytest.mark.parametrize(
    ("domain", "url"),
    [
        ("api.example.org", "https://API.example.org"),
        ("example.org", "https://api.example.org:8443"),
        ("localhost", ""),
        ("localhost", "http://localhost:3000"),
    ],
)
def test_a_domain_that_the_pages_are_in_is_taken(domain: str, url: str) -> None:
    names = {"UPCOACH_PASSKEY_DOMAIN": domain, "UPCOACH_PUBLIC_URL": url}

    settings = Settings.from_environ({"UPCOACH_ENV": "development"} | names)

    assert settings.passkey_domain == domain


def test_every_key_that_a_command_makes_has_to_be_random() -> None:
    made = {name: row for name, row in rows().items() if row.make}
    zeros = {row.name: f"{'k1:' * (':' in row.form)}{OTHER_KEY}" for row in made.values()}

    with pytest.raises(SettingsError) as refusal:
        Settings.from_environ(PRODUCTION | zeros)

    refused = [line.partition(" ")[0] for line in str(refusal.value).splitlines()]
    assert sorted(refused) == sorted(zeros)
