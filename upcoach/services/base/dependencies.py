"""The dependencies of the services, created once by the composition root."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from models.base.clock import Clock
from upcoach.services.base.delivery.pushing import Pushing
from upcoach.services.base.fetching import Fetch, Poster
from upcoach.services.base.mail import Mailer
from upcoach.services.base.mail.mail_links import MailLinks
from upcoach.services.base.time_zones import TimeZones
from upcoach.services.base.timers import TimerRunner
from upcoach.store.base.database import Database
from upcoach.store.collections.documents import Documents
from upcoach.store.log.event_log import EventLog
from upcoach.store.secrets.keyring import KeyRing, MasterKeys
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.write.committer import Committer


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """The operator's configuration, as plain values.

    Attributes
    ----------
    secret
        Keys whatever is signed or indexed blindly.
    issuer
        Our origin, as links and tokens name it.
    token_lifetime
        How long an access token holds.
    factor_delay
        How long a new factor waits before it counts where one could have been stolen.
    passkey_domain
        What passkeys are bound to.
    passkey_origins
        The pages and apps that may ask for them.
    web_origins
        The origins of pages that may call the API, beside those of registered clients.
    providers
        The OpenID providers that people can log in with.
    checkpoints
        Where the audit log keeps what proves that nobody cut it.

    """

    secret: bytes
    issuer: str
    token_lifetime: dt.timedelta
    factor_delay: dt.timedelta
    passkey_domain: str
    passkey_origins: tuple[str, ...]
    web_origins: tuple[str, ...]
    providers: tuple[Mapping[str, Any], ...]
    checkpoints: Path


class Dependencies(msgspec.Struct, frozen=True, kw_only=True):
    """The dependencies of the services of every context.

    Attributes
    ----------
    fetch
        Asks other servers.
    poster
        Posts to servers that people have chosen.
    once
        Tokens that can be used once.
    timers
        Does what is to be done at a time.
    zones
        In which time zone people are.

    """

    configuration: Configuration
    database: Database
    documents: Documents
    committer: Committer
    log: EventLog
    masters: MasterKeys
    keyring: KeyRing
    once: OneTimeTokens
    mail: Mailer
    links: MailLinks
    pushing: Pushing
    timers: TimerRunner
    zones: TimeZones
    fetch: Fetch
    poster: Poster
    clock: Clock
