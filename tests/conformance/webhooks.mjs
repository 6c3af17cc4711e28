// npm's `standardwebhooks`, on messages that this server has sent.
// What it is given: MESSAGES (JSON), a list of secret, headers and body.  What it prints: one line
// of JSON, with what it reads of each, or null where it refuses one.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.PACKAGES}/`);
const { Webhook } = require("standardwebhooks");

function verified({ secret, headers, body }) {
  try {
    return new Webhook(secret).verify(body, headers);
  } catch {
    return null;
  }
}

console.log(JSON.stringify(JSON.parse(process.env.MESSAGES).map(verified)));
