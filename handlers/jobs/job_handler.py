"""The path of one job: read at once, or when it has ended."""

import asyncio
from typing import Any, Final

from handlers.http.manifest import ApplicationParts
from handlers.http.operation_runner import OperationRunner
from handlers.http.operations import Call, Operation, Reply, Route, document_reply
from handlers.http.policy import require_permission
from handlers.http.prefer_header import WAIT, wait_of
from handlers.http.rest.operation_handler import OperationHandler
from handlers.jobs.jobs import ONE
from handlers.live import Poll, StreamingHandler
from handlers.sync import position_of
from models.access.caller import Caller
from models.jobs import Job
from models.wire.close_codes import CloseCode
from upcoach.store.write.errors import session_ended

OWN: Final = "u:me"


class JobHandler(StreamingHandler, OperationHandler):
    """Answers as any operation, or waits for the end of a job (`Prefer: wait`, RFC 7240, 4.3)."""

    _poll: Poll | None = None

    def initialize(self, runner: OperationRunner, route: Route | None = None, **live: Any) -> None:
        """Take what the routing table gives."""
        super().initialize(runner, route)
        self.node = live["node"]

    @property
    def wants_stream(self) -> bool:
        """See `StreamingHandler.wants_stream`: a job is waited for, and never followed."""
        return False

    def on_connection_close(self) -> None:
        """End the wait of a client that has gone."""
        super().on_connection_close()
        if self._poll is not None:
            self._poll.end()

    async def perform(self, operation: Operation[Any], call: Call) -> None:
        """See `OperationHandler.perform`."""
        wait_s = wait_of(call.preferences)
        if not wait_s:
            await super().perform(operation, call)
            return
        caller = call.authenticated_caller
        require_permission(operation, caller)
        call.parse_query(operation.query)
        job = await self._end_of_job(call, caller, asyncio.get_running_loop().time() + wait_s)
        reply = document_reply(job)
        self.reply(
            Reply(
                body=reply.body,
                version=reply.version,
                headers={"Preference-Applied": f"{WAIT}={wait_s}"},
            )
        )

    async def _end_of_job(self, call: Call, caller: Caller, until: float) -> Job:
        """The job when it has ended, or when the wait is over, by the loop's clock."""
        feeds, jobs = self.node.feeds, self.runner.services.jobs.jobs
        poll = self._poll = Poll(self.node.connections.name(), caller, self.node.clock, until)
        if self.has_gone:
            poll.end()
        with self.counted_open(poll):
            view = await feeds.views.of(caller.scope, OWN)
            poll.subscribe(position_of(feeds, await feeds.start(view, "now", snap=False)))
            while True:
                job = await jobs.get(caller.scope, call.names["id"])
                if not job.is_open:
                    return job
                event = await poll.wait()
                if event is None:
                    self._require_kept(poll)
                    return job
                await self.require_session(caller, event)
                poll.wait_again()

    def _require_kept(self, poll: Poll) -> None:
        """Refuse whose session ended meanwhile; who has to ask another node is told so."""
        if poll.closed_with == CloseCode.REVOKED:
            raise session_ended()
        if poll.closed_with == CloseCode.DRAINING:
            self.set_header("Connection", "close")


def job_of(parts: ApplicationParts) -> dict[str, Any]:
    """The arguments of the handler."""
    route = next(route for route in parts.runner.router.routes if route.path == ONE)
    return {"runner": parts.runner, "route": route, "node": parts.live}
