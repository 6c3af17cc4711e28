"""Tests against the real thing: real engines, real sockets, real processes.

A context's tests stand in the folder of its name, with the `rows` that the laws try of it;
`support` is what tests of several contexts share, and no test is imported.
"""
