"""What all contexts share: documents, fields, ids, time, errors, validation, merging, metrics.

All calendar arithmetic is in `time`; a clock is always handed in.  It imports nothing of ours.
"""
