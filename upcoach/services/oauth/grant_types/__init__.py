"""The grant types: authorization and device codes, refresh, credentials, exchange."""
