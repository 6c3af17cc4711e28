"""What sockets, streams and polls share: what is open on a node, its deadlines, the way out."""
