"""Sync: the feed over plain HTTP, batches of mutations, positions of devices."""
