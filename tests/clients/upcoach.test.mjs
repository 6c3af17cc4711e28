/** The client for browsers and Node, without a server: `node --test`. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, test } from "node:test";

import {
  applyEvent, Device, EVENTS, EventParser, merged, newMutationId, Replica, sha256, STATES, Stopped, sumsOf,
  TABLE,
} from "../../upcoach/client/upcoach.mjs";
import { current, FRAMES, Stage, WAYS } from "./stage.mjs";

const VISIBLE = new Set([
  "open", "hello", "close", "resend", "send", "pong", "resume", "refetch", "restart", "renew",
  "auth", "tell", "complain", "log_out",
]);

after(() => Stage.stop());

const ev = (seq) => ({ ...FRAMES.ev, seq, id: `gol_${seq}` });

function said(frame) {
  if (frame.t === "mut") return frame.id === "one" ? "send" : "resend";
  if (frame.t !== "sub") return frame.t;
  if (frame.snap === true) return "restart";
  return frame.snap ? "refetch" : "resume";
}

/** What can be seen to have been done since *before*. */
function* changes(stage, before) {
  if (stage.lines.length > before.lines) yield "open";
  if (before.open.length && before.open.every((line) => line.isClosed)) yield "close";
  for (const frame of stage.sent.slice(before.sent)) yield said(frame);
  if (stage.asked > before.asked) yield "renew";
  if (stage.told.length > before.told) yield "tell";
  if (stage.device.problems.length > before.problems) yield "complain";
  if (before.token && !stage.device.token) yield "log_out";
}

for (const state of STATES) {
  test(`every cell of ${state} is carried out`, () => {
    for (const event of EVENTS) {
      const stage = new Stage({
        refreshToken: state === "renewing" && event === "unheard" ? "" : "refresh",
        feeds: ["u:bob"], channels: ["typing:ann"],
      });
      if (state === "renewing") {
        stage.device.state = "renewing"; // without a renewal that is under way
      } else {
        stage.go(...WAYS[state]);
      }
      assert.equal(stage.device.state, state);
      const writing = stage.device.mutate("POST", "/v1/goals", {}).catch((failure) => failure);
      const before = {
        lines: stage.lines.length, sent: stage.sent.length, told: stage.told.length,
        open: stage.lines.filter((line) => !line.isClosed), asked: stage.asked,
        problems: stage.device.problems.length, token: stage.device.token,
      };

      stage.go(event);

      const cell = TABLE[state][event];
      const wanted = new Set(cell.actions.filter((action) => VISIBLE.has(action)));
      if (!before.open.length) wanted.delete("close");
      if (state === "renewing" && event === "unheard") {
        wanted.delete("renew"); // without a refresh token that is the end
        assert.equal(stage.device.stoppedBy, "refused");
        wanted.add("log_out");
      } else {
        assert.equal(stage.device.state, cell.state, `${state} ${event}`);
      }
      assert.deepEqual([...changes(stage, before)].sort(), [...wanted].sort(), `${state} ${event}`);
      stage.device.stop();
      void writing;
    }
  });
}

test("SHA-256 is Node's", () => {
  for (const size of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000]) {
    const bytes = randomBytes(size);
    const expected = createHash("sha256").update(bytes).digest("hex");
    assert.equal(Buffer.from(sha256(bytes)).toString("hex"), expected);
  }
});

test("the sum is that of the protocol", () => {
  const documents = { goal: { gol_1: { id: "gol_1", version: 2 } }, habit: {} };
  assert.deepEqual(sumsOf(documents), { goal: "d54ceaec9aeec536" });
});

test("a merge patch merges as RFC 7396 says, and pollutes nothing", () => {
  const cases = [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [["a", "b"], ["c", "d"], ["c", "d"]],
    [{ a: "foo" }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [target, patch, expected] of cases) assert.deepEqual(merged(target, patch), expected);
  merged({}, JSON.parse('{"__proto__": {"polluted": 1}}'));
  assert.equal({}.polluted, undefined);
});

test("an event is applied once, and a deletion takes along what stands below", () => {
  const documents = {
    habit: { h: { version: 1 }, h2: { version: 1 } },
    "habit.entry": { "h/2026-01-05": { version: 1 }, "h2/2026-01-05": { version: 1 } },
  };
  applyEvent(documents, { type: "habit.updated", id: "h2", ver: 1, patch: { name: "late" } });
  applyEvent(documents, { type: "habit.updated", id: "h3", ver: 2, patch: { name: "unknown" } });
  applyEvent(documents, { type: "habit.deleted", id: "h", ver: 2 });
  assert.deepEqual(documents, {
    habit: { h2: { version: 1 } }, "habit.entry": { "h2/2026-01-05": { version: 1 } },
  });
});

test("a write follows those before it that were made from the same version", async () => {
  const stage = new Stage();
  stage.go(...WAYS.live);
  const path = "/v1/goals/gol_1";
  const ids = [];
  for (const [number, base] of [2, 2, 3].entries()) {
    const answered = stage.device.mutate("PATCH", path, { title: `${number}` }, base);
    const frame = stage.sent.at(-1);
    ids.push(frame.id);
    assert.deepEqual(frame.follows, [undefined, [ids[0]], undefined][number]);
    stage.line.hear({ t: "res", id: frame.id, status: 200 });
    await answered;
  }
});

test("a deletion leaves what another kind has under the same id", () => {
  const documents = { share: { usr_1: { version: 1 } }, client: { usr_1: { version: 1 } } };
  applyEvent(documents, { type: "share.deleted", id: "usr_1", ver: 2 });
  assert.deepEqual(documents, { share: {}, client: { usr_1: { version: 1 } } });
});

test("half a snapshot is asked for again and never shown", () => {
  const replica = new Replica("u:me");
  const begin = { t: "subd", cur: "epoch.7", mode: "snapshot" };
  replica.begin(begin);
  replica.apply({ t: "snap", kind: "goal", items: [{ id: "g", version: 1 }], last: true });
  assert.deepEqual(replica.documents, {});
  assert.deepEqual(replica.subscription(), { f: "u:me", snap: true });
  replica.begin(begin);
  replica.apply({ t: "snap", kind: "goal", items: [{ id: "h", version: 1 }], last: true });
  replica.settle({ t: "live", sums: sumsOf({ goal: { h: { version: 1 } } }) });
  assert.deepEqual(replica.documents, { goal: { h: { id: "h", version: 1 } } });
  assert.deepEqual([replica.cursor, replica.mismatches], ["epoch.7", 0]);
});

test("a wrong sum is asked for once", () => {
  const stage = current();
  stage.line.hear({ ...FRAMES.live, sums: { goal: "00" } });
  assert.deepEqual(stage.sent.at(-1), { t: "sub", f: "u:me", since: "epoch.0", snap: ["goal"] });
  stage.line.hear(FRAMES.subd, FRAMES.snap, { ...FRAMES.live, sums: { goal: "00" } });
  assert.equal(stage.sent.filter((frame) => frame.t === "sub").length, 1);
  assert.equal(stage.device.own.mismatches, 2);
  stage.device.stop();
});

test("a gap is asked for once, and nothing is applied twice", () => {
  const stage = current();
  stage.line.hear(ev(3), ev(4), ev(1));
  assert.deepEqual(stage.sent.map((frame) => frame.t), ["hello", "sub"]);
  stage.line.hear(FRAMES.subd, ev(1), ev(2), ev(2), ev(3));
  const { seq, gaps, repeats, applied } = stage.device;
  assert.deepEqual([seq, gaps, repeats], [3, 1, 1]);
  assert.deepEqual([...applied], [[1, 1], [2, 1], [3, 1]]);
  stage.device.stop();
});

test("the connection in use goes on until the next is open", async () => {
  const stage = current();
  const writing = stage.device.mutate("POST", "/v1/goals", {});
  const former = stage.line;
  stage.device.hop({ url: "http://127.0.0.1:2" });
  former.hear(ev(1));
  stage.line.open();
  former.hear(ev(2));
  assert.deepEqual(stage.line.sent[0].subs, [{ f: "u:me", since: "epoch.1" }]);
  former.hear({ t: "res", id: former.sent.at(-1).id, status: 201 });
  assert.equal(former.isClosed, false);
  stage.line.hear(FRAMES.welcome);
  assert.equal(former.isClosed, true);
  assert.equal((await writing).status, 201);
  assert.equal(stage.line.url, "http://127.0.0.1:2");
  stage.device.stop();
});

test("unanswered writes go out again in order under their ids", async () => {
  const stage = current();
  const answers = [1, 2, 3].map((n) => stage.device.mutate("POST", "/v1/goals", { n }));
  const muts = () => stage.line.sent.filter((frame) => frame.t === "mut");
  const sent = muts();
  stage.line.hear({ t: "res", id: sent[1].id, status: 201 });
  stage.line.end();
  await stage.device.until((device) => device.state === "connecting");
  stage.greet();
  assert.deepEqual(muts(), [sent[0], sent[2]]);
  for (const frame of muts()) stage.line.hear({ t: "res", id: frame.id, status: 200 });
  assert.deepEqual((await Promise.all(answers)).map((answer) => answer.status), [200, 201, 200]);
  stage.device.stop();
});

test("a write that may succeed later is sent again", async () => {
  for (const answer of [
    { status: 429, problem: { after: 10 } }, { status: 503, problem: {} },
    { status: 409, problem: { code: "mutation_running" } }, { status: 408, problem: {} },
  ]) {
    const stage = current();
    const writing = stage.device.mutate("DELETE", "/v1/goals/gol_1");
    const { id } = stage.sent.at(-1);
    stage.line.hear({ t: "res", id, ...answer });
    while (stage.sent.filter((frame) => frame.id === id).length < 2) {
      await new Promise((resolve) => { setTimeout(resolve, 5); });
    }
    stage.line.hear({ t: "res", id, status: 204 });
    assert.equal((await writing).status, 204);
    stage.device.stop();
  }
});

test("an answer may come without its document", async () => {
  const stage = current();
  const writing = stage.device.mutate("PATCH", "/v1/goals/gol_1", { title: "Run" }, 1);
  const answer = { t: "res", id: stage.sent.at(-1).id, status: 200, ver: 2 };
  stage.line.hear(answer);
  assert.deepEqual(await writing, answer);
  stage.device.stop();
});

test("a queue that is refused for now is sent again in its order", async () => {
  const stage = current();
  const answers = ["1", "2", "3"].map((title) => stage.device.mutate("POST", "/v1/goals", { title }));
  const writes = () => stage.sent.filter((frame) => frame.t === "mut").map((frame) => frame.body.title);
  const refuse = ({ id }) => stage.line.hear({ t: "res", id, status: 503, problem: {} });
  const [first, second, third] = stage.sent.filter((frame) => frame.t === "mut");
  [second, first, third].forEach(refuse);
  answers.push(stage.device.mutate("POST", "/v1/goals", { title: "4" }));
  while (writes().length < 7) await new Promise((resolve) => { setTimeout(resolve, 5); });
  assert.deepEqual(writes(), ["1", "2", "3", "1", "2", "3", "4"]);
  stage.device.stop();
  await Promise.allSettled(answers);
});

test("who waits for an answer hears that there will be none", async () => {
  const stage = current();
  const writing = stage.device.mutate("POST", "/v1/goals", {});
  stage.line.end(4403);
  await assert.rejects(writing, new Stopped("4403"));
  await assert.rejects(stage.device.mutate("POST", "/v1/goals", {}), Stopped);
  assert.deepEqual([stage.device.token, stage.device.documents], [undefined, {}]);
});

test("writes and places outlive the application", () => {
  const stage = current();
  stage.line.hear(ev(1));
  stage.device.mutate("POST", "/v1/goals", { title: "Run" }).catch(() => {});
  const saved = JSON.parse(JSON.stringify(stage.device.saved()));
  stage.device.stop();
  const again = new Stage({ saved });
  again.go("start");
  again.greet();
  const [hello, write] = again.line.sent;
  assert.deepEqual(hello.subs, [{ f: "u:me", since: "epoch.1" }]);
  assert.deepEqual(write.body, { title: "Run" });
  again.line.hear({ t: "res", id: write.id, status: 201 });
  assert.deepEqual(again.device.saved().writes, []);
  again.device.stop();
});

test("events of a stream are whole, however it is cut", () => {
  const stream = 'retry: 5\n: hi\r\nid: 7\nevent: ev\ndata: {"a":\r\ndata: 1}\r\rdata: x\n\n';
  const expected = [{ data: '{"a":\n1}', id: "7" }, { data: "x", id: undefined }];
  for (let cut = 0; cut <= stream.length; cut++) {
    const parser = new EventParser();
    const events = [...parser.feed(stream.slice(0, cut)), ...parser.feed(stream.slice(cut))];
    assert.deepEqual(events, expected);
  }
});

test("a write has a UUID of version 7 that sorts by time", async () => {
  const first = newMutationId();
  await new Promise((resolve) => { setTimeout(resolve, 2); });
  const second = newMutationId();
  assert.match(first, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.ok(first < second);
  assert.ok(Math.abs(parseInt(first.replace("-", "").slice(0, 12), 16) - Date.now()) < 1000);
});

test("a refusal that nobody waits for is told, and kept until it is dismissed", () => {
  const told = [];
  const write = { t: "mut", id: "one", op: "PATCH", path: "/v1/goals/gol_1", body: {} };
  const answer = { t: "res", id: "one", status: 409, problem: { code: "edited" } };
  const onRefused = (refusal) => told.push(refusal);
  const stage = new Stage({ saved: { feeds: [], writes: [write] }, onRefused });
  stage.go("start");
  stage.greet().hear(answer);
  const saved = JSON.parse(JSON.stringify(stage.device.saved()));
  stage.device.stop();
  const again = new Stage({ saved });
  assert.deepEqual(told, [{ write, answer }]);
  assert.deepEqual([again.device.refusals, saved.writes], [told, []]);
  again.device.dismiss("one");
  assert.deepEqual(again.device.saved().refusals, []);
});

test("newer tokens of the same login count", () => {
  const login = { first: "refresh", token: "newer", refreshToken: "newer refresh" };
  const newest = (given) => {
    const urls = ["http://127.0.0.1:1"];
    return new Device({ urls, ...given, saved: { feeds: [], writes: [], login } }).token;
  };
  assert.equal(newest({ token: "old", refreshToken: "refresh" }), "newer");
  assert.equal(newest({}), "newer");
  assert.equal(newest({ token: "of a new login", refreshToken: "other" }), "of a new login");
  assert.equal(newest({ token: "without a refresh token" }), "without a refresh token");
});

test("a device that stops keeps its writes", async () => {
  for (const code of [4400, 4403, 4409, 4426]) {
    const stage = current();
    const writing = stage.device.mutate("POST", "/v1/goals", {});
    stage.line.end(code);
    await assert.rejects(writing, Stopped);
    assert.equal(stage.device.saved().writes.length, 1);
  }
});

test("what waits behind a write that has to wait goes out after it", async () => {
  const stage = current();
  const write = (title) => stage.device.mutate("POST", "/v1/goals", { title }).catch(() => {});
  const muts = () => stage.sent.filter((frame) => frame.t === "mut");
  ["a", "b", "c"].forEach(write);
  const [a, b, c] = muts().map((frame) => frame.id);
  const wait = (id, after) => ({ t: "res", id, status: 429, problem: { after } });
  stage.line.hear(wait(a, 60), wait(b, 30), { t: "res", id: c, status: 201 });
  write("d");
  assert.equal(muts().length, 3);
  while (muts().length < 6) await new Promise((resolve) => { setTimeout(resolve, 5); });
  assert.deepEqual(muts().slice(3).map((frame) => frame.body.title), ["a", "b", "d"]);
  stage.device.stop();
});

test("a write is told before it is sent", () => {
  const seen = [];
  const stage = current({ onWrite: (frame) => seen.push([frame, stage.sent.length]) });
  stage.device.mutate("POST", "/v1/goals", { title: "Run" }).catch(() => {});
  assert.equal(seen.length, 1);
  const [[frame, at]] = seen;
  assert.deepEqual(stage.sent[at], frame);
  stage.device.stop();
});
