"""The queue of writes that have no answer yet, in order."""

import asyncio
import collections
from collections.abc import Callable
from typing import Final

import msgspec

from models.base.merge_patch import Json
from upcoach.client.timing import Timer

FOLLOWED: Final = 256  # writes that a write may name as known
AGAIN_S: Final = 0.2  # until a write is sent again whose answer says that it may succeed then

OnRefused = Callable[[Json], None]


class PendingWrites:
    """The unanswered writes of a device.

    A write is sent again under its own id, which the server carries out once, until an answer says
    how it ended.  While one was told to wait, what was made after it waits behind it: a later write
    may build on an earlier one.

    Attributes
    ----------
    refusals
        The writes (`write`) whose refusal (`answer`) nobody was waiting for, because the
        application was closed since or waits no more, by id.

    """

    def __init__(self, send: Callable[[Json], None], on_refused: OnRefused | None = None) -> None:
        self._send = send
        self._on_refused = on_refused
        self._frames: dict[str, Json] = {}
        self._accepted: collections.deque[Json] = collections.deque(maxlen=FOLLOWED)
        self._answers: dict[str, asyncio.Future[Json]] = {}
        self._held: set[str] = set()
        self._held_until = 0.0
        self._timer = Timer(self._send_held)
        self.refusals: dict[str, Json] = {}

    def add(self, frame: Json) -> asyncio.Future[Json]:
        """Queue a `mut` frame until it is answered; it follows those for the same path.

        Of those that have their answers, it follows whichever were made from the same version: it
        knows no newer one, and takes their effects for granted all the same.
        """
        base = frame.get("base")
        known = [one for one in self._accepted if base is not None and one.get("base") == base]
        before = [
            earlier["id"]
            for earlier in (*known, *self._frames.values())
            if earlier["path"] == frame["path"]
        ]
        if before:
            frame["follows"] = before[-FOLLOWED:]
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._frames[frame["id"]] = frame
        self._answers[frame["id"]] = answer
        return answer

    def load(self, saved: Json) -> None:
        """Load the writes and refusals of an earlier run, for whose answers nobody waits."""
        self._frames |= {frame["id"]: frame for frame in saved.get("writes", ())}
        self.refusals |= {refusal["write"]["id"]: refusal for refusal in saved.get("refusals", ())}

    def saved(self) -> Json:
        """The state to save, which `load` takes."""
        return {"writes": list(self._frames.values()), "refusals": list(self.refusals.values())}

    def holds(self, frame: Json) -> bool:
        """Whether *frame* has to wait behind one that was told to wait; it goes out after it."""
        if not self._held or frame["id"] not in self._frames:
            return False
        self._held.add(frame["id"])
        return True

    def pending(self) -> list[Json]:
        """All writes without an answer, to be sent again over a new connection."""
        self._held.clear()
        self._timer.stop()
        return list(self._frames.values())

    def take(self, result: Json) -> None:
        """Take a `res` frame: it is the answer, or it says to ask again."""
        frame = self._frames.get(result["id"])
        if frame is None:
            return
        after_s = again_s(result)
        if after_s is not None:
            self._hold(frame, after_s)
            return
        del self._frames[frame["id"]]
        self._held.discard(frame["id"])
        if result["status"] < 400:
            self._accepted.append({name: frame.get(name) for name in ("id", "path", "base")})
        answer = self._answers.pop(frame["id"], None)
        if answer is not None and not answer.done():
            answer.set_result(result)
        elif result["status"] >= 400:
            self._keep_refusal({"write": frame, "answer": result})

    def refuse_largest(self) -> None:
        """Refuse the largest write: the server has closed the connection over a frame's size."""
        if self._frames:
            largest = max(self._frames.values(), key=size_of)
            self.take(too_large(largest))

    def close(self, failure: Exception | None = None) -> None:
        """Cancel or fail all who wait for an answer; the writes are kept."""
        self.pending()
        for answer in self._answers.values():
            if answer.done():
                continue
            if failure is None:
                answer.cancel()
            else:
                answer.set_exception(failure)
        self._answers.clear()

    def _keep_refusal(self, refusal: Json) -> None:
        self.refusals[refusal["write"]["id"]] = refusal
        if self._on_refused is not None:
            self._on_refused(refusal)

    def _hold(self, frame: Json, after_s: float) -> None:
        """Send *frame*, and what waits behind it, no sooner than in *after_s*."""
        now = asyncio.get_running_loop().time()
        standing = self._held_until if self._held else now
        self._held_until = max(standing, now + after_s)
        self._held.add(frame["id"])
        self._timer.set(self._held_until - now)

    def _send_held(self) -> None:
        held = [frame for frame in self._frames.values() if frame["id"] in self._held]
        self._held.clear()
        for frame in held:
            self._send(frame)


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
    return AGAIN_S if is_running or result["status"] in (408, 503) else None
