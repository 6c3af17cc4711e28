/**
 * A device in Node on a real server: it writes, is cut and hops, and says in the end what it holds.
 *
 * Usage: node walk.mjs URL TOKEN REFRESH_TOKEN TRANSPORT,TRANSPORT LAST_TITLE
 */

import { Device } from "../../upcoach/client/upcoach.mjs";
import { NodeSocket } from "./socket.mjs";

const [url, token, refreshToken, transports, last] = process.argv.slice(2);
const device = new Device({
  urls: [url], token, refreshToken, transport: transports.split(",")[0], WebSocket: NodeSocket,
  longestMs: 1_000,
}).start();
await device.until((one) => one.live);

const statuses = [];
for (const transport of transports.split(",")) {
  device.hop({ transport });
  await device.until((one) => one.state === "live");
  const writing = device.mutate("POST", "/v1/goals", { title: `over ${transport}\u2028` });
  device.cut();
  statuses.push((await writing).status);
}
console.log("ready");

await device.until((one) => Object.values(one.documents.goal).some(({ title }) => title === last));
await device.until((one) => one.live);
const { documents, seq, gaps, repeats, resets, applied } = device;
const { mismatches } = device.own;
device.stop();
console.log(JSON.stringify({
  documents, seq, gaps, repeats, resets, mismatches, statuses, applied: [...applied],
}));
