import { type Gate, open, shut } from "./gate.js";
import { eventData, eventOrigin, eventPorts, eventSource, hasOwn, isArray } from "./intrinsics.js";

/** First element of every greeting. */
export const TAG = "portcullis";
/** The wire that this package speaks. */
export const WIRE_VERSION = 1;
/** A kind that no greeting has: the core refuses it as malformed. */
const MALFORMED = 255;
const NAME_LENGTH = 1024;

/** A greeting that arrived at a gate, as far as its shape can be trusted. */
export interface Greeting {
  readonly trusted: boolean;
  /** Number of the window or port it came from; 0 for one that nobody here is bound to. */
  readonly source: number;
  readonly from: object | string | null;
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
const rooms = new Map<object | string, Room>();
/** Who meets sources that no room is for (hubs), by the ear they listen at. */
const lobbies = new Map<EventTarget, Map<string, Resident>>();
/** How many residents keep a listener on an ear. */
const ears = new Map<EventTarget, number>();
let lastNumber = 0;

/** Strangers' greetings looked at per second; the rest is dropped unread, however many come. */
const STRANGERS = 64;
let strangersSince = 0;
let strangers = 0;

function hear(ear: EventTarget): void {
  const count = ears.get(ear) ?? 0;
  ears.set(ear, count + 1);
  if (!count) open(ear, onMessage);
}

function unhear(ear: EventTarget): void {
  const count = (ears.get(ear) ?? 1) - 1;
  if (count) ears.set(ear, count);
  else {
    ears.delete(ear);
    shut(ear, onMessage);
  }
}

/** A place of a resident under a name at a source. */
export class Stay {
  readonly #gate: Gate;
  readonly #name: string;
  readonly #resident: Resident;
  #source: object | string | null = null;
  #over = false;

  constructor(gate: Gate, name: string, resident: Resident) {
    this.#gate = gate;
    this.#name = name;
    this.#resident = resident;
    hear(gate.ear);
  }

  /** Whether somebody else already holds this name at this source. */
  static taken(source: object | string, name: string): boolean {
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
    if (this.#source === null) return;
    const room = rooms.get(this.#source);
    if (room?.residents.get(this.#name) === this.#resident) {
      room.residents.delete(this.#name);
      if (!room.residents.size) rooms.delete(this.#source);
    }
    this.#source = null;
  }

  leave(): void {
    if (this.#over) return;
    this.#over = true;
    this.#vacate();
    unhear(this.#gate.ear);
  }
}

/** The number of a source that somebody is bound to; 0 for any other. */
export function numberOf(source: object | string | null): number {
  return (source !== null && rooms.get(source)?.number) || 0;
}

/** Lets `resident` meet every source under `name` that nobody is bound to. Returns how to stop. */
export function receiveStrangers(
  ear: EventTarget,
  name: string,
  resident: Resident,
): (() => void) | undefined {
  let lobby = lobbies.get(ear);
  if (!lobby) {
    lobby = new Map();
    lobbies.set(ear, lobby);
  }
  if (lobby.has(name)) return undefined;
  lobby.set(name, resident);
  hear(ear);
  return () => {
    if (lobby.get(name) !== resident) return;
    lobby.delete(name);
    if (!lobby.size) lobbies.delete(ear);
    unhear(ear);
  };
}

function onMessage(this: EventTarget, event: Event): void {
  // Ports and workers say nothing about the sender: the sender is whoever holds the other end.
  const source = eventSource(event) as (object & { id?: unknown }) | null;
  const from = ears.has(this) && isEndpoint(this) ? this : source && sourceKey(source);
  const room = from === null ? undefined : rooms.get(from);
  if (!room && !mayLook(event)) return;
  const data = eventData(event);
  if (!isArray(data) || data[0] !== TAG) return;
  const greeting = read(event, data, room?.number ?? 0, from, this);
  const resident = room?.residents.get(greeting.name) ?? lobbies.get(this)?.get(greeting.name);
  if (resident) {
    resident.arrive(greeting);
    return;
  }
  if (room) for (const other of [...room.residents.values()]) other.arrive(greeting);
  // Nobody is bound to this window: those who wait under the name hear why it is refused.
  else for (const { residents } of [...rooms.values()]) residents.get(greeting.name)?.arrive(greeting);
}

function isEndpoint(ear: EventTarget): boolean {
  return rooms.has(ear);
}

/** Windows and workers by themselves; clients come as a new object each time and are known by their id. */
function sourceKey(source: object & { id?: unknown }): object | string {
  return typeof globalThis.window === "undefined" && typeof source.id === "string" ? source.id : source;
}

/** Bounds the work that windows nobody is bound to can cause. */
function mayLook(event: Event): boolean {
  if (event.timeStamp - strangersSince > 1000) {
    strangersSince = event.timeStamp;
    strangers = 0;
  }
  return ++strangers <= STRANGERS;
}

function read(
  event: Event,
  data: unknown[],
  source: number,
  from: object | string | null,
  ear: object,
): Greeting {
  const [, version, name, kind, mine, yours, shared = ""] = data;
  const sound =
    isCount(version) &&
    isText(name, NAME_LENGTH) &&
    isCount(kind) &&
    isText(mine, 64) &&
    isText(yours, 64) &&
    isText(shared, NAME_LENGTH);
  return {
    // Node gives its port events no such property; in browsers it cannot be shadowed.
    trusted: event.isTrusted || (ear === from && !hasOwn(event, "isTrusted")),
    source,
    from,
    origin: ear === from ? "" : eventOrigin(event),
    version: sound ? version : 0,
    name: isText(name, NAME_LENGTH) ? name : "",
    kind: sound ? kind : MALFORMED,
    mine: sound ? mine : "",
    yours: sound ? yours : "",
    shared: sound ? shared : "",
    port: eventPorts(event)[0],
  };
}

function isText(value: unknown, longest: number): value is string {
  return typeof value === "string" && value.length <= longest;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && value >>> 0 === value;
}
