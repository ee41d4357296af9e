// Floods, giants and frames without number: the page stays interactive, nothing is lost in silence, and what was held
// is let go.
//
// Every case notes what it measured; `docs/security.md` has the figures last taken.

import { startPulse } from "../pulse.js";
import { GREETING, head, KIND, nonce } from "../wire.js";

/**
 * The longest time that a page may stand still. A machine that is busy with other things can stop it for longer, so
 * a flood has a few tries; for what is sent in one piece there is room.
 */
const STILL_MS = 1_000;
const STILL_TRIES = 6;
const STILL_PIECE_MS = 5_000;

const WASM_PAGE = 64 * 1024;
const MIB = 1 << 20;

/** The address of a frame that serves on its own; `heartbeat` is in milliseconds. */
function echo(origin, host, which = 0, heartbeat = 0) {
  const url = new URL("echo.html", location.href);
  url.search = new URLSearchParams({ host, which, heartbeat }).toString();
  return new URL(url.pathname + url.search, origin).href;
}

/** A guest that serves by the package. */
async function served(t, options = {}) {
  const guest = await t.frame({ origin: t.origins.guest });
  await guest.run(
    (kit, host, options) => {
      const { state } = kit;
      state.taken = 0;
      state.connecting = kit.portcullis.connect(parent, {
        allowedOrigins: host,
        ...options,
        methods: {
          add: (a, b) => a + b,
          never() {
            state.taken += 1;
            if (state.taken === 10_000) kit.report("as many as may wait");
            return new Promise(() => {});
          },
          size(buffer) {
            state.buffer = new WeakRef(buffer);
            return buffer.byteLength;
          },
          length: (text) => text.length,
          keys: (record) => Object.keys(record).length,
          digits: (number) => number.toString(16).length,
          isCyclic: (value) => value.list[0] === value,
          async first(items) {
            for await (const item of items) return item;
          },
        },
      });
    },
    t.origins.host,
    options,
  );
  return guest;
}

/** A guest that speaks the wire by hand, and the host's channel to it. */
async function byHand(t, options) {
  const guest = await t.frame({ origin: t.origins.guest });
  const connecting = t.connect(guest.element, {
    allowedOrigins: t.origins.guest,
    heartbeatMs: 0,
    ...options,
  });
  await guest.run(async (kit, origin) => {
    const { RawPeer } = await kit.wire();
    kit.state.raw = new RawPeer({ target: parent, origin });
    kit.state.raw.hello();
  }, t.origins.host);
  const channel = await connecting;
  await guest.run(async (kit) => {
    await kit.state.raw.opened;
    await kit.state.raw.ping();
  });
  return { guest, channel };
}

/** Posts forgeries without end to the page around it; the last message says that it was the last. */
async function flood(_kit, origin, forgeries, count) {
  const turn = () => {
    const { port1, port2 } = new MessageChannel();
    port2.postMessage(0);
    return new Promise((resolve) => {
      port1.onmessage = () => resolve(port1.close());
    });
  };
  for (let n = 0; n < count; n += 1) {
    // A port now and then: whoever refuses the message has to let go of it.
    const ports = n % 100 === 0 ? [new MessageChannel().port1] : [];
    parent.postMessage(forgeries[n % forgeries.length], origin, ports);
    // WebKit has both pages in one process: the flood must not be what keeps the page from running.
    if (n % 250 === 249) await turn();
  }
  parent.postMessage("the end of the flood", origin);
}

/** How often each text is there. */
function tally(texts) {
  const counts = {};
  for (const text of texts) counts[text] = (counts[text] ?? 0) + 1;
  return counts;
}

const outcome = ({ status, reason }) => (status === "fulfilled" ? status : reason.code);

/** The bytes of the core's memory, which never shrinks. */
const coreBytes = async () => (await import("/dist/internal/core.js")).core().memory.buffer.byteLength;

/** The bytes that live objects of this page take; `undefined` where nobody tells. */
function heapBytes(t) {
  if (!t.fact("garbageCollectorOnDemand")) return undefined;
  gc();
  return performance.memory.usedJSHeapSize;
}

/** What is told when a second brings more strangers than are looked at. */
const UNREAD = /^dropped {2}more than 512 in a second /;

export const cases = {
  "the pulse sees a page that stands still": async (t) => {
    const stop = startPulse();
    const end = performance.now() + 150;
    while (performance.now() < end);
    await t.turn();
    const { longest } = stop();
    t.ok(longest >= 150, `${longest} ms`);
  },

  "a stranger's flood: nothing runs, the page goes on, each cause is told once": {
    timeoutMs: 140_000,
    run: async (t) => {
      const evil = await t.frame({ origin: t.origins.evil });
      const forgeries = [
        ...Object.values(GREETING).map((kind) => ["portcullis", 1, "", kind, nonce(), nonce()]),
        [1, 0, 3, head(KIND.name, { count: 1 }), 0, head(KIND.call, { count: 1 }), 0, 0, "hit", "evil"],
        { portcullis: 1, method: "hit", origin: t.origins.guest },
        "x".repeat(1000),
        null,
      ];
      const COUNT = 10_000;
      let arrived = 0;
      const listen = ({ source }) => {
        if (source === evil.window) arrived += 1;
      };
      addEventListener("message", listen);
      t.cleanups.push(() => removeEventListener("message", listen));
      const end = () => t.event(window, "message", ({ data }) => data === "the end of the flood");
      // What the flood does to a page that only counts, to be told beside what it does to this one.
      const stopAlone = startPulse();
      const counted = end();
      evil.run(flood, t.origins.host, forgeries, COUNT);
      await counted;
      const alone = stopAlone().longest;

      const hits = [];
      const told = [[], []];
      const options = (log) => ({
        allowedOrigins: t.origins.guest,
        methods: { hit: (who) => hits.push(who) },
        log: ({ kind, origin, reason }) => log.push(`${kind} ${origin} ${reason}`),
      });
      const guest = await served(t);
      const channel = await t.connect(guest.element, options(told[0]));
      // This one still waits for its peer, so every greeting is looked at.
      const second = await t.frame({ origin: t.origins.guest });
      const waiting = t.connect(second.element, { ...options(told[1]), timeoutMs: 0 });
      const once = async () => {
        let over = false;
        end().then(() => {
          over = true;
        });
        const stop = startPulse();
        const started = performance.now();
        evil.run(flood, t.origins.host, forgeries, COUNT);
        let calls = 0;
        for (; !over; calls += 1) t.equal(await channel.remote.add(calls, 1), calls + 1);
        return { calls, ms: Math.round(performance.now() - started), ...stop() };
      };
      const floods = [];
      do floods.push(await once());
      while (floods.at(-1).longest >= STILL_MS && floods.length < STILL_TRIES);
      const { longest, beats, calls, ms } = floods.at(-1);

      t.equal(arrived, (COUNT + 1) * (1 + floods.length), "messages of the stranger");
      t.same(hits, [], "handlers that ran");
      for (const log of told) {
        t.ok(log.length > 0, "the refusal was told");
        t.same(log, [...new Set(log)], "each cause once");
        // On a fast machine the flood is more than is looked at, which is told of nobody in particular.
        for (const text of log)
          t.ok(text.startsWith(`refused ${t.origins.evil} `) || UNREAD.test(text), text);
      }
      t.ok(calls > 0, "calls in between");
      t.ok(longest < STILL_MS, `the page stood still for ${floods.map((flood) => flood.longest)} ms`);
      // The twin: the one who was meant gets in after all.
      await second.run((kit, host) => {
        kit.portcullis.connect(parent, { allowedOrigins: host, methods: { hello: () => "at last" } });
      }, t.origins.host);
      t.equal(await (await waiting).remote.hello(), "at last");
      t.note = `${COUNT} messages in ${ms} ms, longest gap ${longest} ms (${beats} beats; ${alone} ms where they are only counted), ${calls} calls in between`;
    },
  },

  "a flood of which not all is looked at is told, once": async (t) => {
    const evil = await t.frame({ origin: t.origins.evil });
    const guest = await t.frame({ origin: t.origins.guest });
    const told = [];
    t.connect(guest.element, {
      allowedOrigins: t.origins.guest,
      timeoutMs: 0,
      log: ({ kind, origin, reason }) => told.push(`${kind} ${origin} ${reason}`),
    }).catch(() => {});
    const floodOf = async (count) => {
      const over = t.event(window, "message", ({ data }) => data === "the end of the flood");
      evil.run(flood, t.origins.host, [null], count);
      await over;
    };
    // The twin: so many are looked at, and are no greetings.
    await floodOf(100);
    t.same(told, []);
    do await floodOf(2_000);
    while (!told.length);
    await floodOf(2_000);
    t.equal(told.length, 1);
    t.ok(UNREAD.test(told[0]), told[0]);
  },

  "an allowed peer that floods is cut off by messagesPerSecond": {
    timeoutMs: 120_000,
    run: async (t) => {
      const RATE = 1_000;
      const hits = [];
      const { guest, channel } = await byHand(t, {
        limits: { messagesPerSecond: RATE },
        methods: { hit: (n) => hits.push(n) },
      });
      const other = await served(t);
      const second = await t.connect(other.element, { allowedOrigins: t.origins.guest });
      const stop = startPulse();
      const started = performance.now();
      const flooding = guest.run(
        async (kit, name, notify) => {
          const { raw } = kit.state;
          raw.send([name, 0], ["hit"]);
          for (let n = 0; n < 50_000; n += 1) {
            raw.send([notify, 0], [n]);
            if (n % 250 === 249) await kit.turn();
            if (raw.messages.at(-1)?.includes(22)) break;
          }
        },
        head(KIND.name, { count: 1 }),
        head(KIND.notify, { count: 1 }),
      );
      const { code, reason } = await channel.closed;
      const seconds = (performance.now() - started) / 1000;
      t.equal(code, "channel/protocol");
      t.ok(/messagesPerSecond/.test(reason), reason);
      const ran = hits.length;
      t.ok(ran > 0 && ran <= RATE * (1 + seconds), `${ran} handlers in ${seconds} s`);
      await flooding;
      t.equal(await second.remote.add(1, 2), 3, "another channel");
      const { longest } = stop();
      t.same(hits, [...Array(ran).keys()], "in order, and none after the end");
      t.ok(longest < STILL_PIECE_MS, `the page stood still for ${longest} ms`);
      t.note = `${ran} handlers ran before the end, longest gap ${longest} ms`;
    },
  },

  "10,000 calls at once: as many as pendingCalls are sent, the others are told": {
    timeoutMs: 120_000,
    run: async (t) => {
      const hits = [];
      const guest = await served(t, { limits: { pendingCalls: 1_000 } });
      await t.connect(guest.element, {
        allowedOrigins: t.origins.guest,
        methods: { hit: (n) => hits.push(n) },
      });
      const stop = startPulse();
      const rounds = [];
      for (let round = 0; round < 2; round += 1) {
        rounds.push(
          await guest.run(async (kit) => {
            const channel = await kit.state.connecting;
            const calls = Array.from({ length: 10_000 }, (_, n) => channel.call("hit", [n]));
            const ended = await Promise.allSettled(calls);
            const counts = {};
            for (const { status, reason } of ended) {
              const what = reason ? `${reason.code}, executed: ${reason.executed}` : status;
              counts[what] = (counts[what] ?? 0) + 1;
            }
            return counts;
          }),
        );
      }
      const { longest } = stop();
      const expected = { fulfilled: 1_000, "call/busy, executed: no": 9_000 };
      t.same(rounds, [expected, expected]);
      const once = [...Array(1_000).keys()];
      t.same(hits, [...once, ...once], "handlers that ran");
      t.ok(longest < STILL_PIECE_MS, `the page stood still for ${longest} ms`);
      t.note = `longest gap ${longest} ms`;
    },
  },

  ...Object.fromEntries(
    [
      ["the frame is removed", "call/peer-gone", ({ element }) => element.remove()],
      ["the channel is closed", "channel/closed", (_, channel) => channel.close()],
    ].map(([what, code, end]) => [
      `10,000 calls that are never answered settle when ${what}`,
      {
        timeoutMs: 120_000,
        run: async (t) => {
          const guest = await served(t);
          const options = { allowedOrigins: t.origins.guest, heartbeatMs: 0, callTimeoutMs: 0 };
          const channel = await t.connect(guest.element, options);
          const abort = new AbortController();
          const calls = Array.from({ length: 10_000 }, (_, n) =>
            channel.call("never", [], n === 0 ? { signal: abort.signal } : undefined),
          );
          let settled = 0;
          for (const call of calls) {
            const count = () => {
              settled += 1;
            };
            call.then(count, count);
          }
          await t.rejects(channel.call("never"), { code: "call/busy", executed: "no" });
          t.equal(await guest.next(), "as many as may wait");
          abort.abort();
          await t.rejects(calls[0], "call/aborted");
          t.equal(settled, 1, "settled so far");
          const stop = startPulse();
          const started = performance.now();
          end(guest, channel);
          const ended = await Promise.allSettled(calls);
          const ms = Math.round(performance.now() - started);
          const { longest } = stop();
          t.same(tally(ended.map(outcome)), { "call/aborted": 1, [code]: 9_999 });
          t.equal(settled, 10_000, "settled once each");
          t.ok(longest < STILL_PIECE_MS, `the page stood still for ${longest} ms`);
          t.note = `all settled after ${ms} ms, longest gap ${longest} ms`;
        },
      },
    ]),
  ),

  "64 MiB are refused by name, pass where both allow them, and are let go": {
    timeoutMs: 120_000,
    run: async (t) => {
      const roomy = { limits: { queuedBytes: 128 * MIB } };
      const guest = await served(t, roomy);
      const options = { allowedOrigins: t.origins.guest };
      const strict = await t.connect(guest.element, options);
      const giant = new ArrayBuffer(64 * MIB);
      await t.rejects(strict.call("size", [giant]), { code: "call/busy", message: /queuedBytes/ });
      t.equal(await strict.remote.size(new ArrayBuffer(MIB)), MIB, "on the same channel");
      strict.close();
      await guest.run(async (kit) => {
        await (await kit.state.connecting).closed;
      });

      const second = await served(t, roomy);
      const channel = await t.connect(second.element, { ...options, ...roomy });
      const stop = startPulse();
      const started = performance.now();
      t.equal(await channel.call("size", [giant]), 64 * MIB);
      const copied = Math.round(performance.now() - started);
      t.equal(await channel.call("size", [giant], { transfer: [giant] }), 64 * MIB);
      t.equal(giant.byteLength, 0, "bytes left behind by a transfer");
      const { longest } = stop();
      t.ok(longest < STILL_PIECE_MS, `the page stood still for ${longest} ms`);
      if (t.fact("garbageCollectorOnDemand")) {
        await channel.remote.add(1, 2);
        t.step("until the guest has let go of the bytes");
        await second.run(async (kit) => {
          // What was looked at is held until the turn ends.
          for (gc(); kit.state.buffer.deref() !== undefined; gc()) await kit.turn();
        });
      }
      t.note = `64 MiB copied and answered in ${copied} ms, longest gap ${longest} ms`;
    },
  },

  "a million keys, a vast hole, a number of a million bits: each crosses or is refused by name": {
    timeoutMs: 120_000,
    run: async (t) => {
      const guest = await served(t);
      const options = { allowedOrigins: t.origins.guest, callTimeoutMs: 0 };
      const channel = await t.connect(guest.element, options);
      const sparse = [];
      // WebKit's clone goes through every place of a hole: the longest would hold it for good.
      sparse.length = t.engine === "webkit" ? 2 ** 20 : 2 ** 32 - 2;
      sparse[sparse.length - 2] = 1;
      const cyclic = { list: [] };
      cyclic.list.push(cyclic);
      let deep = 0;
      for (let n = 0; n < 100_000; n += 1) deep = [deep];
      // Firefox and WebKit have none of more than 2 ** 20 bits.
      const digits = 2n ** 1_000_000n;
      const wide = {};
      // Numbers for keys: engines take ten times as long for a record of a million words, each time it is cloned.
      for (let n = 0; n < 1_000_000; n += 1) wide[n] = n;
      const words = Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [`k${n}`, n]));
      const stop = startPulse();
      const bytes = await coreBytes();
      const took = {};
      const crosses = async (method, value, answer) => {
        const started = performance.now();
        t.equal(await channel.call(method, [value]), answer, method);
        took[`${method} ${answer}`] = Math.round(performance.now() - started);
      };
      await crosses("keys", wide, 1_000_000);
      await crosses("keys", words, 20_000);
      await crosses("length", sparse, sparse.length);
      await crosses("digits", digits, digits.toString(16).length);
      await crosses("length", "x".repeat(1_000_000), 1_000_000);
      await crosses("isCyclic", cyclic, true);
      await t.rejects(channel.call("length", [deep]), {
        code: "call/not-cloneable",
        message: /limits.depth/,
      });
      t.equal(await channel.remote.add(1, 2), 3, "the channel lives on");
      t.equal(await coreBytes(), bytes, "bytes of the core");
      // The same values where the limits are too small for them.
      const second = await served(t);
      const narrow = await t.connect(second.element, { ...options, limits: { queuedBytes: 100_000 } });
      for (const [method, value] of [
        ["keys", words],
        ["digits", digits],
        ["length", "x".repeat(1_000_000)],
      ]) {
        await t.rejects(narrow.call(method, [value]), { code: "call/busy", message: /queuedBytes/ }, method);
      }
      t.equal(await narrow.remote.add(1, 2), 3, "the narrow channel lives on");
      t.note = `${t.show(took)} ms, longest gap ${stop().longest} ms`;
    },
  },

  "10,000 streams at once: as many as a channel holds are opened, the others are told": {
    timeoutMs: 120_000,
    run: async (t) => {
      const HELD = 4_096;
      const guest = await served(t);
      const channel = await t.connect(guest.element, { allowedOrigins: t.origins.guest });
      const stop = startPulse();
      const sizes = [];
      // What a round leaves lying would come on top in each. How far the memory grows depends on how much overlaps.
      while (sizes.length < 2 || (sizes.at(-1) !== sizes.at(-2) && sizes.length < 6)) {
        let ended = 0;
        const { promise: all, resolve } = t.deferred();
        // Gives one item, and no more until it is ended.
        const items = () => {
          const left = [{ done: false, value: 7 }];
          const iterator = {
            next: async () => left.pop() ?? new Promise(() => {}),
            return: async () => {
              ended += 1;
              if (ended === HELD) resolve();
              return { done: true };
            },
          };
          return { [Symbol.asyncIterator]: () => iterator };
        };
        const calls = Array.from({ length: 10_000 }, () => channel.call("first", [items()]));
        t.same(tally((await Promise.allSettled(calls)).map(outcome)), {
          fulfilled: HELD,
          "call/busy": 5_904,
        });
        t.equal(await calls[0], 7);
        // The readers left after one item, which ends each producer and frees its place for the next round.
        await all;
        sizes.push(await coreBytes());
      }
      t.equal(sizes.at(-1), sizes.at(-2), `bytes of the core, round by round: ${sizes}`);
      t.equal(await channel.remote.add(1, 2), 3, "the channel lives on");
      t.note = `${sizes.length} rounds, longest gap ${stop().longest} ms`;
    },
  },

  "a peer that sends more than queuedBytes in one message is cut off": async (t) => {
    const taken = [];
    const { guest, channel } = await byHand(t, {
      methods: { take: (value) => taken.push(value.byteLength) },
    });
    const send = async (kit, frames, bytes) => {
      const buffer = new ArrayBuffer(bytes);
      kit.state.raw.send(frames, ["take", buffer], { transfer: [buffer] });
      if (bytes < 2 ** 26) await kit.state.raw.ping();
    };
    const frames = [head(KIND.name, { count: 1 }), 0, head(KIND.notify, { count: 1 }), 0];
    await guest.run(send, frames, MIB);
    t.same(taken, [MIB], "a body within the limit");
    await guest.run(send, frames, 65 * MIB);
    t.equal((await channel.closed).code, "channel/protocol");
    t.same(taken, [MIB]);
  },

  "a value as deep as its engine clones ends the channel of the peer that sends it": {
    timeoutMs: 60_000,
    run: async (t) => {
      const taken = [];
      const { guest, channel } = await byHand(t, { methods: { take: () => taken.push(1) } });
      const stop = startPulse();
      const levels = await guest.run(
        (kit, frames) => {
          // Engines clone with or without a stack of their own: some refuse what is deeper.
          for (let levels = 100_000; ; levels = Math.floor(levels / 2)) {
            let value = 0;
            for (let n = 0; n < levels; n += 1) value = [value];
            try {
              kit.state.raw.send(frames, ["take", value]);
              return levels;
            } catch {
              kit.state.raw.sent -= 1;
            }
          }
        },
        [head(KIND.name, { count: 1 }), 0, head(KIND.notify, { count: 1 }), 0],
      );
      t.ok(levels > 256, `the engine clones ${levels} levels`);
      const { code, reason } = await channel.closed;
      t.equal(code, "channel/protocol", reason);
      t.same(taken, []);
      const { longest } = stop();
      t.ok(longest < STILL_PIECE_MS, `the page stood still for ${longest} ms`);
      t.note = `${levels} levels, longest gap ${longest} ms`;
    },
  },

  "a frame that reloads 200 times in the midst of traffic: every call settles": {
    timeoutMs: 140_000,
    run: async (t) => {
      const RELOADS = 200;
      const frame = document.createElement("iframe");
      frame.src = echo(t.origins.guest, t.origins.host, 0, 250);
      document.body.append(frame);
      t.cleanups.push(() => frame.remove());
      const channel = await t.connect(frame, {
        allowedOrigins: t.origins.guest,
        heartbeatMs: 250,
        callTimeoutMs: 0,
      });
      let sent = 0;
      const settled = {};
      const wrong = [];
      const count = (what) => {
        settled[what] = (settled[what] ?? 0) + 1;
      };
      const send = (method, args, answer) => {
        sent += 1;
        channel.call(method, args).then(
          (value) => {
            count("fulfilled");
            if (value !== answer) wrong.push([method, args, value]);
          },
          ({ code }) => count(code),
        );
      };
      const started = performance.now();
      let bytes;
      for (let which = 1; which <= RELOADS; which += 1) {
        t.step(`reload ${which}`);
        const some = () => {
          for (let n = 0; n < 4; n += 1) send("add", [which, n], which + n);
        };
        some();
        send("never", []);
        // The twin of what gets lost: these may be sent again, and always come back.
        const again = channel.call("add", [which, 0.5], { idempotent: true });
        frame.src = echo(t.origins.guest, t.origins.host, which, 250);
        some();
        t.equal(await again, which + 0.5);
        do some();
        while ((await channel.call("which", [], { idempotent: true })) !== which);
        if (which === RELOADS / 2) bytes = await coreBytes();
      }
      const ms = Math.round(performance.now() - started);
      t.equal(channel.state, "open");
      channel.close();
      await channel.closed;
      await t.turn();
      t.same(wrong, [], "wrong answers");
      t.equal(
        Object.values(settled).reduce((sum, n) => sum + n),
        sent,
        `settled: ${t.show(settled)}`,
      );
      const known = ["call/peer-gone", "channel/closed", "fulfilled"];
      t.same(
        Object.keys(settled).filter((what) => !known.includes(what)),
        [],
      );
      if (bytes !== undefined) t.equal(await coreBytes(), bytes, "bytes of the core");
      t.note = `${sent} calls in ${ms} ms: ${t.show(settled)}`;
    },
  },

  "100 frames at once, twice: all are answered, and nothing is left": {
    timeoutMs: 140_000,
    run: async (t) => {
      // A frame plays the host, since what it holds is counted by functions put in place before the package.
      const host = await t.frame({ origin: t.origins.partner, params: { entry: "none" } });
      await host.run(async (kit, entry) => {
        const { keepLedger } = await import("/pages/e2e/pages/ledger.js");
        kit.state.held = keepLedger();
        kit.state.portcullis = await import(`/dist/${entry}.js`);
      }, t.entry);
      const addresses = Array.from({ length: 100 }, (_, n) => echo(t.origins.guest, t.origins.partner, n));
      const round = (frames) =>
        host.run(
          async (kit, frames, origin) => {
            const { connect } = kit.state.portcullis;
            const box = document.body.appendChild(document.createElement("div"));
            const channels = await Promise.all(
              frames.map((src) => {
                const frame = document.createElement("iframe");
                frame.src = src;
                box.append(frame);
                return connect(frame, { allowedOrigins: origin, timeoutMs: 100_000 });
              }),
            );
            const during = kit.state.held();
            const answers = await Promise.all(
              channels.flatMap((channel) => [
                channel.call("which"),
                ...Array.from({ length: 10 }, (_, n) => channel.call("add", [n, n])),
              ]),
            );
            const pending = channels.map((channel) => channel.call("never").catch(({ code }) => code));
            box.remove();
            const codes = await Promise.all(pending);
            await Promise.all(channels.map((channel) => channel.closed));
            return { answers, codes, during };
          },
          frames,
          t.origins.guest,
        );
      const settled = async (kit) => {
        for (let turns = 0; turns < 20; turns += 1) await kit.turn();
        return kit.state.held();
      };
      await round(addresses.slice(0, 1));
      const before = await host.run(settled);
      const sizes = [];
      const started = performance.now();
      for (let n = 0; n < 2; n += 1) {
        const { answers, codes, during } = await round(addresses);
        const sums = (which) => [which, ...Array.from({ length: 10 }, (_, n) => 2 * n)];
        t.same(answers, [...Array(100).keys()].flatMap(sums));
        t.same(tally(codes), { "call/peer-gone": 100 });
        t.ok(during.ports >= 100 && during.frames >= 1, t.show(during));
        const after = await host.run(settled);
        t.same(after, before, "held after the frames have gone");
        sizes.push(await host.run(coreBytes));
      }
      // The highest level depends on how many handshakes overlap; a hundred links that stay are several pages.
      t.ok(sizes[1] - sizes[0] <= WASM_PAGE, `bytes of the core after another hundred: ${sizes}`);
      t.note = `twice 100 frames in ${Math.round(performance.now() - started)} ms, ${sizes[1] / 1024} KiB of core`;
    },
  },

  "20,000 calls of a kilobyte leave no more memory behind than the first did": {
    timeoutMs: 120_000,
    run: async (t) => {
      const guest = await served(t);
      const channel = await t.connect(guest.element, { allowedOrigins: t.origins.guest });
      const round = async () => {
        for (let n = 0; n < 20; n += 1) {
          const calls = Array.from({ length: 1_000 }, (_, i) => channel.remote.length(`${i}`.padEnd(1024)));
          t.same(tally((await Promise.allSettled(calls)).map(outcome)), { fulfilled: 1_000 });
        }
      };
      await round();
      const [heap, core] = [heapBytes(t), await coreBytes()];
      const stop = startPulse();
      await round();
      const { longest } = stop();
      const [after, coreAfter] = [heapBytes(t), await coreBytes()];
      t.equal(coreAfter, core, "bytes of the core");
      t.ok(longest < STILL_PIECE_MS, `the page stood still for ${longest} ms`);
      t.note = `longest gap ${longest} ms, ${core / 1024} KiB of core`;
      if (heap === undefined) return;
      // What leaked with each call would be 20 MiB and more.
      t.ok(after - heap < 2 * MIB, `the heap grew by ${after - heap} bytes`);
      t.note += `, heap ${Math.round((after - heap) / 1024)} KiB more than before`;
    },
  },
};
