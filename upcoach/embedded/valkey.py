"""A Valkey whose append-only file is synced every second."""

from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from upcoach.embedded import ports, wheels
from upcoach.embedded.engine import Engine, kept_secret

SETTINGS = {
    "bind": ports.LOOPBACK,
    "protected-mode": "yes",
    "daemonize": "no",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": '""',
    # What does not fit is refused; dropping entries would lose events silently.
    "maxmemory-policy": "noeviction",
}


class Valkey(Engine):
    """The Valkey of one data folder."""

    name = "valkey"

    @property
    def url(self) -> str:
        return f"redis://:{self._password}@{ports.LOOPBACK}:{self.port}/0"

    def command(self) -> list[str | Path]:
        # Not as arguments, because every user of the machine can read those, the password too.
        return [wheels.valkey(), self._config_file()]

    async def answers(self) -> bool:
        try:
            async with Redis.from_url(self.url) as client:
                return bool(await client.ping())
        except (RedisError, OSError):  # not listening, or still reading its file
            return False

    def _config_file(self) -> Path:
        own = {
            "port": str(self.port),
            "dir": f'"{self.folder}"',
            "logfile": f'"{self.log_file}"',
            "requirepass": self._password,
        }
        path = self.folder / "valkey.conf"
        path.touch(mode=0o600)
        path.write_text("".join(f"{name} {value}\n" for name, value in (SETTINGS | own).items()))
        return path

    @property
    def _password(self) -> str:
        return kept_secret(self.folder / "password")
