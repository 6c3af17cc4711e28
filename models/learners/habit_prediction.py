"""The odds that a habit is done on its next due day, learned from each day after its end.

An event is noted at once, and followed later, together with those beside it (`refreshing`): so an
import settles each habit's days once, and not once an entry.

One event may settle hundreds of days, and one vacation concerns hundreds of habits.  So all that
may take long is an iterator of short steps (`applying`, `ticking`, `refreshing`): whoever must not
be held up takes some of them at a time, and all of them before anything else is asked.
"""

import collections
import contextlib
import datetime as dt
import heapq
import itertools
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Final, Self

import msgspec

from models.base.msgpack_pieces import record, records
from models.habits import Pauses
from models.insights import Scores
from models.learners import odds_records as kept
from models.learners.forecast import MINIMUM_LABELS, MOST_TOGETHER, Forecast, with_odds
from models.learners.habit_events import apply_vacation, habit_and_day
from models.learners.habit_state import HabitKey, HabitPlan, HabitState, Pause
from models.learners.population import Population
from models.learners.settling import Settling
from models.wire.frames import Ev

FAR: Final = dt.timedelta(days=2)  # a day that closes later is foreseen by what is learned by then
QUIET: Final = dt.timedelta(days=14)  # without a word of anybody: later than that it cannot be

HabitFailure = tuple[HabitKey, Exception]


class HabitOdds:
    """The learner of all habits: predicts the next due day of each.

    It knows only events and the time it is told, so the same events and times in the same order
    make the same state, to the last bit; and how often `tick` is called between two events makes
    no difference.

    What is written of days, and vacations, are followed together: before a day closes, and before
    `drain`.

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
    (10, datetime.date(2026, 1, 11), 0.05)
    >>> forecast.reasons[0].words
    'done on 0 of 10 due days since 1 January 2026'

    """

    NAME: ClassVar[str] = "habit-odds"
    VERSION: ClassVar[int] = 9  # a new one for every change of what is learned or of the state

    def __init__(self, population: Population | None = None) -> None:
        self._population = Population() if population is None else population
        self._settling = Settling(self._population)
        self._habit_states: dict[HabitKey, HabitState] = {}
        self._habits: dict[str, dict[str, None]] = collections.defaultdict(dict)  # by feed
        self._vacations: dict[str, dict[str, Pause]] = {}  # by feed and id
        self._repaused: dict[str, dt.datetime] = {}  # the feeds whose habits do not follow yet
        self._stale: dict[HabitKey, dt.datetime] = {}  # the habits of which more is known by now
        self._heard: dt.datetime | None = None  # when the newest event was written
        self._touched: dict[HabitKey, None] = {}  # in the order of their changes
        self._dues: list[
            tuple[dt.datetime, HabitKey]
        ] = []  # a heap; those that are past are skipped

        self.failures: list[HabitFailure] = []  # for whoever runs it to tell, and to clear

    def apply(self, event: Ev) -> None:
        """Take in an event; one of a type that does not concern habits changes nothing."""
        _exhaust(self.applying(event))

    def applying(self, event: Ev) -> Iterator[None]:
        """`apply`, in steps of some tenths of a millisecond."""
        self._hear(event)
        match event.type:
            case "habit.created":
                yield from self._create(event)
            case "habit.updated":
                yield from self._update(event)
            case "habit.deleted":
                self._delete(event)
            case "habit.entry.set":
                self._enter(event)
            case "habit.entry.deleted":
                self._withdraw(event)
            case vacation if vacation.startswith("habit.vacation."):
                self._pause(event)

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
        if not self.believes(now):
            return
        closed = 0
        while (due := self.next_tick()) and due <= now and (limit is None or closed < limit):
            _, key = heapq.heappop(self._dues)
            self._population.now = due
            habit_state = self._habit_states[key]
            habit_state.due = None  # the next one may be due at the same moment
            with self._isolated(key):
                yield from self._do_what_is_due(key, habit_state, due)
            yield
            closed += 1

    def believes(self, now: dt.datetime) -> bool:
        """Whether it may be *now*: a clock that is further ahead than people are silent is wrong.

        To follow it would make a missed day of each day in between, for everybody.
        """
        return self._heard is not None and now <= self._heard + QUIET

    def refreshing(self) -> Iterator[None]:
        """Apply what is written of days, and the vacations that have changed, in such steps."""
        while self._repaused:
            feed = next(iter(self._repaused))
            with self._isolated((feed, "")):
                yield from self._refresh(feed)
        while self._stale:
            yield from self._settle_again(next(iter(self._stale)))
            yield

    @contextlib.contextmanager
    def _isolated(self, key: HabitKey) -> Iterator[None]:
        """Forget a habit whose steps raise, the same way each time, and go on with all others."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - or one habit would end everybody's forecasts
            self._forget(key)
            self.failures.append((key, error))

    def next_tick(self) -> dt.datetime | None:
        """When the next day closes, or is learned."""
        _exhaust(self.refreshing())
        while self._dues:
            due, key = self._dues[0]
            habit_state = self._habit_states.get(key)
            if habit_state is not None and habit_state.due == due:
                return due
            heapq.heappop(self._dues)
        return None

    def drain(self, limit: int | None = None) -> list[Forecast]:
        """The forecasts that have changed since the last call, the newest of each habit.

        With a *limit* there are no more of them than that, and others may be left.
        """
        _exhaust(self.refreshing())
        touched = list(itertools.islice(self._touched, limit))
        for key in touched:
            del self._touched[key]
        return [self._forecast_or_none(key) for key in touched]

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
        yield record(kept.HEAD, (self.VERSION, self._heard, self._population.to_state()))
        for kind, entries in self._kept().items():
            for entry in entries.items():
                yield record(kind, entry)

    @classmethod
    def from_state(cls, state: bytes | memoryview) -> Self:
        """The learner that wrote *state*, which must be of this version."""
        odds = cls()
        _exhaust(odds.restoring(state))
        return odds

    def restoring(self, state: bytes | memoryview) -> Iterator[None]:
        """`from_state` in steps, for one that has heard nothing yet."""
        for kind, body in records(state):
            self._restore(kind, body)
            yield

    def _kept(self) -> dict[int, dict[Any, Any]]:
        return {
            kept.PERSON: self._population.people,
            kept.HABIT: self._habit_states,
            kept.TOUCHED: self._touched,
            kept.VACATIONS: self._vacations,
            kept.REPAUSED: self._repaused,
            kept.STALE: self._stale,
        }

    def _restore(self, kind: int, body: memoryview) -> None:
        if kind == kept.HEAD:
            version, self._heard, population = kept.head.decode(body)
            if version != self.VERSION:
                raise ValueError(f"The state is of version {version}, not {self.VERSION}.")
            self._population.restore(population)
            return
        key, value = kept.ENTRIES[kind].decode(body)
        self._kept()[kind][key] = value
        if kind == kept.HABIT:
            feed, habit = key
            self._habits[feed][habit] = None
            if value.due:
                heapq.heappush(self._dues, (value.due, key))

    def _hear(self, event: Ev) -> None:
        self._population.now = event.at
        self._heard = max(self._heard or event.at, event.at)
        person = self._population.person(event.f)
        person.heard = max(person.heard or event.at, event.at)

    def _create(self, event: Ev) -> Iterator[None]:
        plan = HabitPlan.read({"created_at": event.at} | (event.doc or {}))
        away = Pauses(self._vacations.get(event.f, {}).values()).of(event.id)
        habit_state = HabitState.created(event.f, plan, away)
        self._habit_states[event.f, event.id] = habit_state
        self._habits[event.f][event.id] = None
        yield from self._advance((event.f, event.id), habit_state, event.at)

    def _update(self, event: Ev) -> Iterator[None]:
        key = event.f, event.id
        habit_state = self._habit_states.get(key)
        if habit_state is None:
            return
        plan = habit_state.plan.changed(event.patch or {})
        if plan == habit_state.plan:
            return
        yield from self._settle_again(key)
        if key in self._habit_states:
            yield from self._settling.learn_all(habit_state)
            habit_state.replan(plan, event.at)
            yield from self._advance(key, habit_state, event.at)

    def _delete(self, event: Ev) -> None:
        self._forget((event.f, event.id))

    def _forget(self, key: HabitKey) -> None:
        feed, habit = key
        self._stale.pop(key, None)
        if self._habit_states.pop(key, None) is not None:
            self._habits[feed].pop(habit, None)
            self._touched[key] = None
            self._touch_together(feed)

    def _enter(self, event: Ev) -> None:
        key, day = habit_and_day(event)
        habit_state = self._habit_states.get(key)
        written = event.patch if event.doc is None else event.doc
        if habit_state is None or written is None:
            return
        if event.doc is None and "achieved" not in written:
            return  # a note or a value changed, not what became of the day
        self._touch_if_learned(habit_state, day)
        if habit_state.note(day, written.get("achieved"), event.at):
            self._stale[key] = event.at

    def _withdraw(self, event: Ev) -> None:
        key, day = habit_and_day(event)
        habit_state = self._habit_states.get(key)
        if habit_state is None:
            return
        self._touch_if_learned(habit_state, day)
        if habit_state.withdraw(day):
            self._stale[key] = event.at

    def _touch_if_learned(self, habit_state: HabitState, day: dt.date) -> None:
        if habit_state.learned.begun and day <= habit_state.learned.until:
            self._touch_together(habit_state.feed)

    def _touch_together(self, feed: str) -> None:
        """Let all habits of a person speak again that may have spoken of this one's past."""
        habits = self._habits[feed]
        if len(habits) <= MOST_TOGETHER:
            self._touched |= dict.fromkeys((feed, habit) for habit in habits)

    def _pause(self, event: Ev) -> None:
        """Apply a vacation that is made, moved or deleted: what is settled stays so."""
        apply_vacation(self._vacations.setdefault(event.f, {}), event)
        self._repaused[event.f] = event.at

    def _refresh(self, feed: str) -> Iterator[None]:
        """Apply the vacations of *feed* to its habits."""
        at = self._repaused.pop(feed)
        pauses = Pauses(self._vacations.get(feed, {}).values())
        for habit in tuple(self._habits.get(feed, ())):
            yield
            key = feed, habit
            habit_state = self._habit_states[key]
            away = pauses.of(habit)
            if away != habit_state.away:
                habit_state.away = away
                self._stale[key] = max(at, self._stale.get(key, at))

    def _settle_again(self, key: HabitKey) -> Iterator[None]:
        """Follow what has become known of a habit's days."""
        at = self._stale.pop(key, None)
        if at is None:
            return
        habit_state = self._habit_states[key]
        self._population.now = at
        before = habit_state.next, habit_state.known.history
        with self._isolated(key):
            yield from self._settling.again(habit_state, at)
            if before != (habit_state.next, habit_state.known.history):
                self._touched[key] = None
            self._schedule(key, habit_state)

    def _do_what_is_due(
        self, key: HabitKey, habit_state: HabitState, now: dt.datetime
    ) -> Iterator[None]:
        learns, closes = habit_state.learns(), habit_state.closes()
        if learns is not None and learns <= now:
            self._settling.learn(habit_state)
            if closes is not None and closes - now > FAR:
                self._settling.foresee_again(habit_state)
                self._touched[key] = None
            yield
        if closes is not None and closes <= now:
            yield from self._advance(key, habit_state, now)
        else:
            self._schedule(key, habit_state)

    def _advance(self, key: HabitKey, habit_state: HabitState, at: dt.datetime) -> Iterator[None]:
        """Settle the days that are over, and predict the next one."""
        yield from self._settling.advance(habit_state, at)
        self._touched[key] = None
        self._schedule(key, habit_state)

    def _schedule(self, key: HabitKey, habit_state: HabitState) -> None:
        dues = [due for due in (habit_state.closes(), habit_state.learns()) if due]
        due = min(dues, default=None)
        if due is not None and due != habit_state.due:
            heapq.heappush(self._dues, (due, key))
        habit_state.due = due

    def _forecast_or_none(self, key: HabitKey) -> Forecast:
        forecasts = []
        with self._isolated(key):
            forecasts.append(self._forecast(key))
        return forecasts[0] if forecasts else self._forecast(key)  # of what is forgotten, none

    def _forecast(self, key: HabitKey) -> Forecast:
        feed, habit = key
        none = Forecast(feed=feed, habit=habit, model=f"{self.NAME}/{self.VERSION}")
        habit_state = self._habit_states.get(key)
        if habit_state is None or habit_state.next is None:
            return none
        forecast = msgspec.structs.replace(
            none,
            day=habit_state.next.day,
            labels=habit_state.known.history.labels,
            scores=self.scores(feed),
        )
        if forecast.labels < MINIMUM_LABELS:
            return forecast
        weights = self._population.contributions(habit_state.next)
        all_states = [self._habit_states[feed, other] for other in self._habits[feed]]
        return with_odds(forecast, habit_state, habit_state.next, weights, all_states)


def _exhaust(steps: Iterable[None]) -> None:
    collections.deque(steps, maxlen=0)  # exhausts them in C
