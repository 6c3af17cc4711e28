"""Documents, fields, times, ids, errors, validation and merging: what all contexts share."""
