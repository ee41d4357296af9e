/** Frames as they are on the wire: docs/protocol.md, sections 2 and 3. */

/** Names of the kinds, from 1 on, and how many words each has. */
const KINDS =
  "open 6 name 1 call 2 notify 1 event 1 reply 1 fail 2 cancel 1 release 2 abort 1 item 2 end 1 reset 1 credit 2 stop 1 ping 1 pong 1 lost 1 suspend 0 resume 0 goodbye 0 close 1".split(
    " ",
  );
const LIVE = 1;
/** The target of a call is a function that was lent, not a name. */
export const EXPORT = 2;
const LIVES = ["error", "function", "function", "signal", "stream", "stream", "signal"];

/** One frame of a message. */
export interface Frame {
  /** Its kind, as the protocol names it. */
  readonly kind: string;
  readonly flags: number;
  /** The words of its kind. */
  readonly words: readonly number[];
  readonly values: readonly unknown[];
  /** What crossed as a counterpart: functions, streams, signals, errors. */
  readonly lives: readonly string[];
  /** Bytes of its words. */
  readonly bytes: number;
}

/** The frames of a message; of one that breaks the protocol, those before the break. */
export function readFrames(message: readonly unknown[]): Frame[] {
  const frames: Frame[] = [];
  let at = 3;
  let value = at + (message[2] as number);
  const end = value;
  while (at < end) {
    const start = at;
    const head = message[at++] as number;
    const kind = KINDS[((head & 0xff) - 1) * 2];
    if (kind === undefined) break;
    const flags = (head >> 8) & 0xff;
    const count = head >>> 16;
    const size = Number(KINDS[(head & 0xff) * 2 - 1]);
    const words = message.slice(at, at + size) as number[];
    at += size;
    const values = message.slice(value, value + count);
    value += count;
    const lives: string[] = [];
    if (flags & LIVE) {
      const pairs = message[at] as number;
      for (let pair = 0; pair < pairs; pair++) lives.push(LIVES[message[at + 1 + 2 * pair] as number] ?? "?");
      at += 1 + 2 * pairs;
      value += 1;
    }
    if (at > end) break;
    frames.push({ kind, flags, words, values, lives, bytes: 4 * (at - start) });
  }
  return frames;
}
