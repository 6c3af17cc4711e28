"""`python -m upcoach`: serve, migrate, demo."""

import argparse
import asyncio
import os
import signal
import sys

import structlog

from config import logging
from config.secrets import with_development_secrets
from config.settings import Settings, SettingsError
from upcoach import app, demo
from upcoach.embedded import EngineError
from upcoach.store.installation import InstallationError

_log = structlog.get_logger(__name__)

WELCOME = """\
UpCoach serves at {url}

  readiness   {url}/readyz
  live feed   {ws}/v1/live
  metrics     {metrics}/metrics
  data        {data}

Try it in another terminal:  make demo        Stop:  Ctrl-C
"""


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with (
        app.engine_urls(settings) as (mongo_url, redis_url, engines),
        app.running_node(settings, mongo_url, redis_url) as node,
        app.listening(node.metrics, settings.host, settings.metrics_port) as metrics_port,
        app.listening(node.application, settings.host, settings.port) as port,
    ):
        url = f"http://{settings.host}:{port}"
        engines.announce(url)
        welcome = WELCOME.format(
            url=url,
            ws=url.replace("http", "ws", 1),
            metrics=f"http://{settings.host}:{metrics_port}",
            data=settings.data,
        )
        say(welcome)
        _log.info("serving", port=port, metrics_port=metrics_port)
        await stopped.wait()
        _log.info("stopping")


async def migrate(settings: Settings) -> None:
    """Bring the database up to date."""
    async with (
        app.engine_urls(settings) as (mongo_url, _redis_url, _engines),
        app.open_database(mongo_url, settings),
    ):
        say("The database is up to date.")


def say(words: str) -> None:
    """Tell the operator."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


COMMANDS = {"serve": serve, "migrate": migrate, "demo": demo.play}


def main() -> int:
    """Run a command; a refusal to start is a sentence and exit code 2."""
    parser = argparse.ArgumentParser(prog="upcoach", description="UpCoach's backend.")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--roles", help="what this process does: web, learn or both")
    arguments = parser.parse_args()
    environ = dict(os.environ)
    if arguments.roles is not None:
        environ["UPCOACH_ROLES"] = arguments.roles
    if arguments.command == "demo":
        environ.setdefault("UPCOACH_LOG_LEVEL", "warning")  # its own words are what counts
    try:
        settings = with_development_secrets(Settings.from_environ(environ))
        logging.configure(settings.log_level, settings.log_format)
        asyncio.run(COMMANDS[arguments.command](settings))
    except (SettingsError, EngineError, InstallationError, app.StartError) as refusal:
        sys.stderr.write(f"upcoach: {refusal}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # whoever read our words has gone
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
