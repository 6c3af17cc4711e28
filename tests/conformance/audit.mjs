// Verifies an exported audit log without a line of ours: node audit.mjs folder [older-checkpoints]
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";

const [folder, second] = process.argv.slice(2);
const lines = (path) => readFileSync(path, "utf8").split("\n").filter(Boolean).map(JSON.parse);
// RFC 8785: ECMAScript's own JSON, with the names in order.
const canonical = (value) => JSON.stringify(value, Object.keys(value).sort());
const damages = [];
const hashes = new Map();

let last = { seq: 0, hash: "0".repeat(64), ts: "" };
for (const { hash, ...entry } of lines(`${folder}/entries.jsonl`)) {
  const right = createHash("sha256").update(canonical(entry)).digest("hex");
  if (hash !== right) damages.push(`entry ${entry.seq} was changed`);
  if (entry.seq !== last.seq + 1) damages.push(`entry ${entry.seq} follows ${last.seq}`);
  if (entry.prev !== last.hash) damages.push(`entry ${entry.seq} is not linked`);
  if (entry.ts < last.ts) damages.push(`entry ${entry.seq} is too old`);
  hashes.set(entry.seq, hash);
  last = { ...entry, hash };
}

const key = createPublicKey(readFileSync(`${folder}/key.pem`));
const checkpoints = lines(`${folder}/checkpoints.jsonl`);
if (second) checkpoints.push(...lines(second));
for (const { signature, ...checkpoint } of checkpoints) {
  const signed = Buffer.from(canonical(checkpoint));
  if (!verify(null, signed, key, Buffer.from(signature, "hex")))
    damages.push(`checkpoint ${checkpoint.seq} is forged`);
  if (hashes.get(checkpoint.seq) !== checkpoint.hash || checkpoint.count !== checkpoint.seq)
    damages.push(`checkpoint ${checkpoint.seq} saw another log`);
}

console.log(`entries: ${hashes.size}, checkpoints: ${checkpoints.length}`);
damages.forEach((damage) => console.log(damage));
process.exit(damages.length ? 1 : 0);
