"""The pages of an account: login, second factors, links in mails, overview."""
