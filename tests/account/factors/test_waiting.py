"""A factor that was added with nothing but the password waits before it counts."""

import datetime as dt
from pathlib import Path

from config.settings import Settings
from models.access.scope import Scope
from models.account import Addition, User
from models.base.clock import utc_now
from models.base.ids import new_id
from models.base.time import moment_in_words
from tests.account.factors.verified import verified
from tests.account.federation.providers import come, federated, let_in, user_of
from tests.account.planting import CONFIRM, DISOWN, click, link, tokens, wait
from tests.support.engines import TestEngines
from tests.support.people.addresses import BOB, MOVE
from tests.support.people.authenticator import Authenticator
from tests.support.people.enrolling import ENROL, FACTORS_PATH, AccountHolder
from tests.support.people.mail import confirm, newest, settings_of, subjects, text_of, token_in
from tests.support.people.passkeys import ORIGIN, PASSKEYS, add, log_in, options
from tests.support.people.passwords import NEW, forgot, reset
from tests.support.server import PASSWORD, Server, serving
from tests.support.wire.answers import done
from upcoach.services.account import announce, caller_ref
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.requests import Write


async def test_a_factor_that_waits_is_asked_of_nobody_and_opens_nothing(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        ann, phone = await verified(server), Authenticator(ORIGIN)
        codes = (await ann.enrol(confirmed=False)).body["recovery_codes"]
        await done(add(ann, phone, confirmed=False))
        enrolled = (await ann.client.call("GET", FACTORS_PATH)).body

        login = await ann.log_in()
        with_passkey = await log_in(server, phone)
        asked = await options(ann.client, "/v1/auth/step-up")
        steps = [
            await ann.step_up(totp=ann.code(1)),
            await ann.step_up(recovery_code=codes[0]),
            await ann.step_up(passkey=phone.show(asked)),
            await ann.step_up(password=PASSWORD),
        ]
        allowed = await ann.client.call("POST", ENROL)

        assert login.status == 201
        assert (with_passkey.status, with_passkey.body["code"]) == (403, "factor_waiting")
        assert [one.status for one in steps] == [403, 403, 403, 200]
        assert (steps[3].body["session"]["acr"], allowed.status) == (1, 201)
        assert enrolled["methods"] == []
        assert [one["factor"][:3] for one in enrolled["waiting"]] == ["pky", "tot"]
        assert all("counts_from" in one for one in enrolled["waiting"])


async def test_who_is_refused_what_waits_is_told_until_when_or_what_helps(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        refusals = []
        for person in (await verified(server), await AccountHolder.new(server)):
            phone, sub = Authenticator(ORIGIN), new_id("sub")
            await done(add(person, phone, confirmed=False))
            await done(link(person, provider, sub))
            from_provider = await come(server, provider, sub=sub, email=f"{sub}@elsewhere.test")
            refusals.append([(await log_in(server, phone)).body, from_provider.body])

        codes = [[one["code"] for one in found] for found in refusals]
        assert codes == [["factor_waiting", "identity_waiting"]] * 2
        until, what_helps = ([one["detail"] for one in found] for found in refusals)
        in_three_days = moment_in_words(utc_now() + dt.timedelta(days=3)).partition(",")[0]
        assert all(f"or wait until {in_three_days}" in words for words in until)
        assert not any("wait" in words for words in what_helps)
        assert all("show that the address is yours" in words for words in what_helps)


async def test_a_factor_counts_when_it_has_waited(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, phone = await verified(server), Authenticator(ORIGIN)
        await ann.enrol(confirmed=False)
        await done(add(ann, phone, confirmed=False))

        await wait(server, ann.user)

        login = await ann.log_in()
        weak = await ann.client.call("POST", ENROL)
        enrolled = (await ann.client.call("GET", FACTORS_PATH)).body
        assert login.body["methods"] == ["passkey", "totp", "recovery_code"]
        assert (await log_in(server, phone)).status == 201
        assert (weak.status, weak.body["acr_values"]) == (401, "2")
        assert "waiting" not in enrolled


async def test_in_an_account_whose_address_is_not_known_to_be_its_owners_it_waits_for_their_word(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.new(server)
        await ann.enrol(confirmed=False)
        mail = await newest(server, ann.email)
        enrolled = (await ann.client.call("GET", FACTORS_PATH)).body
        await wait(server, ann.user)
        never = await ann.log_in()

        clicked = await click(server, CONFIRM, token_in(mail))

        me = (await ann.client.call("GET", "/v1/me")).body
        assert enrolled["waiting"] == [{"factor": "totp"}]
        assert "once you confirm it" in " ".join(text_of(mail).split())
        assert (never.status, clicked) == (201, 204)
        assert "verified_at" in me
        assert (await ann.log_in()).body["methods"] == ["totp", "recovery_code"]


async def test_what_is_added_with_an_older_factor_counts_at_once_and_is_announced(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        ann, phone = await AccountHolder.enrolled(server), Authenticator(ORIGIN)
        await done(ann.step_up(totp=ann.code()))

        await done(add(ann, phone, confirmed=False))

        mail = text_of(await newest(server, ann.email))
        assert (await log_in(server, phone)).status == 201
        assert "/account/added?token=" in mail
        assert "/account/added/not-me?token=" in mail
        assert "It becomes active on" not in mail


async def test_a_click_takes_away_what_was_added_and_ends_the_session_that_did(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        ann, phone = await verified(server), Authenticator(ORIGIN)
        thief = AccountHolder(server, ann.email, server.client(), ann.user)
        thief.client.token = (await ann.log_in(device="thief")).body["token"]
        await done(add(thief, phone, confirmed=False))
        token = token_in(await newest(server, ann.email))

        clicked = [await click(server, DISOWN, token) for _ in range(2)]
        late = await click(server, CONFIRM, token)

        assert (clicked, late) == ([204, 400], 400)
        assert (await thief.client.call("GET", "/v1/me")).status == 401
        assert (await ann.client.call("GET", PASSKEYS)).body == {"items": []}


async def test_a_link_is_about_what_was_added_then(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await verified(server)
        await ann.enrol(confirmed=False)
        await ann.enrol(confirmed=False)
        older, newer = await tokens(server, ann.email)

        clicked = [
            await click(server, path, token)
            for path, token in ((CONFIRM, older), (CONFIRM, newer), (DISOWN, newer))
        ]

        assert clicked == [400, 204, 400]
        assert (await ann.log_in()).body["methods"] == ["totp", "recovery_code"]


async def test_who_reads_the_mails_passes_no_factor_that_its_owner_has_confirmed(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with serving(settings_of(engines, tmp_path)) as server:
        ann = await AccountHolder.enrolled(server)
        since = (await server.node.services.account.factors.of(ann.user)).totp_since
        assert since is not None
        again = Addition(way="totp", id="totp", since=since)  # as when a mail is sent twice
        await announced(server, Scope(user=ann.user), again)
        links = await tokens(server, ann.email)

        disowned = [await click(server, DISOWN, one) for one in links]
        assert (await reset(server, await forgot(server, ann.email))).status == 204
        login = await ann.log_in(password=NEW)

        assert disowned == [400, 400]
        assert (login.status, login.body["methods"]) == (200, ["totp", "recovery_code"])


async def announced(server: Server, scope: Scope, added: Addition) -> None:
    """Have the mail about *added* sent."""

    def decide(changes: WriteContext) -> Outcome[User]:
        user = changes.get(User, scope.user, scope.user)
        announce(changes, scope, added)
        return Outcome(verb="updated", document=changes.update(user, user.advanced(changes.at)))

    write = Write(scope=scope, reads=(caller_ref(scope),), decide=decide)
    await server.node.committer.commit(write)


async def test_codes_that_came_with_what_waits_count_with_it_only(settings: Settings) -> None:
    async with serving(settings) as server:
        ann, phone = await verified(server), Authenticator(ORIGIN)
        await ann.enrol(confirmed=False)
        await ann.forget_step()
        planted = (await done(add(ann, phone, confirmed=False))).body["recovery_codes"]
        first = (await tokens(server, ann.email))[0]
        assert await click(server, CONFIRM, first) == 204

        challenge = await ann.challenge()
        with_codes = await ann.answer(challenge, recovery_code=planted[0])
        with_app = await ann.answer(challenge, totp=ann.code())

        assert [with_codes.status, with_app.status] == [403, 201]


async def test_a_provider_waits_unless_it_has_the_last_word_on_the_address(
    engines: TestEngines, tmp_path: Path
) -> None:
    async with federated(engines, tmp_path) as (server, provider):
        ann = await verified(server)

        made = await done(link(ann, provider))
        early = await come(server, provider, sub="thief", email="thief@elsewhere.test")
        told = (await subjects(server, ann.email))[-1]
        await confirm(server, ann.email)
        later = await let_in(server, provider, sub="thief", email="thief@elsewhere.test")

        assert (early.status, early.body["code"]) == (403, "identity_waiting")
        assert told == "You can log in with Google"
        assert await user_of(later) == ann.user
        assert not {"counts_from", "confirmed_at"} & made.body.keys()


async def test_an_address_is_not_moved_by_a_factor_that_waits(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await verified(server)
        await ann.enrol(confirmed=False)
        await wait(server, ann.user)

        refused = await ann.client.call("POST", MOVE, {"email": BOB})

        assert (refused.status, refused.body["acr_values"]) == (401, "2")
