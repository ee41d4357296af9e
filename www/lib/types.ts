/// <reference lib="esnext.disposable" />
import type { PortcullisErrorCode } from "./error.js";

/**
 * Whom to talk to. An iframe must be in a document; its window may still be loading.
 *
 * In a shared or service worker, `createHub` at top level meets the clients.
 */
export type Peer =
  | HTMLIFrameElement
  | Window
  | MessagePort
  | Worker
  | SharedWorker
  | ServiceWorker
  | WorkerClient
  | WorkerScope;

/** A `Client` as a service worker sees it (named here so that no page needs the worker library). */
export interface WorkerClient {
  readonly id: string;
  readonly type: string;
  readonly url: string;
  postMessage(message: unknown, transfer: Transferable[]): void;
}

/** The global scope of a dedicated worker: `connect(self)` talks to the page that made it. */
export interface WorkerScope extends EventTarget {
  readonly self: WorkerScope;
  postMessage(message: unknown, transfer: Transferable[]): void;
  importScripts(...urls: string[]): void;
}

/** How a channel is found, checked and bounded. */
export interface ConnectOptions {
  /**
   * Origins the peer may have: `"https://pay.example"`, or `"https://*.pay.example"` for its
   * subdomains of any depth (never the apex). Required for window peers unless `opaque`.
   */
  allowedOrigins?: string | readonly string[];
  /** With `allowedOrigins: "*"`: any page may be the peer and the application judges `channel.origin`. Default false. */
  anyOrigin?: boolean;
  /** Take a peer whose origin is `"null"` (sandbox, `data:`): bound to this one window, one handshake. */
  opaque?: boolean;
  /** With `opaque`: what the host wrote into the `srcdoc`; both sides must hold it. */
  nonce?: string;
  /** What the peer may call: own properties only; nested objects give dotted names. */
  methods?: Methods;
  /** Tells several channels between the same two windows apart. Default `""`. */
  name?: string;
  /** Milliseconds for the handshake, and for a reconnect. Default 10 000; 0 never. */
  timeoutMs?: number;
  /** Milliseconds between pings while something is owed; three unanswered mean gone. Default 5 000; 0 never. */
  heartbeatMs?: number;
  /** Milliseconds a call may take. Default 30 000; 0 never. */
  callTimeoutMs?: number;
  /** Aborts the connecting; afterwards closes the channel. */
  signal?: AbortSignal;
  /** Meet a reloaded peer again with the same checks. Default true. */
  reconnect?: boolean;
  /** Checks on the side that receives; `args` sees the argument array. Failure is `call/invalid`. */
  schemas?: Readonly<Record<string, MethodSchemas>>;
  /** Bounds on what a peer can make this page hold. */
  limits?: Partial<Limits>;
  /** Let stacks of thrown errors cross. Default false. */
  exposeStacks?: boolean;
  /** A rejected call's stack ends at the line that made the call. Costs microseconds a call. Default false. */
  traceCalls?: boolean;
  /** Asked before each call the peer makes; anything but `true` is `call/denied`. */
  authorize?(call: { readonly method: string; readonly origin: string }): boolean | Promise<boolean>;
  /** Told of everything refused or dropped, once per cause. */
  log?(event: InspectorEvent): void;
}

/** Bounds. Each has a default that ordinary pages never meet. */
export interface Limits {
  /** Calls that may wait for an answer, held by caller and receiver. Above it `call/busy`. Default 10 000. */
  pendingCalls: number;
  /** Estimated bytes accepted and not yet taken by the peer; also the largest body taken. Default 64 MiB. */
  queuedBytes: number;
  /** Levels of nesting in a value. Beyond it `call/not-cloneable`, or `channel/protocol` from a peer. Default 256. */
  depth: number;
  /** Characters of a method or topic name. Default 256. */
  nameLength: number;
  /** Messages taken from the peer per second (a message holds many calls). Default 50 000. */
  messagesPerSecond: number;
}

/** Functions a peer may call, nested objects allowed. `this` is a {@link CallContext}, nested too. */
export type Methods = (object | MethodTable) & ThisType<CallContext>;

/** Methods by name. Any object will do; this shape makes `this` known in nested ones. */
export interface MethodTable {
  readonly [name: string]: Methods;
}

/** What a handler sees as `this`. */
export interface CallContext {
  /** The caller's origin as checked in the handshake. */
  readonly origin: string;
  /** The channel the call came through. */
  readonly channel: Channel;
  /** Aborts when the caller aborts, times out or goes away. */
  readonly signal: AbortSignal;
}

/** Standard Schemas for one method. */
export interface MethodSchemas {
  /** Sees the array of arguments where the method is served. */
  readonly args?: StandardSchemaV1;
  /** Sees the result where the method is called. */
  readonly result?: StandardSchemaV1;
}

/** The part of the Standard Schema interface (version 1) that is used. */
export interface StandardSchemaV1 {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult | Promise<StandardResult>;
  };
}

/** What a Standard Schema answers. */
export type StandardResult =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: ReadonlyArray<StandardIssue> };

/** One complaint of a Standard Schema. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined;
}

/** Options of one call. */
export interface CallOptions {
  /** Aborts the call here and the handler's signal there. */
  signal?: AbortSignal;
  /** Milliseconds; overrides `callTimeoutMs`. 0 never. */
  timeoutMs?: number;
  /** What moves instead of being copied. */
  transfer?: Transferable[];
  /** May be sent again after a reconnect. Not with transfers or live values. */
  idempotent?: boolean;
}

/** Where a channel is in its life. */
export type ChannelState = "open" | "reconnecting" | "closed";

/** Why a channel ended. */
export interface Closed {
  readonly code: PortcullisErrorCode;
  readonly reason?: string;
}

/** A checked, private line to one peer. */
export interface Channel<Remote = unknown> extends AsyncDisposable, Disposable {
  /** The peer's methods: `remote.add(1, 2)`, `remote.math.add(1, 2)`. */
  readonly remote: RemoteMethods<Remote>;
  /** Calls a method by its (dotted) name. */
  call(method: string, args?: readonly unknown[], options?: CallOptions): Promise<unknown>;
  /** Calls without an answer. Throws at once what is wrong on this side. */
  notify(method: string, args?: readonly unknown[], options?: { transfer?: Transferable[] }): void;
  /** Sends an event. With `retain`, late listeners that ask for a replay get the last value. */
  emit(topic: string, payload?: unknown, options?: { transfer?: Transferable[]; retain?: boolean }): void;
  /** Hears a topic until the returned function is called or `signal` aborts. */
  on(
    topic: string,
    listener: (payload: unknown) => void,
    options?: { signal?: AbortSignal; replay?: boolean },
  ): () => void;
  readonly name: string;
  readonly transport: "message-port" | "worker" | "document-domain";
  /** The peer's origin as checked in the handshake; `"null"` when opaque, `""` for ports and workers. */
  readonly origin: string;
  readonly state: ChannelState;
  /** Hears every change of `state`, in order, until the returned function is called. */
  onStateChange(listener: (state: ChannelState) => void): () => void;
  /** Resolves when the channel has ended; never rejects. */
  readonly closed: Promise<Closed>;
  /** Replaces the methods offered. Calls that run already finish on the old ones. */
  handle(methods: Methods): void;
  /** Frames accepted here and not yet taken by the peer. */
  readonly bufferedAmount: number;
  /** Sends what the turn queued, says goodbye and lets go of everything. */
  close(reason?: string): void;
}

/** Something the channel saw; `log` gets those of kind `refused` and `dropped`, once per cause. */
export interface InspectorEvent {
  /** Milliseconds on the page's own clock (`performance.now()`). */
  readonly at: number;
  readonly kind: "refused" | "dropped" | "state" | "out" | "in";
  /** Name of the channel. */
  readonly channel: string;
  /** The peer's origin, or that of the stranger who was refused. */
  readonly origin: string;
  /** Why, for people: what happened and how to mend it. */
  readonly reason?: string;
  /** For traffic: call, notify, event, reply, fail, cancel, item, end. */
  readonly frame?: string;
  /** Method or topic. */
  readonly method?: string;
  /** Pairs a call with its answer. */
  readonly id?: number;
  /** Estimated size in bytes. */
  readonly bytes?: number;
  /** What crossed. Only for an inspector that asked for values. */
  readonly value?: unknown;
}

type AnyFunction = (...args: never[]) => unknown;

/** Values that cross as they are, so that their methods are not taken for remote ones. */
type Whole =
  | Date
  | RegExp
  | Error
  | ArrayBuffer
  | ArrayBufferView
  | Blob
  | MessagePort
  | AbortSignal
  | ReadableStream
  | ImageBitmap
  | ImageData;

/**
 * What arrives when `T` is sent: functions become asynchronous, async generators become
 * `AsyncIterable`s, everything else stays what it is.
 */
export type Received<T> = T extends AnyFunction
  ? RemoteFunction<T>
  : T extends Whole
    ? T
    : T extends AsyncIterable<infer Item>
      ? AsyncIterableIterator<Received<Item>>
      : T extends Map<infer Key, infer Value>
        ? Map<Received<Key>, Received<Value>>
        : T extends Set<infer Item>
          ? Set<Received<Item>>
          : T extends object
            ? { [Key in keyof T]: Received<T[Key]> }
            : T;

/** A function of the peer as it is called from here. */
export type RemoteFunction<T> = T extends (...args: infer Args) => infer Result
  ? (...args: Args) => Promise<Received<Awaited<Result>>>
  : never;

/** The remote face of `T`: its functions asynchronous, its nested objects alike, its data left out. */
export type RemoteMethods<T> = unknown extends T
  ? LooseMethods
  : {
      readonly [Key in keyof T as NonNullable<T[Key]> extends AnyFunction | object
        ? Key
        : never]-?: NonNullable<T[Key]> extends AnyFunction
        ? RemoteFunction<NonNullable<T[Key]>>
        : RemoteMethods<NonNullable<T[Key]>>;
    };

/** The remote face of a peer whose methods were not given as a type. */
export interface LooseMethods {
  (...args: unknown[]): Promise<unknown>;
  readonly [name: string]: LooseMethods;
}

/** Options of a hub: those of `connect`, and who may say what to whom. */
export interface HubOptions extends ConnectOptions {
  /** By topic: peers whose origin fits `publish` are relayed to those whose origin fits `subscribe`. Default: none. */
  relay?: Readonly<
    Record<string, { readonly publish: readonly string[]; readonly subscribe: readonly string[] }>
  >;
}

/** Many channels under one roof. */
export interface Hub extends AsyncDisposable, Disposable {
  /** The channels that are open or reconnecting, by a random id. */
  readonly channels: ReadonlyMap<string, Channel>;
  /** Hears who comes and who goes, until the returned function is called. */
  on(event: "connect" | "disconnect", listener: (channel: Channel) => void): () => void;
  /** Emits an event to every peer. Throws the first failure after the others have it. */
  broadcast(topic: string, payload?: unknown, options?: { retain?: boolean }): void;
  /** Closes every channel and meets nobody any more. */
  close(reason?: string): void;
}
