"""Jobs: long work of people that goes on after the request that began it."""
