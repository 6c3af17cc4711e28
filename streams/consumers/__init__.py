"""Consumers: whatever follows the log, each run as it says that it wants to be.

`consumer` has the two protocols, durable and local; `runner` runs both kinds, by `durable` and
`local`.  Ours are `habit_learner`, `revocation` and `streams.admin.kpis`.
"""
