"""What a browser needs to get pushes: a door to register it by, and its service worker."""

from typing import Any, Final

import msgspec
from tornado.httputil import HTTPServerRequest

from handlers.http.manifest import HandlerRoute
from handlers.http.operation_runner import OperationRunner
from handlers.http.rest.handler import Handler
from handlers.notifications import preferences_page, push_devices
from handlers.notifications.preferences_page import PreferencesPage
from handlers.notifications.push_views import DEVICES, WORKER
from handlers.pages.rendering import script_of
from handlers.pages.user_agents import name_of
from models.base.errors import Invalid, NotFound
from upcoach.services.base.request_parameters import Parameters

_SUBSCRIPTION: Final = ("endpoint", "p256dh", "auth")
_WORKER: Final = script_of("push_worker")
# It asks nobody but us, when its subscription has changed.
_WORKER_POLICY: Final = "default-src 'none'; connect-src 'self'; frame-ancestors 'none'"


class PushDevicesPage(PreferencesPage):
    """`/account/notifications/devices`, where the page posts to."""

    async def get(self) -> None:
        """Redirect to the page."""
        self.see_other(preferences_page.PATH)

    async def post(self) -> None:
        """Register this browser in this login, or remove a device."""
        form = self.submitted_form()
        try:
            await (self._remove(form["remove"]) if "remove" in form else self._register(form))
        except Invalid:
            words = "This browser named no push service that we can reach. Nothing was turned on."
            await self.show_newest(problem=words, status=400)
        except NotFound:  # it is gone already
            self.see_other(preferences_page.PATH)
        else:
            self.see_other(preferences_page.PATH)

    async def _register(self, form: Parameters) -> None:
        body = {
            "platform": "web",
            "name": _browser_of(self.request),
            "subscription": {name: form[name] for name in _SUBSCRIPTION},
        }
        await self.submit(push_devices.REGISTER, body, session=self.own_session)

    async def _remove(self, device: str) -> None:
        await self.submit(push_devices.DELETE, session=self.own_session, names={"id": device})


class PushWorkerScript(Handler):
    """`GET /account/notifications/worker.js`: the service worker, whose scope is that folder.

    It is the same for everybody with the same browser, and comes without a login: browsers look for
    a newer one whenever they like, also when a login is over.
    """

    def initialize(self, runner: OperationRunner, **_: Any) -> None:
        """Take the services."""
        super().initialize(runner)
        self._notifications = runner.services.notifications

    @property
    def route(self) -> str:
        """See `Handler.route`."""
        return WORKER

    async def prepare(self) -> None:
        """Count the request."""
        if self.request.method != "OPTIONS":  # which is counted where it is answered
            await self.request_limit.take("public")

    def get(self) -> None:
        """Answer with the script, or with 404 where none can be used.

        It knows where links lead, and by what name its browser is registered.
        """
        self._notifications.push_devices.web_key  # noqa: B018 - which refuses it then
        app = msgspec.json.encode(self._notifications.web_app).decode()
        name = msgspec.json.encode(_browser_of(self.request)).decode()
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.add_header("Vary", "User-Agent")
        self.set_header("Content-Security-Policy", _WORKER_POLICY)
        self.finish(f"const APP = {app};\nconst NAME = {name};\n{_WORKER}")

    head = get


def _browser_of(request: HTTPServerRequest) -> str:
    return name_of(request.headers.get("User-Agent", ""))


ROUTES: Final = (
    HandlerRoute(DEVICES, PushDevicesPage, service=lambda runner: runner.services.notifications),
    HandlerRoute(WORKER, PushWorkerScript),
)
