"""What the laws try of insights."""

from collections.abc import Iterator

from models.base.document import Document
from models.base.merge_patch import Json
from models.insights import HabitForecast
from models.insights.insight import Reason, Scores, insight_id
from tests.support.laws.context import FULL_HABIT, NOON, ContextRows, hide
from tests.support.people.furnished import HABIT, HABITS
from tests.support.server import Server
from upcoach.client import RestClient

COACH = "/v1/coach"


async def hidden(_server: Server, stranger: RestClient) -> dict[str, str]:
    """The id of what may be said of a habit that *stranger* has."""
    habit = (await hide(stranger, (HABITS, "hab", {"name": "Hide"})))[HABITS]
    return {COACH: insight_id(habit)}


def full(base: Json) -> Iterator[Document]:
    """A document of each kind, with every field filled."""
    day = NOON.date()
    scores = Scores(n=9, log_loss=0.5, brier=0.2, base_log_loss=0.6, base_brier=0.25)
    yield HabitForecast(
        id="ins_1",
        type="habit_odds",
        about=FULL_HABIT,
        day=day,
        odds=0.75,
        low=0.5,
        high=0.9,
        reasons=(Reason(feature="monday", words="Mondays", value=1, contribution=0.5),),
        labels=9,
        scores=scores,
        model="habit_odds-1",
        **base,
    )


ROWS = ContextRows(
    name="insights",
    ids={COACH: insight_id(HABIT)},
    hidden=hidden,
    lists={f"{COACH}/insights": 100},
    full=full,
)
