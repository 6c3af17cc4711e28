"""Settings: read once, typed, and refused in one sentence."""

import base64
import ipaddress
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import forms
from config.reference import markdown
from config.setting_rows import SettingsError
from config.settings import Settings, rows
from tests.config.keys import BYTES, INDEX, KEY, NEWEST, OTHER_KEY, PRODUCTION, VAPID

ROOT = Path(__file__).parents[2]

SITES = rows()["web_origins"].form
PAGES = rows()["passkey_origins"].form
KEYS = rows()["master_keys"].form
BOUNCES = rows()["mail_bounces_address"].form
MONGO, REDIS, SMTP = (rows()[name].form for name in ("mongo_url", "redis_url", "smtp_url"))


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
        web_origins=(),
        data=Path("var"),
        mongo_url=None,
        mongo_database="upcoach",
        redis_url=None,
        master_keys={},
        index_key=b"",
        smtp_url=None,
        mail_from="UpCoach <upcoach@localhost>",
        mail_bounces_address=None,
        providers=(),
        vapid_key=b"",
        fcm={},
        apns={},
        roles=frozenset({"web", "learn", "schedule"}),
        log_level="info",
        log_format="auto",
        token_minutes=10,
        factor_delay_h=72,
        live_writes_s=20,
        live_sockets=20_000,
        limits="on",
        proxies=(),
        processes=1,
        drain_asked_s=5,
    )


def test_every_name_is_read() -> None:
    environ = PRODUCTION | {
        "UPCOACH_HOST": "0.0.0.0",  # noqa: S104
        "UPCOACH_PORT": "80",
        "UPCOACH_METRICS_PORT": "9100",
        "UPCOACH_METRICS_HOST": "10.0.0.7",
        "UPCOACH_PASSKEY_DOMAIN": "example.org",
        "UPCOACH_PASSKEY_ORIGINS": f"https://app.example.org, android:apk-key-hash:{'A' * 43}",
        "UPCOACH_WEB_ORIGINS": "https://app.example.org, http://localhost:5173",
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
        "UPCOACH_DRAIN_S": "16",
        "UPCOACH_MAIL_FROM": "Coach <no-reply@example.org>",
        "UPCOACH_MAIL_BOUNCES_ADDRESS": "bounces@example.org",
        "UPCOACH_PROVIDERS": '[{"name": "google", "clients": ["hidden-google"]}]',
        "UPCOACH_VAPID_KEY": VAPID,
        "UPCOACH_FCM": '{"project_id": "upcoach-1"}',
        "UPCOACH_APNS": '{"team": "T1"}',
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
        web_origins=("https://app.example.org", "http://localhost:5173"),
        data=Path("/srv/upcoach"),
        mongo_url="mongodb://app:hidden-mongo@db/?replicaSet=rs0",
        mongo_database="coach",
        redis_url="rediss://:hidden-redis@cache:6379/0",
        master_keys={"k2": BYTES[0], "k1": BYTES[1]},
        index_key=BYTES[2],
        smtp_url="smtps://mailer:hidden-smtp@mail.example.org",
        mail_from="Coach <no-reply@example.org>",
        mail_bounces_address="bounces@example.org",
        providers=({"name": "google", "clients": ["hidden-google"]},),
        vapid_key=BYTES[3],
        fcm={"project_id": "upcoach-1"},
        apns={"team": "T1"},
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
        drain_asked_s=16,
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
        (
            "WEB_ORIGINS",
            "https://*.x.org",
            f"UPCOACH_WEB_ORIGINS must be {SITES}, not 'https://*.x.org'.",
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
            f"UPCOACH_MONGO_URL must be {MONGO}.",
        ),
        (
            "REDIS_URL",
            "redis://",
            f"UPCOACH_REDIS_URL must be {REDIS}.",
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
            "UPCOACH_ROLES must be one or more of web,learn,schedule, not 'web,cook'.",
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
            f"UPCOACH_SMTP_URL must be {SMTP}.",
        ),
        (
            "MAIL_FROM",
            "me",
            "UPCOACH_MAIL_FROM must be an address, or a name and an address in <>, not 'me'.",
        ),
        (
            "MAIL_BOUNCES_ADDRESS",
            "returned-messages@x.org",
            f"UPCOACH_MAIL_BOUNCES_ADDRESS must be {BOUNCES}, not 'returned-messages@x.org'.",
        ),
        ("DRAIN_S", "26", "UPCOACH_DRAIN_S must be a number of seconds, 0 to 16, not '26'."),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence(name: str, text: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environ({f"UPCOACH_{name}": text})

    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SMTP_URL", "smtp://u:p@"),
        ("SMTP_URL", "smtps://:465"),
        ("SMTP_URL", "smtps://u:p@host:99999"),
        ("SMTP_URL", "smtps://u:p/w@host"),
        ("REDIS_URL", "rediss://:p@/0"),
        ("REDIS_URL", "redis://host:port"),
        ("REDIS_URL", "unix://"),
        ("MONGO_URL", "mongodb://u:p@"),
        ("MONGO_URL", "mongodb://u:p@one,/?replicaSet=rs0"),
        ("MONGO_URL", "mongodb://one:27017,two:99999"),
        ("MONGO_URL", "mongodb+srv://u:p@/"),
        ("MONGO_URL", "mongodb://u:p#w@"),
        ("MONGO_URL", "mongodb://one,[::1"),
        ("MONGO_URL", "mongodb://[one],two"),
        ("MONGO_URL", "mongodb://one,[::1]:0"),
        ("MONGO_URL", "mongodb://one, two"),
        ("MONGO_URL", "mongodb://one#two"),
        ("MONGO_URL", "mongodb:///run/mongod.sock"),
        ("MONGO_URL", "mongodb:one"),
        ("MONGO_URL", "MONGODB://one"),
    ],
)
def test_a_url_without_a_host_is_refused(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"^UPCOACH_{name} must be a URL that begins with "):
        Settings.from_environ({f"UPCOACH_{name}": text})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("SMTP_URL", "smtps://u:p%2Fw@[::1]:465"),
        ("REDIS_URL", "unix:///run/redis.sock?db=1"),
        ("REDIS_URL", "redis://:p@host:6379/0"),
        ("REDIS_URL", "redis:///0"),
        ("MONGO_URL", "mongodb://u:p@one:27017,two:27017/?replicaSet=rs0"),
        ("MONGO_URL", "mongodb://%2Frun%2Fmongod.sock"),
        ("MONGO_URL", "mongodb://u:p@db1:27017,[2001:db8::2]:27017/?replicaSet=rs0"),
        ("MONGO_URL", "mongodb://[::1],[::2]/"),
        ("MONGO_URL", "mongodb://one,[::1]:27017"),
        ("MONGO_URL", "mongodb://app:p#w@db1,db2/?replicaSet=rs0"),
        ("MONGO_URL", "mongodb://app:p[w@db1,db2/?replicaSet=rs0"),
        ("MONGO_URL", "mongodb://db1?replicaSet=rs0"),
        ("MONGO_URL", "mongodb+srv://u:p@cluster.example.org/?w=majority"),
    ],
)
def test_a_url_with_a_host_is_taken(name: str, text: str) -> None:
    settings = Settings.from_environ({f"UPCOACH_{name}": text})

    assert text in (settings.smtp_url, settings.redis_url, settings.mongo_url)


def test_a_url_does_not_begin_with_a_blank() -> None:
    with pytest.raises(ValueError, match=" mongodb"):
        forms.mongo_url(" mongodb://one")


@given(st.binary(min_size=32, max_size=32))
def test_a_key_is_read_back_padded_or_not(key: bytes) -> None:
    text = base64.urlsafe_b64encode(key).decode()

    assert forms.key(text) == forms.key(text.rstrip("=")) == key


def test_an_empty_value_counts_as_unset() -> None:
    assert Settings.from_environ({"UPCOACH_PORT": " "}) == Settings.from_environ({})


@pytest.mark.parametrize(("asked", "drain_s"), [("0", 0), ("16", 16), ("17", 16), ("25", 16)])
def test_a_drain_is_cut_to_what_a_process_has_for_it(asked: str, drain_s: int) -> None:
    assert Settings.from_environ({"UPCOACH_DRAIN_S": asked}).drain_s == drain_s


def test_any_free_port_goes_with_any_free_metrics_port() -> None:
    assert Settings.from_environ({"UPCOACH_PORT": "0"}).metrics_port == 0


@pytest.mark.parametrize(
    ("environ", "ports"),
    [
        ({}, [8889]),
        ({"UPCOACH_PROCESSES": "2"}, [8889, 8890, 8891]),
        ({"UPCOACH_PROCESSES": "2", "UPCOACH_ROLES": "web"}, [8889, 8890]),
        ({"UPCOACH_PROCESSES": "2", "UPCOACH_ROLES": "learn"}, [8889]),
        ({"UPCOACH_PROCESSES": "2", "UPCOACH_ROLES": "learn,schedule"}, [8889]),
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


def test_the_page_of_settings_is_the_table() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()

    assert page == markdown(), "write it with: python -m config.reference > docs/settings.md"


def test_importing_the_settings_reads_no_environment() -> None:
    subprocess.run(
        [sys.executable, "-c", "import config.settings, config.logging"],
        env={"UPCOACH_PORT": "nonsense"},
        cwd=ROOT,
        check=True,
    )
