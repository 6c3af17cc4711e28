"""Messages that leave the house, and the requests for them: mails and pushes."""
