"""A client's copy of one feed: the documents, and the number up to which events are applied.

No input, no output: frames go in, and the copy says what it needs in order to go on.
"""

from typing import Any

from models.base.checksums import Sums, toggle
from models.base.merge_patch import Json, merged

Documents = dict[str, dict[str, Json]]


class Replica:
    """The copy of one feed.

    Attributes
    ----------
    documents
        Public documents by kind and id.
    epoch
        The log that the numbers are of; empty until a position is known.
    seq
        The number up to which events are applied.
    is_live
        Whether the server has said that nothing is missing, and nothing was asked for since.
    applied
        How often each number was applied; more than once would be a fault.
    repeats
        How often a number came again; harmless, but the server promises not to.
    gaps
        How often a number was missing.
    resets
        The reason of each `reset`.
    mismatches
        How often checksums differed.

    """

    def __init__(self, feed: str) -> None:
        self.feed = feed
        self.documents: Documents = {}
        self.epoch = ""
        self.seq = 0
        self.is_live = False
        self.applied: dict[int, int] = {}
        self.repeats = 0
        self.gaps = 0
        self.resets: list[str] = []
        self.mismatches = 0
        self._pages: Documents = {}
        self._is_filling = False
        self._is_asking = False
        self._doubted: dict[str, str] = {}

    @property
    def cursor(self) -> str:
        """The position as the wire has it; empty when there is none."""
        return f"{self.epoch}.{self.seq}" if self.epoch else ""

    def subscription(self, kinds: list[str] | None = None) -> Json:
        """The subscription that continues this feed; until it is answered, nothing else is heard.

        Documents of *kinds* are asked for again.  Half a snapshot is worth nothing.
        """
        self._is_asking = True
        self.is_live = False
        if not self.epoch or self._is_filling:
            return {"f": self.feed, "snap": True}
        subscription: Json = {"f": self.feed, "since": self.cursor}
        return subscription if kinds is None else subscription | {"snap": kinds}

    def hears(self, frame: Json) -> bool:
        """Whether *frame* belongs to the last subscription."""
        if frame["t"] in ("subd", "reset", "unsubd"):
            self._is_asking = False
        return not self._is_asking

    def begin(self, frame: Json) -> None:
        """Take a `subd` frame."""
        epoch, _, seq = frame["cur"].partition(".")
        self.epoch = epoch
        self.is_live = False
        self._pages = {}
        if frame["mode"] == "snapshot":
            self._is_filling = True
            self.seq = int(seq)

    def misses(self, frame: Json) -> bool:
        """Whether a number is missing before *frame*."""
        return span(frame)[0] > self.seq + 1

    def apply(self, frame: Json) -> bool:
        """Take a `snap`, `ev` or `skip` frame; whether it is an event that was applied."""
        if frame["t"] == "snap":
            self._take_page(frame)
            return False
        self._end_filling()
        first, last = span(frame)
        if first > self.seq + 1:
            words = f"after {self.seq} came {first}: a number is missing"
            raise LookupError(words)
        if last <= self.seq:
            self.repeats += 1
            return False
        self.seq = last
        if frame["t"] == "skip":
            return False
        self.applied[last] = self.applied.get(last, 0) + 1
        apply_event(self.documents, frame)
        return True

    def settle(self, frame: Json) -> list[str]:
        """Take a `live` frame; the kinds whose checksums differ, and may be asked for again.

        A kind whose sum stays wrong after it was asked for is not asked for over and over.
        """
        self._end_filling()
        self.is_live = True
        sums: dict[str, str] | None = frame.get("sums")
        if sums is None:
            return []
        held = sums_of(self.documents)
        wrong = {kind: sums.get(kind, "") for kind in held.keys() | sums.keys()}
        wrong = {kind: total for kind, total in wrong.items() if held.get(kind, "") != total}
        if wrong:
            self.mismatches += 1
        fresh = sorted(kind for kind, total in wrong.items() if self._doubted.get(kind) != total)
        self._doubted = wrong
        return fresh

    def restart(self, reason: str) -> None:
        """Forget the position; the documents stay until the snapshot is complete.

        What may not be seen any more is not kept until then.
        """
        self.resets.append(reason)
        self.epoch, self.seq, self.is_live = "", 0, False
        if reason == "access":
            self.documents = {}

    def clear(self) -> None:
        """Delete the position and the documents."""
        self.epoch, self.seq, self.is_live = "", 0, False
        self.documents = {}

    def saved(self) -> Json:
        """The state to save, in order to go on after the application was closed."""
        if not self.epoch or self._is_filling:
            return {"feed": self.feed}
        documents, epoch, seq = self.documents, self.epoch, self.seq
        return {"feed": self.feed, "epoch": epoch, "seq": seq, "documents": documents}

    def load(self, saved: Json) -> None:
        """Go on from what `saved` gave."""
        self.epoch = saved.get("epoch", "")
        self.seq = saved.get("seq", 0)
        self.documents = saved.get("documents", {})

    def _take_page(self, frame: Json) -> None:
        page = self._pages.setdefault(frame["kind"], {})
        page.update({item["id"]: item for item in frame["items"]})
        if frame["last"] and not self._is_filling:
            self.documents[frame["kind"]] = self._pages.pop(frame["kind"])

    def _end_filling(self) -> None:
        """Show the snapshot, which is complete when something else than a page comes."""
        if self._is_filling:
            self._is_filling = False
            self.documents, self._pages = self._pages, {}


def span(frame: Json) -> tuple[int, int]:
    """The first and the last number that an `ev` or `skip` frame stands for."""
    if "seq" in frame:
        return frame["seq"], frame["seq"]
    return frame["from"], frame["to"]


def apply_event(documents: Documents, event: Json) -> None:
    """Apply an `ev` frame to *documents* (by kind and id).

    A document is changed only by a version that is larger than its own.  A deletion takes along
    whatever stands below the document's id, of any kind; another kind may have the same id.
    """
    kind, _, verb = event["type"].rpartition(".")
    standing = documents.setdefault(kind, {})
    document = standing.get(event["id"])
    if document is not None and event["ver"] <= document["version"]:
        return
    if verb == "deleted":
        standing.pop(event["id"], None)
        for of_kind in documents.values():
            for name in [name for name in of_kind if name.startswith(f"{event['id']}/")]:
                del of_kind[name]
    elif "doc" in event:
        standing[event["id"]] = event["doc"]
    elif document is not None:
        standing[event["id"]] = merged(document, event["patch"])


def sums_of(documents: Documents) -> dict[str, str]:
    """The checksums of *documents*, as `live.sums` has them.

    Examples
    --------
    >>> sums_of({"goal": {"gol_1": {"id": "gol_1", "version": 2}}, "habit": {}})
    {'goal': 'd54ceaec9aeec536'}

    """
    sums: Sums = {}
    for kind, of_kind in documents.items():
        for name, document in of_kind.items():
            toggle(sums, kind, name, _version(document))
    return {kind: f"{total:016x}" for kind, total in sums.items()}


def _version(document: dict[str, Any]) -> int:
    return int(document["version"])
