"""The page at `/`: what this server is, and where people and developers go on."""

from typing import Any, Final

from handlers.http.manifest import ApplicationParts, HandlerRoute
from handlers.http.operation_runner import OperationRunner
from handlers.pages import dev_outbox, next_steps
from handlers.pages.base import PageHandler
from handlers.pages.forms import PageLink
from handlers.pages.rendering import PageView

DOCS: Final = "/docs"
_PLACES: Final = (
    (
        PageLink(next_steps.ACCOUNT, "Your account"),
        "Log in or create an account; see your devices, and the apps with access.",
    ),
    (
        PageLink(DOCS, "API documentation"),
        "For developers: every operation, with examples.",
    ),
)
_OUTBOX: Final = (
    PageLink(dev_outbox.PATH, "Outbox"),
    "What this development server would have sent, such as links to confirm an address.",
)


_WORDS: Final = (
    "This is an UpCoach server.",
    "Your goals, habits, tasks, moods and journals are kept here, and on all of your devices.",
)


class HomePage(PageHandler):
    """`GET /`."""

    def initialize(
        self, runner: OperationRunner, path: str = next_steps.HOME, **context: Any
    ) -> None:
        """Take whether there is what was not sent."""
        super().initialize(runner, path)
        self._has_outbox: bool = context["has_outbox"]

    def get(self) -> None:
        """Show the page."""
        is_developer = self._has_outbox and dev_outbox.is_on_this_machine(self.request)
        places = (*_PLACES, _OUTBOX) if is_developer else _PLACES
        values = {"words": _WORDS, "places": places}
        self.show(PageView(title="Welcome to UpCoach", template="home", values=values))

    head = get


def _arguments(parts: ApplicationParts) -> dict[str, Any]:
    return {"runner": parts.runner, "has_outbox": dev_outbox.is_served(parts)}


ROUTES: Final = (HandlerRoute(next_steps.HOME, HomePage, _arguments),)
