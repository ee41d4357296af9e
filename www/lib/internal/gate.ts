import { PortcullisError } from "../error.js";
import type { Peer } from "../types.js";
import { classOf, globalPost, listen, portPost, portStart, unlisten, workerPost } from "./intrinsics.js";

/** The way to a peer before there is a private port: where greetings go out and whose greetings count. */
export interface Gate {
  /** For the core: 0 a window (source and origin count), 2 a port or worker (possession counts). */
  readonly kind: 0 | 2;
  readonly transport: "message-port" | "worker";
  /** What the peer is called in messages to people. */
  readonly label: string;
  /** Whose messages are the peer's: the window, the port, the id of a client. Changes when a frame is moved. */
  source(): object | string | null;
  /** Whether the peer can still come back: its frame is in a document, its window is not closed. */
  alive(): boolean;
  /** The origin the peer probably has, or an empty text. */
  hint(): string;
  /** Whether nobody can be there to hear a greeting yet. */
  blank(): boolean;
  post(message: unknown[], target: string, transfer: Transferable[]): void;
  /** What the messages of the peer are dispatched on. */
  readonly ear: EventTarget;
  /** The frame whose `load` says that there may be a new page. */
  readonly frame?: HTMLIFrameElement;
}

type Scope = typeof globalThis & {
  readonly navigator?: { readonly serviceWorker?: EventTarget & { startMessages?(): void } };
};
const scope = globalThis as Scope;

/** The gate to `peer`. */
export function gateTo(peer: Peer, hint?: string): Gate {
  switch (classOf(peer)) {
    case "HTMLIFrameElement":
      return frameGate(peer as HTMLIFrameElement);
    case "MessagePort":
      return portGate(peer as MessagePort, "message-port");
    case "SharedWorker":
      return portGate((peer as SharedWorker).port, "worker");
    case "Worker":
      return workerGate(peer as Worker, (message, transfer) => workerPost(peer, message, transfer));
    case "DedicatedWorkerGlobalScope":
      return workerGate(peer as unknown as EventTarget, (message, transfer) =>
        globalPost?.(scope, message, transfer),
      );
    case "ServiceWorker": {
      const ear = scope.navigator?.serviceWorker as EventTarget & { startMessages?(): void };
      ear.startMessages?.();
      const worker = peer as ServiceWorker;
      return workerGate(ear, (message, transfer) => worker.postMessage(message, transfer), worker);
    }
    case "Client":
    case "WindowClient": {
      const client = peer as { id: string; postMessage(message: unknown, transfer: Transferable[]): void };
      return workerGate(scope, (message, transfer) => client.postMessage(message, transfer), client.id);
    }
  }
  if (!peer) {
    throw new PortcullisError(
      "connect/target-closed",
      "there is no such window: the frame or opener is gone",
    );
  }
  if ((peer as Window).window !== peer) {
    throw new PortcullisError(
      "connect/refused",
      "connect() takes an iframe, a window, a MessagePort, a worker or a client, and this is none of them",
    );
  }
  return windowGate(peer as Window, hint);
}

/** What only a window has. */
const NO_WINDOW = { alive: () => true, hint: () => "", blank: () => false };

function windowGate(target: Window, hint?: string): Gate {
  return {
    kind: 0,
    transport: "message-port",
    label: "the window",
    ear: scope,
    source: () => target,
    alive: () => !target.closed,
    hint: () => hint ?? (target === scope.parent ? (scope.location.ancestorOrigins?.[0] ?? "") : ""),
    blank() {
      // Asked first: they stand already, and where another origin's address is asked for an error is made.
      if (target === scope.parent || target === scope.opener) return false;
      try {
        return target.location.href === "about:blank";
      } catch {
        return false;
      }
    },
    post: (message, origin, transfer) => globalPost?.(target, message, origin, transfer),
  };
}

function frameGate(frame: HTMLIFrameElement): Gate {
  if (!frame.contentWindow) {
    throw new PortcullisError(
      "connect/target-closed",
      "the iframe is not in a document, so it has no window: append it first",
    );
  }
  return {
    kind: 0,
    transport: "message-port",
    label: "the frame",
    ear: scope,
    frame,
    source: () => frame.contentWindow,
    alive: () => frame.contentWindow !== null,
    hint() {
      try {
        return new URL(frame.src, frame.baseURI).origin;
      } catch {
        return "";
      }
    },
    // Another origin's document cannot be seen; while the first blank one stands, a post would only log an error.
    blank() {
      const page = frame.contentDocument;
      return page !== null && page.URL === "about:blank" && !page.body?.hasChildNodes();
    },
    post(message, origin, transfer) {
      if (frame.contentWindow) globalPost?.(frame.contentWindow, message, origin, transfer);
    },
  };
}

function portGate(port: MessagePort, transport: Gate["transport"]): Gate {
  const gate = workerGate(port, (message, transfer) => portPost(port, message, transfer));
  return { ...gate, transport, label: "the port" };
}

function workerGate(
  ear: EventTarget,
  post: (message: unknown[], transfer: Transferable[]) => void,
  source: object | string = ear,
): Gate {
  return {
    ...NO_WINDOW,
    kind: 2,
    transport: "worker",
    label: "the worker",
    ear,
    source: () => source,
    post: (message, _target, transfer) => post(message, transfer),
  };
}

/** Makes an ear hear; ports keep their messages until then. */
export function open(ear: EventTarget, listener: (event: Event) => void): void {
  listen(ear, "message", listener);
  if (classOf(ear) === "MessagePort") portStart(ear);
}

/** Takes the listener off again. */
export function shut(ear: EventTarget, listener: (event: Event) => void): void {
  unlisten(ear, "message", listener);
}
