"""What sockets, streams and polls share: what is open on a node, its deadlines, the way out.

A deadline is a row of `deadlines`, one table for each transport; no handler has timers of its own.
"""
