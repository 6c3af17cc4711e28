"""An insight of a kind that no learner has so far is kept like the habit learner's."""

import datetime as dt
from typing import Annotated, ClassVar

import msgspec
import pytest

from config.settings import Settings
from models.access.scope import Scope
from models.base.document import Privacy
from models.base.errors import NotFound
from models.insights import Insight, insight_id
from tests.support.server import serving

EPOCH = dt.datetime.min.replace(tzinfo=dt.UTC)


class GoalDate(Insight, frozen=True, kw_only=True):
    """When a goal will be reached."""

    kind: ClassVar[str] = "goal_date"
    collection: ClassVar[str] = "goal_dates"
    subject: ClassVar[str] = "goal"

    within_days: Annotated[int | None, Privacy.PERSONAL] = None
    model: str


async def test_an_insight_is_about_a_document_of_the_kind_that_it_names(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        goal = (await person.call("POST", "/v1/goals", {"title": "Run"})).body
        insights = server.node.services.insights.insights
        scope = Scope(user=goal["owner"])
        said = GoalDate(
            id=insight_id(goal["id"]),
            owner=scope.user,
            created_at=EPOCH,
            updated_at=EPOCH,
            type="goal-date",
            about=goal["id"],
            day=dt.date(2026, 6, 1),
            model="goal-date/1",
        )
        newer = msgspec.structs.replace(said, within_days=9)
        of_nothing = msgspec.structs.replace(said, id="ins_other", about="hab_other")

        outcomes = [await insights.publish(scope, one) for one in (said, said, newer, of_nothing)]
        kept = await insights.page(GoalDate, scope)
        gone = await insights.withdraw(GoalDate, scope, said.id)

        assert [one.verb for one in outcomes] == ["created", "unchanged", "updated", "unchanged"]
        assert [(one.within_days, one.version) for one in kept] == [(9, 2)]
        assert gone.verb == "deleted"
        with pytest.raises(NotFound):
            await insights.get(GoalDate, scope, said.id)
