"""Consumers of the event log: the protocols, the runners, and our consumers.

`consumer` has the two protocols, durable and local; `runner` runs both kinds, by `durable` and
`local`.  Ours are `habit_learner`, `revocation` and `streams.admin.kpis`.
"""
