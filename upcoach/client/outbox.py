"""Writes that have no answer yet, in the order in which they were made."""

import asyncio
from collections.abc import Callable

import msgspec

from models.merge_patch import Json

FOLLOWED = 256  # writes that one may name as known
AGAIN_S = 0.2  # until a write is sent again whose answer says that it may succeed then


class Outbox:
    """The unanswered writes of a device.

    A write is sent again under its own id, which the server carries out once, until an answer says
    how it ended.
    """

    def __init__(self, send: Callable[[Json], None]) -> None:
        self._send = send
        self._frames: dict[str, Json] = {}
        self._answers: dict[str, asyncio.Future[Json]] = {}
        self._again: dict[str, asyncio.TimerHandle] = {}

    def add(self, frame: Json) -> asyncio.Future[Json]:
        """Keep a `mut` frame until its answer is there; it builds on those for the same path."""
        before = [one["id"] for one in self._frames.values() if one["path"] == frame["path"]]
        if before:
            frame["follows"] = before[-FOLLOWED:]
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self.keep(frame)
        self._answers[frame["id"]] = answer
        return answer

    def keep(self, frame: Json) -> None:
        """Keep a `mut` frame of an earlier run, for whose answer nobody waits any more."""
        self._frames[frame["id"]] = frame

    def frames(self) -> list[Json]:
        """All of them."""
        return list(self._frames.values())

    def pending(self) -> list[Json]:
        """All of them, to be sent again over a new connection."""
        for timer in self._again.values():
            timer.cancel()
        self._again.clear()
        return self.frames()

    def take(self, result: Json) -> None:
        """Take a `res` frame: it is the answer, or it says to ask again."""
        mutation_id = result["id"]
        if mutation_id not in self._frames:
            return
        after_s = again_s(result)
        if after_s is not None:
            self._send_in(mutation_id, after_s)
            return
        del self._frames[mutation_id]
        answer = self._answers.pop(mutation_id, None)
        if answer is not None and not answer.done():
            answer.set_result(result)

    def refuse_largest(self) -> None:
        """Take it that the largest write was too large for the server, which has hung up on it."""
        if self._frames:
            largest = max(self._frames.values(), key=size_of)
            self.take(too_large(largest))

    def close(self, failure: Exception | None = None) -> None:
        """Wait for answers no longer."""
        self.pending()
        for answer in self._answers.values():
            if answer.done():
                continue
            if failure is None:
                answer.cancel()
            else:
                answer.set_exception(failure)
        self._answers.clear()
        self._frames.clear()

    def _send_in(self, mutation_id: str, after_s: float) -> None:
        standing = self._again.pop(mutation_id, None)
        if standing is not None:
            standing.cancel()
        loop = asyncio.get_running_loop()
        self._again[mutation_id] = loop.call_later(after_s, self._send_again, mutation_id)

    def _send_again(self, mutation_id: str) -> None:
        del self._again[mutation_id]
        self._send(self._frames[mutation_id])


def size_of(frame: Json) -> int:
    """The bytes of *frame* on the wire."""
    return len(msgspec.json.encode(frame))


def too_large(frame: Json) -> Json:
    """The answer to a `mut` frame that no server would take."""
    detail = "This is more than the server takes of one write."
    problem = {"type": "/problems/frame_too_large", "status": 413, "code": "frame_too_large"}
    return {"t": "res", "id": frame["id"], "status": 413, "problem": problem | {"detail": detail}}


def again_s(result: Json) -> float | None:
    """In how many seconds to send a write again; None when *result* is its answer.

    Examples
    --------
    >>> again_s({"status": 429, "problem": {"after": 50}})
    0.05
    >>> again_s({"status": 201}) is None
    True

    """
    problem = result.get("problem", {})
    if result["status"] == 429:
        return float(problem.get("after", 1000 * AGAIN_S)) / 1000
    is_running = result["status"] == 409 and problem.get("code") == "mutation_running"
    return AGAIN_S if is_running or result["status"] == 503 else None
