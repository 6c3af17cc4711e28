"""Notifications by mail: to whom they go, and how they are stopped."""

from pathlib import Path
from typing import Final

from models.base.clock import utc_now
from tests.account.html import flaws_of
from tests.notifications.mailing import ANN, ann_at, chosen, link_of, post, told
from tests.notifications.writing import PREFERENCES
from tests.support.engines import TestEngines
from tests.support.people.mail import all_sent, html_of, newest, text_of
from tests.support.people.scopes import scope_of
from tests.support.server import PASSWORD
from tests.support.wire.answers import done
from tests.support.wire.relying import Browser

PAGE: Final = "/account/notifications/unsubscribe"
EVIL: Final = "Run\n\nhttps://evil.example/<b>\n\nnow"


async def test_a_notification_is_mailed_in_the_language_of_its_person(
    engines: TestEngines, tmp_path: Path
) -> None:
    origins = {"UPCOACH_WEB_ORIGINS": "http://localhost:5173"}
    async with ann_at(engines, tmp_path, **origins) as (server, ann):
        me = await done(ann.call("GET", "/v1/me"))
        version = {"If-Match": me.headers["etag"]}
        await done(ann.call("PATCH", "/v1/me", {"locale": "de-AT"}, headers=version))

        mail = await told(server, ann, body=EVIL, link="/tasks/tsk_1")

        text = text_of(mail)
        assert mail["Subject"] == "Taxes"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert text.startswith(
            "Run https://evil.example/<b> now\n\nhttp://localhost:5173/tasks/tsk_1"
        )
        assert f"abbestellen: http://upcoach.test{link_of(mail)}" in text
        assert '<html lang="de">' in html_of(mail)
        assert ">UpCoach öffnen</a>" in html_of(mail)
        assert 'href="https://evil.example' not in html_of(mail)


async def test_one_click_stops_the_mails_of_one_type_and_looking_stops_none(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with ann_at(engines, tmp_path) as (server, ann):
        mail = await told(server, ann)
        path = link_of(mail)

        browser = Browser(server.url)
        page = await browser.get(path)
        looked = await chosen(ann)
        answer = await post(server, path)
        clicked = await chosen(ann)
        again = await post(server, path)
        after = await told(server, ann, title="Rent")
        other = await told(server, ann, kind="habit_reminder", title="Run")
        browser.close()

        assert (page.status, flaws_of(page)) == (200, [])
        assert looked == {"task_due": True, "habit_reminder": True}
        assert (answer.status, again.status) == (200, 200)
        assert "These mails are stopped" in answer.text
        assert clicked == {"task_due": False, "habit_reminder": True}
        assert (after["Subject"], other["Subject"]) == ("Taxes", "Run")


async def test_a_link_that_was_changed_stops_nothing(engines: TestEngines, tmp_path: Path) -> None:
    async with ann_at(engines, tmp_path) as (server, ann):
        path = link_of(await told(server, ann))
        user = scope_of(server, ann).user
        stranger = user[:-1] + ("0" if user[-1] != "0" else "1")
        changed = [
            path.replace("task_due", "habit_reminder"),
            path.replace(user, stranger),
            path[:-1] + ("A" if path[-1] != "A" else "B"),
            path.rpartition(".")[0] + ".",
            f"{PAGE}?token=",
            PAGE,
        ]

        answers = [(await post(server, other)).status for other in changed]

        assert answers == [400] * len(changed)
        assert await chosen(ann) == {"task_due": True, "habit_reminder": True}


async def test_no_mail_goes_where_it_is_not_wanted(engines: TestEngines, tmp_path: Path) -> None:
    async with ann_at(engines, tmp_path) as (server, ann):
        first = await told(server, ann)
        late = await told(server, ann, title="Late", until=utc_now())
        gone = await told(server, ann, title="Gone", user="usr_nobody")
        stops = server.node.services.notifications.mail_stops
        await stops.stop(scope_of(server, ann).user, ANN, "operator")
        bounced = await told(server, ann, title="Bounced")
        ben = server.client()
        await ben.register("ben@example.org", PASSWORD, "Ben")
        ben = await ben.log_in("ben@example.org", PASSWORD, "phone")
        channels = {"channels": {"task_due": {"mail": True}}}
        await done(ben.call("PATCH", PREFERENCES, channels))
        await told(server, ben, to="ben@example.org")
        await all_sent(server)
        unconfirmed = await newest(server, "ben@example.org")

        assert {mail["Message-ID"] for mail in (first, late, gone, bounced)} == {
            first["Message-ID"]
        }
        assert unconfirmed["Subject"] == "Is this your address?"
        assert set((await chosen(ann)).values()) == {False}
