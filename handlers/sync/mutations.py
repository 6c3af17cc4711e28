"""Many writes in one request, for a device that was away."""

import asyncio
import re
from collections.abc import Awaitable
from typing import Annotated, Final

import msgspec

from handlers.http.operations import EACH, Call, Operation, Reply
from handlers.sync.answer_bodies import AnswerBodies
from handlers.sync.feed import FeedServices
from handlers.sync.mutation_frames import MutFrame, mutate
from models.access.limits import BATCH_BYTES, BATCH_WRITES
from models.base.ids import MUTATION_ID_PATTERN
from models.wire.cursor import Cursor
from models.wire.frames import Res

_NAME: Final = re.compile(MUTATION_ID_PATTERN)
Batch = Annotated[list[MutFrame], msgspec.Meta(min_length=1, max_length=BATCH_WRITES)]


def _writes_in(call: Call) -> int:
    """How many writes it counts as; what is no batch is refused as one."""
    return min(len(call.body), BATCH_WRITES) if isinstance(call.body, list) else 1


def _names_in(call: Call) -> tuple[str, ...]:
    """The names of the writes in it, as far as these have any."""
    frames = call.body[:BATCH_WRITES] if isinstance(call.body, list) else []
    named = (frame.get("id") for frame in frames if isinstance(frame, dict))
    return tuple(name for name in named if isinstance(name, str) and _NAME.search(name))


async def carry_out(services: FeedServices, call: Call) -> Reply:
    """Carry out several writes in order, and answer each.

    Behind a mebibyte of documents the answers have their `ver` and no `body`.
    """
    runner, caller, batch = services.runner, call.authenticated_caller, call.read(Batch)
    bodies = AnswerBodies()
    # Started in order, hence queued in order; those that wait together share transactions.
    tasks = []
    for number, frame in enumerate(batch):
        earlier = [before.id for before in batch[:number]]
        # What stands before it here is under way, and its answer is waited for.
        wait_s = runner.order.held.wait_s(call.scope.user, set(frame.follows).difference(earlier))
        write = mutate(runner, caller, frame, earlier, origin=call.origin, wait_s=wait_s)
        tasks.append(asyncio.ensure_future(_fitted(write, bodies)))
        await asyncio.sleep(0)  # each is read in a turn of its own
    answers = await asyncio.gather(*tasks)
    positions = [Cursor.parse(frame.cur).seq for frame in answers if frame.cur is not None]
    return Reply(body=answers, seq=max(positions, default=None), size=bodies.size)


async def _fitted(write: Awaitable[Res], bodies: AnswerBodies) -> Res:
    return bodies.fit(await write)


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/mutations",
        run=carry_out,
        needs=EACH,
        body="json",
        takes=Batch,
        gives=list[Res],
        statuses=(200,),
        largest=BATCH_BYTES,
        weigh=_writes_in,
        names=_names_in,
    ),
)
