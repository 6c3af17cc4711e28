"""The live protocol over WebSockets: frames in and out, and what each of them means.

`frame_reader` reads them, `connection` acts on them, `mutation_queue` carries out writes in the
order in which they came, and what is followed is in `socket_subscriptions`.
"""
