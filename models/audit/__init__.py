"""The audit log: its entries, and how it is verified."""
