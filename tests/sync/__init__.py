"""Sync: batches of mutations, conflicts, snapshots in pages."""
