"""Every setting of an installation, typed, read once from the environment.

`Settings` is the table: a field is a row, and its row says how the text is read, what it must look
like and what it is for.  Parsing, the sentences of refusal and `docs/settings.md` all come from it,
so a new setting is one new field.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from config import exposure, forms, refusals
from config.forms import Network
from config.setting_rows import ENV_PREFIX, SettingRow, SettingsError, setting

LONGEST_DRAIN_S = 16

Environment = Literal["development", "production"]
LogFormat = Literal["auto", "console", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]
ProcessRole = Literal["web", "learn", "schedule"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The settings of one installation.

    `master_keys` maps an id to its key, the current one first.  In development the secrets are
    empty until `config.secrets.with_development_secrets` has filled them.

    Examples
    --------
    >>> Settings.from_environ({"UPCOACH_PORT": "9000"}).metrics_port
    9001
    >>> Settings.from_environ({"UPCOACH_PROT": "9000"})
    Traceback (most recent call last):
    config.setting_rows.SettingsError: UPCOACH_PROT is no setting; did you mean UPCOACH_PORT?

    """

    environment: Environment = setting(
        "ENV",
        forms.one_of("development", "production"),
        form="development or production",
        unset="development",
        unset_means="development, while nobody but this machine can reach it",
        meaning="Production has no default for a secret or an engine, and refuses what is not "
        "safe. Needed when HOST, METRICS_HOST or PUBLIC_URL is not of this machine alone, or "
        "PUBLIC_URL is https.",
    )
    host: str = setting(
        "HOST",
        str,
        form="a host name or an address",
        default="127.0.0.1",
        meaning="The address to listen on.",
    )
    port: int = setting(
        "PORT",
        forms.port,
        form="a port, 0 to 65535",
        default="8888",
        meaning="REST and WebSockets; 0 takes any free port.",
    )
    metrics_port: int = setting(
        "METRICS_PORT",
        forms.port,
        form="a port, 0 to 65535",
        unset_means="port + 1",
        meaning="Metrics and health, for operators only.",
    )
    metrics_host: str = setting(
        "METRICS_HOST",
        str,
        form="a host name or an address",
        unset="",
        unset_means="HOST, but 127.0.0.1 where that is all addresses",
        meaning="The address that metrics and health listen on; everybody is answered there.",
    )
    public_url: str | None = setting(
        "PUBLIC_URL",
        forms.origin,
        form="an origin such as https://api.example.org",
        unset_means="http://HOST:PORT, localhost for 127.0.0.1",
        meaning="Where the world finds this installation: who issues its tokens, so all nodes must "
        "agree on it.",
        production="name the origin, for example https://api.example.org",
    )
    passkey_domain: str | None = setting(
        "PASSKEY_DOMAIN",
        forms.domain,
        form="a domain such as example.org",
        unset_means="the host of PUBLIC_URL",
        meaning="What passkeys are bound to: the host of every page that asks for them, or what "
        "all of these end with. Changed, no passkey works any more.",
    )
    passkey_origins: tuple[str, ...] = setting(
        "PASSKEY_ORIGINS",
        forms.passkey_origins,
        form="origins and android:apk-key-hash:… separated by commas",
        unset=(),
        unset_means="none",
        meaning="Pages and apps beside PUBLIC_URL that may ask for passkeys.",
    )
    web_origins: tuple[str, ...] = setting(
        "WEB_ORIGINS",
        forms.web_origins,
        form="origins such as https://app.example.org separated by commas",
        unset=(),
        unset_means="none",
        meaning="Pages that may call /v1 with a token and open live connections (CORS), beside "
        "those that the redirects of registered apps lead to. Cookies count on our own pages only.",
    )
    data: Path = setting(
        "DATA",
        Path,
        form="a folder",
        default="var",
        meaning="The embedded engines' data, development secrets, the audit log's checkpoints, and "
        "files of imports while they come. Of each machine its own; its processes share it.",
    )
    mongo_url: str | None = setting(
        "MONGO_URL",
        forms.mongo_url,
        form="a URL that begins with mongodb:// or mongodb+srv:// and names a host",
        unset_means="an embedded mongod",
        meaning="The replica set that holds the documents.",
        secret=True,
        production="name the replica set, for example mongodb://user:password@host/?replicaSet=rs0",
    )
    mongo_database: str = setting(
        "MONGO_DATABASE",
        forms.database,
        form="1 to 38 letters, digits, - or _",
        default="upcoach",
        meaning="The database's name.",
    )
    redis_url: str | None = setting(
        "REDIS_URL",
        forms.redis_url,
        form="a URL that begins with redis://, rediss:// or unix:// and names a host or a socket",
        unset_means="an embedded Valkey",
        meaning="The Redis or Valkey that carries the streams.",
        secret=True,
        production="name the server, for example rediss://:password@host:6379/0",
    )
    master_keys: Mapping[str, bytes] = setting(
        "MASTER_KEYS",
        forms.keys,
        form="id:key pairs separated by commas, each key 32 bytes in base64url",
        unset={},
        unset_means="generated in development",
        meaning="Wrap the owners' data keys. The first is current; older ones still unwrap.",
        secret=True,
        production=f"make one with: {forms.MAKE_NAMED_KEY}",
        make=forms.MAKE_NAMED_KEY,
    )
    index_key: bytes = setting(
        "INDEX_KEY",
        forms.key,
        form="32 bytes in base64url",
        unset=b"",
        unset_means="generated in development",
        meaning="Keys the blind indexes and signatures.",
        secret=True,
        production=f"make one with: {forms.MAKE_KEY}",
        make=forms.MAKE_KEY,
    )
    smtp_url: str | None = setting(
        "SMTP_URL",
        forms.url("smtp", "smtps"),
        form="a URL that begins with smtp:// or smtps:// and names a host",
        unset_means="files in DATA/mail, shown at /dev/outbox",
        meaning="The server that takes mails. Over smtp:// it is asked for TLS, which must be "
        "where there is a password.",
        secret=True,
        production="name the server, for example smtps://user:password@host:465",
    )
    mail_from: str = setting(
        "MAIL_FROM",
        forms.mailbox,
        form="an address, or a name and an address in <>",
        unset="UpCoach <upcoach@localhost>",
        unset_means="UpCoach <upcoach@localhost>",
        meaning="Who mails come from.",
    )
    mail_bounces_address: str | None = setting(
        "MAIL_BOUNCES_ADDRESS",
        forms.bounces_address,
        form="an address such as bounces@example.org, with 15 characters at most before the @",
        unset_means="to MAIL_FROM, where nobody reads them",
        meaning="Where reports come back to about notifications that could not be delivered, with "
        "+ and a token behind the first part; the mail server there hands them to "
        "`python -m upcoach mail-report` (docs/notifications.md).",
    )
    providers: tuple[Mapping[str, Any], ...] = setting(
        "PROVIDERS",
        forms.rows,
        form="a JSON list of objects, or the path of a file that holds one",
        unset=(),
        unset_means="none",
        meaning="The OpenID providers that people can log in with, such as "
        '`[{"name": "google", "clients": ["…"], "secret": "…"}]`.',
        secret=True,
    )
    vapid_key: bytes = setting(
        "VAPID_KEY",
        forms.key,
        form="32 bytes in base64url",
        unset=b"",
        unset_means="no pushes to browsers; in development files in DATA/push, shown at "
        "/dev/outbox",
        meaning="The key that push services of browsers know us by (RFC 8292). Changed, browsers "
        "must subscribe again.",
        secret=True,
        make=forms.MAKE_KEY,
    )
    fcm: Mapping[str, Any] = setting(
        "FCM",
        forms.members,
        form="a JSON object, or the path of a file that holds one",
        unset={},
        unset_means="no pushes to Android; in development as above",
        meaning="The service account that the Firebase console gives.",
        secret=True,
    )
    apns: Mapping[str, Any] = setting(
        "APNS",
        forms.members,
        form="a JSON object, or the path of a file that holds one",
        unset={},
        unset_means="no pushes to iOS; in development as above",
        meaning="The key of Apple's push service: `team`, `key_id`, `topic` (the app's bundle id), "
        "`key` (the PEM of the .p8 file) and, for a developer's build, `sandbox`.",
        secret=True,
    )
    roles: frozenset[ProcessRole] = setting(
        "ROLES",
        forms.some_of("web", "learn", "schedule"),
        form="one or more of web,learn,schedule",
        default="web,learn,schedule",
        meaning="What this process does: serve people, learn from the log, do what is to be done "
        "at a time.",
    )
    log_level: LogLevel = setting(
        "LOG_LEVEL",
        forms.one_of("debug", "info", "warning", "error"),
        form="debug, info, warning or error",
        default="info",
        meaning="The least severe line that is written.",
    )
    log_format: LogFormat = setting(
        "LOG_FORMAT",
        forms.one_of("auto", "console", "json"),
        form="auto, console or json",
        default="auto",
        meaning="For people or for machines; auto writes console lines to a terminal only.",
    )
    token_minutes: int = setting(
        "TOKEN_MINUTES",
        forms.between(1, 60),
        form="a number of minutes, 1 to 60",
        default="10",
        meaning="How long an access token holds.",
    )
    factor_delay_h: int = setting(
        "FACTOR_DELAY_H",
        forms.between(1, 720),
        form="a number of hours, 1 to 720",
        default="72",
        meaning="How long a second factor or a provider waits before it counts that was added with "
        "nothing but the password; a link in a mail ends the wait.",
    )
    live_writes_s: int = setting(
        "LIVE_WRITES_S",
        forms.between(1, 1_000_000),
        form="a number, 1 to 1000000",
        default="20",
        meaning="Writes a second that one socket may send for long; ten times as many in a burst.",
    )
    live_sockets: int = setting(
        "LIVE_SOCKETS",
        forms.between(1, 1_000_000),
        form="a number, 1 to 1000000",
        default="20000",
        meaning="Sockets that one process holds at most.",
    )
    limits: Literal["on", "off"] = setting(
        "LIMITS",
        forms.one_of("on", "off"),
        form="on or off",
        default="on",
        meaning="Whether anybody is held back who asks for too much (docs/security.md).",
    )
    proxies: tuple[Network, ...] = setting(
        "PROXIES",
        forms.networks,
        form="addresses or networks, separated by commas",
        unset=(),
        unset_means="nobody",
        meaning="The balancers in front: what they say in X-Forwarded-For is believed. Without "
        "them, all who come through a balancer count as one.",
    )
    processes: int = setting(
        "PROCESSES",
        forms.between(1, 64),
        form="a number, 1 to 64",
        default="1",
        meaning="Web processes that share the port; beyond one, the other roles have a process of "
        "their own, and each process has a metrics port: the first, the next, and so on.",
    )
    drain_asked_s: int = setting(
        "DRAIN_S",
        forms.between(0, 25),
        form="a number of seconds, 0 to 16",
        default="5",
        meaning="How long a process that is told to stop takes to send its clients elsewhere. 17 "
        "to 25, which were allowed once, are cut to 16 with a warning.",
    )

    @property
    def drain_s(self) -> int:
        """The time for the drain, cut to what the deadline of a process's end leaves for it."""
        return min(self.drain_asked_s, LONGEST_DRAIN_S)

    @property
    def issuer(self) -> str:
        """The issuer of this installation's tokens (RFC 8414, 2)."""
        # Browsers bind passkeys to names, and to no address.
        host = "localhost" if self.host == "127.0.0.1" else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def audit_checkpoints(self) -> Path:
        """The file of the copies of the audit log's checkpoints."""
        return self.data / "audit-checkpoints"

    @property
    def mail_folder(self) -> Path:
        """The folder of the mails, where no server takes them."""
        return self.data / "mail"

    @property
    def background_roles(self) -> frozenset[ProcessRole]:
        """The roles of a process that serves nobody."""
        return self.roles - {"web"}

    @property
    def push_folder(self) -> Path:
        """The folder of the pushes, where no service takes them."""
        return self.data / "push"

    @property
    def metrics_ports(self) -> list[int]:
        """The metrics port of each process: of the web processes first."""
        if self.processes == 1:
            return [self.metrics_port]
        web = self.processes * len(self.roles & {"web"})
        count = web + bool(self.background_roles)
        return [self.metrics_port and self.metrics_port + number for number in range(count)]

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """Read every UPCOACH_* name, or raise `SettingsError`.

        It tells of the first that has a wrong form, or else of all that production needs.
        """
        refusals.refuse_unknown(environ, rows())
        values = {name: row.value(environ) for name, row in rows().items()}
        if values["metrics_port"] is None:
            values["metrics_port"] = _next_port(values["port"])
        if not values["metrics_host"]:
            everywhere = exposure.is_unspecified(values["host"])
            values["metrics_host"] = exposure.LOOPBACK if everywhere else values["host"]
        settings = cls(**values)
        refusals.refuse_incomplete(settings, rows())
        if not environ.get(f"{ENV_PREFIX}ENV", "").strip():
            refusals.refuse_unsaid(settings)
        return settings

    @property
    def reached_at(self) -> str | None:
        """The setting by which others than its developer reach this installation, if they do."""
        return exposure.reached_at(self)


def rows() -> dict[str, SettingRow]:
    """The table: each field's name and its row."""
    return {field.name: field.metadata["row"] for field in dataclasses.fields(Settings)}


def _next_port(port: int) -> int:
    """The metrics' port beside *port*; any free one beside any free one."""
    if port == forms.LAST_PORT:
        raise SettingsError("UPCOACH_METRICS_PORT is needed, because no port follows 65535.")
    return port + 1 if port else 0
