"""What the laws try of snapshots, events and writes that are sent together."""

from tests.support.laws.context import ContextRows

ROWS = ContextRows(
    name="sync",
    alone=frozenset({("POST", "/v1/mutations")}),  # see test_mutations.py
    lists={"/v1/snapshot": 200, "/v1/events": 500},
)
