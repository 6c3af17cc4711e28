"""Whoever has a second factor is asked for it on every way in, and once for each."""

from config.settings import Settings
from models.account import User
from models.account.session import SessionTerms
from models.base.clock import utc_now
from tests.support.engines import TestEngines
from tests.support.people.enrolling import AccountHolder
from tests.support.server import serving
from tests.support.wire.answers import done
from tests.support.wire.relying import party, settings_of
from upcoach.services.account.login.logins import Challenge
from upcoach.services.oauth.grant_types.token_exchange import GRANT, ID_TOKEN
from upcoach.store.collections.documents import Documents


class Provider:
    """An issuer whose tokens are the ids of our users."""

    async def identify(self, subject_token: str, _issuer: str, _nonce: str) -> str | None:
        return subject_token


async def test_an_id_token_of_others_is_one_factor(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        ann, oauth = await AccountHolder.enrolled(one.server), one.server.node.services.oauth
        oauth.federate(Provider(), utc_now)
        ours, _ = await oauth.clients.register(
            name="Ours",
            kind="public",
            auth="none",
            permissions=("openid", "offline_access", "account:read"),
            first_party=True,
        )
        form = {
            "grant_type": GRANT,
            "client_id": ours.id,
            "scope": "openid offline_access account:read",
            "subject_token_type": ID_TOKEN,
            "subject_token": ann.user,
            "subject_issuer": "https://accounts.google.com",
            "nonce": "n",
        }
        asked = await one.token(form)
        wrong = await ann.answer(asked.body["challenge"], totp="000000")
        let_in = await ann.answer(asked.body["challenge"], totp=ann.code())
        client = one.server.client(let_in.body["token"])
        me = await client.call("GET", "/v1/me")
        beyond = await client.call("GET", "/v1/goals")
        renewal = {
            "grant_type": "refresh_token",
            "client_id": ours.id,
            "refresh_token": let_in.body["refresh_token"],
        }
        renewed = await one.token(renewal)

        assert (asked.status, asked.body["error"]) == (400, "interaction_required")
        assert asked.body["methods"] == ["totp", "recovery_code"]
        assert [wrong.status, let_in.status] == [403, 201]
        assert let_in.body["session"]["client"] == ours.id
        assert let_in.body["session"]["amr"] == ["fed", "otp", "mfa"]
        assert me.body["id"] == ann.user
        assert beyond.status == 403  # what the app asked for, and no more
        assert renewed.status == 200


async def test_a_provider_that_has_seen_two_factors_is_believed_and_one_is_not(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        ann, bob = await AccountHolder.enrolled(server), await AccountHolder.new(server)
        node = server.node
        logins, documents = node.services.account.logins, Documents(node.database, node.keyring)
        user = await documents.get(User, ann.user, ann.user)
        nobody = await documents.get(User, bob.user, bob.user)
        one = SessionTerms(device="tv", amr=("fed",))
        two = SessionTerms(device="tv", amr=("fed", "mfa"), acr=2)

        asked = await logins.finish(user, one)
        believed = await logins.finish(user, two)
        plain = await logins.finish(nobody, one)

        assert isinstance(asked, Challenge)
        assert not isinstance(believed, Challenge)
        assert not isinstance(plain, Challenge)


async def test_a_login_that_waits_dies_with_its_user(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.enrolled(server)
        name = await ann.challenge()
        await server.node.database[User.collection].delete_one({"owner": ann.user})
        answer = await ann.answer(name, totp=ann.code())

        assert (answer.status, answer.body["code"]) == (403, "challenge_over")


async def test_who_logs_in_does_not_log_out_others(settings: Settings) -> None:
    async with serving(settings) as server:
        ann = await AccountHolder.enrolled(server)
        await done(ann.answer(await ann.challenge(), totp=ann.code()))
        first = await ann.client.call("GET", "/v1/me")

        assert first.status == 200
