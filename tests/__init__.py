"""Tests against the real thing: real engines, real sockets, real processes."""
