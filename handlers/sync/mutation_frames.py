"""`mut` frames: exactly what the REST route does."""

from collections.abc import Collection
from typing import Any

import msgspec
import structlog

from handlers.http import operations, problems
from handlers.http.operation_runner import OperationRunner
from handlers.http.operations import Call, Operation, Router
from handlers.http.rest.request_reader import check_names
from models.access.caller import Caller
from models.access.request_origin import RequestOrigin
from models.base.errors import Invalid, NotFound, Refusal
from models.base.merge_patch import Json
from models.wire.frames import Follows, FrameText, Mut, MutationIdText, Res

_log = structlog.get_logger(__name__)


class MutFrame(msgspec.Struct, frozen=True, kw_only=True, tag_field="t", tag="mut"):
    """A `mut` frame whose body was read along with it; see `models.wire.frames.Mut`.

    Attributes
    ----------
    id
        A UUID that names the write: sent again, it is done once.
    op
        The method of the write.
    path
        The path of the write.
    base
        The version that the write is based on.
    follows
        The names of earlier writes that this one builds on.
    body
        The body of the write.

    """

    id: MutationIdText
    op: FrameText
    path: FrameText
    base: int | None = None
    follows: Follows = []
    body: Any = None


async def mutate(
    runner: OperationRunner,
    caller: Caller,
    frame: Mut | MutFrame,
    follows: Collection[str] = (),
    *,
    origin: RequestOrigin,
    wait_s: float = 0.0,
) -> Res:
    """The answer to *frame*, which *follows* other writes of the same client.

    Where one of these was told to come again, so is *frame*, in *wait_s*.
    Nothing is awaited before the write is in the committer's queue: whoever starts several in
    order has them carried out in that order.
    """
    try:
        call = Call(caller=caller, names={}, origin=origin, wait_s=wait_s)
        answer = await _perform(runner, call, frame, frozenset((*follows, *frame.follows)))
    except Refusal as refusal:
        answer = refusal_frame(frame, refusal)
    # What Tornado does for REST: logged with its trace, and a 500 to whoever asked.  The other
    # writes of the socket, or of the batch, get their answers.
    except Exception:  # noqa: BLE001
        _log.exception("mutation_failed", op=frame.op)
        answer = _problem_frame(frame, problems.http_problem(500, instance=frame.path))
    runner.metrics.mutations.labels(str(answer.status)).inc()
    return answer


async def _perform(
    runner: OperationRunner, call: Call, frame: Mut | MutFrame, follows: Collection[str]
) -> Res:
    operation, names = _find(runner.router, frame)
    body = frame.body if isinstance(frame, MutFrame) else operations.parse_body(bytes(frame.body))
    base = operation.base_of(operations.checked_version(frame.base))
    mutation = operations.mutation_of(frame.id, operation, frame.path, frame.base, body, follows)
    call = msgspec.structs.replace(call, names=names, body=body, base=base, mutation=mutation)
    reply = await runner.perform(operation, call)
    return Res(
        id=frame.id,
        status=reply.status,
        ver=reply.version,
        cur=operations.cursor_text(runner.epoch, reply),
        body=msgspec.UNSET if reply.body is None else reply.body,
        merged=reply.merged,
        replayed=reply.replayed,
    )


def _find(router: Router, frame: Mut | MutFrame) -> tuple[Operation[Any], dict[str, str]]:
    match = router.find(frame.path)
    if match is None:
        raise NotFound("path_unknown", "There is nothing at this path.")
    route, names = match
    operation = route.operations.get(frame.op)
    if operation is None or not operation.live:
        raise Invalid("method_not_allowed", f"{frame.op[:16]} is no write of this path.")
    check_names(names)
    return operation, names


def refusal_frame(frame: Mut | MutFrame, refusal: Refusal) -> Res:
    """The answer that says why *frame* changes nothing."""
    problem = problems.problem(refusal, instance=frame.path)
    return _problem_frame(frame, problem, replayed=refusal.replayed)


def _problem_frame(frame: Mut | MutFrame, problem: Json, *, replayed: bool = False) -> Res:
    return Res(id=frame.id, status=problem["status"], problem=problem, replayed=replayed)
