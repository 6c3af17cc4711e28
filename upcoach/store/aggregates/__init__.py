"""Aggregations over documents: counts, and histories in columns."""
