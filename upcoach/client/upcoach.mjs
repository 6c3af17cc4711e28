/**
 * The UpCoach client for browsers and Node: one file, no dependency.
 *
 * `Client` makes REST calls; `Device` follows its owner's feed through every interruption, over a
 * WebSocket, event streams, long-polls or plain REST.  What a device does when stands in `TABLE`,
 * which is the same as that of the Python client, cell by cell.  Types are in `upcoach.d.mts`,
 * explanations in `docs/client.md`.
 */

const PROTOCOL = "upcoach.v1";
const FIRST_MS = 250;
const LONGEST_MS = 30_000;
const CONNECT_MS = 5_000;
const HELLO_MS = 10_000; // until something must have come
const REFRESH_MS = 8_000; // a swallowed answer is asked for again well before the token ends
const FOLLOWED = 256; // writes that one may name as known
const AGAIN_MS = 200; // until a write is sent again whose answer says that it may succeed then
const ACK_EVENTS = 200;
const ACK_MS = 5_000;
const BEHIND_MS = 2_000;
const PROBLEMS = 100;
const OWN = "u:me";

// The state machine ------------------------------------------------------------------------------

export const STATES = [
  "idle", "connecting", "greeting", "syncing", "live", "leaving", "moving", "renewing", "waiting",
  "stopped",
];

export const EVENTS = [
  "start", "stop", "hop", "write", "timer", "opened", "failed", "cut", "silent",
  "4400", "4401", "4403", "4408", "4409", "4426", "4429", "4500", "4503", "4508", "4510", "4511",
  "4512", "welcome", "subd", "snap", "ev", "skip", "live", "partly", "res", "ping",
  "auth_expiring", "go", "eph", "reset", "err", "unsubd", "unready", "lost", "gap", "behind",
  "mismatch", "renewed", "refused", "unheard",
];

const OPENING = ["connecting", "greeting"];
const CURRENT = ["syncing", "live"];
const GOING = ["leaving", "moving"];
const GREETED = [...CURRENT, ...GOING];
const HEARING = ["greeting", ...GREETED];
const ACTIVE = [...OPENING, ...GREETED, "renewing", "waiting"];
const BROKEN = ["cut", "silent", "4408", "4500", "4508", "4510", "4511", "4512"];
const ENDED = [...OPENING, ...GREETED];

/** Cells that are alike: states, events, next state (null: the same), actions. */
const ROWS = [
  [["idle", "waiting", "stopped"], ["start"], "connecting", "close", "open"],
  [["idle", ...ACTIVE], ["stop"], "stopped", "close"],
  // Opening, and moving from one connection to the next.
  [[...OPENING, "waiting"], ["hop"], "connecting", "close", "open"],
  [GREETED, ["hop"], "moving", "open"],
  [["waiting"], ["timer"], "connecting", "open"],
  [["leaving"], ["timer"], "moving", "open"],
  [["connecting", "moving"], ["opened"], "greeting", "hello"],
  [["connecting"], ["failed"], "waiting", "back_off"],
  [["moving"], ["failed"], "leaving", "back_off"],
  [["greeting"], ["welcome"], "syncing", "release", "resend"],
  [[...CURRENT, "leaving"], ["go"], "leaving", "depart"],
  // The feeds.
  [CURRENT, ["subd"], "syncing", "begin"],
  [GOING, ["subd"], null, "begin"],
  [GREETED, ["snap", "ev", "skip"], null, "apply"],
  [CURRENT, ["live"], "live", "calm", "settle"],
  [GOING, ["live"], null, "settle"],
  [GREETED, ["partly"], null, "settle"],
  [CURRENT, ["gap", "behind"], "syncing", "resume"],
  [GOING, ["gap", "behind"], null, "resume"],
  [CURRENT, ["mismatch"], "syncing", "refetch"],
  [GOING, ["mismatch"], null, "refetch"],
  [CURRENT, ["reset"], "syncing", "restart"],
  [GOING, ["reset"], null, "restart"],
  [GREETED, ["lost"], null, "forget"],
  [GREETED, ["unready"], "waiting", "close", "back_off"],
  [GREETED, ["unsubd"], "stopped", "close"],
  // Everything else that is said.
  [GREETED, ["write"], null, "send"],
  [HEARING, ["res"], null, "answer"],
  [HEARING, ["ping"], null, "pong", "watch"],
  [GREETED, ["eph"], null, "tell"],
  [HEARING, ["err"], null, "complain"],
  // The token.
  [GREETED, ["auth_expiring", "unheard"], null, "renew"],
  [GREETED, ["renewed"], null, "auth"],
  [ACTIVE, ["refused"], "stopped", "close", "log_out"],
  [["renewing"], ["renewed"], "connecting", "open"],
  [["renewing"], ["unheard"], null, "renew"],
  // Ends.
  [ENDED, ["4400", "4409", "4426"], "stopped", "close"],
  [ENDED, ["4403"], "stopped", "close", "log_out"],
  [ENDED, ["4401"], "renewing", "close", "renew"],
  [ENDED, ["4429"], "waiting", "close", "pause"],
  [[...OPENING, ...CURRENT, "leaving"], BROKEN, "waiting", "close", "back_off"],
  [[...OPENING, ...CURRENT], ["4503"], "waiting", "close", "back_off"],
  [["leaving"], ["4503"], "connecting", "close", "open"],
  // The next connection is on its way already.
  [["moving"], [...BROKEN, "4503"], "connecting"],
];

function makeTable() {
  const row = (state) => EVENTS.map((event) => [event, { state, actions: [] }]);
  const table = Object.fromEntries(STATES.map((state) => [state, Object.fromEntries(row(state))]));
  for (const [states, events, next, ...actions] of ROWS) {
    for (const state of states) {
      for (const event of events) table[state][event] = { state: next ?? state, actions };
    }
  }
  return table;
}

/** For every state and event: the next state, and what to do on the way. */
export const TABLE = makeTable();

// Checksums --------------------------------------------------------------------------------------

/** The first 32 bits of the fractional part of the *power*-th roots of the first primes. */
function constants(count, power) {
  const found = [];
  for (let number = 2; found.length < count; number++) {
    let isPrime = true;
    for (let divisor = 2; divisor * divisor <= number && isPrime; divisor++) {
      isPrime = number % divisor !== 0;
    }
    if (isPrime) found.push(((number ** power % 1) * 2 ** 32) | 0);
  }
  return found;
}

const SEED = constants(8, 1 / 2);
const ROUNDS = constants(64, 1 / 3);
const turned = (word, bits) => (word >>> bits) | (word << (32 - bits));

/** SHA-256 (FIPS 180-4, 6.2) of bytes, at once: Web Crypto's is for those who can wait. */
export function sha256(bytes) {
  const size = ((bytes.length + 72) >> 6) << 6;
  const padded = new Uint8Array(size);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(size - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(size - 4, bytes.length << 3);
  const hash = Int32Array.from(SEED);
  const words = new Int32Array(64);
  for (let start = 0; start < size; start += 64) {
    for (let n = 0; n < 16; n++) words[n] = view.getInt32(start + 4 * n);
    for (let n = 16; n < 64; n++) {
      const early = words[n - 15];
      const late = words[n - 2];
      const low = turned(early, 7) ^ turned(early, 18) ^ (early >>> 3);
      const high = turned(late, 17) ^ turned(late, 19) ^ (late >>> 10);
      words[n] = words[n - 16] + low + words[n - 7] + high;
    }
    let [a, b, c, d, e, f, g, h] = hash;
    for (let n = 0; n < 64; n++) {
      const choice = (e & f) ^ (~e & g);
      const majority = (a & b) ^ (a & c) ^ (b & c);
      const first = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + choice + ROUNDS[n] + words[n];
      const second = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + majority;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, n) => { hash[n] += word; });
  }
  const digest = new DataView(new ArrayBuffer(32));
  hash.forEach((word, n) => digest.setInt32(4 * n, word));
  return new Uint8Array(digest.buffer);
}

/** The part of one document in the sum of its kind. */
export function digest(id, version) {
  const hash = sha256(new TextEncoder().encode(`${id}\n${version}`));
  return new DataView(hash.buffer).getBigUint64(0);
}

/** The checksums of documents (by kind and id), as `live.sums` has them. */
export function sumsOf(documents) {
  const sums = {};
  for (const [kind, some] of Object.entries(documents)) {
    let total = 0n;
    for (const [id, document] of Object.entries(some)) total ^= digest(id, document.version);
    if (total) sums[kind] = total.toString(16).padStart(16, "0");
  }
  return sums;
}

// Documents --------------------------------------------------------------------------------------

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** What *target* becomes under *patch* (RFC 7396, section 2); neither is changed. */
export function merged(target, patch) {
  if (!isObject(patch)) return patch;
  const result = new Map(Object.entries(isObject(target) ? target : {}));
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) result.delete(name);
    else result.set(name, merged(result.get(name), value));
  }
  return Object.fromEntries(result);
}

/**
 * Change documents (by kind and id) as an `ev` frame says.
 *
 * A document is changed only by a version that is larger than its own.  A deletion takes along
 * whatever stands below the document's id, of any kind; another kind may have the same id.
 */
export function applyEvent(documents, event) {
  const dot = event.type.lastIndexOf(".");
  const kind = event.type.slice(0, dot);
  const standing = (documents[kind] ??= {});
  const document = standing[event.id];
  if (document !== undefined && event.ver <= document.version) return;
  if (event.type.slice(dot + 1) === "deleted") {
    delete standing[event.id];
    for (const some of Object.values(documents)) {
      for (const id of Object.keys(some)) {
        if (id.startsWith(`${event.id}/`)) delete some[id];
      }
    }
  } else if (event.doc !== undefined) {
    standing[event.id] = event.doc;
  } else if (document !== undefined) {
    standing[event.id] = merged(document, event.patch);
  }
}

const span = (frame) => ("seq" in frame ? [frame.seq, frame.seq] : [frame.from, frame.to]);

/** A client's copy of one feed: the documents, and the number up to which events are applied. */
export class Replica {
  #pages = {};
  #isFilling = false;
  #isAsking = false;
  #doubted = {};

  constructor(feed, saved = {}) {
    this.feed = feed;
    this.epoch = saved.epoch ?? "";
    this.seq = saved.seq ?? 0;
    this.documents = saved.documents ?? {};
    this.isLive = false;
    this.applied = new Map();
    this.repeats = 0;
    this.gaps = 0;
    this.resets = [];
    this.mismatches = 0;
  }

  get cursor() {
    return this.epoch ? `${this.epoch}.${this.seq}` : "";
  }

  /** What to ask for in order to go on; until it is answered, nothing else is heard. */
  subscription(kinds) {
    this.#isAsking = true;
    this.isLive = false;
    if (!this.epoch || this.#isFilling) return { f: this.feed, snap: true };
    const subscription = { f: this.feed, since: this.cursor };
    return kinds ? { ...subscription, snap: kinds } : subscription;
  }

  /** Whether a frame belongs to what was asked for last. */
  hears(frame) {
    if (["subd", "reset", "unsubd"].includes(frame.t)) this.#isAsking = false;
    return !this.#isAsking;
  }

  /** Take a `subd` frame. */
  begin(frame) {
    const [epoch, seq] = frame.cur.split(".");
    this.epoch = epoch;
    this.isLive = false;
    this.#pages = {};
    if (frame.mode === "snapshot") {
      this.#isFilling = true;
      this.seq = Number(seq);
    }
  }

  /** Whether a number is missing before a frame. */
  misses(frame) {
    return span(frame)[0] > this.seq + 1;
  }

  /** Take a `snap`, `ev` or `skip` frame; whether it is an event that was applied. */
  apply(frame) {
    if (frame.t === "snap") {
      this.#takePage(frame);
      return false;
    }
    this.#endFilling();
    const last = span(frame)[1];
    if (last <= this.seq) {
      this.repeats += 1;
      return false;
    }
    this.seq = last;
    if (frame.t === "skip") return false;
    this.applied.set(last, (this.applied.get(last) ?? 0) + 1);
    applyEvent(this.documents, frame);
    return true;
  }

  /** Take a `live` frame; the kinds whose checksums differ, and may be asked for again. */
  settle(frame) {
    this.#endFilling();
    this.isLive = true;
    if (frame.sums === undefined) return [];
    const held = sumsOf(this.documents);
    const wrong = {};
    for (const kind of Object.keys({ ...held, ...frame.sums })) {
      if (held[kind] !== frame.sums[kind]) wrong[kind] = frame.sums[kind] ?? "";
    }
    const kinds = Object.keys(wrong).sort();
    if (kinds.length) this.mismatches += 1;
    const fresh = kinds.filter((kind) => this.#doubted[kind] !== wrong[kind]);
    this.#doubted = wrong;
    return fresh;
  }

  /** Give the position up; the documents stay until the snapshot is whole. */
  restart(reason) {
    this.resets.push(reason);
    this.epoch = "";
    this.seq = 0;
    this.isLive = false;
    if (reason === "access") this.documents = {};
  }

  /** Keep nothing. */
  clear() {
    this.epoch = "";
    this.seq = 0;
    this.isLive = false;
    this.documents = {};
  }

  /** What to keep, in order to go on after the application was closed. */
  saved() {
    if (!this.epoch || this.#isFilling) return { feed: this.feed };
    const { feed, epoch, seq, documents } = this;
    return { feed, epoch, seq, documents };
  }

  #takePage(frame) {
    const page = (this.#pages[frame.kind] ??= {});
    for (const item of frame.items) page[item.id] = item;
    if (frame.last && !this.#isFilling) {
      this.documents[frame.kind] = page;
      delete this.#pages[frame.kind];
    }
  }

  #endFilling() {
    if (this.#isFilling) {
      this.#isFilling = false;
      this.documents = this.#pages;
      this.#pages = {};
    }
  }
}

/** What a device follows, and what a frame means to it. */
class Following {
  constructor(feeds, channels, saved) {
    const kept = (name) => saved.find((one) => one.feed === name);
    this.replicas = new Map([OWN, ...feeds].map((name) => [name, new Replica(name, kept(name))]));
    this.channels = [...channels];
  }

  get isLive() {
    return [...this.replicas.values()].every((replica) => replica.isLive);
  }

  subscriptions() {
    const subscriptions = [...this.replicas.values()].map((replica) => replica.subscription());
    return [...subscriptions, ...this.channels.map((name) => ({ f: name }))];
  }

  /** The copy that a frame is about; answers name the own feed in full. */
  find(frame) {
    if (frame.f === undefined || this.channels.includes(frame.f)) return undefined;
    return this.replicas.get(frame.f) ?? this.replicas.get(OWN);
  }

  forget(frame) {
    this.replicas.delete(frame.f);
    this.channels = this.channels.filter((name) => name !== frame.f);
  }

  /** What a frame is in this client's state; undefined when it means nothing to it. */
  eventOf(frame) {
    const replica = this.find(frame);
    if (replica !== undefined && !replica.hears(frame)) return undefined;
    if (frame.t === "unsubd") return this.#unsubd(frame, replica);
    if (!FRAMES.has(frame.t) || (frame.t === "subd" && replica === undefined)) return undefined;
    if (frame.t === "reset" && frame.reason === "snapshot") return "unready";
    if ((frame.t === "ev" || frame.t === "skip") && replica?.misses(frame)) return "gap";
    const others = [...this.replicas.values()].filter((one) => one !== replica);
    if (frame.t === "live" && !others.every((one) => one.isLive)) return "partly";
    return frame.t;
  }

  #unsubd(frame, replica) {
    if (frame.problem === undefined) return undefined;
    if (frame.problem.status === 503) return "unready";
    return replica?.feed === OWN ? "unsubd" : "lost";
  }
}

const FRAMES = new Set([
  "welcome", "subd", "snap", "ev", "skip", "live", "res", "ping", "auth_expiring", "go", "eph",
  "reset", "err",
]);

// Writes and timers ------------------------------------------------------------------------------

/** In how many ms to send a write again; undefined when *result* is its answer. */
export function againMs(result) {
  const problem = result.problem ?? {};
  if (result.status === 429) return problem.after ?? AGAIN_MS;
  const isRunning = result.status === 409 && problem.code === "mutation_running";
  return isRunning || [408, 503].includes(result.status) ? AGAIN_MS : undefined;
}

/** The bytes of a frame on the wire. */
const sizeOf = (frame) => new TextEncoder().encode(JSON.stringify(frame)).length;

/** The answer to a `mut` frame that no server would take. */
function tooLarge(frame) {
  const detail = "This is more than the server takes of one write.";
  const problem = { type: "/problems/frame_too_large", status: 413, code: "frame_too_large", detail };
  return { t: "res", id: frame.id, status: 413, problem };
}

/**
 * Writes that have no answer yet, in the order in which they were made.
 *
 * While one was told to wait, what was made after it waits behind it: a later write may build on an
 * earlier one.
 */
class Outbox {
  #send;
  #onRefused;
  #writes = new Map();
  #accepted = []; // the last writes that went through: id, path, base
  #held = new Set();
  #heldUntil = 0;
  #timer = new Timer(() => this.#sendHeld());
  refusals = new Map();

  constructor(send, onRefused, saved) {
    this.#send = send;
    this.#onRefused = onRefused;
    for (const frame of saved?.writes ?? []) this.#writes.set(frame.id, { frame });
    for (const refusal of saved?.refusals ?? []) this.refusals.set(refusal.write.id, refusal);
  }

  /**
   * Queue a write; it follows those for the same path.  Of those that have their answers, it follows
   * whichever were made from the same version: it takes their effects for granted all the same.
   */
  add(frame) {
    const known = this.#accepted.filter((one) => one.base !== undefined && one.base === frame.base);
    const alike = [...known, ...this.#frames()].filter((one) => one.path === frame.path);
    if (alike.length) frame.follows = alike.map((one) => one.id).slice(-FOLLOWED);
    return new Promise((resolve, reject) => {
      this.#writes.set(frame.id, { frame, resolve, reject });
    });
  }

  /** What the constructor takes. */
  saved() {
    return { writes: this.#frames(), refusals: [...this.refusals.values()] };
  }

  /** Whether a write has to wait behind one that was told to wait; it goes out after it. */
  holds(frame) {
    if (!this.#held.size || !this.#writes.has(frame.id)) return false;
    this.#held.add(frame.id);
    return true;
  }

  /** All that have no answer, to be sent again over a new connection. */
  pending() {
    this.#held.clear();
    this.#timer.stop();
    return this.#frames();
  }

  take(result) {
    const write = this.#writes.get(result.id);
    if (write === undefined) return;
    const afterMs = againMs(result);
    if (afterMs !== undefined) {
      this.#hold(result.id, afterMs);
      return;
    }
    this.#writes.delete(result.id);
    this.#held.delete(result.id);
    if (result.status < 400) {
      const { id, path, base } = write.frame;
      this.#accepted = [...this.#accepted, { id, path, base }].slice(-FOLLOWED);
    }
    if (write.resolve !== undefined) write.resolve(result);
    else if (result.status >= 400) this.#keepRefusal({ write: write.frame, answer: result });
  }

  /** Take it that the largest write was too large for the server, which has hung up on it. */
  refuseLargest() {
    const bySize = this.#frames().sort((one, other) => sizeOf(other) - sizeOf(one));
    if (bySize.length) this.take(tooLarge(bySize[0]));
  }

  /** Let nobody wait for an answer any longer; the writes are kept. */
  close(failure) {
    for (const frame of this.pending()) {
      this.#writes.get(frame.id).reject?.(failure);
      this.#writes.set(frame.id, { frame });
    }
  }

  #frames() {
    return [...this.#writes.values()].map((write) => write.frame);
  }

  #keepRefusal(refusal) {
    this.refusals.set(refusal.write.id, refusal);
    this.#onRefused?.(refusal);
  }

  /** Send a write, and what waits behind it, no sooner than in *afterMs*. */
  #hold(id, afterMs) {
    const now = Date.now();
    this.#heldUntil = Math.max(this.#held.size ? this.#heldUntil : now, now + afterMs);
    this.#held.add(id);
    this.#timer.set(this.#heldUntil - now);
  }

  #sendHeld() {
    const held = this.#frames().filter((frame) => this.#held.has(frame.id));
    this.#held.clear();
    held.forEach(this.#send);
  }
}

/** Full jitter: a random part of a time that doubles with each attempt. */
class BackOff {
  #attempts = 0;

  constructor(longestMs) {
    this.longestMs = longestMs;
  }

  calm() {
    this.#attempts = 0;
  }

  nextMs() {
    const most = Math.min(this.longestMs, FIRST_MS * 2 ** this.#attempts);
    this.#attempts = Math.min(this.#attempts + 1, 30);
    return Math.random() * most;
  }

  pauseMs() {
    return this.longestMs * (0.5 + Math.random() / 2);
  }
}

class Timer {
  #ring;
  #handle;

  constructor(ring) {
    this.#ring = ring;
  }

  get isSet() {
    return this.#handle !== undefined;
  }

  set(afterMs) {
    this.stop();
    this.#handle = setTimeout(() => {
      this.#handle = undefined;
      this.#ring();
    }, afterMs);
  }

  stop() {
    clearTimeout(this.#handle);
    this.#handle = undefined;
  }
}

/** Notices when nothing was heard for too long, with one timer however much is heard. */
class Silence {
  #ring;
  #timer = new Timer(() => this.#look());
  #heard = 0;
  #patienceMs = 0;

  constructor(ring) {
    this.#ring = ring;
  }

  heard(patienceMs) {
    this.#heard = Date.now();
    if (!this.#timer.isSet || patienceMs < this.#patienceMs) this.#timer.set(patienceMs);
    this.#patienceMs = patienceMs;
  }

  stop() {
    this.#timer.stop();
  }

  #look() {
    const left = this.#heard + this.#patienceMs - Date.now();
    if (left > 0) this.#timer.set(left);
    else this.#ring();
  }
}

/** A UUID of version 7 (RFC 9562, 5.7): the name of a write. */
export function newMutationId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const now = Date.now();
  new DataView(bytes.buffer).setUint32(0, Math.floor(now / 2 ** 16));
  new DataView(bytes.buffer).setUint16(4, now % 2 ** 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

// REST -------------------------------------------------------------------------------------------

/** The server refused; `problem` says why. */
export class ClientError extends Error {
  constructor(problem) {
    super(problem?.detail ?? "The server refused.");
    this.problem = problem;
  }
}

/** The device has stopped; `event` is what ended it. */
export class Stopped extends Error {
  constructor(event) {
    super(`The device has stopped: ${event}.`);
    this.event = event;
  }
}

/** REST calls of one user. */
export class Client {
  #fetch;

  constructor(url, token = "", refreshToken = "", options = {}) {
    this.url = url.replace(/\/+$/, "");
    this.token = token;
    this.refreshToken = refreshToken;
    this.#fetch = options.fetch ?? ((...given) => fetch(...given));
  }

  /** Ask for a path; *body* is sent as JSON. */
  async call(method, path, body, options = {}) {
    const headers = { ...options.headers };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const { signal } = options;
    const answer = await this.#fetch(this.url + path, { method, headers, body: sent, signal });
    const text = await answer.text();
    const isJson = text && (answer.headers.get("content-type") ?? "").includes("json");
    const named = Object.fromEntries(answer.headers);
    return { status: answer.status, headers: named, body: isJson ? JSON.parse(text) : text };
  }

  register(email, password, name, tz = "UTC") {
    return this.call("POST", "/v1/auth/register", { email, password, name, tz });
  }

  /** A client that is logged in on *device*; throws `ClientError` when refused. */
  async logIn(email, password, device) {
    const answer = await this.call("POST", "/v1/auth/login", { email, password, device });
    if (answer.status !== 201) throw new ClientError(answer.body);
    const { token, refresh_token: refreshToken } = answer.body;
    return new Client(this.url, token, refreshToken, { fetch: this.#fetch });
  }

  /** Get a new token; false when there will be none, because the session is over. */
  async refresh() {
    const body = { refresh_token: this.refreshToken };
    const signal = AbortSignal.timeout(REFRESH_MS);
    const answer = await this.call("POST", "/v1/auth/refresh", body, { signal });
    if (answer.status === 200) {
      this.token = answer.body.token;
      this.refreshToken = answer.body.refresh_token;
    } else if (![400, 401, 403].includes(answer.status)) {
      throw new ClientError(answer.body);
    }
    return answer.status === 200;
  }

  /** The `res` frame for a `mut` frame, by the REST route that it stands for. */
  async write(frame, signal) {
    const headers = { "Idempotency-Key": frame.id };
    if (frame.base !== undefined) headers["If-Match"] = `"v${frame.base}"`;
    if (frame.follows !== undefined) headers["Upcoach-Follows"] = frame.follows.join(", ");
    const answer = await this.call(frame.op, frame.path, frame.body, { headers, signal });
    const result = { t: "res", id: frame.id, status: answer.status };
    if (answer.status >= 400) {
      result.problem = isObject(answer.body) ? answer.body : { status: answer.status };
    } else if (answer.status !== 204) {
      result.body = answer.body;
    }
    const { etag, "upcoach-cursor": cursor, "idempotency-replayed": replayed } = answer.headers;
    const paths = answer.headers["upcoach-merged"];
    if (paths !== undefined) result.merged = paths.split(", ");
    if (etag !== undefined) result.ver = Number(etag.replace(/["v]/g, ""));
    if (cursor !== undefined) result.cur = cursor;
    if (replayed === "true") result.replayed = true;
    return result;
  }
}

// Channels: whichever transport, the same frames and close codes ------------------------------------

/** A WebSocket (RFC 6455). */
class SocketChannel {
  patienceMs = HELLO_MS;
  #listener;
  #socket;
  #isOpen = false;
  #isOver = false;
  #most = Infinity; // bytes of a message, which the welcome tells
  #timer;

  constructor(url, listener, options) {
    this.url = url;
    this.#listener = listener;
    const socket = new options.WebSocket(`${url.replace(/^http/, "ws")}/v1/live`, [PROTOCOL]);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.cut(), CONNECT_MS);
    socket.onopen = () => {
      clearTimeout(this.#timer);
      this.#isOpen = true;
      if (!this.#isOver) listener.opened(this);
    };
    socket.onmessage = (message) => this.#take(String(message.data));
    socket.onclose = (closing) => this.#end(closing.code);
    socket.onerror = () => {}; // `close` follows
  }

  send(frame) {
    if (!this.#isOpen || this.#isOver) return;
    if (frame.t === "mut" && sizeOf(frame) > this.#most) {
      queueMicrotask(() => { if (!this.#isOver) this.#listener.heard(this, tooLarge(frame)); });
      return;
    }
    this.#socket.send(JSON.stringify(frame));
  }

  /** Drop it; where the implementation can, without a closing frame. */
  cut() {
    this.#hangUp();
    this.#end(undefined);
  }

  close() {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#hangUp();
  }

  #hangUp() {
    if (this.#socket.terminate) this.#socket.terminate();
    else this.#socket.close();
  }

  #take(message) {
    for (const line of message.split("\n")) {
      if (!line || this.#isOver) continue;
      const frame = JSON.parse(line);
      if (frame.t === "welcome") {
        this.patienceMs = 2000 * frame.hb + 1000;
        this.#most = frame.limits?.frame ?? Infinity;
      }
      this.#listener.heard(this, frame);
    }
  }

  #end(code) {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isOpen) this.#listener.closed(this, code);
    else this.#listener.failed(this);
  }
}

class Ended extends Error {}

/** Base of the transports over plain HTTP: frames in, requests out; answers in, frames out. */
class WebChannel {
  #listener;
  #options;
  #feeds = new Map();
  #all = new AbortController();
  #waiting = [];
  #writes = Promise.resolve();
  #isGreeted = false;
  #isOver = false;
  token = "";

  constructor(url, listener, options) {
    this.url = url;
    this.#listener = listener;
    this.#options = options;
    queueMicrotask(() => {
      if (!this.#isOver) listener.opened(this);
    });
  }

  send(frame) {
    if (this.#isOver) return;
    if (frame.t === "hello") {
      this.token = frame.token;
      frame.subs.forEach((subscription) => this.#follow(subscription));
    } else if (frame.t === "sub") {
      this.#follow(frame);
    } else if (frame.t === "mut") {
      // One after the other, so that their order holds.
      this.#waiting.push(frame);
      this.#writes = this.#writes.then(() => this.#write());
    } else if (frame.t === "auth") {
      this.token = frame.token;
      this.renewed();
    }
  }

  cut() {
    this.end(undefined);
    this.#all.abort();
  }

  close() {
    this.#isOver = true;
    this.#all.abort();
  }

  /** Take note that there is a new token. */
  renewed() {}

  hear(frame) {
    if (!this.#isOver) this.#listener.heard(this, frame);
  }

  end(code) {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.closed(this, code);
  }

  /** Say `welcome`, once. */
  greet() {
    if (this.#isGreeted) return;
    this.#isGreeted = true;
    this.hear({ t: "welcome" });
  }

  /** GET a path; what is no good answer is told as what it means, and `Ended` is thrown. */
  async ask(name, path, signal, headers = {}) {
    const sent = { ...headers, Authorization: `Bearer ${this.token}` };
    const answer = await this.#options.fetch(this.url + path, { headers: sent, signal });
    if (answer.status === 200 || answer.status === 204) {
      this.greet();
      return answer;
    }
    const code = { 401: 4401, 429: 4429, 503: 4512 }[answer.status];
    if (code !== undefined || answer.status >= 500) {
      this.end(code ?? 4500);
      throw new Ended();
    }
    const problem = await answer.json();
    this.greet();
    if (problem.reset) this.hear({ t: "reset", ...problem.reset, f: name });
    else this.hear({ t: "unsubd", f: name, problem });
    throw new Ended();
  }

  /** Tell the documents of a feed, of one *kind* or of all; where its events go on. */
  async pages(name, kind, signal) {
    let path = pathOf("/v1/snapshot", { feed: name, kind });
    let cursor = "";
    while (path) {
      const answer = await this.ask(name, path, signal);
      if (!cursor) {
        cursor = answer.headers.get("upcoach-cursor");
        if (!kind) this.hear({ t: "subd", f: name, cur: cursor, mode: "snapshot" });
      }
      this.hear({ t: "snap", f: name, cur: cursor, ...(await answer.json()) });
      path = /^<([^>]+)>; rel="next"/.exec(answer.headers.get("link") ?? "")?.[1];
    }
    return cursor;
  }

  #follow(subscription) {
    this.#feeds.get(subscription.f)?.abort();
    const abort = new AbortController();
    this.#feeds.set(subscription.f, abort);
    void this.#feed(subscription, AbortSignal.any([abort.signal, this.#all.signal]));
  }

  async #feed(subscription, signal) {
    const { f: name, snap = false, since = "" } = subscription;
    try {
      if (Array.isArray(snap)) {
        this.hear({ t: "subd", f: name, cur: since, mode: "resume" });
        for (const kind of snap) await this.pages(name, kind, signal);
      }
      await this.feed(name, since, snap === true, signal);
    } catch (failure) {
      // What is no refusal is a network that failed, or a feed that is followed anew.
      if (!(failure instanceof Ended) && !signal.aborted) this.end(undefined);
    }
  }

  async #write() {
    const frame = this.#waiting.shift();
    if (this.#isOver || frame === undefined) return;
    const client = new Client(this.url, this.token, "", this.#options);
    try {
      const result = await client.write(frame, this.#all.signal);
      if (result.status === 401) this.end(4401);
      this.hear(result);
      if (againMs(result) === undefined) return;
      // What waits behind is answered as the server does over a socket.
      for (const later of this.#waiting.splice(0)) this.hear({ ...result, id: later.id });
    } catch {
      this.end(undefined);
    }
  }
}

function pathOf(path, parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value);
  return `${path}?${new URLSearchParams(given)}`;
}

/** Long-poll: `GET /v1/events` with `wait`, answered at the first event. */
class PollChannel extends WebChannel {
  waitS = 25;
  patienceMs = 25_000 + HELLO_MS;

  async feed(name, since, snap, signal) {
    let cursor = snap ? await this.pages(name, undefined, signal) : since;
    let isKnown = snap;
    let isCurrent = false;
    for (;;) {
      const wait = isCurrent && this.waitS ? String(this.waitS) : undefined;
      const path = pathOf("/v1/events", { feed: name, since: cursor, limit: "500", wait });
      const answer = await this.ask(name, path, signal);
      const frames = answer.status === 200 ? await answer.json() : [];
      if (signal.aborted) return;
      if (!isKnown) this.hear({ t: "subd", f: name, cur: cursor, mode: "resume" });
      isKnown = true;
      for (const frame of frames) this.hear(frame);
      cursor = answer.headers.get("upcoach-cursor");
      const wasCurrent = isCurrent;
      isCurrent = !answer.headers.has("link");
      this.hear(isCurrent && !wasCurrent ? { t: "live", f: name, cur: cursor } : undefined);
      if (isCurrent && !this.waitS) await sleep(1_000);
      if (signal.aborted) return;
    }
  }
}

/** Plain REST: `GET /v1/events` once a second. */
class RestChannel extends PollChannel {
  waitS = 0;
  patienceMs = HELLO_MS;
}

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** Makes events of the text of a stream, however it is cut into pieces (WHATWG HTML, 9.2.6). */
export class EventParser {
  #rest = "";
  #data = [];
  #id;

  /** The events that end in *piece*. */
  feed(piece) {
    const events = [];
    const lines = (this.#rest + piece).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    for (const line of lines) {
      if (line) {
        this.#take(line);
      } else if (this.#data.length) {
        events.push({ data: this.#data.join("\n"), id: this.#id });
        this.#data = [];
        this.#id = undefined;
      }
    }
    return events;
  }

  #take(line) {
    const [, name, value] = /^([^:]*):? ?(.*)$/su.exec(line);
    if (name === "data") this.#data.push(value);
    else if (name === "id") this.#id = value;
  }
}

/** An event stream for each feed. */
class StreamChannel extends WebChannel {
  patienceMs = 31_000;
  #streams = new Set();

  /** Begin every stream anew with the new token, where it was. */
  renewed() {
    for (const stream of this.#streams) stream.abort();
  }

  async feed(name, since, snap, signal) {
    let seen = snap ? "" : since;
    for (;;) {
      const { token } = this;
      const abort = new AbortController();
      this.#streams.add(abort);
      try {
        for await (const event of this.#events(name, seen, AbortSignal.any([abort.signal, signal]))) {
          seen = event.id ?? seen;
          this.hear(JSON.parse(event.data));
        }
      } catch (failure) {
        if (!abort.signal.aborted) throw failure;
      } finally {
        this.#streams.delete(abort);
      }
      if (signal.aborted) return;
      if (token === this.token) {
        this.end(undefined);
        return;
      }
    }
  }

  async *#events(name, seen, signal) {
    const path = pathOf("/v1/events", { feed: name, snap: seen ? undefined : "1" });
    const headers = { Accept: "text/event-stream", ...(seen ? { "Last-Event-ID": seen } : {}) };
    const answer = await this.ask(name, path, signal, headers);
    const parser = new EventParser();
    const decoder = new TextDecoder();
    const reader = answer.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done || signal.aborted) return;
      this.hear(undefined);
      yield* parser.feed(decoder.decode(value, { stream: true }));
    }
  }
}

const TRANSPORTS = {
  websocket: SocketChannel, sse: StreamChannel, poll: PollChannel, rest: RestChannel,
};

// The device -------------------------------------------------------------------------------------

/** The connections of a device: the one in use, the next, and the former. */
class Links {
  #owner;
  #options;
  #next;
  #current;
  #former;
  #silence;

  constructor(owner, options) {
    this.#owner = owner;
    this.#options = options;
    this.#silence = new Silence(() => owner.happen("silent"));
  }

  get url() {
    return this.#current?.url;
  }

  open(transport, url) {
    this.#next?.close();
    this.#next = new this.#options.transports[transport](url, this, this.#options);
  }

  hello(frame) {
    this.#former?.close();
    [this.#former, this.#current, this.#next] = [this.#current, this.#next, undefined];
    this.#silence.heard(HELLO_MS);
    this.send(frame);
  }

  send(frame) {
    this.#current?.send(frame);
  }

  release() {
    this.#former?.close();
    this.#former = undefined;
  }

  close() {
    const all = [this.#next, this.#current, this.#former];
    this.#next = this.#current = this.#former = undefined;
    this.#silence.stop();
    for (const channel of all) channel?.close();
  }

  cut() {
    for (const channel of [this.#former, this.#next, this.#current]) channel?.cut();
  }

  opened(channel) {
    if (channel === this.#next) this.#owner.happen("opened");
  }

  failed(channel) {
    if (channel !== this.#next) return;
    channel.close();
    this.#next = undefined;
    this.#owner.happen("failed");
  }

  heard(channel, frame) {
    if (channel === this.#current) {
      this.#silence.heard(channel.patienceMs);
      if (frame !== undefined) this.#owner.take(frame);
    } else if (channel === this.#former && frame?.t === "res") {
      this.#owner.take(frame);
    }
  }

  closed(channel, code) {
    if (channel === this.#next) {
      this.failed(channel);
      return;
    }
    channel.close();
    if (channel === this.#former) {
      this.#former = undefined;
    } else if (channel === this.#current) {
      this.#current = undefined;
      this.#silence.stop();
      this.#owner.takeClose(code);
    }
  }
}

/** A device: documents, a position in each feed, and the writes that have no answer yet. */
export class Device {
  #options;
  #attempts = 0;
  #url;
  #following;
  #links;
  #outbox;
  #pace;
  #renewPace;
  #timer = new Timer(() => this.happen("timer"));
  #ackTimer = new Timer(() => this.#ack());
  #acked = new Map();
  #renewing = false;
  #wasUnheard = false;
  #firstRefreshToken;
  #refreshToken;
  #waiters = new Set();
  #actions;

  constructor(options) {
    const given = {
      feeds: [], channels: [], transport: "websocket", transports: TRANSPORTS, longestMs: LONGEST_MS,
      WebSocket: globalThis.WebSocket, fetch: (...asked) => fetch(...asked), ...options,
    };
    this.#options = given;
    this.state = "idle";
    this.stoppedBy = undefined;
    this.closedWith = undefined;
    this.problems = [];
    this.transport = given.transport;
    this.#logIn(given);
    this.#following = new Following(given.feeds, given.channels, given.saved?.feeds ?? []);
    this.replicas = this.#following.replicas;
    this.#links = new Links(this, given);
    const send = (frame) => this.happen("write", frame);
    this.#outbox = new Outbox(send, given.onRefused, given.saved);
    this.#pace = new BackOff(given.longestMs);
    this.#renewPace = new BackOff(given.longestMs);
    this.#actions = this.#makeActions();
  }

  get own() { return this.replicas.get(OWN); }
  get documents() { return this.own.documents; }
  get epoch() { return this.own.epoch; }
  get seq() { return this.own.seq; }
  get applied() { return this.own.applied; }
  get repeats() { return this.own.repeats; }
  get gaps() { return this.own.gaps; }
  get resets() { return this.own.resets; }

  /** Whether it holds everything that there is, as far as anybody can know. */
  get live() {
    return GREETED.includes(this.state) && this.#following.isLive;
  }

  /** Begin; while it waits, try at once: a browser says `online`. */
  start() {
    this.happen("start");
    return this;
  }

  stop() {
    this.happen("stop");
  }

  /** Write, and return the `res` frame, however often it takes to get one. */
  async mutate(op, path, body, base) {
    if (this.state === "stopped") throw new Stopped(this.stoppedBy);
    const frame = { t: "mut", id: newMutationId(), op, path };
    if (body !== undefined) frame.body = body;
    if (base !== undefined) frame.base = base;
    const answer = this.#outbox.add(frame);
    this.#options.onWrite?.(frame);
    this.happen("write", frame);
    return answer;
  }

  /** Return when a condition holds, which is looked at when something has happened. */
  until(condition, timeoutMs = 30_000) {
    if (condition(this)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (settle, value) => {
        clearTimeout(timer);
        this.#waiters.delete(look);
        settle(value);
      };
      const look = () => { if (condition(this)) end(resolve); };
      const timer = setTimeout(() => end(reject, new Error("It did not happen.")), timeoutMs);
      this.#waiters.add(look);
    });
  }

  /** Go on over another transport, at another node, or both; nothing is missed. */
  hop({ transport, url } = {}) {
    this.transport = transport ?? this.transport;
    this.#url = url;
    this.happen("hop");
  }

  /** Send a frame of the application's own, such as `eph`, if there is a connection. */
  send(frame) {
    this.#links.send(frame);
  }

  /** Drop the connection, as a tunnel or a lift does; the device comes back by itself. */
  cut() {
    this.#links.cut();
  }

  /** What to keep, in order to go on after the application was closed. */
  saved() {
    const feeds = [...this.replicas.values()].map((replica) => replica.saved());
    return { feeds, ...this.#outbox.saved(), login: this.#login() };
  }

  /** The writes (`write`) that were refused (`answer`) while nobody waited for the answer. */
  get refusals() {
    return [...this.#outbox.refusals.values()];
  }

  /** Keep the refusal of a write no longer: its user knows. */
  dismiss(id) {
    this.#outbox.refusals.delete(id);
  }

  /** Do what the table says. */
  happen(event, frame = {}) {
    const cell = TABLE[this.state][event];
    const hasStopped = cell.state === "stopped" && this.state !== "stopped";
    this.state = cell.state;
    if (hasStopped) this.stoppedBy = event;
    else if (cell.state !== "stopped") this.stoppedBy = undefined;
    for (const action of cell.actions) this.#actions[action](frame);
    if (hasStopped) {
      this.#ackTimer.stop();
      this.#outbox.close(new Stopped(event));
    }
    for (const look of [...this.#waiters]) look();
    this.#options.onChange?.(this, event);
  }

  take(frame) {
    const event = this.#following.eventOf(frame);
    if (event !== undefined) this.happen(event, frame);
  }

  takeClose(code) {
    this.closedWith = code;
    // The last word about a write, which would meet it again (RFC 6455, 7.4.1).
    if (code === 1009) this.#outbox.refuseLargest();
    this.happen(String(code) in TABLE.live && code >= 4400 ? String(code) : "cut");
  }

  #makeActions() {
    const replicaOf = (frame) => this.#following.find(frame);
    const send = (frame) => this.#links.send(frame);
    const sub = (subscription) => send({ t: "sub", ...subscription });
    return {
      open: () => {
        const { urls } = this.#options;
        const url = this.#url ?? urls[this.#attempts++ % urls.length];
        this.#url = undefined;
        this.#links.open(this.transport, url.replace(/\/+$/, ""));
      },
      hello: () => {
        const hello = { t: "hello", v: 1, token: this.token, subs: this.#following.subscriptions() };
        const { dev } = this.#options;
        this.#links.hello(dev ? { ...hello, dev } : hello);
      },
      release: () => this.#links.release(),
      close: () => {
        this.#links.close();
        this.#timer.stop();
      },
      resend: () => this.#outbox.pending().forEach(send),
      send: (frame) => {
        if (!this.#outbox.holds(frame)) send(frame);
      },
      begin: (frame) => {
        const replica = replicaOf(frame);
        replica.begin(frame);
        this.#acked.set(replica.feed, 0);
      },
      apply: (frame) => {
        const replica = replicaOf(frame);
        if (replica.apply(frame)) this.#options.onEvent?.(frame);
        const unacked = replica.seq - (this.#acked.get(replica.feed) ?? 0);
        if (unacked >= ACK_EVENTS && frame.t !== "snap") this.#ack();
        else if (!this.#ackTimer.isSet) this.#ackTimer.set(ACK_MS);
      },
      settle: (frame) => {
        const replica = replicaOf(frame);
        const kinds = replica.settle(frame);
        if (!this.#ackTimer.isSet) this.#ackTimer.set(ACK_MS);
        if (kinds.length) this.happen("mismatch", { f: replica.feed, kinds });
      },
      calm: () => this.#pace.calm(),
      answer: (frame) => this.#outbox.take(frame),
      pong: () => send({ t: "pong" }),
      watch: (frame) => {
        for (const [name, top] of Object.entries(frame.top)) {
          const replica = replicaOf({ f: name });
          if (replica !== undefined && top > replica.seq) this.#look(replica, replica.seq);
        }
      },
      resume: (frame) => {
        const replica = replicaOf(frame);
        if (frame.t !== undefined) replica.gaps += 1;
        sub(replica.subscription());
      },
      refetch: (frame) => sub(replicaOf(frame).subscription(frame.kinds)),
      restart: (frame) => {
        const replica = replicaOf(frame);
        replica.restart(frame.reason);
        sub(replica.subscription());
      },
      forget: (frame) => this.#following.forget(frame),
      renew: () => void this.#renew(),
      auth: () => send({ t: "auth", token: this.token }),
      depart: (frame) => this.#timer.set(frame.after),
      back_off: () => this.#timer.set(this.#pace.nextMs()),
      pause: () => this.#timer.set(this.#pace.pauseMs()),
      tell: (frame) => this.#options.onTold?.(frame),
      complain: (frame) => {
        this.problems = [...this.problems, frame.problem].slice(-PROBLEMS);
      },
      log_out: () => {
        this.token = this.#firstRefreshToken = this.#refreshToken = undefined;
        for (const replica of this.replicas.values()) replica.clear();
      },
    };
  }

  #look(replica, seq) {
    setTimeout(() => {
      if (replica.isLive && replica.seq === seq) this.happen("behind", { f: replica.feed });
    }, BEHIND_MS);
  }

  #ack() {
    for (const replica of this.replicas.values()) {
      if (replica.epoch && replica.seq > (this.#acked.get(replica.feed) ?? 0)) {
        this.#acked.set(replica.feed, replica.seq);
        this.#links.send({ t: "ack", cur: replica.cursor, f: replica.feed });
      }
    }
  }

  async #renew() {
    if (this.#renewing) return;
    if (!this.#refreshToken) {
      // Without a refresh token only who cannot go on without a new one is refused.
      if (this.state === "renewing") this.happen("refused");
      return;
    }
    this.#renewing = true;
    const { urls } = this.#options;
    const url = this.#links.url ?? urls[this.#attempts++ % urls.length];
    if (this.#wasUnheard) await sleep(this.#renewPace.nextMs());
    const event = await this.#ask(new Client(url, "", this.#refreshToken, this.#options));
    this.#renewing = false;
    this.#wasUnheard = event === "unheard";
    if (!this.#wasUnheard) this.#renewPace.calm();
    this.happen(event);
  }

  async #ask(client) {
    try {
      if (!(await client.refresh())) return "refused";
    } catch {
      return "unheard";
    }
    this.token = client.token;
    this.#refreshToken = client.refreshToken;
    this.#options.onLogin?.(this.#login());
    return "renewed";
  }

  /** Take the tokens of the application, or the newer ones of the same login that were saved. */
  #logIn({ token, refreshToken, saved }) {
    const login = saved?.login;
    const isSame = !(token || refreshToken) || refreshToken === login?.first;
    const newest = login && isSame ? login : { first: refreshToken, token, refreshToken };
    this.token = newest.token;
    this.#firstRefreshToken = newest.first;
    this.#refreshToken = newest.refreshToken;
  }

  /** The newest tokens, and the refresh token of the login that they follow from. */
  #login() {
    if (!this.#refreshToken) return undefined;
    const { token } = this;
    return { first: this.#firstRefreshToken, token, refreshToken: this.#refreshToken };
  }
}
