import { type Gate, open, shut } from "./gate.js";
import { eventData, eventOrigin, eventPorts, eventSource, hasOwn, isArray } from "./intrinsics.js";

/** First element of every greeting. */
export const TAG = "portcullis";
/** The wire that this package speaks. */
export const WIRE_VERSION = 1;
/** A kind that no greeting has: the core refuses it as malformed. */
const MALFORMED = 255;
const LONGEST = 1024;

/** Whom messages come from: a window, a port or worker, the id of a service worker's client. */
export type Source = object | string;

/** A greeting that arrived at a gate, as far as its shape can be trusted. */
export interface Greeting {
  readonly trusted: boolean;
  /** Number of the source; 0 for one that nobody here is bound to. */
  readonly source: number;
  readonly from: object | null;
  readonly key: Source | null;
  readonly origin: string;
  readonly version: number;
  readonly name: string;
  readonly kind: number;
  readonly mine: string;
  readonly yours: string;
  readonly shared: string;
  readonly port: MessagePort | undefined;
}

/** Who hears greetings under one name. */
export interface Resident {
  arrive(greeting: Greeting): void;
}

interface Room {
  readonly number: number;
  readonly residents: Map<string, Resident>;
}

/** Everybody who waits for or talks to one source. */
const rooms = new Map<Source, Room>();
/** Who meets sources that no room is for (hubs), by the ear they listen at. */
const lobbies = new Map<EventTarget, Map<string, Resident>>();
/** The ears that are listened at, with how many need them and whether the ear itself is the source. */
const ears = new Map<EventTarget, { count: number; readonly own: boolean }>();
let lastNumber = 0;

/** Greetings of strangers that are looked at in a second; the rest is dropped unread, however many come. */
const STRANGERS = 512;
let since = 0;
let strangers = 0;

function hear(ear: EventTarget, own: boolean): () => void {
  let listened = ears.get(ear);
  if (!listened) {
    listened = { count: 0, own };
    ears.set(ear, listened);
    open(ear, onMessage);
  }
  listened.count++;
  return () => {
    if (--listened.count) return;
    ears.delete(ear);
    shut(ear, onMessage);
  };
}

/** A place of a resident under a name at a source. */
export class Stay {
  readonly #gate: Gate;
  readonly #name: string;
  readonly #resident: Resident;
  #source: Source | null = null;
  #unhear: (() => void) | undefined;

  constructor(gate: Gate, name: string, resident: Resident) {
    this.#gate = gate;
    this.#name = name;
    this.#resident = resident;
    this.#unhear = hear(gate.ear, gate.source() === gate.ear);
  }

  /** Whether somebody else already holds this name at this source. */
  static taken(source: Source, name: string): boolean {
    return rooms.get(source)?.residents.has(name) ?? false;
  }

  /** Moves in at the gate's present source and returns its number. */
  settle(): number {
    this.#vacate();
    const source = this.#gate.source();
    if (source === null) return 0;
    let room = rooms.get(source);
    if (!room) {
      room = { number: ++lastNumber, residents: new Map() };
      rooms.set(source, room);
    }
    room.residents.set(this.#name, this.#resident);
    this.#source = source;
    return room.number;
  }

  /** Whether the gate leads to another source now than the one settled at. */
  get moved(): boolean {
    return this.#gate.source() !== this.#source;
  }

  #vacate(): void {
    const room = this.#source === null ? undefined : rooms.get(this.#source);
    if (this.#source !== null && room?.residents.get(this.#name) === this.#resident) {
      room.residents.delete(this.#name);
      if (!room.residents.size) rooms.delete(this.#source);
    }
    this.#source = null;
  }

  leave(): void {
    this.#vacate();
    this.#unhear?.();
    this.#unhear = undefined;
  }
}

/** The number of a source that somebody is bound to; 0 for any other. */
export function numberOf(source: Source | null): number {
  return (source !== null && rooms.get(source)?.number) || 0;
}

/** Lets `resident` meet every source under `name` that nobody is bound to; nothing if somebody else does. */
export function receiveStrangers(
  ear: EventTarget,
  name: string,
  resident: Resident,
  own = false,
): (() => void) | undefined {
  const lobby = lobbies.get(ear) ?? new Map<string, Resident>();
  if (lobby.has(name)) return undefined;
  lobbies.set(ear, lobby.set(name, resident));
  const unhear = hear(ear, own);
  return () => {
    if (lobby.get(name) !== resident) return;
    lobby.delete(name);
    if (!lobby.size) lobbies.delete(ear);
    unhear();
  };
}

function onMessage(this: EventTarget, event: Event): void {
  // Ports and workers say nothing about the sender: the sender is whoever holds the other end.
  const own = ears.get(this)?.own ?? false;
  const from = own ? this : eventSource(event);
  const key = from && keyOf(from);
  const room = key === null ? undefined : rooms.get(key);
  if (!room && !mayLook(event)) return;
  const data = eventData(event);
  if (!isArray(data) || data[0] !== TAG) return;
  const greeting = read(event, data, room?.number ?? 0, from, key, own);
  const resident = room?.residents.get(greeting.name) ?? lobbies.get(this)?.get(greeting.name);
  if (resident) resident.arrive(greeting);
  else if (room) for (const other of [...room.residents.values()]) other.arrive(greeting);
  // Nobody is bound to this window: those who wait under the name hear why it is refused.
  else for (const { residents } of [...rooms.values()]) residents.get(greeting.name)?.arrive(greeting);
}

/** A client of a service worker comes as a new object each time and is known by its id. */
function keyOf(source: object & { readonly id?: unknown }): Source {
  return !("window" in globalThis) && typeof source.id === "string" ? source.id : source;
}

/** Bounds the work that windows nobody is bound to can cause. */
function mayLook({ timeStamp }: Event): boolean {
  if (timeStamp - since > 1000) {
    since = timeStamp;
    strangers = 0;
  }
  return ++strangers <= STRANGERS;
}

function read(
  event: Event,
  data: unknown[],
  source: number,
  from: object | null,
  key: Source | null,
  own: boolean,
): Greeting {
  const [, version, name, kind, mine, yours, shared = ""] = data;
  const sound =
    isCount(version) && isText(name) && isCount(kind) && isText(mine) && isText(yours) && isText(shared);
  const port = eventPorts(event)[0];
  return {
    // Node gives its port events no such property; in browsers it cannot be shadowed.
    trusted: event.isTrusted || (own && !hasOwn(event, "isTrusted")),
    source,
    from,
    key,
    origin: own ? "" : eventOrigin(event),
    port,
    ...(sound
      ? { version, name, kind, mine, yours, shared }
      : {
          // A later wire may have greetings of another shape; its version still says so.
          version: isCount(version) ? version : WIRE_VERSION,
          name: isText(name) ? name : "",
          kind: MALFORMED,
          mine: "",
          yours: "",
          shared: "",
        }),
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= LONGEST;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >>> 0 === value;
}
