/** A device whose connections lead nowhere: what it says is kept, what it hears is up to a test. */

import { Device } from "../../upcoach/client/upcoach.mjs";

export const FRAMES = {
  welcome: { t: "welcome", hb: 30 },
  subd: { t: "subd", f: "u:ann", cur: "epoch.0", mode: "resume" },
  snap: { t: "snap", f: "u:ann", kind: "goal", items: [], last: true },
  ev: {
    t: "ev", f: "u:ann", seq: 1, type: "goal.created", id: "gol_1", ver: 1,
    doc: { id: "gol_1", version: 1 },
  },
  skip: { t: "skip", f: "u:ann", from: 1, to: 2 },
  live: { t: "live", f: "u:ann", cur: "epoch.0", sums: {} },
  partly: { t: "live", f: "u:ann", cur: "epoch.0", sums: {} },
  res: { t: "res", id: "unknown", status: 200 },
  ping: { t: "ping", top: { "u:ann": 0 } },
  auth_expiring: { t: "auth_expiring", exp: "2026-01-05T12:00:00Z" },
  go: { t: "go", after: 60_000, reason: "drain" },
  eph: { t: "eph", ch: "typing:ann", kind: "typing", body: {} },
  reset: { t: "reset", f: "u:ann", reason: "epoch", cur: "other.7" },
  err: { t: "err", problem: { code: "frame_invalid" } },
  unsubd: { t: "unsubd", f: "u:ann", problem: { status: 404 } },
  unready: { t: "unsubd", f: "u:ann", problem: { status: 503 } },
  lost: { t: "unsubd", f: "u:bob", problem: { status: 404 } },
  gap: { t: "ev", f: "u:ann", seq: 9 },
  behind: { f: "u:me" },
  mismatch: { f: "u:me", kinds: ["goal"] },
  write: { t: "mut", id: "one", op: "POST", path: "/v1/goals" },
};

/** How to come to each state from the start: events, with the frames above. */
export const WAYS = {
  idle: [],
  connecting: ["start"],
  greeting: ["start", "opened"],
  syncing: ["start", "opened", "welcome", "subd"],
  live: ["start", "opened", "welcome", "subd", "live"],
  leaving: ["start", "opened", "welcome", "subd", "go"],
  moving: ["start", "opened", "welcome", "subd", "go", "timer"],
  renewing: ["start", "opened", "4401"],
  waiting: ["start", "opened", "4500"],
  stopped: ["start", "stop"],
};

export class Stage {
  static #all = [];

  /** Stop the devices of all stages, whose timers would keep the process. */
  static stop() {
    for (const stage of Stage.#all) stage.device.stop();
  }

  lines = [];
  told = [];
  events = [];
  asked = 0;

  constructor(options = {}) {
    const stage = this;
    class Line {
      sent = [];
      isClosed = false;
      patienceMs = 60_000;

      constructor(url, listener) {
        Object.assign(this, { url, listener });
        stage.lines.push(this);
      }

      send(frame) { this.sent.push(frame); }
      close() { this.isClosed = true; }
      cut() { this.end(); }
      open() { this.listener.opened(this); }
      hear(...frames) { for (const frame of frames) this.listener.heard(this, frame); }
      end(code) {
        this.isClosed = true;
        this.listener.closed(this, code);
      }
    }
    this.device = new Device({
      urls: ["http://127.0.0.1:1"], token: "token", transport: "line", transports: { line: Line },
      onEvent: (frame) => this.events.push(frame), onTold: (frame) => this.told.push(frame),
      fetch: () => {
        this.asked += 1;
        return new Promise(() => {});
      },
      ...options,
    });
    Stage.#all.push(this);
  }

  get line() { return this.lines.at(-1); }
  get sent() { return this.lines.flatMap((line) => line.sent); }

  go(...events) {
    for (const event of events) this.device.happen(event, FRAMES[event]);
  }

  greet() {
    this.line.open();
    this.line.hear(FRAMES.welcome);
    return this.line;
  }
}

/** A stage whose device is current at number 0. */
export function current(options = {}) {
  const saved = { feeds: [{ feed: "u:me", epoch: "epoch", seq: 0 }], writes: [] };
  const stage = new Stage({ saved, ...options });
  stage.go("start");
  stage.greet().hear(FRAMES.subd, FRAMES.live);
  return stage;
}
