"""The odds that a habit is done on its next due day, learned from each day as it ends.

One event may close hundreds of days, and one vacation concerns hundreds of habits.  So all that may
take long is an iterator of short steps (`applying`, `ticking`, `refreshing`): whoever must not be
held up takes some of them at a time, and all of them before anything else is asked.
"""

import collections
import datetime as dt
import heapq
import itertools
from collections.abc import Iterable, Iterator
from typing import ClassVar, Final, Self

import msgspec

from models.base.merge_patch import merged
from models.base.msgpack_pieces import array_head, array_pieces, encode, map_pieces
from models.base.time import DAY
from models.habits import Pauses
from models.insights import Scores
from models.learners.forecast import MINIMUM_LABELS, Forecast, reasons
from models.learners.habit_state import HabitPlan, HabitState, Pause, Prediction
from models.learners.population import Population, PopulationState
from models.wire.frames import Ev

PAUSES: Final = 500  # vacations of one person that are known: those that end last


class _State(msgspec.Struct, frozen=True, array_like=True):
    """The state of the learner, in the order of `HabitOdds.state_pieces`."""

    version: int
    population: PopulationState
    habit_states: dict[str, HabitState]
    touched: list[tuple[str, str]]
    vacations: dict[str, dict[str, Pause]]
    repaused: dict[str, dt.datetime]


class HabitOdds:
    """The learner of all habits: predicts the next due day of each.

    It knows only events and the time it is told, so the same events and times in the same order
    make the same state, to the last bit; and how often `tick` is called between two events makes
    no difference.

    Vacations are followed by all habits of a person together: before anything else is heard of that
    person, before a day closes, and before `drain`.

    Examples
    --------
    >>> from models.wire.frames import Author
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
    VERSION: ClassVar[int] = 3  # a new one for every change of what is learned or of the state

    def __init__(self, population: Population | None = None) -> None:
        self._population = Population() if population is None else population
        self._habit_states: dict[str, HabitState] = {}
        self._habits: dict[str, dict[str, None]] = collections.defaultdict(dict)  # by feed
        self._vacations: dict[str, dict[str, Pause]] = {}  # by feed and id
        self._repaused: dict[str, dt.datetime] = {}  # the feeds whose habits do not follow yet
        self._touched: dict[str, str] = {}  # habit to feed, in the order of their changes
        self._closings: list[tuple[dt.datetime, str]] = []  # a heap; stale ones are skipped

    def apply(self, event: Ev) -> None:
        """Take in an event; one of a type that does not concern habits changes nothing."""
        _exhaust(self.applying(event))

    def applying(self, event: Ev) -> Iterator[None]:
        """`apply`, in steps of some tenths of a millisecond."""
        if event.type.startswith("habit.vacation."):
            self._pause(event)
            return
        if event.f in self._repaused:
            yield from self._refresh(event.f)
        self._population.now = event.at
        match event.type:
            case "habit.created":
                yield from self._create(event)
            case "habit.updated":
                yield from self._update(event)
            case "habit.deleted":
                self._delete(event)
            case "habit.entry.set":
                yield from self._enter(event)
            case "habit.entry.deleted":
                self._withdraw(event)

    def tick(self, now: dt.datetime, limit: int | None = None) -> None:
        """Close the due days that have ended.

        Parameters
        ----------
        limit
            Close no more than so many; `next_tick` says whether more are due.  To close them in
            slices or at once comes to the same.

        """
        _exhaust(self.ticking(now, limit))

    def ticking(self, now: dt.datetime, limit: int | None = None) -> Iterator[None]:
        """`tick`, in steps of some tenths of a millisecond."""
        yield from self.refreshing()
        closed = 0
        while (due := self.next_tick()) and due <= now and (limit is None or closed < limit):
            _, habit = heapq.heappop(self._closings)
            self._population.now = due
            habit_state = self._habit_states[habit]
            habit_state.closes = (
                None  # the next day may close at the same moment, and is scheduled anew
            )
            yield from self._close(habit, habit_state)
            yield
            closed += 1

    def refreshing(self) -> Iterator[None]:
        """Apply the vacations that have changed to habits, in such steps."""
        while self._repaused:
            yield from self._refresh(next(iter(self._repaused)))

    def next_tick(self) -> dt.datetime | None:
        """When the next day closes."""
        _exhaust(self.refreshing())
        while self._closings:
            due, habit = self._closings[0]
            habit_state = self._habit_states.get(habit)
            if habit_state is not None and habit_state.closes == due:
                return due
            heapq.heappop(self._closings)
        return None

    def drain(self, limit: int | None = None) -> list[Forecast]:
        """The forecasts that have changed since the last call, the newest of each habit.

        With a *limit* there are no more of them than that, and others may be left.
        """
        _exhaust(self.refreshing())
        touched = list(itertools.islice(self._touched.items(), limit))
        for habit, _ in touched:
            del self._touched[habit]
        return [self._forecast(habit, feed) for habit, feed in touched]

    def forget(self, feed: str) -> None:
        """Erase the state of a person.  What the shared weights have learned stays."""
        self._habit_states = {
            id_: habit_state
            for id_, habit_state in self._habit_states.items()
            if habit_state.feed != feed
        }
        self._habits.pop(feed, None)
        self._repaused.pop(feed, None)
        self._touched = {id_: of for id_, of in self._touched.items() if of != feed}
        self._vacations.pop(feed, None)
        self._population.people.pop(feed, None)

    def scores(self, feed: str | None = None) -> Scores | None:
        """The scores over everybody, or for the person whose feed it is."""
        if feed is None:
            return self._population.losses.scores()
        person = self._population.people.get(feed)
        return person.losses.scores() if person else None

    def to_state(self) -> bytes:
        """Everything that `from_state` needs to go on as if nothing had happened."""
        return b"".join(self.state_pieces())

    def state_pieces(self) -> Iterator[bytes]:
        """`to_state` in pieces, each made in some hundredths of a millisecond."""
        yield array_head(len(_State.__struct_fields__))
        yield encode(self.VERSION)
        yield from self._population.state_pieces()
        yield from map_pieces(self._habit_states)
        yield from array_pieces(self._touched.items())
        yield from map_pieces(self._vacations)
        yield from map_pieces(self._repaused)

    @classmethod
    def from_state(cls, state: bytes) -> Self:
        """The learner that wrote *state*, which must be of this version."""
        kept = msgspec.msgpack.decode(state, type=_State)
        if kept.version != cls.VERSION:
            raise ValueError(f"The state is of version {kept.version}, not {cls.VERSION}.")
        odds = cls(Population.from_state(kept.population))
        odds._habit_states, odds._touched = kept.habit_states, dict(kept.touched)
        odds._vacations = kept.vacations
        odds._repaused = kept.repaused
        for habit, habit_state in kept.habit_states.items():
            odds._habits[habit_state.feed][habit] = None
        odds._closings = sorted(
            (habit_state.closes, habit)
            for habit, habit_state in kept.habit_states.items()
            if habit_state.closes
        )
        return odds

    def _create(self, event: Ev) -> Iterator[None]:
        plan = HabitPlan.read({"created_at": event.at} | (event.doc or {}))
        habit_state = self._habit_states[event.id] = HabitState(
            event.f, plan, plan.created_on - DAY
        )
        self._habits[event.f][event.id] = None
        habit_state.away = Pauses(self._vacations.get(event.f, {}).values()).of(event.id)
        yield from self._advance(event.id, habit_state)

    def _update(self, event: Ev) -> Iterator[None]:
        habit_state = self._habit_states.get(event.id)
        if habit_state is None:
            return
        plan = habit_state.plan.changed(event.patch or {})
        if plan != habit_state.plan:
            habit_state.replan(plan, event.at)
            yield from self._advance(event.id, habit_state)

    def _delete(self, event: Ev) -> None:
        if self._habit_states.pop(event.id, None) is not None:
            self._habits[event.f].pop(event.id, None)
            self._touched[event.id] = event.f

    def _enter(self, event: Ev) -> Iterator[None]:
        habit, day = _split(event.id)
        habit_state = self._habit_states.get(habit)
        written = event.patch if event.doc is None else event.doc
        if habit_state is None or written is None:
            return
        if event.doc is None and "achieved" not in written:
            return  # a note or a value changed, not what became of the day
        if habit_state.note(day, written.get("achieved"), event.at):
            yield from self._go_on(habit, habit_state, day, event.at)

    def _withdraw(self, event: Ev) -> None:
        habit, day = _split(event.id)
        habit_state = self._habit_states.get(habit)
        if habit_state is not None:
            habit_state.entries.pop(day, None)

    def _pause(self, event: Ev) -> None:
        """Apply a vacation that is made, moved or deleted: what is settled stays so."""
        vacations = self._vacations.setdefault(event.f, {})
        if event.type.endswith("deleted"):
            vacations.pop(event.id, None)
        else:
            before = vacations.get(event.id)
            fields = event.doc or merged(msgspec.to_builtins(before), event.patch or {})
            vacations[event.id] = msgspec.convert(fields, Pause)
            if len(vacations) > PAUSES:
                del vacations[min(vacations, key=lambda id_: vacations[id_].last)]
        self._repaused[event.f] = event.at

    def _refresh(self, feed: str) -> Iterator[None]:
        """Apply the vacations of *feed* to its habits.

        What was predicted stays while the next due day does: it was foreseen then, and not now.
        """
        self._population.now = self._repaused.pop(feed)
        pauses = Pauses(self._vacations.get(feed, {}).values())
        for habit in tuple(self._habits.get(feed, ())):
            yield
            habit_state = self._habit_states[habit]
            away = pauses.of(habit)
            if away == habit_state.away:
                continue
            habit_state.away = away
            if habit_state.next_day() != (habit_state.next and habit_state.next.day):
                yield from self._advance(habit, habit_state)

    def _go_on(
        self, habit: str, habit_state: HabitState, day: dt.date, at: dt.datetime
    ) -> Iterator[None]:
        """Advance to an entry for *day*: the days before it that are over are closed."""
        while (
            habit_state.next
            and habit_state.next.day < day
            and habit_state.is_over(habit_state.next.day, at)
        ):
            yield from self._close(habit, habit_state)
            yield
        if habit_state.next is None or day < habit_state.next.day:
            yield from self._advance(habit, habit_state)
        elif habit_state.is_done_early:
            yield from self._close(habit, habit_state)

    def _close(self, habit: str, habit_state: HabitState) -> Iterator[None]:
        self._settle(habit_state)
        yield from self._advance(habit, habit_state)

    def _settle(self, habit_state: HabitState) -> None:
        """Settle the next day by its outcome; one of which nothing is known was missed."""
        assert habit_state.next is not None
        day = habit_state.next.day
        achieved = habit_state.entries.get(day, False)
        if achieved is not None and day != habit_state.chosen:
            self._population.learn(habit_state, habit_state.next, done=achieved)
        if achieved is not None:
            self._population.count(habit_state, day, done=achieved)
        habit_state.settle(day)
        habit_state.rest()

    def _advance(self, habit: str, habit_state: HabitState) -> Iterator[None]:
        """Predict the next day anew, after settling those that were done early."""
        habit_state.next = self._population.predict(habit_state)
        while habit_state.is_done_early:
            yield
            self._settle(habit_state)
            habit_state.next = self._population.predict(habit_state)
        self._touched[habit] = habit_state.feed
        self._schedule(habit, habit_state)

    def _schedule(self, habit: str, habit_state: HabitState) -> None:
        closes = habit_state.closing()
        if closes is not None and closes != habit_state.closes:
            heapq.heappush(self._closings, (closes, habit))
        habit_state.closes = closes

    def _forecast(self, habit: str, feed: str) -> Forecast:
        habit_state = self._habit_states.get(habit)
        model = f"{self.NAME}/{self.VERSION}"
        if habit_state is None or habit_state.next is None:
            return Forecast(feed=feed, habit=habit, model=model)
        forecast = Forecast(
            feed=feed,
            habit=habit,
            day=habit_state.next.day,
            labels=habit_state.history.labels,
            scores=self.scores(feed),
            model=model,
        )
        if forecast.labels < MINIMUM_LABELS:
            return forecast
        return self._with_odds(forecast, habit_state, habit_state.next)

    def _with_odds(
        self, forecast: Forecast, habit_state: HabitState, next_: Prediction
    ) -> Forecast:
        return msgspec.structs.replace(
            forecast,
            odds=next_.odds,
            low=next_.low,
            high=next_.high,
            reasons=reasons(habit_state, next_, self._population.contributions(next_)),
        )


def _exhaust(steps: Iterable[None]) -> None:
    collections.deque(steps, maxlen=0)  # exhausts them in C


def _split(entry: str) -> tuple[str, dt.date]:
    habit, _, day = entry.rpartition("/")
    return habit, dt.date.fromisoformat(day)
