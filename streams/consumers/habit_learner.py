"""The habit learner: events of habits in, a forecast of each habit's next due day out."""

import datetime as dt
from collections.abc import Hashable, Iterator, Mapping
from typing import ClassVar, Final, Literal

from models.access.scope import Scope
from models.insights import HabitForecast, insight_id
from models.learners import Forecast, HabitOdds
from models.wire.events import feed_owner
from models.wire.frames import Ev
from streams.consumers.consumer import ConsumerFailure
from upcoach.services.insights.insights import Insights

FORECASTS_PER_STEP: Final = 5  # forecasts put into words in one step


class HabitLearner:
    """See `DurableConsumer`: `HabitOdds` on the log, whose forecasts become insights."""

    durability: ClassVar[Literal["durable"]] = "durable"
    name: ClassVar[str] = HabitOdds.NAME
    version: ClassVar[int] = HabitOdds.VERSION
    concerns: ClassVar[tuple[str, ...]] = ("habit.",)

    def __init__(self, insights: Insights) -> None:
        self._insights = insights
        self.odds = HabitOdds()

    def apply(self, event: Ev) -> Iterator[None]:
        """See `DurableConsumer.apply`."""
        return self.odds.applying(event)

    def tick(self, now: dt.datetime) -> Iterator[None]:
        """See `DurableConsumer.tick`: days that have ended are closed."""
        return self.odds.ticking(now)

    def next_tick(self) -> dt.datetime | None:
        """See `DurableConsumer.next_tick`."""
        return self.odds.next_tick()

    def believes(self, now: dt.datetime) -> bool:
        """See `DurableConsumer.believes`."""
        return self.odds.believes(now)

    def drain(self) -> Iterator[Mapping[Hashable, Forecast]]:
        """See `DurableConsumer.drain`."""
        for _ in self.odds.refreshing():
            yield {}
        while forecasts := self.odds.drain(FORECASTS_PER_STEP):
            yield {(forecast.feed, forecast.habit): forecast for forecast in forecasts}

    def take_failures(self) -> list[ConsumerFailure]:
        """See `DurableConsumer.take_failures`: habits, which have no forecast any more."""
        failures, self.odds.failures = self.odds.failures, []
        return [ConsumerFailure(*key, error) for key, error in failures]

    async def publish(self, output: Forecast) -> None:
        """See `DurableConsumer.publish`."""
        scope = Scope(user=feed_owner(output.feed), device=self.name)
        if output.day is None:
            await self._insights.withdraw(HabitForecast, scope, insight_id(output.habit))
        else:
            await self._insights.publish(scope, _insight(scope.user, output, output.day))

    def state(self) -> Iterator[bytes]:
        """See `DurableConsumer.state`."""
        return self.odds.state_pieces()

    def restore(self, state: bytes | memoryview | None) -> Iterator[None]:
        """See `DurableConsumer.restore`."""
        self.odds = HabitOdds()
        return self.odds.restoring(b"" if state is None else state)


def _insight(owner: str, forecast: Forecast, day: dt.date) -> HabitForecast:
    epoch = dt.datetime.min.replace(tzinfo=dt.UTC)
    return HabitForecast(
        id=insight_id(forecast.habit),
        owner=owner,
        created_at=epoch,
        updated_at=epoch,
        type=HabitOdds.NAME,
        about=forecast.habit,
        day=day,
        odds=forecast.odds,
        low=forecast.low,
        high=forecast.high,
        reasons=forecast.reasons,
        labels=forecast.labels,
        scores=forecast.scores,
        model=forecast.model,
    )
