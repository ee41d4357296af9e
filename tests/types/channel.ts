/** What a page that writes TypeScript sees: compiled, never run. */
import {
  type CallContext,
  type Channel,
  connect,
  type Hub,
  type InspectorEvent,
  PortcullisError,
  type PortcullisErrorCode,
  release,
  transfer,
} from "portcullis";
import { expect, type Same } from "./check.js";

/** One type for both pages, as a type alias. */
type Api = {
  add(a: number, b: number): number;
  greet(name: string): Promise<string>;
  math: {
    mul(a: number, b: number): number;
    deep: { neg(a: number): number };
  };
  count(to: number): AsyncGenerator<number, void, unknown>;
  stream(): ReadableStream<Uint8Array>;
  make(): { call(n: number): string; data: number };
  subscribe(listener: (value: number) => void, signal?: AbortSignal): void;
  when(): Date;
  optional?(a: string): boolean;
  generic<T>(value: T): T;
  tuple(): [number, string];
  tree(): Tree;
  version: string;
};

interface Tree {
  name: string;
  children: Tree[];
}

/** And as an interface. */
interface PlainApi {
  add(a: number, b: number): number;
}

declare const frame: HTMLIFrameElement;
const options = { allowedOrigins: "https://pay.example" };

export async function caller(): Promise<void> {
  const channel = await connect<Api>(frame, options);
  expect<Same<typeof channel, Channel<Api>>>();
  const { remote } = channel;

  const sum = remote.add(1, 2);
  expect<Same<typeof sum, Promise<number>>>();
  // @ts-expect-error a text is no number
  remote.add(1, "2");
  // @ts-expect-error too few arguments
  remote.add(1);
  // @ts-expect-error too many arguments
  remote.add(1, 2, 3);
  // @ts-expect-error no such method
  remote.subtract(1, 2);
  // @ts-expect-error nothing may be taken for a promise
  remote.then;
  // @ts-expect-error data is not offered
  remote.version;
  // @ts-expect-error methods cannot be replaced from here
  remote.add = async () => 1;

  // A promise of a promise is one promise.
  const greeting = remote.greet("you");
  expect<Same<typeof greeting, Promise<string>>>();

  const product = remote.math.mul(3, 4);
  expect<Same<typeof product, Promise<number>>>();
  const negative = remote.math.deep.neg(1);
  expect<Same<typeof negative, Promise<number>>>();
  // @ts-expect-error nested arguments are checked too
  remote.math.mul("3", 4);

  for await (const n of await remote.count(3)) expect<Same<typeof n, number>>();
  const stream = await remote.stream();
  expect<Same<typeof stream, ReadableStream<Uint8Array>>>();

  const made = await remote.make();
  const called = made.call(1);
  expect<Same<typeof called, Promise<string>>>();
  expect<Same<typeof made.data, number>>();
  // @ts-expect-error functions that came back are checked too
  made.call("1");

  // A listener may be synchronous, asynchronous, and answer what it likes.
  await remote.subscribe((value) => void value.toFixed());
  await remote.subscribe(async (value) => value);
  // @ts-expect-error a listener of texts hears numbers
  remote.subscribe((value: string) => value);
  await remote.subscribe(() => {}, AbortSignal.timeout(5));

  const date = await remote.when();
  expect<Same<typeof date, Date>>();
  const answer = remote.optional("a");
  expect<Same<typeof answer, Promise<boolean>>>();
  const tuple = await remote.tuple();
  expect<Same<typeof tuple, [number, string]>>();
  const tree = await remote.tree();
  const name: string = tree.children[0]?.children[0]?.name ?? "";
  void name;

  const plain = await connect<PlainApi>(frame, options);
  const three = plain.remote.add(1, 2);
  expect<Same<typeof three, Promise<number>>>();
  // @ts-expect-error
  plain.remote.add({}, 2);

  // Without a type everything may be tried and nothing is known.
  const loose = await connect(frame, options);
  const unknown = await loose.remote["what"]?.(1, "2");
  expect<Same<typeof unknown, unknown>>();
  const anything = await loose.remote["math"]?.["mul"]?.(1);
  expect<Same<typeof anything, unknown>>();
  const result = await channel.call("add", [1, 2], { timeoutMs: 5, idempotent: true });
  expect<Same<typeof result, unknown>>();
}

/** The same type tells the other page what to offer. */
const api: Api = {
  add: (a, b) => a + b,
  greet: async (name) => `hello ${name}`,
  math: { mul: (a, b) => a * b, deep: { neg: (a) => -a } },
  async *count(to) {
    for (let i = 0; i < to; i++) yield i;
  },
  stream: () => new ReadableStream(),
  make: () => ({ call: String, data: 1 }),
  subscribe(listener) {
    listener(1);
  },
  when: () => new Date(),
  generic: (value) => value,
  tuple: () => [1, "a"],
  tree: () => ({ name: "root", children: [] }),
  version: "1",
};
const plain: PlainApi = { add: (a, b) => a + b };

export async function server(port: MessagePort, worker: Worker, shared: SharedWorker): Promise<void> {
  // Interfaces and aliases alike, and ports and workers need no allow-list.
  await connect(port, { methods: api });
  await connect(worker, { methods: plain });
  await connect(shared);
  const channel = await connect(window.parent, {
    ...options,
    methods: {
      who(this: CallContext, n: number): string {
        return this.origin + n + this.signal.aborted + this.channel.name;
      },
      contextual() {
        // `this` is the context without being said, nested too.
        expect<Same<typeof this.origin, string>>();
      },
      nested: {
        deeper() {
          expect<Same<typeof this.signal, AbortSignal>>();
        },
      },
    },
    // @ts-expect-error an option that does not exist
    allowedOrigin: "https://pay.example",
  });
  // @ts-expect-error not a peer
  await connect("https://pay.example", options);
  // @ts-expect-error patterns are texts, never expressions
  await connect(frame, { allowedOrigins: /pay/ });
  // @ts-expect-error nor numbers
  await connect(frame, { allowedOrigins: 1 });

  const off: () => void = channel.on("topic", (payload) => {
    // @ts-expect-error nothing is known of what arrives
    payload.length;
  });
  off();
  // @ts-expect-error a state is one of three texts
  channel.state === "opened";
  channel.emit("topic", { any: "thing" }, { retain: true });
  channel.onStateChange((state) => expect<Same<typeof state, "open" | "reconnecting" | "closed">>());
  const { code, reason } = await channel.closed;
  expect<Same<typeof code, PortcullisErrorCode>>();
  expect<Same<typeof reason, string | undefined>>();
  const buffer = new ArrayBuffer(8);
  const moved = transfer({ buffer }, [buffer]);
  expect<Same<typeof moved, { buffer: ArrayBuffer }>>();
  release(() => 1);
}

export async function disposed(port: MessagePort): Promise<void> {
  await using channel = await connect(port);
  using again = await connect(port);
  void [channel, again];
}

export function failures(error: unknown, hub: Hub, event: InspectorEvent): string {
  if (error instanceof PortcullisError) {
    switch (error.code) {
      case "call/peer-gone":
        return error.executed ?? "";
      case "call/threw":
        return String(error.remoteCode);
      // @ts-expect-error no such code
      case "call/nonsense":
        return "";
    }
  }
  for (const [id, channel] of hub.channels) channel.emit(id);
  return event.kind + event.reason;
}
