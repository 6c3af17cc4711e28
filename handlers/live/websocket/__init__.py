"""The live protocol over WebSockets: frames in and out, and what each of them means."""
