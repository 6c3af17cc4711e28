"""Writes: what a write decides, group commit, quotas, receipts, the outbox, earlier versions."""
