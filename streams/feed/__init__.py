"""Feeds: from the relay of committed events to the subscriptions of a node.

The road is told in `streams`.  A `topic` is a feed on this node, a `subscription` one connection's
position in it, and `fanout` sends the same bytes to all who have caught up with it.
"""
