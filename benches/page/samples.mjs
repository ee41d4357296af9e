/**
 * One sample of each case, taken in the host page. Each lasts at least `minMs`, because the clock of a page is coarse, and
 * checks every answer. Returned: milliseconds, operations, and what else the case measures; `uncounted` are operations outside of
 * those milliseconds, which took CPU time as well.
 */
import { connected } from "./frames.mjs";
import { order } from "./payloads.mjs";

const now = () => performance.now();

function expect(holds, what) {
  if (!holds) throw new Error(what);
}

/** A tab just shown has other things to do: calls that do not count, and their number. */
async function prelude(peer) {
  const until = now() + 100;
  let calls = 0;
  for (; now() < until; calls++) await peer.echo(0);
  return calls;
}

/** One call after the other. */
async function lone({ peer }, { minMs }) {
  const uncounted = await prelude(peer);
  const answers = [];
  const start = now();
  let ms;
  do {
    answers.push(await peer.echo(answers.length));
    ms = now() - start;
  } while (ms < minMs);
  expect(
    answers.every((answer, index) => answer === index),
    "a wrong answer",
  );
  return { ms, operations: answers.length, uncounted };
}

async function loneObject({ peer }, { minMs }) {
  await prelude(peer);
  const value = order();
  const answers = [];
  const start = now();
  let ms;
  do {
    answers.push(await peer.echo(value));
    ms = now() - start;
  } while (ms < minMs);
  const text = JSON.stringify(value);
  expect(
    answers.every((answer) => JSON.stringify(answer) === text),
    "a wrong answer",
  );
  return { ms, operations: answers.length };
}

/** Many calls at once. */
async function burst({ peer }, { minMs, calls }) {
  let operations = 0;
  let ms = 0;
  do {
    const answers = new Array(calls);
    const start = now();
    for (let index = 0; index < calls; index++) answers[index] = peer.echo(index);
    const settled = await Promise.all(answers);
    ms += now() - start;
    operations += calls;
    expect(settled.length === calls && settled.every((answer, index) => answer === index), "a wrong answer");
  } while (ms < minMs);
  return { ms, operations };
}

/** Many calls at once, and how long the page's other tasks had to wait meanwhile, at the worst moment. */
async function gap({ peer }, { calls }) {
  const { port1, port2 } = new MessageChannel();
  let longestMs = 0;
  let settled = false;
  const answers = Array.from({ length: calls }, (_, index) => peer.echo(index));
  let last = now();
  const ticking = new Promise((resolve) => {
    port1.onmessage = () => {
      const at = now();
      longestMs = Math.max(longestMs, at - last);
      last = at;
      if (settled) resolve();
      else port2.postMessage(0);
    };
  });
  const start = last;
  port2.postMessage(0);
  const values = await Promise.all(answers);
  settled = true;
  const ms = now() - start;
  await ticking;
  port1.close();
  expect(
    values.every((answer, index) => answer === index),
    "a wrong answer",
  );
  return { ms, operations: calls, longestMs };
}

/** A small call made right after a large one: how long until its answer. */
async function behind({ peer }, { bytes }) {
  await prelude(peer);
  const large = new Uint8Array(bytes).fill(7);
  const first = peer.echo(large);
  const start = now();
  const answer = await peer.echo(1);
  const ms = now() - start;
  const echoed = await first;
  expect(answer === 1 && echoed.byteLength === bytes && echoed[bytes - 1] === 7, "a wrong answer");
  return { ms, operations: 1 };
}

/** A big buffer there and back. */
async function swap({ peer }, { minMs, bytes }) {
  let buffer = new ArrayBuffer(bytes);
  let operations = 0;
  let moved = true;
  const start = now();
  let ms;
  do {
    const sent = buffer;
    new Uint8Array(sent)[operations % bytes] = 1 + (operations % 255);
    buffer = await peer.swap(sent);
    moved &&= sent.byteLength === 0;
    expect(buffer.byteLength === bytes, "a buffer of another length");
    expect(
      new Uint8Array(buffer)[operations % bytes] === 1 + (operations % 255),
      "a buffer with other bytes",
    );
    operations++;
    ms = now() - start;
  } while (ms < minMs);
  return { ms, operations, moved };
}

/** Small items, as fast as they come. */
async function stream({ peer }, { minMs, items }) {
  let operations = 0;
  let ms = 0;
  do {
    let next = 0;
    const start = now();
    for await (const item of await peer.items(items)) {
      expect(item === next, "an item out of order");
      next++;
    }
    ms += now() - start;
    expect(next === items, "items are missing");
    operations += items;
  } while (ms < minMs);
  return { ms, operations };
}

/** Chunks, and a reader that pauses after every fourth: how much lies between writer and reader at the worst moment. */
async function slowReader({ peer, witness }, { chunks, bytes }) {
  const consumed = [];
  const start = now();
  for await (const chunk of await peer.chunks(chunks, bytes)) {
    expect(chunk.byteLength === bytes && chunk[0] === consumed.length % 256, "a wrong chunk");
    consumed.push(performance.timeOrigin + now());
    if (consumed.length % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const ms = now() - start;
  expect(consumed.length === chunks, "chunks are missing");
  const { produced } = await new Promise((resolve) => {
    witness.onmessage = (event) => resolve(event.data);
    witness.postMessage("log");
  });
  expect(produced.length === chunks, "the writer's log is incomplete");
  return { ms, operations: chunks, peakBytes: peakBuffered(produced, consumed) * bytes };
}

/** The greatest number of chunks made and not yet read, from the two lists of moments. */
export function peakBuffered(produced, consumed) {
  let read = 0;
  let peak = 0;
  produced.forEach((moment, index) => {
    while (consumed[read] < moment) read++;
    peak = Math.max(peak, index + 1 - read);
  });
  return peak;
}

/** One event to all frames; over when the last of them has told so, past the library. */
async function fanout({ frames, broadcast }, { minMs }) {
  const peers = frames.map(({ peer }) => peer);
  let operations = 0;
  let ms = 0;
  do {
    const payload = `event ${operations}`;
    const received = Promise.all(
      frames.map(
        ({ witness }) =>
          new Promise((resolve) => {
            witness.onmessage = (event) => resolve(event.data);
          }),
      ),
    );
    const start = now();
    if (broadcast) broadcast(peers, payload);
    else for (const peer of peers) peer.event(payload);
    const payloads = await received;
    ms += now() - start;
    expect(
      payloads.every((seen) => seen === payload),
      "a wrong payload",
    );
    operations++;
  } while (ms < minMs);
  return { ms, operations };
}

/** A new frame, connected, first answer: the page and the guest's process are warm. */
async function reconnect({ connect }) {
  const start = now();
  const made = await connected(connect);
  const ms = now() - start;
  made.remove();
  return { ms, operations: 1 };
}

export const samples = { lone, loneObject, burst, gap, behind, swap, stream, slowReader, fanout, reconnect };
