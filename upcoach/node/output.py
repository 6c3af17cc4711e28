"""Messages to the operator on the standard output."""

import sys
from collections.abc import Sequence

from config.settings import Settings

_WEB = """\
UpCoach serves at {url}{with_others}

  account     {url}/account
  API docs    {url}/docs
{mail}  readiness   {url}/readyz
  live feed   {ws}/v1/live
  metrics     {metrics}
  data        {data}

Try it in another terminal:  make demo        Stop:  Ctrl-C
"""
_LEARN = """\
UpCoach learns; it serves nobody.

  metrics     {metrics}
"""


def say(words: str) -> None:
    """Print *words* for the operator."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def welcome(settings: Settings, port: int | None, metrics_ports: Sequence[int]) -> str:
    """The message at the start: URLs and folders; without a *port* it only learns."""
    url = f"http://{settings.host}:{port}"
    metrics = [
        f"http://{settings.metrics_host}:{metrics_port}/metrics" for metrics_port in metrics_ports
    ]
    has_mailbox = settings.smtp_url is None
    others = f" with {settings.processes} processes" if settings.processes > 1 else ""
    return (_LEARN if port is None else _WEB).format(
        url=url,
        with_others=others,
        mail=f"  mail        {url}/dev/mail\n" if has_mailbox else "",
        ws=url.replace("http", "ws", 1),
        metrics=f"\n{' ' * 14}".join(metrics),
        data=settings.data,
    )
