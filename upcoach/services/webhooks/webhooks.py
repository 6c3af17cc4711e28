"""Webhooks of people: made, changed, rotated, tried and replayed by their owners."""

import datetime as dt
from collections.abc import Sequence
from typing import Final

import msgspec

from models.access.scope import Scope
from models.account import User
from models.base.clock import Clock
from models.base.document import public
from models.base.errors import Conflict, invalid_field
from models.base.merge_patch import Json
from models.contexts import KINDS
from models.webhooks import (
    DisabledReason,
    NewWebhook,
    Webhook,
    WebhookDelivery,
    WebhookDisabledMail,
    WebhookDraft,
)
from models.webhooks.webhook import check_types
from models.wire.cursor import Cursor
from upcoach.services.account import announce_document, caller_ref
from upcoach.services.base.fetching import FetchFailed, Poster
from upcoach.services.base.resources import Resources, write_outcome
from upcoach.services.base.rules import Rules, revising
from upcoach.services.webhooks.sending import WebhookSender, ping_message
from upcoach.services.webhooks.signing import new_keys
from upcoach.store.base.broken_documents import BrokenDocument
from upcoach.store.collections.documents import Documents
from upcoach.store.collections.webhook_deliveries import WebhookDeliveries
from upcoach.store.collections.webhook_progress import WebhookKey, WebhookProgressStore
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Mutation, Write

FROM_START: Final = "0"  # the cursor before the first event


class IssuedWebhook(msgspec.Struct, frozen=True):
    """A webhook with a new secret, which is shown this once.

    Attributes
    ----------
    webhook
        The webhook.
    secret
        The secret that verifies the signatures of the form `v1`: `whsec_` and base64.

    """

    webhook: Webhook
    secret: str


def _drafted(draft: NewWebhook, /, *, owner: str, at: dt.datetime) -> Webhook:
    check_types(draft.types, KINDS)
    return Webhook.drafted(draft, new_keys(), owner=owner, at=at)


def _revised(webhook: Webhook, draft: WebhookDraft, at: dt.datetime) -> Webhook:
    check_types(draft.types, KINDS)
    return webhook.revised(draft, at)


def _issued(webhook: Webhook) -> Json:
    """An `IssuedWebhook`, as it is shown."""
    return {"webhook": public(webhook), "secret": webhook.secret}


class Webhooks(Resources[Webhook, NewWebhook]):
    """The webhooks of people."""

    rules = Rules(kind=Webhook, drafted=_drafted, revised=revising(WebhookDraft, _revised))

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        progress: WebhookProgressStore,
        deliveries: WebhookDeliveries,
        poster: Poster,
        clock: Clock,
    ) -> None:
        super().__init__(documents, committer)
        self._progress = progress
        self._deliveries = deliveries
        self._poster = poster
        self._clock = clock
        self._sender = WebhookSender(poster, clock)

    async def find_each(self, keys: Sequence[WebhookKey]) -> list[Webhook | BrokenDocument | None]:
        """The webhooks of *keys*, with stand-ins for those that cannot be read."""
        found = {
            WebhookKey(one.owner, one.id): one
            for one in await self._documents.get_each(Webhook, keys)
        }
        return [found.get(key) for key in keys]

    async def add(
        self,
        scope: Scope,
        draft: NewWebhook,
        mutation: Mutation | None = None,
        *,
        by_operator: bool = False,
    ) -> WriteResult[Json]:
        """Create a webhook, which is sent what comes from now on; the result is an `IssuedWebhook`.

        Its owner is told by mail, also who made it: it is a way out of their account.  Whoever has
        lost the answer asks again under the same name, and is shown the same webhook and secret.
        """
        try:
            self._poster.check(draft.url)
        except FetchFailed as refusal:
            words = f"Events cannot be sent there: {refusal}."
            raise invalid_field("/url", "url_refused", words) from None

        def decide(changes: WriteContext) -> Outcome[Json]:
            if changes.holds(Webhook, scope.user, draft.id):
                raise Conflict("id_taken", "There is already a document with this id.")
            made = changes.create(_drafted(draft, owner=scope.user, at=changes.at))
            announce_document(changes, scope, "webhook", made, by_operator=by_operator)
            return Outcome(verb="created", document=_issued(made))

        reads = (Ref(Webhook, scope.user, draft.id), caller_ref(scope))
        write = Write(scope=scope, reads=reads, decide=decide, mutation=mutation)
        result = await self._committer.submit(write)
        if not result.replayed:  # else it has begun, or the runner begins what has not
            await self._progress.begin(WebhookKey(scope.user, draft.id), result.seq, self._clock())
        return result

    async def rotate(
        self, scope: Scope, webhook_id: str, mutation: Mutation | None = None
    ) -> WriteResult[Json]:
        """Give a webhook other keys; the result is an `IssuedWebhook`.

        Those before sign for a day, too, but those before them no more: whoever has lost the answer
        asks again under the same name, and is shown the same secret.
        """

        def decide(changes: WriteContext) -> Outcome[Json]:
            before = self._find(changes, scope, webhook_id)
            after = changes.update(before, before.rotated(new_keys(), changes.at))
            return Outcome(verb="updated", document=_issued(after))

        reads = (self._ref(scope, webhook_id),)
        write = Write(scope=scope, reads=reads, decide=decide, mutation=mutation)
        return await self._committer.submit(write)

    async def ping(self, scope: Scope, webhook_id: str) -> WebhookDelivery:
        """Send a message that tells of no event; return what came of it."""
        webhook = await self.get(scope, webhook_id)
        sent = await self._sender.send(webhook, ping_message(webhook, self._clock()))
        await self._deliveries.add((WebhookKey(scope.user, webhook_id), sent.delivery))
        return sent.delivery

    async def replay(self, scope: Scope, webhook_id: str, since: str, epoch: str) -> None:
        """Send what is behind the cursor *since* anew, one such replay after another."""
        webhook = await self.get(scope, webhook_id)
        cursor = Cursor(epoch, 0) if since == FROM_START else Cursor.parse(since)
        if cursor.epoch != epoch:
            raise Conflict("cursor_gone", "This cursor is of another log: take one of this one.")
        if not webhook.enabled:
            raise Conflict("webhook_disabled", "Enable this webhook first.")
        key = WebhookKey(scope.user, webhook_id)
        if not await self._progress.rewind(key, cursor.seq, self._clock()):
            raise Conflict("replay_running", "Wait until this webhook has caught up.")

    async def owners_of(self, webhook_id: str) -> list[str]:
        """Whose webhooks are called *webhook_id*, which people may choose."""
        return await self._documents.owners_with(Webhook, webhook_id)

    async def deliveries(
        self, scope: Scope, webhook_id: str, before: str, limit: int
    ) -> list[WebhookDelivery]:
        """Up to *limit* deliveries to a webhook, the newest first, before the one called so."""
        await self.get(scope, webhook_id)
        return await self._deliveries.page(WebhookKey(scope.user, webhook_id), before, limit)

    async def disable(self, key: WebhookKey, reason: DisabledReason) -> None:
        """Disable a webhook for a *reason*, and mail its owner."""

        def decide(changes: WriteContext) -> Outcome[Webhook | None]:
            before = changes.find(Webhook, *key)
            if before is None or not before.enabled:
                return Outcome(verb="unchanged", document=before)
            after = changes.update(before, before.disabled(reason, changes.at))
            user = changes.find(User, key.owner, key.owner)
            if user is not None:
                changes.send_mail(WebhookDisabledMail(user.email, before.host, reason))
            return write_outcome("updated", after)

        reads = (Ref(Webhook, *key), Ref(User, key.owner, key.owner))
        write = Write(scope=Scope(user=key.owner), reads=reads, decide=decide)
        await self._committer.submit(write)
