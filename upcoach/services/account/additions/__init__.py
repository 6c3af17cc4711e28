"""What is added to an account, confirmed, or removed when its owner claims it."""
