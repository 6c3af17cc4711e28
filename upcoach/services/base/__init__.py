"""What all services share: resources, versions, merging, concurrency, mails."""
