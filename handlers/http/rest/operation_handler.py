"""Operations over HTTP: a request as a call, and a reply as an answer."""

import asyncio
import contextlib
import functools
from typing import Any

import msgspec
from tornado.http1connection import HTTP1Connection
from tornado.web import HTTPError

from handlers.http import operations, problems
from handlers.http.operation_runner import OperationRunner
from handlers.http.operations import Call, Operation, Reply, Route
from handlers.http.prefer_header import preferences_of
from handlers.http.rate_limiting import parties_of
from handlers.http.rest.handler import Handler
from handlers.http.rest.request_owner import admitted, hold_by_headers
from handlers.http.rest.request_reader import (
    LARGE,
    base_of_write,
    check_names,
    content_of,
    digest_of,
    follows_of,
    is_not_modified,
    key_of,
    parse_content,
    upload_of,
)
from models.access.caller import Caller
from models.access.rate_limiter import RateVerdict
from models.access.rate_limits import Cost, extra_read_cost, extra_write_cost
from models.base.errors import Refusal, Unavailable


class OperationHandler(Handler):
    """Runs the operations of one path."""

    _answered = 0  # bytes
    _reader = ""  # who is answered

    def initialize(self, runner: OperationRunner, route: Route | None = None, **_: Any) -> None:
        """Take the route."""
        super().initialize(runner)
        assert route is not None
        self._route = route

    @property
    def route(self) -> str:
        """See `Handler.route`."""
        return self._route.path

    async def identify(self) -> Caller:
        """The caller: by their token, or by the session of their browser."""
        if "Authorization" not in self.request.headers:
            return await self.browser.caller()
        account = self.runner.services.account
        caller = await admitted(account, self.request) or await super().identify()
        await self.browser.require_same(caller)
        return caller

    async def get(self, **names: str) -> None:
        """Run the operation."""
        await self._run(names)

    head = get
    post = get
    put = get
    patch = get
    delete = get

    async def _run(self, names: dict[str, str]) -> None:
        method = "GET" if self.request.method == "HEAD" else self.request.method
        operation = self._route.operations.get(method or "")
        if operation is None:
            raise HTTPError(405)
        try:
            self.require_few_refusals()
            login = None if operation.public else await self.identify()
        except Unavailable as refusal:
            await hold_by_headers(self.runner, self.request, refusal)
            raise
        self._reader = self.origin.household if login is None else login.scope.user or login.client
        call = await self._call(operation, names, login)
        if operation.names is None:
            await self._answer(operation, call)
        else:
            await self._answer_in_turn(operation, call)

    async def _answer_in_turn(self, operation: Operation[Any], call: Call) -> None:
        """Answer a batch when those before it are paid for: what each keeps is known afterwards."""
        async with contextlib.AsyncExitStack() as turn:
            try:
                await turn.enter_async_context(self.runner.batches.slot(self._reader))
            except Unavailable as refusal:
                await self.runner.order.refuse(call.scope.user, operation.names_of(call), refusal)
                raise
            await self._answer(operation, call)

    async def _answer(self, operation: Operation[Any], call: Call) -> None:
        """Charge for *call*, answer it, and charge for the answer."""
        await self._charge(operation, call)
        if not operation.writes:
            self.runner.unread.require_room(self._reader)
        try:
            await self.perform(operation, call)
        except Refusal as refusal:
            # A named write keeps its refusal, which may show a whole document.
            self._answered = problems.size_of(refusal)
            await self._charge_for_answer(operation, call)
            raise
        await self._charge_for_answer(operation, call)

    async def _charge(self, operation: Operation[Any], call: Call) -> None:
        names = operation.names_of(call)
        if call.caller is None or not names:
            await self.charge_call(operation, call)
        else:
            await self._charge_in_order(operation, call, call.caller.scope.user, names)

    async def charge_call(self, operation: Operation[Any], call: Call) -> None:
        """See `Handler.charge_call`; who has answers to read writes nothing until then."""
        if operation.writes and call.caller is not None:
            self.runner.unread.require_room(self._reader)
        await super().charge_call(operation, call)

    async def _charge_in_order(
        self, operation: Operation[Any], call: Call, user: str, names: tuple[str, ...]
    ) -> None:
        """Charge named writes, which do not go ahead of those that they build on."""
        order = self.runner.order
        follows = () if call.mutation is None else call.mutation.follows
        wait_s = await order.look(user, names, follows)
        try:
            self.request_limit.require(RateVerdict(wait_s))
            await self.charge_call(operation, call)
        except Unavailable as refusal:
            await order.refuse(user, names, refusal)
            raise

    async def _charge_for_answer(self, operation: Operation[Any], call: Call) -> None:
        """Charge for the size of the answer."""
        if call.caller is None or operation.limit not in ("read", "write"):
            return
        owed = (
            extra_write_cost(call.size, self._answered)
            if operation.writes
            else extra_read_cost(self._answered)
        )
        if owed is not None:
            surface, parties = parties_of(operation, call)
            await self.request_limit.owe(surface, parties, owed)

    async def perform(self, operation: Operation[Any], call: Call) -> None:
        """Answer *call*."""
        self.reply(await self.carry_out(operation, call))

    def allowed(self) -> str:
        """See `ProblemHandler.allowed`."""
        methods = set(self._route.operations) | {"OPTIONS"}
        return ", ".join(sorted(methods | ({"HEAD"} if "GET" in methods else set())))

    async def _call(
        self, operation: Operation[Any], names: dict[str, str], login: Caller | None
    ) -> Call:
        content, upload = content_of(self.request, operation), await upload_of(self.request)
        is_json = operation.body in ("json", "merge-patch") and not operation.unread
        body = await parse_content(content) if is_json else None
        base = base_of_write(self.request) if operation.writes else None
        key = key_of(self.request)
        # A write without a body is the same one that a `mut` frame without a body names.  What no
        # frame holds is told by its bytes: to write it anew would hold the loop.
        is_small = is_json and len(content) <= LARGE
        digested = await digest_of(content) if content and not is_small else body
        if upload is not None:
            digested = upload.digest
        mutation = operations.mutation_of(
            key if operation.writes else None,
            operation,
            self.request.path,
            base,
            digested,
            follows_of(self.request),
            called="Idempotency-Key",
        )
        check_names(names)
        return Call(
            caller=login,
            names=names,
            query=self.query(),
            body=body,
            content=content,
            upload=upload,
            base=operation.base_of(base),
            mutation=mutation,
            origin=self.origin,
            browser=self.browser.secret if self._has_session(login) else "",
            is_foreign=not self.browser.is_on_our_page,
            trusted=self.browser.trusted_device,
            size=len(content),
            preferences=preferences_of(self.request.headers.get("Prefer", ""), operation.prefers),
            charge=functools.partial(self._charge_bytes, login),
        )

    async def _charge_bytes(self, login: Caller | None, cost: Cost) -> None:
        """Charge what *login* would keep beyond the request itself."""
        if login is not None:
            await self.request_limit.take("write", {"user": login.scope.user}, cost)

    def _has_session(self, login: Caller | None) -> bool:
        return login is not None and "Authorization" not in self.request.headers

    def reply(self, reply: Reply) -> None:
        """Answer with *reply*."""
        for name, value in reply.headers.items():
            self.set_header(name, value)
        cursor = operations.cursor_text(self.runner.epoch, reply)
        if cursor is not None:
            self.set_header("Upcoach-Cursor", cursor)
        if reply.merged:
            self.set_header("Upcoach-Merged", ", ".join(reply.merged))
        if reply.replayed:
            self.set_header("Idempotency-Replayed", "true")
        self.set_status(reply.status)
        if reply.version is not None and self._not_modified(reply.version):
            return
        if reply.status == 204:
            return
        self.set_header("Content-Type", "application/json; charset=utf-8")
        content = reply.raw if reply.raw is not None else msgspec.json.encode(reply.body)
        self._answered = max(len(content), reply.size)
        self._count_unread(len(content), self.finish(content))

    def _count_unread(self, size: int, written: "asyncio.Future[None]") -> None:
        """Count the answer as unread until the kernel has all of it."""
        connection = self.request.connection
        if isinstance(connection, HTTP1Connection) and connection.stream.writing():
            stream = connection.stream
            self.runner.unread.hold(self._reader, size, written, stream.close)

    def _not_modified(self, version: int) -> bool:
        self.set_header("ETag", f'"v{version}"')
        is_read = self.request.method in ("GET", "HEAD")
        if not is_read or not is_not_modified(self.request, version):
            return False
        self.set_status(304)
        return True
