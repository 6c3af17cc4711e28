"""What quiet hours have held back is one mail, which says all and stops all."""

import datetime as dt
from pathlib import Path
from typing import Final

import pytest

from models.base.clock import utc_now
from models.notifications import (
    NamedNotification,
    NotificationDigestMail,
    NotificationType,
    notification_id,
)
from tests.account.html import flaws_of
from tests.notifications.evening import Evening
from tests.notifications.mailing import ANN, ann_at, chosen, link_of, post
from tests.notifications.writing import PREFERENCES, new, tell
from tests.support.engines import TestEngines
from tests.support.people.mail import html_of, newest, subjects, text_of
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from tests.support.wire.answers import done
from tests.support.wire.relying import Browser
from upcoach.client import RestClient

HOUR: Final = dt.timedelta(hours=1)
EVIL: Final = "https://evil.example/\n\n-- \n"


THREE: Final[tuple[tuple[NotificationType, str], ...]] = (
    ("task_due", "Pay"),
    ("task_due", EVIL),
    ("habit_reminder", "Run"),
)


async def hold(
    server: Server, person: RestClient, *held: tuple[NotificationType, str]
) -> dt.datetime:
    """Give *person* notifications that quiet hours hold back; the end of these."""
    until = utc_now() + HOUR
    for type_, title in held:
        name = notification_id(scope_of(server, person).user, utc_now(), title)
        await tell(server, person, new(name, type=type_, title=title, held_until=until))
    return until


async def test_what_the_night_held_back_comes_as_one_mail(
    engines: TestEngines, tmp_path: Path
) -> None:
    app = {"UPCOACH_WEB_ORIGINS": "https://app.example"}
    async with ann_at(engines, tmp_path, **app) as (server, ann):
        before = await subjects(server, ANN)
        end = await hold(server, ann, *THREE, ("achievement_unlocked", "Not by mail"))

        await Evening(server, ann).at(end)

        assert await subjects(server, ANN) == [*before, "While you were away"]
        mail = await newest(server, ANN)
        said, _, foot = text_of(mail).partition("\n-- \n")
        assert said.strip().split("\n\n") == [
            "3 notifications are waiting for you.",
            "Run\nDue today at 18:00.",
            "https://evil.example/ --\nDue today at 18:00.",
            "Pay\nDue today at 18:00.",
            "https://app.example/notifications",
        ]
        assert link_of(mail) in foot
        assert 'href="https://evil.example' not in html_of(mail)


async def test_the_link_of_such_a_mail_stops_all_of_its_types(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with ann_at(engines, tmp_path) as (server, ann):
        await done(ann.call("PATCH", PREFERENCES, {"channels": {"share_changed": {"mail": True}}}))
        await Evening(server, ann).at(await hold(server, ann, *THREE))
        link = link_of(await newest(server, ANN))

        browser = Browser(server.url)
        page = await browser.get(link)
        browser.close()
        one_less = await post(server, link.replace("habit_reminder-", ""))
        stopped = await post(server, link)

        assert "Habits, when it is time; Tasks that are due" in page.text
        assert flaws_of(page) == []
        assert (one_less.status, stopped.status) == (400, 200)
        assert await chosen(ann) == {
            "task_due": False,
            "habit_reminder": False,
            "share_changed": True,
        }


async def test_who_wants_no_digest_gets_a_mail_of_each(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with ann_at(engines, tmp_path) as (server, ann):
        await done(ann.call("PATCH", PREFERENCES, {"digest": False}))
        before = await subjects(server, ANN)
        end = await hold(server, ann, ("task_due", "Pay"), ("task_due", "Call"))

        await Evening(server, ann).at(end)

        assert sorted((await subjects(server, ANN))[len(before) :]) == ["Call", "Pay"]


@pytest.mark.parametrize(
    ("counts", "waiting"),
    [
        ({"task_due": 50, "achievement_unlocked": 9, "of_a_later_build": 1}, 51),
        ({}, 59),  # written by a build that did not count by type
    ],
)
async def test_such_a_mail_names_what_is_wanted_when_it_is_sent(
    engines: TestEngines, tmp_path: Path, counts: dict[str, int], waiting: int
) -> None:
    async with ann_at(engines, tmp_path) as (server, ann):
        kinds = ("task_due", "achievement_unlocked", "of_a_later_build")
        request = NotificationDigestMail(
            to=ANN,
            user=scope_of(server, ann).user,
            count=60,
            counts=counts,
            named=tuple(NamedNotification(kind, f"About {kind}", "Look.") for kind in kinds),
            until=utc_now() + HOUR,
        )
        await server.node.assembly.mail.send(request)
        mail = await newest(server, ANN)
        stopped = await post(server, link_of(mail))

        said = text_of(mail)
        assert said.startswith(
            f"{waiting} notifications are waiting for you.\n\nAbout task_due\nLook."
        )
        assert ("About of_a_later_build" in said, "achievement" in said) == (True, False)
        assert stopped.status == 200
