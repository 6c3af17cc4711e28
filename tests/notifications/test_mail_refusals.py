"""What a mail server refuses for good stops notifications by mail; what it puts off does not."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from structlog.testing import capture_logs

from models.base.clock import utc_now
from models.notifications import NotificationMail
from tests.notifications import mail_reports
from tests.notifications.mailing import ANN, WANTED, chosen, stops
from tests.notifications.writing import PREFERENCES
from tests.support.engines import TestEngines
from tests.support.people.mail import settings_of, token_in
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD, Server, serving
from tests.support.server.smtp import MailServer
from tests.support.wire.answers import done
from upcoach.client import RestClient

BOUNCES: Final = "bounces@upcoach.test"
PUT_OFF: Final = dt.timedelta(seconds=30)  # more than the first wait, and less than a lease
LOCAL_PART: Final = 64  # octets (RFC 5321, 4.5.3.1.1)


@contextlib.asynccontextmanager
async def ann_behind(
    engines: TestEngines, path: Path
) -> AsyncIterator[tuple[MailServer, Server, RestClient]]:
    """Somebody who wants mails, and the mail server that takes them."""
    there = MailServer()
    async with there.listening() as url:
        more = {"UPCOACH_SMTP_URL": url, "UPCOACH_MAIL_BOUNCES_ADDRESS": BOUNCES}
        async with serving(settings_of(engines, path, **more)) as server:
            await server.client().register(ANN, PASSWORD, "Ann")
            ann = await server.client().log_in(ANN, PASSWORD, "phone")
            while not there.letters:
                await asyncio.sleep(0.01)
            token = token_in(there.letters[0][1])
            await done(ann.call("POST", "/v1/auth/verify-email", {"token": token}))
            await done(ann.call("PATCH", PREFERENCES, WANTED))
            with capture_logs():
                yield there, server, ann


async def tell(server: Server, person: RestClient) -> None:
    """Try to mail a notification once."""
    mail = NotificationMail(
        to=ANN,
        user=scope_of(server, person).user,
        kind="task_due",
        title="Taxes",
        body="Due today.",
        until=utc_now() + dt.timedelta(hours=1),
    )
    await server.node.assembly.mail.send(mail)
    await tried(server)


async def tried(server: Server) -> None:
    """Wait until each mail was tried: one that is being tried is leased for a minute."""
    outbox = server.node.database["outbox"]
    while await outbox.count_documents(
        {"$or": [{"tries": 0}, {"at": {"$gt": utc_now() + PUT_OFF}}]}
    ):
        await asyncio.sleep(0.01)


async def again(server: Server) -> None:
    """Try what was put off."""
    outbox = server.node.database["outbox"]
    await outbox.update_many({}, {"$set": {"at": utc_now(), "tries": 0}})
    await server.node.assembly.mail.send_one()
    await tried(server)


async def test_who_is_refused_for_good_gets_no_more_notifications_but_other_mails(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with ann_behind(engines, tmp_path) as (there, server, ann):
        there.answer = "550 5.1.1 nobody here"

        await tell(server, ann)
        refused = await chosen(ann)
        tries = len([one for one in there.commands if one.startswith("RCPT")])
        await tell(server, ann)
        untried = len([one for one in there.commands if one.startswith("RCPT")])
        reset = {"email": ANN}
        await done(server.client().call("POST", "/v1/auth/password/forgot", reset))
        await tried(server)
        await done(ann.call("PATCH", PREFERENCES, WANTED))
        await done(server.client().call("POST", "/v1/auth/password/forgot", reset))
        await tried(server)
        asked = [one for one in there.commands if one.startswith(("MAIL", "RCPT"))]

        assert set(refused.values()) == {False}
        assert untried == tries
        assert await stops(server) == 1
        assert len([one for one in asked if one.startswith("RCPT")]) > tries
        assert asked[-2].startswith("MAIL FROM:<upcoach@localhost>")
        assert (await chosen(ann))["task_due"] is True


async def test_who_is_put_off_is_tried_again_with_the_same_message(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with ann_behind(engines, tmp_path) as (there, server, ann):
        there.taken = "451 4.3.0 later"
        await tell(server, ann)
        there.taken, there.answer = "250 taken", "450 4.2.1 later"
        await again(server)
        there.answer = "250 fine"
        await again(server)

        letters = [message for _, message in there.letters if message["Subject"] == "Taxes"]
        paths = {one for one in there.commands if one.startswith("MAIL FROM:<bounces+")}
        assert len(letters) == 2
        assert len({str(one["Message-ID"]) for one in letters}) == len(paths) == 1
        assert (await chosen(ann))["task_due"] is True
        assert await stops(server) == 0


async def test_a_whole_message_is_refused_for_the_mailbox_or_for_something_else(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with ann_behind(engines, tmp_path) as (there, server, ann):
        kept = {}
        for taken in ("554 5.7.1 spam", "550 no", "552 5.2.2 full", "550 5.2.1 disabled"):
            there.taken = taken
            await tell(server, ann)
            await server.node.database["outbox"].delete_many({})
            kept[taken] = (await chosen(ann))["task_due"]

        assert kept == {
            "554 5.7.1 spam": True,
            "550 no": True,
            "552 5.2.2 full": True,
            "550 5.2.1 disabled": False,
        }


async def test_a_refusal_that_is_not_about_the_mailbox_stops_nothing(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with ann_behind(engines, tmp_path) as (there, server, ann):
        for answer in (
            "554 5.7.1 relay access denied",
            "550 Administrative prohibition",
            "554 [1.2.3.4] blocked using zen.spamhaus.org",
            "550-[1.2.3.4]:\r\n550 5.7.1 blocked",
        ):
            there.answer = answer
            await tell(server, ann)

        assert await server.node.database["outbox"].count_documents({}) == 0
        assert (await chosen(ann))["task_due"] is True
        assert await stops(server) == 0


async def test_a_bounce_comes_back_to_where_the_mail_said(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with ann_behind(engines, tmp_path) as (there, server, ann):
        await tell(server, ann)
        [path] = [one for one in there.commands if one.startswith("MAIL FROM:<bounces+")]
        address = path.partition("<")[2].partition(">")[0]
        local = address.partition("@")[0]
        report = mail_reports.amazon(local.removeprefix("bounces+"))

        outcome = await server.node.services.notifications.mail_stops.take_report(report)

        assert (len(local) <= LOCAL_PART, address.endswith("@upcoach.test")) == (True, True)
        assert outcome == "stopped"
        assert set((await chosen(ann)).values()) == {False}
