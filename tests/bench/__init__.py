"""`make bench`: what a write and a delivery cost, beside other ways to do the same.

Figures of one machine on one day say little, so each is taken beside its measure in the same run:
our write path beside bare `insert_one`s, our fan-out beside a program in C that only sends and
beside eight other servers, our reminders beside two schedulers.  The sides take turns, several
times, and medians of the turns count.

Whoever is measured lives in a process of its own (`node`, `inserts`, `peers/`, `native/floor.c`),
so that its CPU is its own.  `python -m tests.bench` starts them (`child`, `sides`), tells them what
to do, reads their CPU and memory from the kernel (`cpu`, `memory`), and prints (`report`,
`figures`).  The sockets are held by a program in C that only counts what arrives
(`native/listen.c`); messages of webhooks arrive at `webhook_receiver`.
"""
