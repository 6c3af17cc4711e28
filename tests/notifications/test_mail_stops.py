"""Reports about mails stop those to their person, and nobody else's."""

import base64
import datetime as dt
import itertools
import re
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from models.base.clock import utc_now
from models.base.messages.mail import Mail
from tests.notifications import mail_reports
from tests.notifications.mailing import ANN, WANTED, ann_at, chosen, stops, told
from tests.notifications.writing import PREFERENCES
from tests.support.engines import TestEngines
from tests.support.people.mail import newest
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server
from tests.support.wire.answers import done
from upcoach.client import RestClient
from upcoach.services.base.mail.report_tokens import HELD
from upcoach.services.notifications.mail_stops import ReportOutcome

PAGE: Final = "/account/notifications"


def token_of(mail: EmailMessage) -> str:
    """What the Message-ID of a notification has behind the name of the mail."""
    match = re.fullmatch(r"<let_[0-9a-f-]{36}\.([a-z2-7]{48})@localhost>", str(mail["Message-ID"]))
    assert match is not None, mail["Message-ID"]
    return match[1]


async def take(server: Server, raw: bytes, recipient: str = "") -> ReportOutcome:
    return await server.node.services.notifications.mail_stops.take_report(raw, recipient)


def issued(server: Server, person: RestClient) -> Callable[..., str]:
    """Issues tokens of mails to a person, each a second after the last."""
    user, seconds = scope_of(server, person).user, itertools.count(1)

    def issue(address: str = ANN, after: dt.timedelta = dt.timedelta(0)) -> str:
        at = utc_now() + after + dt.timedelta(seconds=next(seconds))
        return server.node.assembly.mail.report_tokens.issue(user, address, at)

    return issue


async def test_a_report_stops_all_mails_until_they_are_chosen_again(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with ann_at(engines, tmp_path) as (server, ann):
        report = mail_reports.postfix(token_of(await told(server, ann)))

        first = await take(server, report)
        stopped = (await done(ann.call("GET", PREFERENCES))).body
        again = await take(server, report)
        unheard = await told(server, ann, title="Unheard")
        await done(ann.call("PATCH", PREFERENCES, WANTED))
        replayed = await take(server, report)
        heard = await told(server, ann, title="Heard")

        assert (first, again, replayed) == ("stopped", "unchanged", "unchanged")
        assert {one["mail"] for one in stopped["channels"].values()} == {False}
        assert stopped["mail_stopped_because"] == "bounce"
        assert (unheard["Subject"], heard["Subject"]) == ("Taxes", "Heard")
        assert (await chosen(ann))["task_due"] is True
        assert await stops(server) == 1


async def test_every_shape_of_report_stops_them(engines: TestEngines, tmp_path: Path) -> None:
    async with ann_at(engines, tmp_path) as (server, ann):
        issue, outcomes = issued(server, ann), {}
        shapes = mail_reports.BOUNCES | mail_reports.COMPLAINTS
        # A mail that was sent after it was chosen again; here, that all happens in a moment.
        for days, (name, shape) in enumerate(shapes.items(), 1):
            await done(ann.call("PATCH", PREFERENCES, WANTED))
            outcome = await take(server, shape(issue(after=dt.timedelta(days=days))))
            body = (await done(ann.call("GET", PREFERENCES))).body
            outcomes[name] = (
                outcome,
                body["mail_stopped_because"],
                any((await chosen(ann)).values()),
            )

        assert outcomes == {
            name: ("stopped", "bounce" if name in mail_reports.BOUNCES else "complaint", False)
            for name in shapes
        }
        assert await stops(server) == len(shapes)


def forged(token: str, **changes: bytes) -> str:
    """*token* with some of its bytes changed: of the person, the moment or the signature."""
    raw = base64.b32decode(token, casefold=True)
    parts = {"user": raw[:16], "at": raw[16:20], "mac": raw[20:]} | changes
    return base64.b32encode(b"".join(parts.values())).decode().lower()


async def test_a_report_that_is_forged_stops_nobody(engines: TestEngines, tmp_path: Path) -> None:
    async with ann_at(engines, tmp_path) as (server, ann):
        await server.client().register("ben@example.org", PASSWORD, "Ben")
        ben = await server.client().log_in("ben@example.org", PASSWORD, "phone")
        token, bens = issued(server, ann)(), issued(server, ben)("ben@example.org")
        anns_id, bens_id = (base64.b32decode(one, casefold=True)[:16] for one in (token, bens))
        before = await chosen(ann)
        later = (int(utc_now().timestamp()) + 86_400).to_bytes(4)

        outcomes = [
            await take(server, mail_reports.postfix(other))
            for other in (
                forged(token, mac=bytes(10)),
                forged(token, at=later),
                forged(bens, user=anns_id),
                forged(token, user=bens_id),
                forged(token, user=bytes(16)),
                issued(server, ann)("old@example.org"),
                "a" * 48,
            )
        ]
        refused = Mail("old@example.org", "Taxes", "", subscriber=scope_of(server, ann).user)
        await server.node.services.notifications.mail_stops.take_bounce(refused)
        ends = dt.timedelta(seconds=-10)
        over = await take(server, mail_reports.abuse(issued(server, ann)(after=ends - HELD)))
        soft = await take(server, mail_reports.postfix(token, "4.2.2", "delayed"))
        kind = await take(server, mail_reports.abuse(token, "not-spam"))

        assert outcomes == ["unknown"] * len(outcomes)
        assert (over, soft, kind) == ("expired", "harmless", "harmless")
        assert await chosen(ann) == before
        assert (await done(ben.call("GET", PREFERENCES))).body["version"] == 0
        assert await stops(server) == 0
        assert await take(
            server, mail_reports.postfix("a" * 48), mail_reports.bounces_of(bens)
        ) == ("stopped")
        assert await chosen(ann) == before


async def test_mails_of_the_account_have_no_token_and_go_on(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with ann_at(engines, tmp_path) as (server, ann):
        await take(server, mail_reports.postfix(issued(server, ann)()))

        await done(server.client().call("POST", "/v1/auth/password/forgot", {"email": ANN}))
        mail = await newest(server, ANN)

        assert "password" in str(mail["Subject"])
        assert re.fullmatch(r"<let_[0-9a-f-]{36}@localhost>", str(mail["Message-ID"]))
