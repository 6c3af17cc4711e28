"""`mut` frames: exactly what the REST route does."""

import msgspec
import structlog

from handlers import operations, problems
from handlers.operations import Call, Operation, Router
from handlers.rest import Edge, check_name
from models.errors import Invalid, NotFound, Refusal
from models.frames import Mut, Res
from models.merge_patch import Json
from models.scope import Scope

_log = structlog.get_logger(__name__)


async def mutate(edge: Edge, router: Router, caller: Scope, frame: Mut) -> Res:
    """The answer to *frame*."""
    try:
        answer = await _perform(edge, router, caller, frame)
    except Refusal as refusal:
        answer = refused(frame, refusal)
    except Exception:  # noqa: BLE001 - logged; one broken write must not end the connection
        _log.exception("mutation_failed", op=frame.op)
        answer = _answered(frame, problems.http_problem(500, instance=frame.path))
    edge.measures.mutations.labels(str(answer.status)).inc()
    return answer


async def _perform(edge: Edge, router: Router, caller: Scope, frame: Mut) -> Res:
    operation, names = _find(router, frame)
    body = operations.parse_body(bytes(frame.body))
    call = Call(
        caller=caller,
        names=names,
        body=body,
        base=frame.base,
        mutation=operations.mutation_of(frame.id, operation, frame.path, frame.base, body),
    )
    reply = await operation.run(edge.services, call)
    return Res(
        id=frame.id,
        status=reply.status,
        ver=reply.version,
        cur=operations.cursor_text(edge.epoch, reply),
        body=msgspec.UNSET if reply.body is None else reply.body,
        replayed=reply.replayed,
    )


def _find(router: Router, frame: Mut) -> tuple[Operation, dict[str, str]]:
    found = router.find(frame.path)
    if found is None:
        raise NotFound("path_unknown", "There is nothing under this path.")
    route, names = found
    operation = route.operations.get(frame.op)
    if operation is None or not operation.live:
        raise Invalid("method_not_allowed", f"{frame.op[:16]} is no write of this path.")
    for name in names.values():
        check_name(name)
    return operation, names


def refused(frame: Mut, refusal: Refusal) -> Res:
    """The answer that says why *frame* changes nothing."""
    return _answered(frame, problems.problem(refusal, instance=frame.path))


def _answered(frame: Mut, problem: Json) -> Res:
    return Res(id=frame.id, status=problem["status"], problem=problem)
