"""Settings: read once, typed, and refused in one sentence."""

import base64
import hashlib
import io
import ipaddress
import json
import logging
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from config import forms
from config.exposure import is_guessable
from config.logging import configure
from config.reference import markdown
from config.secrets import with_development_secrets
from config.settings import LogFormat, Settings, SettingsError, rows

ROOT = Path(__file__).parents[2]
KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
OTHER_KEY = base64.urlsafe_b64encode(bytes(32)).decode()
# As random as keys have to be, and the same each time.
BYTES = [hashlib.sha256(b"%d" % number).digest() for number in range(3)]
NEWEST, OLDER, INDEX = (base64.urlsafe_b64encode(one).decode() for one in BYTES)

PAGES = rows()["passkey_origins"].form
KEYS = rows()["master_keys"].form

PRODUCTION = {
    "UPCOACH_ENV": "production",
    "UPCOACH_PUBLIC_URL": "https://api.example.org",
    "UPCOACH_MONGO_URL": "mongodb://app:hidden-mongo@db/?replicaSet=rs0",
    "UPCOACH_REDIS_URL": "rediss://:hidden-redis@cache:6379/0",
    "UPCOACH_MASTER_KEYS": f"k2:{NEWEST},k1:{OLDER}",
    "UPCOACH_INDEX_KEY": INDEX,
    "UPCOACH_SMTP_URL": "smtps://mailer:hidden-smtp@mail.example.org",
}


@pytest.fixture
def _logging_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


def test_an_empty_environment_is_a_development_installation() -> None:
    assert Settings.from_environ({"PATH": "/bin"}) == Settings(
        environment="development",
        host="127.0.0.1",
        port=8888,
        metrics_port=8889,
        metrics_host="127.0.0.1",
        public_url=None,
        passkey_domain=None,
        passkey_origins=(),
        data=Path("var"),
        mongo_url=None,
        mongo_database="upcoach",
        redis_url=None,
        master_keys={},
        index_key=b"",
        smtp_url=None,
        mail_from="UpCoach <upcoach@localhost>",
        providers=(),
        roles=frozenset({"web", "learn"}),
        log_level="info",
        log_format="auto",
        token_minutes=10,
        factor_delay_h=72,
        live_writes_s=20,
        live_sockets=20_000,
        limits="on",
        proxies=(),
        processes=1,
        drain_s=5,
    )


def test_every_name_is_read() -> None:
    environ = PRODUCTION | {
        "UPCOACH_HOST": "0.0.0.0",  # noqa: S104
        "UPCOACH_PORT": "80",
        "UPCOACH_METRICS_PORT": "9100",
        "UPCOACH_METRICS_HOST": "10.0.0.7",
        "UPCOACH_PASSKEY_DOMAIN": "example.org",
        "UPCOACH_PASSKEY_ORIGINS": f"https://app.example.org, android:apk-key-hash:{'A' * 43}",
        "UPCOACH_DATA": "/srv/upcoach",
        "UPCOACH_MONGO_DATABASE": "coach",
        "UPCOACH_ROLES": "learn, web",
        "UPCOACH_LIMITS": "on",
        "UPCOACH_PROXIES": "10.0.0.1",
        "UPCOACH_LOG_LEVEL": "warning",
        "UPCOACH_LOG_FORMAT": "json",
        "UPCOACH_TOKEN_MINUTES": "5",
        "UPCOACH_FACTOR_DELAY_H": "24",
        "UPCOACH_LIVE_WRITES_S": "30",
        "UPCOACH_LIVE_SOCKETS": "100",
        "UPCOACH_PROCESSES": "4",
        "UPCOACH_DRAIN_S": "20",
        "UPCOACH_MAIL_FROM": "Coach <no-reply@example.org>",
        "UPCOACH_PROVIDERS": '[{"name": "google", "clients": ["hidden-google"]}]',
    }

    settings = Settings.from_environ(environ)

    assert set(environ) == {row.name for row in rows().values()}
    assert settings == Settings(
        environment="production",
        host="0.0.0.0",  # noqa: S104
        port=80,
        metrics_port=9100,
        metrics_host="10.0.0.7",
        public_url="https://api.example.org",
        passkey_domain="example.org",
        passkey_origins=("https://app.example.org", f"android:apk-key-hash:{'A' * 43}"),
        data=Path("/srv/upcoach"),
        mongo_url="mongodb://app:hidden-mongo@db/?replicaSet=rs0",
        mongo_database="coach",
        redis_url="rediss://:hidden-redis@cache:6379/0",
        master_keys={"k2": BYTES[0], "k1": BYTES[1]},
        index_key=BYTES[2],
        smtp_url="smtps://mailer:hidden-smtp@mail.example.org",
        mail_from="Coach <no-reply@example.org>",
        providers=({"name": "google", "clients": ["hidden-google"]},),
        roles=frozenset({"web", "learn"}),
        log_level="warning",
        log_format="json",
        token_minutes=5,
        factor_delay_h=24,
        live_writes_s=30,
        live_sockets=100,
        limits="on",
        proxies=(ipaddress.IPv4Network("10.0.0.1"),),
        processes=4,
        drain_s=20,
    )
    assert next(iter(settings.master_keys)) == "k2"


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("PROT", "1", "UPCOACH_PROT is no setting; did you mean UPCOACH_PORT?"),
        ("QQQQ", "1", "UPCOACH_QQQQ is no setting; docs/settings.md lists all."),
        ("ENV", "prod", "UPCOACH_ENV must be development or production, not 'prod'."),
        (
            "PASSKEY_DOMAIN",
            "https://x.org",
            "UPCOACH_PASSKEY_DOMAIN must be a domain such as example.org, not 'https://x.org'.",
        ),
        (
            "PASSKEY_ORIGINS",
            "https://x.org/",
            f"UPCOACH_PASSKEY_ORIGINS must be {PAGES}, not 'https://x.org/'.",
        ),
        ("PORT", "http", "UPCOACH_PORT must be a port, 0 to 65535, not 'http'."),
        ("PORT", "65536", "UPCOACH_PORT must be a port, 0 to 65535, not '65536'."),
        ("PORT", "-1", "UPCOACH_PORT must be a port, 0 to 65535, not '-1'."),
        ("PORT", "65535", "UPCOACH_METRICS_PORT is needed, because no port follows 65535."),
        ("METRICS_PORT", "8888", "UPCOACH_PORT and UPCOACH_METRICS_PORT must differ."),
        (
            "MONGO_DATABASE",
            "a.b",
            "UPCOACH_MONGO_DATABASE must be 1 to 38 letters, digits, - or _, not 'a.b'.",
        ),
        (
            "MONGO_URL",
            "http://secret@db",
            "UPCOACH_MONGO_URL must be a URL that begins with mongodb:// or mongodb+srv://.",
        ),
        (
            "REDIS_URL",
            "redis://",
            "UPCOACH_REDIS_URL must be a URL that begins with redis://, rediss:// or unix://.",
        ),
        (
            "INDEX_KEY",
            "c2hvcnQ",
            f"UPCOACH_INDEX_KEY must be 32 bytes in base64url; make one with: {forms.MAKE_KEY}",
        ),
        (
            "MASTER_KEYS",
            KEY,
            f"UPCOACH_MASTER_KEYS must be {KEYS}; make one with: {forms.MAKE_NAMED_KEY}",
        ),
        (
            "MASTER_KEYS",
            f"k1:{KEY},k1:{OTHER_KEY}",
            f"UPCOACH_MASTER_KEYS must be {KEYS}; make one with: {forms.MAKE_NAMED_KEY}",
        ),
        (
            "ROLES",
            "web,cook",
            "UPCOACH_ROLES must be web, learn or both, separated by a comma, not 'web,cook'.",
        ),
        (
            "LOG_LEVEL",
            "loud",
            "UPCOACH_LOG_LEVEL must be debug, info, warning or error, not 'loud'.",
        ),
        ("LOG_FORMAT", "xml", "UPCOACH_LOG_FORMAT must be auto, console or json, not 'xml'."),
        (
            "PUBLIC_URL",
            "ftp://x",
            "UPCOACH_PUBLIC_URL must be an origin such as https://api.example.org, not 'ftp://x'.",
        ),
        ("PROCESSES", "0", "UPCOACH_PROCESSES must be a number, 1 to 64, not '0'."),
        (
            "SMTP_URL",
            "http://x",
            "UPCOACH_SMTP_URL must be a URL that begins with smtp:// or smtps://.",
        ),
        (
            "MAIL_FROM",
            "me",
            "UPCOACH_MAIL_FROM must be an address, or a name and an address in <>, not 'me'.",
        ),
        ("DRAIN_S", "26", "UPCOACH_DRAIN_S must be a number of seconds, 0 to 25, not '26'."),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence(name: str, text: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environ({f"UPCOACH_{name}": text})

    assert str(refusal.value) == sentence


@pytest.mark.parametrize("name", sorted(set(PRODUCTION) - {"UPCOACH_ENV"}))
def test_production_needs_its_secrets_and_engines(name: str) -> None:
    environ = {key: text for key, text in PRODUCTION.items() if key != name}

    with pytest.raises(SettingsError, match=f"^{name} is needed in production; "):
        Settings.from_environ(environ)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("PUBLIC_URL", "http://api.example.org", "UPCOACH_PUBLIC_URL must begin with https://"),
        ("PUBLIC_URL", "http://localhost:8888", "UPCOACH_PUBLIC_URL must begin with https://"),
        ("LIMITS", "off", "UPCOACH_LIMITS must be on"),
        ("PASSKEY_ORIGINS", "http://app.example.org", "UPCOACH_PASSKEY_ORIGINS must begin"),
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


@given(st.binary(min_size=32, max_size=32))
def test_a_key_is_read_back_padded_or_not(key: bytes) -> None:
    text = base64.urlsafe_b64encode(key).decode()

    assert forms.key(text) == forms.key(text.rstrip("=")) == key


def test_an_empty_value_counts_as_unset() -> None:
    assert Settings.from_environ({"UPCOACH_PORT": " "}) == Settings.from_environ({})


def test_any_free_port_goes_with_any_free_metrics_port() -> None:
    assert Settings.from_environ({"UPCOACH_PORT": "0"}).metrics_port == 0


@pytest.mark.parametrize(
    ("environ", "ports"),
    [
        ({}, [8889]),
        ({"UPCOACH_PROCESSES": "2"}, [8889, 8890, 8891]),
        ({"UPCOACH_PROCESSES": "2", "UPCOACH_ROLES": "web"}, [8889, 8890]),
        ({"UPCOACH_PROCESSES": "2", "UPCOACH_ROLES": "learn"}, [8889]),
        ({"UPCOACH_PROCESSES": "2", "UPCOACH_PORT": "0"}, [0, 0, 0]),
    ],
)
def test_each_process_has_a_metrics_port(environ: dict[str, str], ports: list[int]) -> None:
    assert Settings.from_environ(environ).metrics_ports == ports


@pytest.mark.parametrize(
    ("metrics_port", "sentence"),
    [
        ("8886", "UPCOACH_PORT and UPCOACH_METRICS_PORT must differ."),
        ("65534", "UPCOACH_METRICS_PORT is too high for so many processes."),
    ],
)
def test_the_metrics_ports_of_all_processes_are_to_be_had(metrics_port: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environ({"UPCOACH_METRICS_PORT": metrics_port, "UPCOACH_PROCESSES": "2"})

    assert str(refusal.value) == sentence


def test_a_printed_setting_shows_no_secret() -> None:
    shown = repr(Settings.from_environ(PRODUCTION))

    assert "port=8888" in shown
    assert not any(word in shown for word in ("hidden", "k1", NEWEST, INDEX, repr(BYTES[1])))


def test_development_secrets_are_made_once(tmp_path: Path) -> None:
    settings = Settings.from_environ({"UPCOACH_DATA": str(tmp_path / "var")})

    first = with_development_secrets(settings)
    file = tmp_path / "var" / "secrets.json"

    assert list(first.master_keys) == ["dev"]
    assert len(first.index_key) == forms.KEY_BYTES
    assert with_development_secrets(settings) == first
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.iterdir()) == [file]


def test_given_secrets_win_over_generated_ones(tmp_path: Path) -> None:
    settings = Settings.from_environ({"UPCOACH_DATA": str(tmp_path), "UPCOACH_INDEX_KEY": KEY})

    completed = with_development_secrets(settings)

    assert completed.index_key == bytes(range(32))
    assert list(completed.master_keys) == ["dev"]


def test_production_generates_nothing(tmp_path: Path) -> None:
    settings = Settings.from_environ(PRODUCTION | {"UPCOACH_DATA": str(tmp_path)})

    assert with_development_secrets(settings) is settings
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"master_keys": "dev:x", "index_key": 1}'])
def test_a_damaged_secrets_file_stops_the_start(tmp_path: Path, text: str) -> None:
    settings = Settings.from_environ({"UPCOACH_DATA": str(tmp_path)})
    (tmp_path / "secrets.json").write_text(text)

    with pytest.raises(SettingsError, match="does not hold the secrets of this data folder"):
        with_development_secrets(settings)


def test_the_page_of_settings_is_the_table() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()

    assert page == markdown(), "write it with: python -m config.reference > docs/settings.md"


@pytest.mark.usefixtures("_logging_restored")
def test_every_line_is_one_json_object() -> None:
    stream = io.StringIO()
    configure("info", "auto", stream)

    structlog.get_logger().info("engine started", port=1)
    structlog.get_logger().debug("too quiet")
    logging.getLogger("tornado.general").warning("slow %s", "loop", extra={"ms": 9})

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [list(line)[:3] for line in lines] == [["ts", "level", "event"]] * 2
    assert [{k: v for k, v in line.items() if k != "ts"} for line in lines] == [
        {"level": "info", "event": "engine started", "port": 1},
        {"level": "warning", "event": "slow loop", "ms": 9},
    ]


@pytest.mark.usefixtures("_logging_restored")
@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_traceback_shows_no_local_variable(log_format: LogFormat) -> None:
    stream = io.StringIO()
    configure("info", log_format, stream)

    def login(password: str) -> None:
        raise ValueError(len(password))

    try:
        login(KEY)
    except ValueError:
        structlog.get_logger().exception("login crashed")

    assert "ValueError: 44" in stream.getvalue()
    assert KEY not in stream.getvalue()


@pytest.mark.usefixtures("_logging_restored")
def test_documents_stay_out_of_the_log_at_every_level() -> None:
    configure("debug", "json", io.StringIO())

    assert not logging.getLogger("pymongo.command").isEnabledFor(logging.DEBUG)


def test_importing_the_settings_reads_no_environment() -> None:
    subprocess.run(
        [sys.executable, "-c", "import config.settings, config.logging"],
        env={"UPCOACH_PORT": "nonsense"},
        cwd=ROOT,
        check=True,
    )
