"""Mails are sent, later if need be, and nobody waits for it."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgspec
import pytest
import structlog
from structlog.testing import capture_logs

from config.settings import Settings
from models.account import AddressVerificationMail
from models.base.ids import new_id
from models.base.messages.mail import Mail, MailRequest
from models.notifications import NotificationMail
from tests.support.engines import TestEngines
from tests.support.people.mail import settings_of, text_of
from tests.support.server import PASSWORD, serving
from tests.support.server.smtp import MailServer
from upcoach.node import connecting
from upcoach.services.base.delivery.outbox_worker import LONGEST_WAIT
from upcoach.services.base.mail import Mailer, Smtp
from upcoach.services.base.mail.carriers import as_message
from upcoach.services.base.mail.mailer import PLACES
from upcoach.services.base.mail.report_tokens import ReportTokens
from upcoach.store.base.database import Database
from upcoach.store.outbox.mail_outbox import MailOutbox
from upcoach.store.outbox.outbox import KEPT
from upcoach.store.secrets.keyring import MasterKeys

SENDER = "UpCoach <coach@example.org>"
ANN = "ann@example.org"
NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> dt.datetime:
        return self.at


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    yield
    structlog.reset_defaults()


async def write(wish: AddressVerificationMail) -> Mail:
    return Mail(wish.to, "Good day", f"Hello, {wish.user}. \u2615\n")


@contextlib.asynccontextmanager
async def post_office(settings: Settings) -> AsyncIterator[tuple[Database, MailOutbox, Hand]]:
    """An outbox with nothing in it, and the clock that it looks at."""
    clock = Hand()
    assert settings.mongo_url is not None
    async with connecting.open_database(settings.mongo_url, settings) as database:
        masters = MasterKeys("test", {"test": bytes(32)})
        yield database, MailOutbox(database, masters, clock), clock


def mail_by(outbox: MailOutbox, url: str, clock: Hand) -> Mailer:
    mail = Mailer(outbox, Smtp(url, SENDER), ReportTokens(bytes(32), clock), clock)
    mail.writes(AddressVerificationMail, write)
    return mail


async def sent_by(mail: Mailer) -> int:
    """How many were due."""
    count = 0
    while await mail.send_one():
        count += 1
    return count


async def test_a_mail_server_is_given_what_was_wished_for(settings: Settings) -> None:
    there = MailServer()
    async with post_office(settings) as (database, outbox, clock), there.listening() as url:
        mail = mail_by(outbox, url, clock)
        await mail.send(AddressVerificationMail(ANN, "Ann"))
        stored = await database["outbox"].find_one({})

        sent = await sent_by(mail)

        [(recipients, message)] = there.letters
        assert (sent, recipients) == (1, [ANN])
        assert text_of(message) == "Hello, Ann. \u2615\n"
        heads = ("To", "From", "Subject", "Date", "Auto-Submitted")
        assert {head: str(message[head]) for head in heads} == {
            "To": ANN,
            "From": SENDER,
            "Subject": "Good day",
            "Date": "Mon, 05 Jan 2026 12:00:00 +0000",
            "Auto-Submitted": "auto-generated",
        }
        assert await database["outbox"].count_documents({}) == 0
        assert ANN.encode() not in msgspec.msgpack.encode(stored, enc_hook=str)


async def test_a_dead_mail_server_is_tried_again_until_it_lives(settings: Settings) -> None:
    there = MailServer()
    async with post_office(settings) as (database, outbox, clock):
        async with there.listening() as url:
            pass
        mail = mail_by(outbox, url, clock)
        await mail.send(AddressVerificationMail(ANN, "Ann"))
        [first] = await database["outbox"].find({}).to_list()
        waits = []

        with capture_logs() as lines:
            for _ in range(8):
                assert await sent_by(mail) == 1
                [stored] = await database["outbox"].find({}).to_list()
                waits.append((stored["at"] - clock.at).total_seconds())
                assert await sent_by(mail) == 0
                clock.at = stored["at"]
        async with there.listening(there.port):
            assert await sent_by(mail) == 1

        assert waits == [10, 20, 40, 80, 160, 320, 600, 600]
        assert max(waits) == LONGEST_WAIT.total_seconds()
        assert [recipients for recipients, _ in there.letters] == [[ANN]]
        assert {(line["event"], line["why"], line["setting"]) for line in lines} == {
            ("delivery_put_off", f"127.0.0.1:{there.port} refuses connections", "UPCOACH_SMTP_URL")
        }
        assert ANN not in str(lines)
        assert first["until"] == NOON + KEPT


async def test_a_mail_is_the_same_message_however_often_it_is_tried(settings: Settings) -> None:
    there = MailServer()
    there.taken = "451 later"
    async with post_office(settings) as (_, outbox, clock), there.listening() as url:
        mail, user = mail_by(outbox, url, clock), new_id("usr")

        async def notify(wish: AddressVerificationMail) -> Mail:
            return Mail(wish.to, "Good day", "Hello.\n", subscriber=user)

        mail.writes(AddressVerificationMail, notify)
        await mail.send(AddressVerificationMail(ANN, "Ann"))

        with capture_logs():
            await sent_by(mail)
            clock.at += dt.timedelta(minutes=1)
            await sent_by(mail)

        first, second = (str(message["Message-ID"]) for _, message in there.letters)
        assert (first, second.count(".")) == (second, 2)


@pytest.mark.parametrize(
    ("answer", "left"), [("550 nobody here", 0), ("450 later", 1), ("421 leaving", 1)]
)
async def test_who_is_refused_for_good_is_not_tried_again(
    settings: Settings, answer: str, left: int
) -> None:
    there = MailServer()
    there.answer = answer
    async with post_office(settings) as (database, outbox, clock), there.listening() as url:
        mail = mail_by(outbox, url, clock)
        await mail.send(AddressVerificationMail(ANN, "Ann"))

        with capture_logs():
            await sent_by(mail)

        assert await database["outbox"].count_documents({}) == left
        assert there.letters == []


@pytest.mark.parametrize(
    "to",
    [
        "a,b@example.org",
        "a(b)@c.de",
        "=?utf-8?q?a=0D=0ABcc=3A_eve?=@c.de",
        "<@example.org",
        "a@example.org>",
        "a(@b.c",
        "a@[.b",
    ],
)
async def test_what_is_no_address_is_given_up(settings: Settings, to: str) -> None:
    there = MailServer()
    async with post_office(settings) as (database, outbox, clock), there.listening() as url:
        mail = mail_by(outbox, url, clock)
        await mail.send(AddressVerificationMail(to, "Ann"))

        await sent_by(mail)

        assert await database["outbox"].count_documents({}) == 0
        assert there.commands == []


@pytest.mark.parametrize("knows_letters", [True, False])
async def test_people_of_every_script_get_mails_where_the_server_takes_them(
    settings: Settings, *, knows_letters: bool
) -> None:
    there = MailServer()
    there.knows_letters = knows_letters
    async with post_office(settings) as (database, outbox, clock), there.listening() as url:
        mail = mail_by(outbox, url, clock)
        for to in (
            "ada@stra\u00dfe.example",
            "j\u00fcrgen@stra\u00dfe.example",
        ):
            await mail.send(AddressVerificationMail(to, "Ann"))

        await sent_by(mail)

        taken = {"ada@xn--strae-oqa.example"}
        if knows_letters:
            taken.add("j\u00fcrgen@xn--strae-oqa.example")
        assert {recipient for [recipient], _ in there.letters} == taken
        assert {str(message["To"]) for _, message in there.letters} == taken
        assert await database["outbox"].count_documents({}) == 0


async def test_a_letter_that_cannot_be_written_holds_up_no_other(settings: Settings) -> None:
    there = MailServer()
    async with post_office(settings) as (database, outbox, clock), there.listening() as url:
        mail = mail_by(outbox, url, clock)

        async def write_some(wish: AddressVerificationMail) -> Mail:
            return {"Ann": Mail(wish.to, "Good day", "Hello.\n")}[wish.user]

        mail.writes(AddressVerificationMail, write_some)
        await mail.send(AddressVerificationMail("eve@example.org", "Eve"))
        await mail.send(AddressVerificationMail(ANN, "Ann"))

        with capture_logs() as lines:
            sent = await sent_by(mail)

        [stored] = await database["outbox"].find({}).to_list()
        assert sent == 2
        assert [recipients for recipients, _ in there.letters] == [[ANN]]
        assert (stored["at"] - clock.at).total_seconds() == 10
        assert [line["event"] for line in lines] == ["delivery_broken"]


async def test_a_password_is_not_told_where_anybody_can_listen(settings: Settings) -> None:
    there = MailServer()
    async with post_office(settings) as (_, outbox, clock), there.listening() as url:
        mail = mail_by(outbox, url.replace("//", "//ann:secret@"), clock)
        await mail.send(AddressVerificationMail(ANN, "Ann"))

        with capture_logs():
            await sent_by(mail)

        assert [one for one in there.commands if not one.startswith(("EHLO", "QUIT"))] == []
        assert there.letters == []


async def test_links_are_sent_before_thousands_of_notifications(settings: Settings) -> None:
    async with post_office(settings) as (_, outbox, clock):
        task = NotificationMail(
            "ann@example.org", user="usr_1", kind="task_due", title="Run", body="", until=clock()
        )
        login = msgspec.structs.replace(task, kind="new_login")
        for request in (task, task, AddressVerificationMail("ben@example.org", "x"), login):
            await outbox.add(request)

        urgent, rest = await outbox.take(9, "urgent"), await outbox.take(9, "rest")

        assert set(PLACES) == {"urgent", "rest"}
        assert [type(one.request).__name__ for one in urgent] == [
            "AddressVerificationMail",
            "NotificationMail",
        ]
        assert [one.request for one in rest] == [task, task]


async def test_two_nodes_send_each_mail_once(settings: Settings) -> None:
    there = MailServer()
    async with post_office(settings) as (_, outbox, clock), there.listening() as url:
        nodes = [mail_by(outbox, url, clock) for _ in range(2)]
        wishes: list[MailRequest] = [
            AddressVerificationMail(f"p{n}@example.org", "") for n in range(20)
        ]
        await asyncio.gather(*(nodes[0].send(wish) for wish in wishes))

        sent = await asyncio.gather(*(sent_by(node) for node in nodes * 5))

        assert sum(sent) == 20
        found = sorted(recipients[0] for recipients, _ in there.letters)
        assert found == sorted(wish.to for wish in wishes)


async def test_what_a_process_left_behind_is_sent_by_another(settings: Settings) -> None:
    there = MailServer()
    async with post_office(settings) as (_, outbox, clock), there.listening() as url:
        await outbox.add(AddressVerificationMail(ANN, "Ann"))
        assert await outbox.take(1)  # by a process that ends now
        mail = mail_by(outbox, url, clock)

        early = await sent_by(mail)
        clock.at += dt.timedelta(minutes=1)
        late = await sent_by(mail)

        assert (early, late, len(there.letters)) == (0, 1, 1)


async def test_nobody_reads_what_another_master_key_has_sealed(settings: Settings) -> None:
    async with post_office(settings) as (database, outbox, clock):
        await MailOutbox(database, MasterKeys("old", {"old": bytes(32)}), clock).add(
            AddressVerificationMail(ANN, "")
        )

        taken = await outbox.take(1)

        assert (taken, await database["outbox"].count_documents({})) == ([], 0)


async def test_where_mails_are_sent_there_are_none_to_be_shown(
    engines: TestEngines, tmp_path: Path
) -> None:
    there = MailServer()
    async with (
        there.listening() as url,
        serving(settings_of(engines, tmp_path, UPCOACH_SMTP_URL=url)) as server,
    ):
        await server.client().register(ANN, PASSWORD, "Ann")
        while not there.letters:
            await asyncio.sleep(0.01)

        answer = await server.client().call("GET", "/dev/outbox")

        assert "Nothing yet." in answer.body.decode()
        assert there.letters[0][0] == [ANN]
        assert server.node.assembly.mailbox is None
        assert there.letters[0][1]["Subject"] == "Is this your address?"


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?a=0D=0ABcc=3A_eve=40evil.example?=",
        "Run =?utf-8?b?eA0KDQpZb3U=?= now",
        "=?utf-8?q?=0A?= =?utf-8?q?=0A?=",
        "Run\r\nBcc: eve@evil.example",
    ],
)
def test_what_people_write_stays_in_the_subject_of_a_mail(subject: str) -> None:
    message = as_message("mal_1", Mail(ANN, subject, "Hello.\n"), SENDER, NOON)

    head, _, _ = message.as_bytes().partition(b"\r\n\r\n")
    names = [line.partition(b":")[0] for line in head.split(b"\r\n") if line[:1].isalpha()]
    assert names == [name.encode() for name in message]
    assert "Bcc" not in message
    assert b"\n\n" not in head
