"""What others say about our sockets: fuzzing clients, real clients, hostile bytes.

The quick part belongs to `make test`.  What needs other languages (Autobahn's Python 2.7, Node,
Chromium) is marked `conformance` and run by `make conformance`; a test whose program is not there
is skipped and says what it misses.
"""
