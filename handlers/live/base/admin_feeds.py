"""The feeds of operators: the state of all nodes, and the events of all users."""

import contextlib
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import parse_qsl

from handlers.http import problems
from handlers.http.policy import WATCH_PERMISSION, require_panel_token
from models.access.caller import Caller
from models.access.scope import Scope
from models.base.errors import Invalid, NotFound, Unavailable
from models.base.periodic_jobs import PeriodicJob
from models.contexts import KINDS
from models.wire.frames import Frame, Subd, Unsubd, encode
from streams.admin import kpis, timeline
from streams.admin.kpis import KpiView, KpiWatch
from streams.admin.timeline import TimelineFilter, TimelinePosition, TimelineStreams, TimelineWatch
from streams.base.transport import FlowControl
from upcoach.services.account.accounts import Accounts

PREFIX: Final = "admin:"
CHECK_S: Final = 10.0
WATCHES: Final = 16  # of the timeline on one node: each reads all streams


def is_admin_feed(name: str) -> bool:
    """Whether *name* is that of something that only operators follow."""
    return name.startswith(PREFIX)


class AdminFeeds:
    """The feeds of operators on a node, and who follows them."""

    def __init__(self, accounts: Accounts, states: KpiView, streams: TimelineStreams) -> None:
        self.states = states
        self.streams = streams
        self._accounts = accounts
        self._watching: dict[AdminSubscriptions, Scope] = {}
        self.watches: set[TimelineWatch] = set()

    def add(self, subscriptions: "AdminSubscriptions", scope: Scope) -> None:
        """Check now and then that *subscriptions* still belong to an operator."""
        self._watching[subscriptions] = scope

    def remove(self, subscriptions: "AdminSubscriptions") -> None:
        """Stop checking *subscriptions*."""
        self._watching.pop(subscriptions, None)

    def require_room(self) -> None:
        """Refuse another reader of the timeline beyond the limit."""
        if len(self.watches) >= WATCHES:
            raise Unavailable("watchers_too_many", f"{WATCHES} watch the timeline already.")

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """What is done now and then."""
        return (PeriodicJob(name="operators", every_s=CHECK_S, run=self.check),)

    async def check(self) -> None:
        """End the subscriptions of those who are no operators any more."""
        await self._check(tuple(self._watching))

    async def check_user(self, user: str) -> None:
        """End the subscriptions of *user* if they are no operator any more."""
        watching = [
            subscriptions for subscriptions, scope in self._watching.items() if scope.user == user
        ]
        with contextlib.suppress(Unavailable):
            await self._check(watching)

    async def _check(self, watching: Collection["AdminSubscriptions"]) -> None:
        for subscriptions in watching:
            scope = self._watching.get(subscriptions)
            if scope is not None and not await self.is_operator(scope):
                subscriptions.revoke()

    async def is_operator(self, scope: Scope) -> bool:
        """Whether the caller is an operator, as of now."""
        return WATCH_PERMISSION in await self._accounts.permissions_of(scope)


class AdminSubscriptions:
    """What one connection of an operator follows, by name."""

    def __init__(self, admin_feeds: AdminFeeds, transport: FlowControl) -> None:
        self._admin_feeds = admin_feeds
        self._transport = transport
        self._followed: dict[str, TimelineWatch | KpiWatch] = {}
        self._is_closed = False

    @property
    def names(self) -> Collection[str]:
        """What is followed."""
        return self._followed.keys()

    async def follow(self, caller: Caller, name: str, since: str | None = None) -> None:
        """Follow *name*; whoever is no operator hears that there is no such feed."""
        if not await self._admin_feeds.is_operator(caller.scope):
            raise _unknown()
        require_panel_token(caller)
        if not self._is_closed:  # the socket may have gone meanwhile
            self.open(caller.scope, name, since)

    def open(self, scope: Scope, name: str, since: str | None = None) -> None:
        """Follow *name* on behalf of an operator."""
        self._admin_feeds.add(self, scope)
        feed, _, query = name.partition("?")
        if feed == kpis.FEED and not query:
            self._add(name, KpiWatch(self._admin_feeds.states, self._is_idle, self._send))
            self._send_frame(Subd(f=name, mode="state"))
        elif feed == timeline.FEED:
            only = filter_of(dict(parse_qsl(query, keep_blank_values=True)))
            check_since(since)
            self._admin_feeds.require_room()
            watch = TimelineWatch(self._admin_feeds.streams, self._transport, name, only, since)
            self._add(name, watch)
            self._admin_feeds.watches.add(watch)
        else:
            raise _unknown()
        self._followed[name].open()

    def revoke(self) -> None:
        """End all subscriptions, because the caller is no operator any more."""
        names = tuple(self._followed)
        self._leave_all()
        for name in names:
            self._send_frame(Unsubd(f=name, problem=problems.problem(_unknown())))

    def leave(self, name: str) -> bool:
        """Follow *name* no longer; false if it was not followed."""
        followed = self._followed.pop(name, None)
        if followed is None:
            return False
        followed.close()
        if isinstance(followed, TimelineWatch):
            self._admin_feeds.watches.discard(followed)
        return True

    def close(self) -> None:
        """End all subscriptions, and take no new ones."""
        self._is_closed = True
        self._leave_all()

    def _leave_all(self) -> None:
        self._admin_feeds.remove(self)
        for name in tuple(self._followed):
            self.leave(name)

    def _add(self, name: str, followed: TimelineWatch | KpiWatch) -> None:
        self.leave(name)
        self._followed[name] = followed

    def _is_idle(self) -> bool:
        return self._transport.stuck_since is None

    def _send_frame(self, frame: Frame) -> None:
        self._send(encode(frame))

    def _send(self, line: bytes) -> None:
        self._transport.queue(self._transport.wrap(line))
        self._transport.flush()


def filter_of(query: Mapping[str, str]) -> TimelineFilter:
    """The filter that *query* (`kind`, `user`) describes."""
    if unknown := query.keys() - {"kind", "user"}:
        raise Invalid("parameter_unknown", f"There is no filter {min(unknown)[:64]!r}.")
    kinds = query["kind"].split(",") if "kind" in query else None
    for kind in kinds or ():
        if kind not in KINDS:
            raise Invalid("kind_unknown", f"There is no kind {kind[:64]!r}: {', '.join(KINDS)}.")
    return TimelineFilter(kinds=kinds, user=query.get("user"))


def check_since(since: str | None) -> None:
    """Refuse what is no cursor of the timeline."""
    if since not in (None, "0", "now"):
        TimelinePosition.parse(str(since))


def _unknown() -> NotFound:
    return NotFound("feed_unknown", "There is no such feed.")
