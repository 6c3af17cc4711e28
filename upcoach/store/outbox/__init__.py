"""What leaves the house: for each channel an outbox, of one form, that writes put requests into."""
