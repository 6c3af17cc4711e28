/**
 * Follow `u:me` on a WebSocket through every cut, as docs/live.md tells a client to, and say each
 * frame that comes.  The same function runs on npm's `ws` and in a browser.
 */
export function follow(WebSocket, url, token, say) {
  let since = "now";
  let epoch = "";

  function take(frame) {
    if (frame.t === "subd") epoch = frame.cur.split(".")[0];
    if (frame.t === "live") since = frame.cur;
    if (frame.t === "ev") since = `${epoch}.${frame.seq}`;
    say(JSON.stringify(frame));
  }

  function connect() {
    const socket = new WebSocket(url, "upcoach.v1");
    const hello = { t: "hello", v: 1, token, subs: [{ f: "u:me", since }] };
    socket.onopen = () => socket.send(JSON.stringify(hello));
    socket.onmessage = ({ data }) => data.trimEnd().split("\n").forEach((line) => take(JSON.parse(line)));
    socket.onerror = () => {};
    socket.onclose = () => setTimeout(connect, 50);
  }

  connect();
}
