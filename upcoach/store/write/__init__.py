"""Writes: what a write decides, group commit, quotas, receipts, earlier versions.

A `Write` (`requests`) waits in the `committer`, which gathers a `batch`: `reads` fills what the
writes must see, `decider` lets each decide on its `changes`, `transaction` stores what came of it.
Each of these knows those before it, and none those after.
"""
