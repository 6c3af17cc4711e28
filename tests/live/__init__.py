"""The live protocol: WebSockets, event streams, long polls, channels."""
