/** Usage: node node.mjs URL TOKEN REFRESH_TOKEN TRANSPORT,TRANSPORT LAST_TITLE; see `walk.mjs`. */

import { Device } from "../../upcoach/client/upcoach.mjs";
import { NodeSocket } from "./socket.mjs";
import { walk } from "./walk.mjs";

const [url, token, refreshToken, transports, last] = process.argv.slice(2);
const options = { urls: [url], token, refreshToken, WebSocket: NodeSocket, longestMs: 1_000 };
await walk(new Device(options), transports.split(","), last, console.log);
