"""A device's access token, renewed with its refresh token."""

import asyncio
from collections.abc import Callable

from models.base.merge_patch import Json
from upcoach.client.machine import ClientEvent
from upcoach.client.rest import NO_ANSWER, ClientError, RestClient
from upcoach.client.timing import BackOff


class DeviceLogin:
    """Renews the token, one request at a time; the result is an event.

    Attributes
    ----------
    token
        The newest token.

    """

    def __init__(
        self,
        happen: Callable[[ClientEvent], None],
        token: str,
        refresh_token: str,
        longest_s: float,
        on_login: Callable[[Json], None] | None = None,
    ) -> None:
        self.token = token
        self._happen = happen
        self._on_login = on_login
        self._first = self._refresh_token = refresh_token
        self._back_off = BackOff(longest_s)
        self._was_unheard = False
        self._task: asyncio.Task[None] | None = None

    def load(self, saved: Json | None) -> None:
        """Go on from *saved*, unless the application has logged in anew since."""
        is_given = bool(self.token or self._refresh_token)
        if saved is not None and (not is_given or self._first == saved["first"]):
            self.token = saved["token"]
            self._first, self._refresh_token = saved["first"], saved["refresh_token"]

    def saved(self) -> Json | None:
        """The newest tokens, and the refresh token of the login they follow from; None without."""
        if not self._refresh_token:
            return None
        return {
            "first": self._first,
            "token": self.token,
            "refresh_token": self._refresh_token,
        }

    def renew(self, url: str, *, must: bool) -> None:
        """Refresh the token at *url*; without a refresh token that fails if there *must* be one."""
        if self._task is not None:
            return
        if self._refresh_token:
            self._task = asyncio.create_task(self._renew(url))
        elif must:
            self._happen(ClientEvent.REFUSED)

    def forget(self) -> None:
        """Forget all tokens."""
        self.token = self._first = self._refresh_token = ""

    def close(self) -> None:
        """Cancel a request under way."""
        if self._task is not None:
            self._task.cancel()

    async def wait_closed(self) -> None:
        """Wait until no request is under way."""
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _renew(self, url: str) -> None:
        if self._was_unheard:
            await asyncio.sleep(self._back_off.next_s())
        event = await self._ask(url)
        self._task = None
        self._was_unheard = event is ClientEvent.UNHEARD
        if not self._was_unheard:
            self._back_off.calm()
        self._happen(event)

    async def _ask(self, url: str) -> ClientEvent:
        client = RestClient(url, refresh_token=self._refresh_token)
        try:
            if not await client.refresh():
                return ClientEvent.REFUSED
        except (*NO_ANSWER, ClientError):
            return ClientEvent.UNHEARD
        finally:
            client.close()
        self.token = client.token
        self._refresh_token = client.refresh_token
        saved = self.saved()
        if self._on_login is not None and saved is not None:
            self._on_login(saved)
        return ClientEvent.RENEWED
