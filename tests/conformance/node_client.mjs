/** `node node_client.mjs ws|sse PORT`: follow with npm's `ws` or `eventsource`; the token in TOKEN. */
import { createRequire } from "node:module";
import * as events from "./events.mjs";
import * as live from "./live.mjs";

const [kind, port] = process.argv.slice(2);
const token = process.env.TOKEN;
const require = createRequire(`${process.env.PACKAGES}/`);
const say = (line) => process.stdout.write(`${line}\n`);

if (kind === "ws") {
  const { WebSocket } = require("ws");
  live.follow(WebSocket, `ws://127.0.0.1:${port}/v1/live`, token, say);
} else {
  const { EventSource } = require("eventsource");
  const authorized = (input, init) =>
    fetch(input, { ...init, headers: { ...init.headers, Authorization: `Bearer ${token}` } });
  const open = (since) =>
    new EventSource(`http://127.0.0.1:${port}/v1/events?feed=u:me&since=${since}`, {
      fetch: authorized,
    });
  events.follow(open, say);
  setInterval(() => {}, 1000); // eventsource lets the process end while it waits to come back
}
