"""The life of a coach's profile: who finds it, from when on, and for how long."""

import datetime as dt

import msgspec
import pytest

from config.settings import Settings
from models.base.errors import Conflict, Invalid
from models.base.merge_patch import Json
from models.coaches import CoachProfile, CoachProfileDraft
from models.coaches.profile import CoachCertificate
from tests.coaches.places import (
    COACH,
    COACHES,
    COMPLETE,
    ME,
    ONE_WAITING,
    SUBMIT,
    WAITING,
    WITHDRAW,
    based_on,
    decide,
    submitted,
    verified,
)
from tests.notifications.writing import NOTIFICATIONS
from tests.support.laws.flaws import OPERATOR
from tests.support.laws.snapshots import assert_law, snapshot
from tests.support.people.operators import audited, operator
from tests.support.people.relations import user_of
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from upcoach.client import Response, RestClient

NOBODY = "usr_01a20c66-99df-75bd-8f37-3328887fd999"
NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)


async def found(person: RestClient) -> list[str]:
    """The names of the coaches that *person* finds."""
    return [coach["display_name"] for coach in (await person.call("GET", COACHES)).body["items"]]


def as_nobody(answer: Response, name: str) -> tuple[int, object]:
    """What an answer says, whoever was asked about."""
    body = {key: value for key, value in answer.body.items() if key != "request_id"}
    return answer.status, repr(body).replace(name, NOBODY)


async def test_a_coach_is_found_from_the_verification_on(settings: Settings) -> None:
    async with serving(settings) as server:
        coach, client, desk = await people(server)
        name = await user_of(coach)
        first = await coach.call("PUT", ME, COMPLETE | {"certificates": []})
        draft = await found(client)
        waits = await done(coach.call("POST", SUBMIT))
        waiting = await found(client)

        again = await done(coach.call("POST", SUBMIT))
        verdict = await decide(desk, "verify", name, waits.body["version"])
        shown = await client.call("GET", COACH.format(name))

        assert (first.status, first.body["verification"]) == (201, "draft")
        assert waits.body["verification"] == "submitted"
        assert again.body == waits.body
        assert (draft, waiting, await found(client)) == ([], [], ["Ada Lovelace"])
        assert (verdict.status, verdict.body["verification"]) == (200, "verified")
        assert shown.body == COMPLETE | {
            "id": name,
            "certificates": [],
            "accepting_clients": True,
            "verified_at": verdict.body["verified_at"],
        }


async def people(server: Server) -> tuple[RestClient, RestClient, RestClient]:
    """Somebody who is to be a coach, somebody who looks for one, and an operator."""
    return await server.person(), await server.person(), await operator(server, "support")


async def test_nobody_tells_a_coach_who_is_not_verified_from_nobody(settings: Settings) -> None:
    async with serving(settings) as server:
        coach, client, desk = await people(server)
        name = await user_of(coach)
        nobody = as_nobody(await client.call("GET", COACH.format(NOBODY)), NOBODY)
        seen = [await client.call("GET", COACH.format(name))]
        profile = await submitted(coach)
        seen.append(await client.call("GET", COACH.format(name)))
        declined = await decide(desk, "decline", name, profile.body["version"], "No such paper.")
        seen.append(await client.call("GET", COACH.format(name)))
        await verified(desk, coach)
        there = await client.call("GET", COACH.format(name))
        await done(coach.call("POST", WITHDRAW))
        seen.append(await client.call("GET", COACH.format(name)))
        await verified(desk, coach)
        await done(coach.call("DELETE", ME))
        seen.append(await client.call("GET", COACH.format(name)))
        again = await coach.call("PUT", ME, COMPLETE)

        assert declined.body["refusal_reason"] == "No such paper."
        assert there.status == 200
        assert [as_nobody(answer, name) for answer in seen] == [nobody] * 5
        assert (again.status, again.body["verification"]) == (201, "draft")
        assert again.body["version"] > declined.body["version"]
        assert await found(client) == []


async def test_what_was_verified_is_verified_again(settings: Settings) -> None:
    async with serving(settings) as server:
        coach, client, desk = await people(server)
        name = await verified(desk, coach)

        async def change(**fields: object) -> Response:
            version = (await coach.call("GET", ME)).body["version"]
            return await coach.call("PATCH", ME, fields, headers=based_on(version))

        other = await change(bio="I listen.", accepting_clients=False, specialities=["Sleep"])
        listed = (await client.call("GET", COACH.format(name))).body
        lacking = await change(languages=[], modes=None)
        renamed = await change(title="Doctor")

        assert other.body["verification"] == "verified"
        assert (listed["bio"], listed["accepting_clients"], listed["specialities"]) == (
            "I listen.",
            False,
            ["Sleep"],
        )
        assert (lacking.status, lacking.body["code"]) == (400, "profile_incomplete")
        assert [flaw["pointer"] for flaw in lacking.body["errors"]] == ["/languages", "/modes"]
        assert (renamed.body["verification"], "verified_at" in renamed.body) == ("submitted", False)
        assert (await client.call("GET", COACH.format(name))).status == 404


async def test_an_operator_decides_about_what_they_saw(settings: Settings) -> None:
    async with serving(settings) as server:
        coach, client, desk = await people(server)
        name = await user_of(coach)
        await done(coach.call("PUT", ME, COMPLETE))
        draft = await desk.call("GET", ONE_WAITING.format(name))
        seen = (await done(coach.call("POST", SUBMIT))).body["version"]
        changed = await coach.call("PATCH", ME, {"title": "Doctor"}, headers=based_on(seen))

        stale = await decide(desk, "verify", name, seen)
        unsaid = await desk.call("POST", f"{ONE_WAITING.format(name)}/verify")
        early = await decide(desk, "revoke", name, changed.body["version"], "Never was.")
        unknown = await decide(desk, "verify", await user_of(client), 1)
        looked = await desk.call("GET", ONE_WAITING.format(name))
        done_ = await decide(desk, "verify", name, looked.body["version"])
        twice = await decide(desk, "verify", name, done_.body["version"])

        assert draft.status == 404
        assert (stale.status, stale.body["code"]) == (412, "version_stale")
        assert (unsaid.status, unsaid.body["code"]) == (428, "version_required")
        assert (early.status, early.body["code"]) == (409, "profile_not_verified")
        assert (unknown.status, unknown.body["code"]) == (404, "not_found")
        assert (looked.body["title"], done_.status) == ("Doctor", 200)
        assert (twice.status, twice.body["code"]) == (409, "profile_not_submitted")


WRONG_REASONS: list[tuple[Json, str]] = [
    ({}, "/reason"),
    ({"reason": ""}, "/reason"),
    ({"reason": " \n"}, "/reason"),
    ({"reason": "x" * 1_001}, "/reason"),
    ({"reason": OPERATOR}, "/reason"),
    ({"reason": "x", "why": "x"}, "/why"),
]


async def test_who_is_refused_is_told_why(settings: Settings) -> None:
    async with serving(settings) as server:
        coach, _client, desk = await people(server)
        name, version = await user_of(coach), (await submitted(coach)).body["version"]
        answers = [
            await desk.call(
                "POST", f"{ONE_WAITING.format(name)}/{verb}", body, headers=based_on(version)
            )
            for verb in ("decline", "revoke")
            for body, _ in WRONG_REASONS
        ]

        assert {answer.status for answer in answers} == {422}
        pointers = [flaw["pointer"] for one in answers for flaw in one.body.get("errors", [])]
        assert pointers == [pointer for _, pointer in WRONG_REASONS] * 2
        assert (await coach.call("GET", ME)).body["version"] == version


async def test_a_coach_is_told_of_each_verdict_and_not_by_whom(settings: Settings) -> None:
    async with serving(settings) as server:
        coach, client, desk = await people(server)
        before = await snapshot(coach)
        name = await verified(desk, coach)
        version = (await coach.call("GET", ME)).body["version"]
        revoked = await decide(desk, "revoke", name, version, "The paper has expired.")
        await done(coach.call("POST", SUBMIT))
        await decide(desk, "decline", name, version + 2, "Still expired.")
        told = (await coach.call("GET", NOTIFICATIONS)).body["items"]
        await assert_law(
            before,
            coach,
            (
                "coach_profile.created",
                *("coach_profile.updated", "coach_profile.updated", "notification.created"),
                *("coach_profile.updated", "notification.created"),
                *("coach_profile.updated", "coach_profile.updated", "notification.created"),
            ),
        )
        events = (await coach.call("GET", "/v1/events?since=0")).body

        assert revoked.body["refusal_reason"] == "The paper has expired."
        assert [one["title"] for one in told] == [
            "Your profile was not verified",
            "Your profile is no longer verified",
            "Your profile is verified",
        ]
        assert {one["type"] for one in told} == {"coach_verification"}
        assert {event["by"]["user"] for event in events} <= {name, ""}
        assert await user_of(desk) not in repr(events)
        assert (await client.call("GET", NOTIFICATIONS)).body["items"] == []
        acts = [
            (one["action"], one["outcome"]) for one in await audited(server, actor_kind="operator")
        ]
        assert acts == [
            ("coach.verified", "done"),
            ("coach.revoked", "done"),
            ("coach.declined", "done"),
        ]


@pytest.mark.parametrize("role", ["editor", "analyst"])
async def test_only_who_may_see_accounts_verifies(settings: Settings, role: str) -> None:
    async with serving(settings) as server:
        coach = await server.person()
        desk = await operator(server, role)  # type: ignore[arg-type] # it is one of them
        name, version = await user_of(coach), (await submitted(coach)).body["version"]

        refused = [
            await desk.call("GET", WAITING),
            await desk.call("GET", ONE_WAITING.format(name)),
            await decide(desk, "verify", name, version),
            await decide(coach, "verify", name, version),
        ]

        assert [answer.status for answer in refused] == [403, 403, 403, 401]
        assert (await coach.call("GET", ME)).body["verification"] == "submitted"


async def test_operators_see_who_waits_longest_first(settings: Settings) -> None:
    async with serving(settings) as server:
        desk = await operator(server, "support")
        coaches = [await server.person() for _ in range(3)]
        for number, coach in enumerate(coaches):
            await submitted(coach, display_name=f"Coach {number}")
        await done(coaches[0].call("POST", WITHDRAW))
        await done(coaches[0].call("POST", SUBMIT))

        names: list[str] = []
        path = f"{WAITING}?verification=submitted&limit=1"
        while path:
            page = await desk.call("GET", path)
            names += [profile["display_name"] for profile in page.body["items"]]
            path = page.body.get("next", "")

        assert names == ["Coach 1", "Coach 2", "Coach 0"]
        assert (await desk.call("GET", f"{WAITING}?verification=verified")).body["items"] == []
        assert (await desk.call("GET", f"{WAITING}?verification=draft")).status == 400


def test_only_what_is_complete_is_submitted() -> None:
    bare = CoachProfile.drafted(CoachProfileDraft(display_name="Ada"), owner="usr_1", at=NOON)

    with pytest.raises(Invalid) as refusal:
        bare.submitted(NOON)

    assert [flaw.pointer for flaw in refusal.value.flaws] == [
        *("/bio", "/specialities", "/languages", "/modes", "/years_of_experience")
    ]


def test_a_profile_goes_from_step_to_step_and_no_other_way() -> None:
    draft = CoachProfileDraft(
        display_name="Ada",
        bio="I listen.",
        specialities=("Calm", "calm "),
        languages=("en", "de", "en"),
        modes=("video",),
        years_of_experience=0,
        certificates=(CoachCertificate(name="4111 1111 1111 1111", issuer="ICF", year=2019),),
    )
    new = CoachProfile.drafted(draft, owner="usr_1", at=NOON)
    waiting = new.submitted(NOON)
    verified_ = waiting.verified(NOON)

    assert (new.specialities, new.languages) == (("Calm",), ("en", "de"))
    assert new.certificates[0].name == "4111…"
    assert (verified_.is_found, verified_.takes_clients, waiting.is_found) == (True, True, False)
    assert verified_.submitted(NOON) is verified_
    assert verified_.withdrawn(NOON).verification == "draft"
    assert verified_.revoked("x", NOON).submitted(NOON).refusal_reason is None
    for wrong in (new.verified, waiting.verified(NOON).verified):
        with pytest.raises(Conflict):
            wrong(NOON)
    for refuse in (new.declined, new.revoked, waiting.revoked, verified_.declined):
        with pytest.raises(Conflict):
            refuse("x", NOON)


@pytest.mark.parametrize(
    ("change", "verification"),
    [
        ({"display_name": "Augusta"}, "submitted"),
        ({"title": "Doctor"}, "submitted"),
        ({"certificates": ()}, "submitted"),
        ({"bio": "I talk."}, "verified"),
        ({"specialities": ("Sleep",)}, "verified"),
        ({"languages": ("fr",)}, "verified"),
        ({"modes": ("chat",)}, "verified"),
        ({"years_of_experience": 8}, "verified"),
        ({"tz": "Asia/Tokyo"}, "verified"),
        ({"accepting_clients": False}, "verified"),
    ],
)
def test_which_changes_are_verified_again(change: Json, verification: str) -> None:
    draft = msgspec.convert(COMPLETE, CoachProfileDraft)
    profile = CoachProfile.drafted(draft, owner="usr_1", at=NOON).submitted(NOON).verified(NOON)

    after = profile.revised(msgspec.structs.replace(draft, **change), NOON)

    assert after.verification == verification
    assert (after.verified_at is None) is (verification == "submitted")
