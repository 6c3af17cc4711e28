"""Clients of each transport, and what is sent and read by hand."""
