/**
 * The state machine of one channel, as `src/js/channel.rs` exports it. Times are milliseconds of one clock, sizes are
 * estimated bytes. A method with a body returns 0 or an id when it was taken, else one of `NOT_SENT_*`.
 */
export interface RawLink {
  free(): void;
  hint(origin: string): void;
  arrive(
    now: number,
    trusted: boolean,
    source: number,
    origin: string,
    version: number,
    name: string,
    kind: number,
    mine: string,
    yours: string,
    shared: string,
    hasPort: boolean,
  ): void;
  /** How many words of operations there are at `outAt()`. */
  poll(now: number): number;
  outAt(): number;
  /** Where to write the header words of the message that `receive` takes. */
  inbox(words: number): number;
  receive(now: number, port: number, seq: number, ack: number, n: number, values: number): void;
  flush(now: number): void;
  intern(now: number): number;
  live(kind: number, id: number): void;
  clearLives(): void;
  call(
    now: number,
    target: number,
    isExport: boolean,
    argc: number,
    lives: number,
    bytes: number,
    timeoutMs: number,
    flags: number,
  ): number;
  notify(now: number, target: number, isExport: boolean, argc: number, lives: number, bytes: number): number;
  emit(now: number, topic: number, count: number, retain: boolean, lives: number, bytes: number): number;
  reply(now: number, id: number, count: number, lives: number, bytes: number): number;
  fail(now: number, id: number, code: number, count: number, bytes: number): number;
  cancel(now: number, id: number, count: number): number;
  exportValue(): number;
  releaseImport(id: number): void;
  abortExport(id: number, count: number): number;
  openStream(): number;
  /** The credit left; NaN when the item was not taken. */
  item(stream: number, count: number, lives: number, bytes: number): number;
  end(stream: number, count: number): number;
  reset(stream: number, count: number): number;
  grant(stream: number, bytes: number): void;
  consumed(stream: number, cost: number): void;
  stop(stream: number, count: number): number;
  bind(window: number): void;
  greet(now: number): void;
  /** Above 0 while random bits are wanted. */
  wantsEntropy(): number;
  entropy(a: number, b: number, c: number, d: number): void;
  wake(now: number): void;
  lost(now: number, port: number): void;
  unsent(now: number, port: number, seq: number): void;
  cut(): void;
  /** Above 0 while frames wait for `flush`. */
  dirty(): number;
  buffered(): number;
  probe(now: number): void;
  ping(now: number): void;
  peerGone(now: number): void;
  suspend(now: number): void;
  resume(now: number): void;
  leave(now: number): void;
  violation(now: number, misbehaviour: number): void;
  close(now: number, count: number): number;
  /** The peer's page is gone from its window; another may come. */
  lose(now: number): void;
}
