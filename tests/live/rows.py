"""What the laws try of tickets."""

from tests.support.laws.context import ContextRows

ROWS = ContextRows(name="live", alone=frozenset({("POST", "/v1/live/tickets")}))
