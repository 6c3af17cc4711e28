"""Asking whatever the surface answers, in each of its orders."""

import contextlib
from typing import Any
from urllib.parse import urlencode

from handlers.http.operations import Operation, Router
from upcoach.cli.explain.questions import NoExample, Question, QuestionAnswer, Questions
from upcoach.client import RestClient


class Reader:
    """Somebody who reads whatever there is, and notes how each question was answered."""

    def __init__(self, client: RestClient) -> None:
        self._client = client
        self.statuses: dict[str, set[int]] = {}
        self.bodies: dict[str, Any] = {}

    async def ask(self, question: Question) -> QuestionAnswer | None:
        path = question.operation.path
        behind = f"?{urlencode(question.query)}" if question.query else ""
        answer = await self._client.call("GET", path + behind)
        self.statuses.setdefault(path, set()).add(answer.status)
        self.bodies[path + behind] = answer.body
        link = answer.headers.get("link", "")
        return (
            QuestionAnswer(answer.body, link.partition(">")[0][1:])
            if answer.status == 200
            else None
        )

    async def read_all(self, router: Router) -> None:
        """Ask every GET that names no document, with each of its filters and orders."""
        for operation in self._plain(router):
            with contextlib.suppress(NoExample):  # a filter needs a document that is not there
                await Questions(Router((operation,)), self.ask, together=1).ask_all()

    @staticmethod
    def _plain(router: Router) -> list[Operation[Any]]:
        return [
            route.operations["GET"]
            for route in router.routes
            if "GET" in route.operations and "{" not in route.path and route.path != "/v1/events"
        ]
