"""What all services share: resources, versions, merging, periodic jobs, concurrency, mails.

`Resources` is how documents of a kind are made, read, changed and deleted; what is particular to
the kind is in its `Rules`.  Nothing here knows a context.
"""
