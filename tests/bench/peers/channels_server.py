"""Django Channels on uvicorn, with its Redis channel layer: a consumer in two groups."""

import channels_settings  # noqa: F401  Django is configured before anything of it is imported
import uvicorn
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import path
from pace import listen


class Feed(AsyncJsonWebsocketConsumer):
    """Somebody who listens."""

    async def connect(self) -> None:
        user = self.scope["url_route"]["kwargs"]["user"]
        self.joined = ("events", f"user.{user}")
        for group in self.joined:
            await self.channel_layer.group_add(group, self.channel_name)
        await self.accept()

    async def disconnect(self, _code: int) -> None:
        for group in self.joined:
            await self.channel_layer.group_discard(group, self.channel_name)

    async def feed_event(self, message: dict[str, object]) -> None:
        await self.send_json(message["event"])


application = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": URLRouter([path("<int:user>", Feed.as_asgi())]),
    }
)

uvicorn.Server(uvicorn.Config(application, log_level="warning")).run(sockets=[listen()])
