/** Types of the UpCoach client; see `upcoach.mjs` and `docs/client.md`. */

export type State =
  | "idle" | "connecting" | "greeting" | "syncing" | "live" | "leaving" | "moving" | "renewing"
  | "waiting" | "stopped";

export type Event =
  | "start" | "stop" | "hop" | "write" | "timer" | "opened" | "failed" | "cut" | "silent"
  | "4400" | "4401" | "4403" | "4408" | "4409" | "4426" | "4429" | "4500" | "4503" | "4508"
  | "4510" | "4511" | "4512" | "welcome" | "subd" | "snap" | "ev" | "skip" | "live" | "partly"
  | "res" | "ping" | "auth_expiring" | "go" | "eph" | "reset" | "err" | "unsubd" | "unready"
  | "lost" | "gap" | "behind" | "mismatch" | "renewed" | "refused" | "unheard";

export type Action =
  | "open" | "hello" | "release" | "close" | "resend" | "send" | "begin" | "apply" | "settle"
  | "calm" | "answer" | "pong" | "watch" | "resume" | "refetch" | "restart" | "forget" | "renew"
  | "auth" | "depart" | "back_off" | "pause" | "tell" | "complain" | "log_out";

export interface Cell {
  readonly state: State;
  readonly actions: readonly Action[];
}

export const STATES: readonly State[];
export const EVENTS: readonly Event[];
export const TABLE: Readonly<Record<State, Readonly<Record<Event, Cell>>>>;

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** A document as the server shows it to everybody who may see it. */
export interface Document {
  id: string;
  version: number;
  [name: string]: Json;
}

export type Documents = Record<string, Record<string, Document>>;

/** A refusal (RFC 9457). */
export interface Problem {
  type?: string;
  title?: string;
  status: number;
  detail?: string;
  code?: string;
  [name: string]: Json | undefined;
}

export interface Author {
  user: string;
  dev?: string;
  mut?: string;
}

/** An `ev` frame. */
export interface Ev {
  t: "ev";
  f: string;
  seq: number;
  type: string;
  id: string;
  ver: number;
  doc?: Document;
  patch?: { [name: string]: Json };
  by: Author;
  at: string;
}

/** An `eph` frame. */
export interface Told {
  t: "eph";
  ch: string;
  kind: string;
  body: { [name: string]: Json };
  by?: Author;
  at: string;
}

/** The answer to a write. */
export interface Res {
  t: "res";
  id: string;
  status: number;
  ver?: number;
  cur?: string;
  /** Missing, beside what is deleted, where much is answered at once: the feed brings it. */
  body?: Json;
  problem?: Problem;
  /** Where the document is not what the write alone would have made. */
  merged?: string[];
  replayed?: boolean;
}

/** A `mut` frame. */
export interface Mut {
  t: "mut";
  id: string;
  op: string;
  path: string;
  base?: number;
  body?: Json;
}

export interface SavedFeed {
  feed: string;
  epoch?: string;
  seq?: number;
  documents?: Documents;
}

/** The newest tokens, and the refresh token of the login that they follow from. */
export interface Login {
  first: string;
  token: string;
  refreshToken: string;
}

/** A write that was refused while nobody waited for the answer. */
export interface Refusal {
  write: Mut;
  answer: Res;
}

/** What `Device.saved` gives: it may be kept as JSON. */
export interface Saved {
  feeds: SavedFeed[];
  writes: Mut[];
  refusals?: Refusal[];
  login?: Login;
}

export function sha256(bytes: Uint8Array): Uint8Array;
export function digest(id: string, version: number): bigint;
export function sumsOf(documents: Documents): Record<string, string>;
export function merged(target: Json | undefined, patch: Json): Json;
export function applyEvent(
  documents: Documents, event: Pick<Ev, "type" | "id" | "ver" | "doc" | "patch">,
): void;
export function againMs(result: Pick<Res, "status" | "problem">): number | undefined;
export function newMutationId(): string;

/** A frame as it stands on the wire. */
export interface Frame {
  t: string;
  [name: string]: unknown;
}

export class Replica {
  constructor(feed: string, saved?: Partial<SavedFeed>);
  readonly feed: string;
  documents: Documents;
  epoch: string;
  seq: number;
  isLive: boolean;
  readonly applied: Map<number, number>;
  repeats: number;
  gaps: number;
  readonly resets: string[];
  mismatches: number;
  readonly cursor: string;
  subscription(kinds?: string[]): { f: string; since?: string; snap?: boolean | string[] };
  hears(frame: Frame): boolean;
  begin(frame: Frame): void;
  misses(frame: Frame): boolean;
  apply(frame: Frame): boolean;
  settle(frame: Frame): string[];
  restart(reason: string): void;
  clear(): void;
  saved(): SavedFeed;
}

export class EventParser {
  feed(piece: string): { data: string; id: string | undefined }[];
}

export class ClientError extends Error {
  constructor(problem: Problem | undefined);
  readonly problem: Problem | undefined;
}

export class Stopped extends Error {
  constructor(event: Event);
  readonly event: Event;
}

export interface Response {
  status: number;
  headers: Record<string, string>;
  body: any;
}

export interface CallOptions {
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export class Client {
  constructor(
    url: string, token?: string, refreshToken?: string, options?: { fetch?: typeof fetch },
  );
  readonly url: string;
  token: string;
  refreshToken: string;
  call(method: string, path: string, body?: Json, options?: CallOptions): Promise<Response>;
  register(email: string, password: string, name: string, tz?: string): Promise<Response>;
  logIn(email: string, password: string, device: string): Promise<Client>;
  refresh(): Promise<boolean>;
  write(frame: Mut, signal?: AbortSignal): Promise<Res>;
}

export type Transport = "websocket" | "sse" | "poll" | "rest";

/** As much of a WebSocket as the client needs. */
export interface Socket {
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(text: string): void;
  close(): void;
  terminate?(): void;
}

export interface Channel {
  readonly url: string;
  readonly patienceMs: number;
  send(frame: Frame): void;
  cut(): void;
  close(): void;
}

export interface Listener {
  opened(channel: Channel): void;
  failed(channel: Channel): void;
  heard(channel: Channel, frame: Frame | undefined): void;
  closed(channel: Channel, code: number | undefined): void;
}

export interface DeviceOptions {
  /** The nodes; each attempt goes to the next. */
  urls: string[];
  /** What the login gave; the newer tokens in `saved` count when they follow from the same login. */
  token?: string;
  /** For new tokens; without one the device stops when its token ends. */
  refreshToken?: string;
  /** The device's name: a second connection under it replaces the first. */
  dev?: string;
  transport?: Transport | string;
  transports?: Record<
    string, new (url: string, listener: Listener, options: DeviceOptions) => Channel
  >;
  /** Feeds to follow beside the own one. */
  feeds?: string[];
  /** Channels without a number: presence, typing. */
  channels?: string[];
  onEvent?: (event: Ev) => void;
  onTold?: (message: Told) => void;
  onChange?: (device: Device, event: Event) => void;
  /** Every write that is kept, before it is sent: who saves then makes none twice when killed. */
  onWrite?: (write: Mut) => void;
  /** Every refusal that nobody waits for; see `Device.refusals`. */
  onRefused?: (refusal: Refusal) => void;
  /** New tokens; who keeps them at once stays logged in, whenever the application ends. */
  onLogin?: (login: Login) => void;
  /** The most that a back-off may take. */
  longestMs?: number;
  /** Where there is none of its own, as in Node 20. */
  WebSocket?: new (url: string, protocols?: string | string[]) => Socket;
  fetch?: typeof fetch;
  saved?: Saved;
}

export class Device {
  constructor(options: DeviceOptions);
  readonly state: State;
  readonly stoppedBy: Event | undefined;
  readonly closedWith: number | undefined;
  readonly problems: Problem[];
  readonly transport: string;
  readonly token: string | undefined;
  readonly replicas: Map<string, Replica>;
  readonly own: Replica;
  readonly documents: Documents;
  readonly epoch: string;
  readonly seq: number;
  readonly applied: Map<number, number>;
  readonly repeats: number;
  readonly gaps: number;
  readonly resets: string[];
  readonly live: boolean;
  start(): this;
  stop(): void;
  mutate(op: string, path: string, body?: Json, base?: number): Promise<Res>;
  until(condition: (device: Device) => boolean, timeoutMs?: number): Promise<void>;
  hop(where?: { transport?: Transport | string; url?: string }): void;
  send(frame: Frame): void;
  cut(): void;
  saved(): Saved;
  /** Part of `saved` until `dismiss` is called. */
  readonly refusals: Refusal[];
  dismiss(id: string): void;
  happen(event: Event, frame?: object): void;
  take(frame: Frame): void;
  takeClose(code: number | undefined): void;
}
