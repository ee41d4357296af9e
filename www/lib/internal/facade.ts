/**
 * Where the channel entry that a page loaded offers what other entries need of it, so that these neither carry a
 * second core nor the channel's code.
 */
import { PortcullisError } from "../error.js";
import type { Channel, Methods } from "../types.js";

/** How a channel over a port that is already trusted is opened. */
export interface PortOptions {
  readonly transport: Channel["transport"];
  /** The peer's origin as the caller knows it; the port itself has none. */
  readonly origin: string;
  readonly name?: string;
  readonly methods?: Methods;
  readonly callTimeoutMs?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What a channel entry offers. */
export interface ChannelFacade {
  connectPort<Remote>(port: MessagePort, options: PortOptions): Promise<Channel<Remote>>;
}

let offered: ChannelFacade | undefined;

/** A channel entry offers itself when it is imported; they all offer the same. */
export function offerFacade(facade: ChannelFacade): void {
  offered ??= facade;
}

/**
 * The channel entry that this page loaded.
 *
 * @throws PortcullisError `wasm/not-ready` when it loaded none
 */
export function channelFacade(): ChannelFacade {
  if (offered === undefined) {
    throw new PortcullisError(
      "wasm/not-ready",
      'no channel is loaded: import "portcullis" or "portcullis/no-wasm" once in this page',
    );
  }
  return offered;
}
