/**
 * Usage: node restart.mjs URL FILE COUNT: an application that goes on from FILE, which is all that it
 * keeps, makes COUNT goals in all, renews its token before each, and may be killed at any moment.
 */

import { readFileSync, renameSync, writeFileSync } from "node:fs";

import { Device } from "../../upcoach/client/upcoach.mjs";
import { NodeSocket } from "./socket.mjs";

const [url, file, count] = process.argv.slice(2);
const kept = JSON.parse(readFileSync(file, "utf8"));
let device;

function keep() {
  if (device === undefined) return;
  writeFileSync(`${file}.new`, JSON.stringify({ saved: device.saved(), begun: kept.begun }));
  renameSync(`${file}.new`, file);
}

device = new Device({
  ...kept.given, urls: [url], saved: kept.saved, WebSocket: NodeSocket, longestMs: 200,
  onChange: keep, onLogin: keep, onWrite: keep,
});
await device.start().until((one) => one.live);
while (kept.begun < Number(count)) {
  const { token } = device;
  device.happen("auth_expiring");
  kept.begun += 1; // in the same moment as the write
  const title = `Goal ${kept.begun}`;
  await device.mutate("POST", "/v1/goals", { title });
  await device.until((one) => one.token !== token);
}
await device.until((one) => one.live && !one.saved().writes.length);
device.stop();
