"""Feeds: from the relay of committed events to the subscriptions of a node."""
