"""Feeds: from the relay of committed events to the subscriptions of a node.

The road is told in `streams`.  A `topic` is a feed as this node sees it, a `subscription` one
connection's place in it, and `fanout` the short way to all who are level with it.
"""
