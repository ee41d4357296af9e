import { isWord } from "./border.js";
import { type Gate, open, shut } from "./gate.js";
import { eventData, eventOrigin, eventPorts, eventSource, hasOwn, isArray } from "./intrinsics.js";
import type { Report } from "./report.js";

/** First element of every greeting. */
export const TAG = "portcullis";
/** The wire that this package speaks. */
export const WIRE_VERSION = 1;
/** A kind that no greeting has: the core refuses it as malformed. */
const MALFORMED = 255;
/** Characters of a text in a greeting. */
export const LONGEST = 1024;

/** Whom messages come from: a window, a port or worker, the id of a service worker's client. */
export type Source = object | string;

/** A greeting that arrived at a gate, as far as its shape can be trusted. */
export interface Greeting {
  readonly trusted: boolean;
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
  /** Where it is told that a flood of strangers was not looked at. */
  readonly report: Report;
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
const FLOODED = `more than ${STRANGERS} in a second from windows without a channel: the rest was not looked at`;
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

/** A place of a resident under a name at the source of a gate. */
export interface Stay {
  /** Moves in at the gate's present source and returns its number. */
  settle(): number;
  /** Whether the gate leads to another source now than the one settled at. */
  moved(): boolean;
  leave(): void;
}

/** Listens at a gate for a resident. */
export function stayAt(gate: Gate, name: string, resident: Resident): Stay {
  let source: Source | null = null;
  let unhear: (() => void) | undefined = hear(gate.ear, gate.source() === gate.ear);
  const vacate = (): void => {
    const residents = source === null ? undefined : rooms.get(source)?.residents;
    if (source !== null && residents?.get(name) === resident) {
      residents.delete(name);
      if (!residents.size) rooms.delete(source);
    }
    source = null;
  };
  return {
    settle() {
      vacate();
      source = gate.source();
      if (source === null) return 0;
      const room = rooms.get(source) ?? { number: ++lastNumber, residents: new Map() };
      rooms.set(source, room);
      room.residents.set(name, resident);
      return room.number;
    },
    moved: () => gate.source() !== source,
    leave() {
      vacate();
      unhear?.();
      unhear = undefined;
    },
  };
}

/** Whether somebody already holds this name at this source. */
export function isTaken(source: Source | null, name: string): boolean {
  return (source !== null && rooms.get(source)?.residents.has(name)) || false;
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

/** Takes what arrives at an ear to whom it is for. */
function onMessage(this: EventTarget, event: Event): void {
  // Ports and workers say nothing about the sender: the sender is whoever holds the other end.
  const own = ears.get(this)?.own ?? false;
  const from = own ? this : eventSource(event);
  const key = from && keyOf(from);
  const room = key === null ? undefined : rooms.get(key);
  if (!room && !mayLook(event)) return;
  const data = eventData(event);
  if (!isArray(data) || data[0] !== TAG) return;
  const greeting = read(event, data, from, key, own);
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
  if (++strangers === STRANGERS + 1) {
    for (const residents of [...rooms.values()].map((room) => room.residents).concat([...lobbies.values()])) {
      for (const { report } of [...residents.values()]) report.refused("dropped", FLOODED, "");
    }
  }
  return strangers <= STRANGERS;
}

function read(
  event: Event,
  data: unknown[],
  from: object | null,
  key: Source | null,
  own: boolean,
): Greeting {
  const [, version, name, kind, mine, yours, shared = ""] = data;
  const sound = isWord(version) && isWord(kind) && [name, mine, yours, shared].every(isText);
  // A later wire may have greetings of another shape; its version still says so.
  const [as, text] = sound
    ? [kind, [name, mine, yours, shared]]
    : [MALFORMED, [isText(name) ? name : "", "", "", ""]];
  return {
    // Node gives its port events no such property; in browsers it cannot be shadowed.
    trusted: event.isTrusted || (own && !hasOwn(event, "isTrusted")),
    from,
    key,
    origin: own ? "" : eventOrigin(event),
    version: isWord(version) ? version : WIRE_VERSION,
    kind: as,
    name: text[0] as string,
    mine: text[1] as string,
    yours: text[2] as string,
    shared: text[3] as string,
    port: eventPorts(event)[0],
  };
}

/** Whether a greeting can hold this as one of its texts. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= LONGEST;
}
