"""The odds that a habit is done on its next due day, learned from each day as it ends."""

import datetime as dt
import heapq
from typing import ClassVar, Self

import msgspec

from models.documents.insight import Scores
from models.frames import Ev
from models.learners.crowd import Crowd, CrowdState
from models.learners.days import DAY
from models.learners.forecast import MINIMUM_LABELS, Forecast, reasons
from models.learners.track import Pause, Plan, Prediction, Track
from models.merge_patch import merged


class _State(msgspec.Struct, frozen=True, array_like=True):
    version: int
    crowd: CrowdState
    tracks: dict[str, Track]
    touched: list[tuple[str, str]]
    vacations: dict[str, dict[str, Pause]]


class HabitOdds:
    """Follows every habit and predicts its next due day.

    It knows only events and the time it is told, so the same events and times in the same order
    make the same state, to the last bit; and how often `tick` is called between two events makes
    no difference.

    Examples
    --------
    >>> from models.frames import Author
    >>> at = dt.datetime(2026, 1, 1, 9, tzinfo=dt.UTC)
    >>> doc = {"created_at": "2026-01-01T09:00:00Z", "starts_on": "2026-01-01", "tz": "UTC"}
    >>> odds = HabitOdds()
    >>> odds.apply(Ev(f="u:ada", seq=1, type="habit.created", id="h", ver=1, doc=doc,
    ...               by=Author(user="ada"), at=at))
    >>> odds.next_tick()
    datetime.datetime(2026, 1, 2, 3, 0, tzinfo=datetime.timezone.utc)
    >>> odds.tick(at + dt.timedelta(days=10))
    >>> [forecast] = odds.drain()
    >>> forecast.labels, forecast.day, round(forecast.odds, 2)
    (10, datetime.date(2026, 1, 11), 0.08)
    >>> forecast.reasons[0].words
    'done on 0% of 10 due days so far'

    """

    NAME: ClassVar[str] = "habit-odds"
    VERSION: ClassVar[int] = 2  # a new one for every change of what is learned or of the state

    def __init__(self) -> None:
        self._crowd = Crowd()
        self._tracks: dict[str, Track] = {}
        self._vacations: dict[str, dict[str, Pause]] = {}  # by feed and id
        self._touched: dict[str, str] = {}  # habit to feed, in the order of their changes
        self._closings: list[tuple[dt.datetime, str]] = []  # a heap; stale ones are skipped

    def apply(self, event: Ev) -> None:
        """Take in an event; one of a type that does not concern habits changes nothing."""
        match event.type:
            case "habit.created":
                self._create(event)
            case "habit.updated":
                self._update(event)
            case "habit.deleted":
                self._delete(event)
            case "habit.entry.set":
                self._enter(event)
            case "habit.entry.deleted":
                self._withdraw(event)
            case "habit.vacation.created" | "habit.vacation.updated" | "habit.vacation.deleted":
                self._pause(event)

    def tick(self, now: dt.datetime, limit: int | None = None) -> None:
        """Close the due days that have ended.

        Parameters
        ----------
        limit
            Close no more than so many, about 0.1 ms each; `next_tick` says whether more are due.
            To close them in slices or at once comes to the same.

        """
        closed = 0
        while (due := self.next_tick()) and due <= now and (limit is None or closed < limit):
            _, habit = heapq.heappop(self._closings)
            track = self._tracks[habit]
            track.closes = None  # the next day may close at the same moment, and is scheduled anew
            self._close(habit, track)
            closed += 1

    def next_tick(self) -> dt.datetime | None:
        """When the next day closes."""
        while self._closings:
            due, habit = self._closings[0]
            track = self._tracks.get(habit)
            if track is not None and track.closes == due:
                return due
            heapq.heappop(self._closings)
        return None

    def drain(self) -> list[Forecast]:
        """The habits whose forecast has changed since the last call, each with its newest."""
        touched, self._touched = self._touched, {}
        return [self._forecast(habit, feed) for habit, feed in touched.items()]

    def forget(self, feed: str) -> None:
        """Drop all that is kept of a person.  What they taught the shared weights stays."""
        self._tracks = {id_: track for id_, track in self._tracks.items() if track.feed != feed}
        self._touched = {id_: of for id_, of in self._touched.items() if of != feed}
        self._vacations.pop(feed, None)
        self._crowd.people.pop(feed, None)

    def scores(self, feed: str | None = None) -> Scores | None:
        """The scores over everybody, or for the person whose feed it is."""
        if feed is None:
            return self._crowd.losses.scores()
        person = self._crowd.people.get(feed)
        return person.losses.scores() if person else None

    def to_state(self) -> bytes:
        """Everything that `from_state` needs to go on as if nothing had happened."""
        touched = list(self._touched.items())
        state = _State(self.VERSION, self._crowd.to_state(), self._tracks, touched, self._vacations)
        return msgspec.msgpack.encode(state)

    @classmethod
    def from_state(cls, state: bytes) -> Self:
        """The learner that wrote *state*, which must be of this version."""
        kept = msgspec.msgpack.decode(state, type=_State)
        if kept.version != cls.VERSION:
            raise ValueError(f"The state is of version {kept.version}, not {cls.VERSION}.")
        odds = cls()
        odds._crowd = Crowd.from_state(kept.crowd)
        odds._tracks, odds._touched = kept.tracks, dict(kept.touched)
        odds._vacations = kept.vacations
        odds._closings = sorted(
            (track.closes, habit) for habit, track in kept.tracks.items() if track.closes
        )
        return odds

    def _create(self, event: Ev) -> None:
        plan = Plan.read({"created_at": event.at} | (event.doc or {}))
        track = self._tracks[event.id] = Track(event.f, plan, plan.created_on - DAY)
        track.away = self._away(event.f, event.id)
        self._advance(event.id, track)

    def _update(self, event: Ev) -> None:
        track = self._tracks.get(event.id)
        if track is None:
            return
        plan = track.plan.changed(event.patch or {})
        if plan != track.plan:
            track.replan(plan, event.at)
            self._advance(event.id, track)

    def _delete(self, event: Ev) -> None:
        if self._tracks.pop(event.id, None) is not None:
            self._touched[event.id] = event.f

    def _enter(self, event: Ev) -> None:
        habit, day = _split(event.id)
        track = self._tracks.get(habit)
        written = event.patch if event.doc is None else event.doc
        if track is None or written is None:
            return
        if event.doc is None and "achieved" not in written:
            return  # a note or a value changed, not what became of the day
        if track.note(day, written.get("achieved"), event.at):
            self._go_on(habit, track, day, event.at)

    def _withdraw(self, event: Ev) -> None:
        habit, day = _split(event.id)
        track = self._tracks.get(habit)
        if track is not None:
            track.entries.pop(day, None)

    def _pause(self, event: Ev) -> None:
        """Follow a vacation that is made, moved or taken back: what is settled stays so."""
        vacations = self._vacations.setdefault(event.f, {})
        if event.type.endswith("deleted"):
            vacations.pop(event.id, None)
        else:
            before = vacations.get(event.id)
            fields = event.doc or merged(msgspec.to_builtins(before), event.patch or {})
            vacations[event.id] = msgspec.convert(fields, Pause)
        for habit, track in self._tracks.items():
            away = self._away(event.f, habit)
            if track.feed == event.f and away != track.away:
                track.away = away
                self._advance(habit, track)

    def _away(self, feed: str, habit: str) -> tuple[tuple[dt.date, dt.date], ...]:
        pauses = self._vacations.get(feed, {}).values()
        return tuple((one.first, one.last) for one in pauses if one.concerns(habit))

    def _go_on(self, habit: str, track: Track, day: dt.date, at: dt.datetime) -> None:
        """Follow an entry for *day*: the days before it that are over wait no longer."""
        while track.next and track.next.day < day and track.is_over(track.next.day, at):
            self._close(habit, track)
        if track.next is None or day < track.next.day:
            self._advance(habit, track)
        elif track.is_done_early:
            self._close(habit, track)

    def _close(self, habit: str, track: Track) -> None:
        self._settle(track)
        self._advance(habit, track)

    def _settle(self, track: Track) -> None:
        """Take in what became of the next day; one of which nothing is known was missed."""
        assert track.next is not None
        day = track.next.day
        achieved = track.entries.get(day, False)
        if achieved is not None and day != track.chosen:
            self._crowd.learn(track, track.next, done=achieved)
        if achieved is not None:
            self._crowd.count(track, day, done=achieved)
        track.settle(day)
        track.rest()

    def _advance(self, habit: str, track: Track) -> None:
        """Predict the next day anew, after settling those that were done early."""
        track.next = self._crowd.predict(track)
        while track.is_done_early:
            self._settle(track)
            track.next = self._crowd.predict(track)
        self._touched[habit] = track.feed
        self._schedule(habit, track)

    def _schedule(self, habit: str, track: Track) -> None:
        closes = track.closing()
        if closes is not None and closes != track.closes:
            heapq.heappush(self._closings, (closes, habit))
        track.closes = closes

    def _forecast(self, habit: str, feed: str) -> Forecast:
        track = self._tracks.get(habit)
        model = f"{self.NAME}/{self.VERSION}"
        if track is None or track.next is None:
            return Forecast(feed=feed, habit=habit, model=model)
        said = Forecast(
            feed=feed,
            habit=habit,
            day=track.next.day,
            labels=track.history.labels,
            scores=self.scores(feed),
            model=model,
        )
        return said if said.labels < MINIMUM_LABELS else self._spoken(said, track, track.next)

    def _spoken(self, said: Forecast, track: Track, next_: Prediction) -> Forecast:
        return msgspec.structs.replace(
            said,
            odds=next_.odds,
            low=next_.low,
            high=next_.high,
            reasons=reasons(track, next_, self._crowd.contributions(next_)),
        )


def _split(entry: str) -> tuple[str, dt.date]:
    habit, _, day = entry.rpartition("/")
    return habit, dt.date.fromisoformat(day)
