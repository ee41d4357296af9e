// A peer that passed every check and then breaks the protocol: the channel ends, the page does not notice.
//
// Each row sends one wrong thing over a session that has just worked (the twin is the call before it), by hand.

import { head, KIND } from "../wire.js";

const nested = (levels) => {
  let value = 0;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
};

/** Frames (and their values) that end the channel. `message` is posted as it is. */
const BREACHES = {
  "a frame of no known kind": { frames: [99] },
  "a frame of kind 0": { frames: [0] },
  "an opening in the middle": { frames: [head(KIND.open), 1, 0, 1, 2, 3, 4] },
  "a call cut short": { frames: [head(KIND.call), 3] },
  "a flag that the kind has not": { frames: [head(KIND.ping, { flags: 4 }), 1] },
  "more values than the kind has": { frames: [head(KIND.event, { count: 2 }), 0], values: [1, 2] },
  "a value that belongs to no frame": { frames: [], values: [1] },
  "a value that is missing": { frames: [head(KIND.event, { count: 1 }), 0] },
  "more words said than there are": { message: (seq) => [seq, 1, 99, 1, 2] },
  "words that are no numbers": { frames: ["1", null] },
  "a negative word": { frames: [-1] },
  "a broken word": { frames: [head(KIND.ping) + 0.5, 1] },
  "a word of more than 32 bits": { frames: [2 ** 40] },
  "more words than a message may have": { frames: Array(40_000).fill(head(KIND.resume)) },
  "no array": { message: () => ({ seq: 2 }) },
  null: { message: () => null },
  "a text": { message: () => "[2, 1, 0]" },
  "an empty array": { message: () => [] },
  "numbers that are not finite": { message: () => [Number.NaN, Number.POSITIVE_INFINITY, 0] },
  "a gap in the sequence": { frames: [], options: { seq: 50 } },
  "an acknowledgement of what was never sent": { frames: [], options: { ack: 1000 } },
  "a name that was never told": { frames: [head(KIND.notify), 77] },
  "an event of a topic that was never told": { frames: [head(KIND.event), 78] },
  "a name id out of range": { frames: [head(KIND.name, { count: 1 }), 1024], values: ["late"] },
  "a name that is no text": { frames: [head(KIND.name, { count: 1 }), 5], values: [{}] },
  "a name that is too long": { frames: [head(KIND.name, { count: 1 }), 5], values: ["x".repeat(1 << 20)] },
  "a call in a slot that is in use": {
    frames: [head(KIND.name, { count: 1 }), 5, head(KIND.call), 9, 5, head(KIND.call), 9, 5],
    values: ["never"],
  },
  "a release of what was never lent": { frames: [head(KIND.release), 3, 1] },
  "live values without number": {
    frames: [head(KIND.notify, { flags: 1, count: 1 }), 0, 0],
    values: [null, []],
  },
  "live values beyond the limit": {
    frames: [head(KIND.notify, { flags: 1, count: 1 }), 0, 5000],
    values: [null],
  },
  "a live value of no known kind": {
    frames: [head(KIND.notify, { flags: 1, count: 1 }), 0, 1, 9, 0],
    values: [null, [[0]]],
  },
  "a live value whose path leads nowhere": {
    frames: [head(KIND.notify, { flags: 1, count: 1 }), 0, 1, 1, 0],
    values: [null, [[0, "a", "b"]]],
  },
  "a live value whose path is a prototype": {
    frames: [head(KIND.notify, { flags: 1, count: 1 }), 0, 1, 1, 0],
    values: [{}, [[0, "__proto__", "polluted"]]],
  },
  "live paths that are no array": {
    frames: [head(KIND.notify, { flags: 1, count: 1 }), 0, 1, 1, 0],
    values: [null, "0"],
  },
  "an error that is no record": {
    frames: [head(KIND.notify, { flags: 1, count: 1 }), 0, 1, 0, 0],
    values: [7, [[0]]],
  },
  "a value nested too deeply": { frames: [head(KIND.notify, { count: 1 }), 0], values: [nested(300)] },
  "a close of no known code": { frames: [head(KIND.close), 99] },
};

/** What comes late or for nobody: dropped, and the channel lives. */
const STRAYS = {
  "a reply to no call": { frames: [head(KIND.reply, { count: 1 }), 7], values: ["x"] },
  "a failure of no call": { frames: [head(KIND.fail), 7, 3] },
  "a cancel of no call": { frames: [head(KIND.cancel), 7] },
  "an item of no stream": { frames: [head(KIND.item, { count: 1 }), 7, 32], values: [1] },
  "an end of no stream": { frames: [head(KIND.end), 7] },
  "credit for no stream": { frames: [head(KIND.credit), 7, 1000] },
  "a stop of no stream": { frames: [head(KIND.stop), 7] },
  "an abort of no signal": { frames: [head(KIND.abort), 7] },
  "an answer to no ping": { frames: [head(KIND.pong), 7] },
  "a message without frames": { frames: [] },
  "a resume without sleep": { frames: [head(KIND.resume)] },
  "a message that came before": { frames: [head(KIND.notify), 0], options: { seq: 1 } },
  "a call of an export that was never lent": { frames: [head(KIND.call, { flags: 2 }), 9, 7] },
};

/** Names that are nobody's method, whatever objects a name is looked up in. */
const NO_METHODS = [
  "__proto__",
  "constructor",
  "toString",
  "then",
  "hasOwnProperty",
  "",
  "hit.call",
  "__proto__.hit",
  "constructor.constructor",
];

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

/** Handlers that fail in every way there is. */
const FAILING = {
  error() {
    const error = new RangeError("outer", {
      cause: new TypeError("inner", { cause: new Error("innermost") }),
    });
    throw Object.assign(error, { detail: { n: 1 }, other: [new SyntaxError("beside")] });
  },
  many() {
    throw new AggregateError([new Error("one"), "two"], "both");
  },
  rejected: () => Promise.reject(new Error("later")),
  platform() {
    throw new DOMException("away", "NotFoundError");
  },
  text() {
    throw "a text";
  },
  revoked() {
    throw revoked();
  },
  value: () => ({ at: [new Error("as a value")] }),
};

/** Calls each failing handler; all that came back, as text. An error that came as one would show its stack. */
async function failures(guest) {
  await guest.run(async (kit, names) => {
    for (const name of names) kit.state.raw.call(name);
    await kit.state.raw.ping();
    // What a promise rejects with comes when it comes.
    kit.state.raw.call("hit", "last");
    await kit.state.raw.ping();
  }, Object.keys(FAILING));
  return guest.run((kit) =>
    JSON.stringify(kit.state.raw.messages, (_key, value) =>
      value instanceof Error ? `${value.name} ${value.message} ${value.stack}` : value,
    ),
  );
}

/** A raw guest whose first call has gone through. */
async function raw(t, { methods, params, ...options } = {}) {
  const hits = [];
  const logged = [];
  const guest = await t.frame({ origin: t.origins.guest, params });
  const connecting = t.connect(guest.element, {
    allowedOrigins: t.origins.guest,
    heartbeatMs: 0,
    methods: {
      hit: (who) => {
        hits.push(who);
      },
      never: () => new Promise(() => {}),
      ...methods,
    },
    log: (event) => logged.push(event),
    ...options,
  });
  await guest.run(async (kit, origin) => {
    const { RawPeer } = await kit.wire();
    kit.state.raw = new RawPeer({ target: parent, origin });
    kit.state.raw.hello();
  }, t.origins.host);
  t.step("connecting");
  const channel = await connecting;
  t.step("connected");
  await guest.run(async (kit) => {
    await kit.state.raw.opened;
    kit.state.raw.call("hit", "twin");
    await kit.state.raw.ping();
  });
  t.step("the twin has called");
  t.same(hits, ["twin"], "the twin's call");
  return { guest, channel, hits, logged };
}

const send = (kit, { frames, values, options }) => {
  kit.state.raw.send(frames, values ?? [], options ?? {});
};

const post = (kit, message) => kit.state.raw.port.postMessage(message);

const hitAgain = async (kit) => {
  kit.state.raw.call("hit", "again");
  await kit.state.raw.ping();
};

export const cases = {};

for (const [what, { message, ...row }] of Object.entries(BREACHES)) {
  cases[`${what} ends the channel`] = async (t) => {
    const { guest, channel, hits } = await raw(t);
    const pending = t.rejects(channel.call("anything"), "channel/protocol");
    if (message) await guest.run(post, message(3));
    else await guest.run(send, row);
    const { code, reason } = await channel.closed;
    t.equal(code, "channel/protocol");
    t.ok(reason?.length > 5, `a reason: ${reason}`);
    await pending;
    t.same(hits, ["twin"], "handlers that ran");
    t.equal({}.polluted, undefined);
    // What comes after is nobody's.
    await guest.run((kit) => kit.state.raw.send([]));
    await t.turn();
  };
}

for (const [what, row] of Object.entries(STRAYS)) {
  cases[`${what} is dropped`] = async (t) => {
    const { guest, channel, hits } = await raw(t);
    await guest.run(send, row);
    await guest.run(hitAgain);
    t.same(hits, ["twin", "again"]);
    t.equal(channel.state, "open");
  };
}

Object.assign(cases, {
  "a reply that comes twice: the first one counts": async (t) => {
    const { guest, channel } = await raw(t);
    const call = channel.call("question");
    await guest.run(
      async (kit, { call, reply }) => {
        const { raw } = kit.state;
        const [, id] = await raw.frame(([first]) => (first & 0xff) === call);
        for (const value of ["first", "second"]) raw.send([reply, id], [value]);
      },
      { call: KIND.call, reply: head(KIND.reply, { count: 1 }) },
    );
    t.equal(await call, "first");
    await guest.run(hitAgain);
    t.equal(channel.state, "open");
  },

  "names that are no methods are answered one by one, and no prototype changes": async (t) => {
    const before = Object.getOwnPropertyNames(Object.prototype).join();
    const { guest, channel, hits } = await raw(t);
    const codes = await guest.run(
      async (kit, names, kind) => {
        const { raw } = kit.state;
        const codes = [];
        for (const name of names) {
          const id = raw.calls;
          raw.call(name, { polluted: true });
          const [, , code] = await raw.frame(([first, call]) => (first & 0xff) === kind && call === id);
          codes.push(code);
        }
        return codes;
      },
      NO_METHODS,
      KIND.fail,
    );
    const methodNotFound = 1;
    t.same(codes, Array(NO_METHODS.length).fill(methodNotFound));
    t.equal(Object.getOwnPropertyNames(Object.prototype).join(), before);
    await guest.run(hitAgain);
    t.same(hits, ["twin", "again"]);
    t.equal(channel.state, "open");
  },

  "no failure says where in the code it was, unless exposeStacks": async (t) => {
    const place = /\.js:|https?:\/\/|stack/;
    const quiet = await raw(t, { methods: FAILING });
    const bytes = await failures(quiet.guest);
    for (const text of ["outer", "innermost", "beside", "both", "later", "away", "a text", "as a value"]) {
      t.ok(bytes.includes(text), `${text} crossed: ${bytes}`);
    }
    t.ok(!place.test(bytes), bytes);
    t.equal(quiet.channel.state, "open");
    // The twin.
    const told = await raw(t, { methods: FAILING, exposeStacks: true });
    t.ok(place.test(await failures(told.guest)), "a stack crossed");
  },

  "a message that cannot be read fails its call alone, and is told to its sender": async (t) => {
    // Only a page that may have wasm makes a module; the page that gets it need not.
    const params = { csp: "script-src 'self' 'wasm-unsafe-eval'" };
    const { guest, channel, hits } = await raw(t, { params });
    const seq = await guest.run((kit) => {
      const module = new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
      return kit.state.raw.call("hit", module)[0];
    });
    const readable = t.fact("moduleToOtherSite") === "message";
    if (!readable) {
      await guest.run(
        async (kit, kind, seq) => {
          await kit.state.raw.frame(([first, which]) => first === kind && which === seq);
        },
        KIND.lost,
        seq,
      );
    }
    await guest.run(hitAgain);
    t.same(
      hits.map((who) => (who instanceof WebAssembly.Module ? "module" : who)),
      readable ? ["twin", "module", "again"] : ["twin", "again"],
    );
    t.equal(channel.state, "open");
  },

  "more messages than messagesPerSecond": async (t) => {
    const { guest, channel } = await raw(t, { limits: { messagesPerSecond: 200 } });
    await guest.run(async (kit) => {
      for (let n = 0; n < 150; n += 1) kit.state.raw.send([]);
      await kit.state.raw.ping();
    });
    t.equal(channel.state, "open", "below the limit");
    await guest.run((kit) => {
      // More than a slow host could take at that rate in twenty seconds.
      for (let n = 0; n < 5_000; n += 1) kit.state.raw.send([]);
    });
    const { code, reason } = await channel.closed;
    t.equal(code, "channel/protocol");
    t.ok(/messagesPerSecond|rate/.test(reason), reason);
  },

  "a peer of another wire version is refused by name": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest });
    const connecting = t.connect(guest.element, { allowedOrigins: t.origins.guest });
    const refused = t.rejects(connecting, { code: "connect/refused", message: /version 7.*1/ });
    await guest.run(async (kit, origin) => {
      const { RawPeer } = await kit.wire();
      kit.state.raw = new RawPeer({ target: parent, origin, version: 7 });
      kit.state.raw.hello();
    }, t.origins.host);
    await refused;
  },

  "what is dropped is told once for each cause": async (t) => {
    const { guest, channel, logged } = await raw(t);
    logged.length = 0;
    await guest.run((kit) => {
      for (let n = 0; n < 20; n += 1) kit.state.raw.port.postMessage([1, 0, 0]);
    });
    await guest.run(hitAgain);
    t.equal(logged.length, 1, t.show(logged));
    const [{ kind, origin, reason }] = logged;
    t.same([kind, origin], ["dropped", t.origins.guest]);
    t.ok(reason.length > 5, reason);
    t.equal(channel.state, "open");
  },

  "a log that throws harms nobody": async (t) => {
    const log = () => {
      throw new Error("the log broke");
    };
    const { guest, hits } = await raw(t, { log });
    await guest.run(post, [1, 0, 0]);
    await guest.run(hitAgain);
    t.same(hits, ["twin", "again"]);
  },
});
