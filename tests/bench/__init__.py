"""`make bench`: what a write and a delivery cost, beside the plainest way to do the same.

Figures of one machine on one day say little, so each is taken beside its measure in the same run:
our write path beside bare `insert_one`s, our fan-out beside a naive Tornado server and beside a
program that only sends.  The two sides take turns, several times, and medians of the turns count.

Whoever is measured lives in a process of its own (`node`, `inserts`, `naive`, `sender`), so that
its CPU is its own.  `python -m tests.bench` starts them (`child`), tells them what to do, reads the
processes' CPU from the kernel (`cpu`), and prints (`report`).  The sockets are held by `sockets`,
which only counts what arrives.
"""
