"""Writes: what a write decides, group commit, quotas, receipts, earlier versions, timers.

A `Write` (`requests`) waits in the `committer`, which gathers a `batch`: `reads` fills what the
writes must see, `decider` lets each decide on its `changes`, `transaction` stores what came of it.
Each of these knows those before it, and none those after.  With the documents, `operations` stores
their `timers`: when what is to be done for each, which `overdue_timers` sees to.
"""
