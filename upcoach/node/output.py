"""Messages to the operator on the standard output."""

import sys
from collections.abc import Sequence

from config.settings import Settings

_WEB = """\
UpCoach serves at {url}{with_others}

  account     {url}/account
  API docs    {url}/docs
{outbox}  readiness   {url}/readyz
  live feed   {ws}/v1/live
  metrics     {metrics}
  data        {data}

{demo}Stop:  Ctrl-C
"""
_DEMO = "Try it in another terminal:  make demo        "
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
    is_tried = settings.environment == "development"
    others = f" with {settings.processes} processes" if settings.processes > 1 else ""
    return (_LEARN if port is None else _WEB).format(
        url=url,
        with_others=others,
        outbox=f"  outbox      {url}/dev/outbox\n" if is_tried else "",
        demo=_DEMO if is_tried else "",
        ws=url.replace("http", "ws", 1),
        metrics=f"\n{' ' * 14}".join(metrics),
        data=settings.data,
    )
