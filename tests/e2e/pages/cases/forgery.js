// Perfect forgeries reach no handler, while the same bytes from the true peer do.
//
// Each case has its twin: what the liar said is said again by the peer it is allowed from, and works. That the
// liar's bytes arrived at all is seen by the host's own listener and in the refusals that `log` reports.

/** A guest that speaks the wire by hand towards its parent. */
async function rawPeer(kit, origin, options) {
  const { RawPeer } = await kit.wire();
  kit.state.raw = new RawPeer({ target: parent, origin, ...options });
}

const rawHello = (kit) => kit.state.raw.hello();
const rawOpened = async (kit) => {
  await kit.state.raw.opened;
};
/** Calls `hit` by hand and waits until the host has taken the call. */
const rawHit = async (kit, who) => {
  kit.state.raw.call("hit", who);
  await kit.state.raw.ping();
};

/** A host that counts who reached its handler, and hears what was refused. */
function victim() {
  const hits = [];
  const refused = [];
  const methods = {
    hit(who) {
      hits.push(who);
    },
  };
  const log = (event) => {
    if (event.kind === "refused") refused.push(event);
  };
  return { hits, refused, options: { methods, log } };
}

/** Every message that arrives at this window while the case runs, as data, from its start. */
function arrivals(t) {
  const seen = [];
  const listen = (event) =>
    seen.push({ data: event.data, origin: event.origin, source: event.source, event });
  window.addEventListener("message", listen);
  t.cleanups.push(() => window.removeEventListener("message", listen));
  return seen;
}

const greets = (data, kind) => Array.isArray(data) && data[0] === "portcullis" && data[3] === kind;

/** The true peer, by hand: greets until a session stands, and hits. */
async function twin(t, guest, connecting, hits) {
  await guest.run(rawPeer, t.origins.host);
  await guest.run(rawHello);
  const channel = await connecting;
  await guest.run(rawOpened);
  await guest.run(rawHit, "twin");
  t.same(hits, ["twin"], "who reached the handler");
  return channel;
}

export const cases = {
  "a stranger's frame with the wrong origin": async (t) => {
    const { hits, refused, options } = victim();
    const seen = arrivals(t);
    const guest = await t.frame({ origin: t.origins.guest });
    const evil = await t.frame({ origin: t.origins.evil });
    const connecting = t.connect(guest.element, { allowedOrigins: t.origins.guest, ...options });
    // The liar answers everything a true peer would, for every greeting that it may see.
    await evil.run(rawPeer, t.origins.host);
    const heard = t.event(window, "message", ({ data, source }) => source === evil.window && greets(data, 0));
    await evil.run(rawHello);
    await heard;
    await twin(t, guest, connecting, hits);
    t.equal(await evil.run((kit) => kit.state.raw.greetings.length), 0, "answers to the stranger");
    t.ok(
      seen.some(({ source, data }) => source === evil.window && greets(data, 0)),
      "the greeting arrived",
    );
    t.equal(refused.filter(({ origin }) => origin === t.origins.evil).length, 1, "refusals in the log");
  },

  "the expected frame, but its page is a stranger's": async (t) => {
    const { hits, refused, options } = victim();
    const evil = await t.frame({ origin: t.origins.evil });
    await evil.run(rawPeer, t.origins.host);
    const connecting = t.connect(evil.element, { allowedOrigins: t.origins.guest, timeoutMs: 0, ...options });
    connecting.catch(() => {});
    const heard = t.event(window, "message", ({ data, source }) => source === evil.window && greets(data, 0));
    await evil.run(rawHello);
    await heard;
    await t.turn();
    t.same(
      refused.map(({ origin }) => origin),
      [t.origins.evil],
    );
    t.equal(await evil.run((kit) => kit.state.raw.greetings.length), 0, "answers to the stranger");
    // The twin comes into the very same frame.
    await evil.navigate({ origin: t.origins.guest });
    await twin(t, evil, connecting, hits);
  },

  "the right origin from another window": async (t) => {
    const { hits, refused, options } = victim();
    const guest = await t.frame({ origin: t.origins.guest });
    const other = await t.frame({ origin: t.origins.guest });
    const connecting = t.connect(guest.element, { allowedOrigins: t.origins.guest, ...options });
    await other.run(rawPeer, t.origins.host);
    const heard = t.event(
      window,
      "message",
      ({ data, source }) => source === other.window && greets(data, 0),
    );
    await other.run(rawHello);
    await heard;
    await twin(t, guest, connecting, hits);
    t.equal(await other.run((kit) => kit.state.raw.greetings.length), 0, "answers to the other window");
    t.equal(refused.length, 1, "refusals in the log");
  },

  "a nested frame of the right origin": async (t) => {
    const { hits, options } = victim();
    const guest = await t.frame({ origin: t.origins.guest });
    const connecting = t.connect(guest.element, { allowedOrigins: t.origins.guest, ...options });
    const inner = t.frameLater({ origin: t.origins.guest, later: true });
    await guest.run(
      (_kit, src) => {
        const frame = document.createElement("iframe");
        frame.src = src;
        document.body.append(frame);
      },
      inner.address({ origin: t.origins.guest }),
    );
    await inner.ready;
    const heard = t.event(
      window,
      "message",
      ({ data, source }) => source === inner.window && greets(data, 0),
    );
    await inner.run(async (kit, origin) => {
      const { RawPeer } = await kit.wire();
      kit.state.raw = new RawPeer({ target: top, origin });
      kit.state.raw.hello();
    }, t.origins.host);
    await heard;
    await twin(t, guest, connecting, hits);
    t.equal(await inner.run((kit) => kit.state.raw.greetings.length), 0, "answers to the nested frame");
  },

  "the nonces of a handshake that another window overheard": async (t) => {
    const { hits, options } = victim();
    const guest = await t.frame({ origin: t.origins.guest });
    const other = await t.frame({ origin: t.origins.guest });
    const connecting = t.connect(guest.element, { allowedOrigins: t.origins.guest, ...options });
    // The guest falls behind: it tells its twin what it heard, and answers only afterwards.
    // Silent from the first: the host may greet again at any moment.
    await guest.run(rawPeer, t.origins.host, { lead: true, silent: true });
    const greeting = await guest.run(async (kit) => {
      const { raw } = kit.state;
      raw.hello();
      while (!raw.greetings.some((data) => data[3] === 1)) {
        await new Promise((resolve) => addEventListener("message", resolve, { once: true }));
      }
      return { mine: raw.mine, theirs: raw.greetings.find((data) => data[3] === 1)[4] };
    });
    await other.run(rawPeer, t.origins.host);
    const heard = t.event(
      window,
      "message",
      ({ data, source }) => source === other.window && greets(data, 2),
    );
    await other.run((kit, { mine, theirs }) => {
      const { raw } = kit.state;
      raw.mine = mine;
      const { port1, port2 } = new MessageChannel();
      raw.post(2, theirs, [port2]);
      raw.open(port1, theirs);
      raw.call("hit", "thief");
    }, greeting);
    await heard;
    // A host that waited for long has begun anew under a fresh nonce: it is asked for the one that counts now.
    await guest.run((kit) => {
      const { raw } = kit.state;
      raw.silent = false;
      raw.hello();
    });
    await connecting;
    await guest.run(rawOpened);
    await guest.run(rawHit, "twin");
    t.same(hits, ["twin"]);
  },

  "an event that a script of the page made": async (t) => {
    const { hits, refused, options } = victim();
    const guest = await t.frame({ origin: t.origins.guest });
    const connecting = t.connect(guest.element, { allowedOrigins: t.origins.guest, ...options });
    const { nonce } = await import("../wire.js");
    const mine = nonce();
    const data = ["portcullis", 1, "", 0, mine, ""];
    await guest.run((kit) => {
      kit.state.all = [];
      addEventListener("message", ({ data }) => kit.state.all.push(data));
    });
    const claim = { origin: t.origins.guest, source: guest.window };
    window.dispatchEvent(new MessageEvent("message", { ...claim, data }));
    await twin(t, guest, connecting, hits);
    const answered = await guest.run((kit, mine) => kit.state.all.some((data) => data[5] === mine), mine);
    t.ok(!answered, "the forged greeting got no answer");
    t.equal(refused.length, 1, "refusals in the log");
  },

  "a whole handshake said again by the right frame": async (t) => {
    const { hits, options } = victim();
    const states = [];
    const guest = await t.frame({ origin: t.origins.guest });
    const connecting = t.connect(guest.element, { allowedOrigins: t.origins.guest, ...options });
    const channel = await twin(t, guest, connecting, hits);
    channel.onStateChange((state) => states.push(state));
    let replayed = 0;
    const counting = (event) => {
      if (event.source === guest.window && event.data?.[0] === "portcullis") replayed += 1;
    };
    window.addEventListener("message", counting);
    t.cleanups.push(() => window.removeEventListener("message", counting));
    // Each greeting it ever posted, with fresh ports where there was one.
    await guest.run((kit) => {
      const { raw } = kit.state;
      const [theirs] = raw.greetings.map((data) => data[4]).filter(Boolean);
      for (const [kind, yours] of [
        [0, ""],
        [1, theirs],
        [2, theirs],
      ]) {
        const ports = kind === 2 ? [new MessageChannel().port2] : [];
        raw.post(kind, yours, ports);
      }
    });
    while (replayed < 3) await t.event(window, "message");
    await guest.run(rawHit, "still the twin");
    t.same(hits, ["twin", "still the twin"]);
    t.same(states, [], "state changes");
  },

  "a port message that comes twice runs its handler once": async (t) => {
    const { hits, options } = victim();
    const guest = await t.frame({ origin: t.origins.guest });
    const connecting = t.connect(guest.element, { allowedOrigins: t.origins.guest, ...options });
    const channel = await twin(t, guest, connecting, hits);
    await guest.run(async (kit) => {
      const { raw } = kit.state;
      const message = raw.call("hit", "once");
      for (let times = 0; times < 5; times += 1) raw.port.postMessage(message);
      await raw.ping();
    });
    t.same(hits, ["twin", "once"]);
    t.equal(channel.state, "open");
  },

  "two frames of one origin do not hear each other": async (t) => {
    const frames = [await t.frame({ origin: t.origins.guest }), await t.frame({ origin: t.origins.guest })];
    const heard = [[], []];
    const channels = await Promise.all(
      frames.map(async (guest, at) => {
        await guest.run(
          (kit, host, at) => {
            const methods = { who: () => at };
            kit.state.heard = [];
            kit.portcullis.connect(parent, { allowedOrigins: host, methods }).then((channel) => {
              kit.state.channel = channel;
              channel.on("news", (text) => kit.state.heard.push(text));
            });
          },
          t.origins.host,
          at,
        );
        const channel = await t.connect(guest.element, {
          allowedOrigins: t.origins.guest,
          methods: { tell: (text) => heard[at].push(text) },
        });
        return channel;
      }),
    );
    for (const [at, channel] of channels.entries()) {
      channel.emit("news", `for ${at}`);
      t.equal(await channel.remote.who(), at);
      await frames[at].run((kit, at) => kit.state.channel.remote.tell(`from ${at}`), at);
    }
    t.same(heard, [["from 0"], ["from 1"]]);
    const told = await Promise.all(frames.map((guest) => guest.run((kit) => kit.state.heard)));
    t.same(told, [["for 0"], ["for 1"]]);
  },

  "noise of other libraries is left alone": async (t) => {
    const { hits, options } = victim();
    const [told, written] = [[], []];
    const log = ({ kind, reason }) => told.push(`${kind}: ${reason}`);
    for (const level of ["debug", "error", "info", "log", "warn"]) {
      const original = console[level];
      console[level] = (...words) => written.push(words);
      t.cleanups.push(() => {
        console[level] = original;
      });
    }
    const seen = arrivals(t);
    const guest = await t.frame({ origin: t.origins.guest });
    const connecting = t.connect(guest.element, { allowedOrigins: t.origins.guest, ...options, log });
    const make = async (times) => {
      const before = seen.length;
      await guest.run(
        (_kit, noise, times, origin) => {
          for (let n = 0; n < times; n += 1) for (const data of noise) parent.postMessage(data, origin);
          parent.postMessage("that was all", origin);
        },
        NOISE,
        times,
        t.origins.host,
      );
      while (seen.at(-1)?.data !== "that was all") await t.event(window, "message");
      return seen.length - before - 1;
    };
    t.equal(await make(1), NOISE.length, "messages before the session");
    const channel = await twin(t, guest, connecting, hits);
    // An open channel's page hears it as well, again and again.
    t.equal(await make(20), 20 * NOISE.length, "messages beside the session");
    await guest.run(rawHit, "still the twin");
    t.same(hits, ["twin", "still the twin"], "who reached the handler");
    t.equal(channel.state, "open");
    t.equal(Object.prototype.polluted, undefined);
    t.same(told, [...new Set(told)], "each cause once");
    t.ok(told.length <= 2, `causes: ${t.show(told)}`);
    t.same(written, [], "lines in the console");
  },
};

/** What other libraries post, some of it as a call of `hit`, and what looks like a greeting and is none. */
const NOISE = [
  null,
  undefined,
  7,
  "",
  "a text",
  [],
  ["portcullis"],
  ["portcullis", "1", "", 0, "0", ""],
  ["portcullis", 1, {}, 0, null, ""],
  ["portcullis", 1, "", 99, "0".repeat(32), ""],
  ["portcullis", 1, "", 0, "0".repeat(31), ""],
  // Penpal 6 and 7.
  { penpal: "syn" },
  { penpal: "synAck", methodNames: ["hit"] },
  { penpal: "ack", methodNames: ["hit"] },
  { penpal: "call", id: 1, methodName: "hit", args: ["Penpal 6"] },
  { penpal: "reply", id: 1, resolution: "fulfilled", returnValue: 1 },
  { namespace: "penpal", type: "SYN", channel: "", participantId: "x" },
  { namespace: "penpal", type: "ACK1", channel: "", methodPaths: [["hit"]] },
  { namespace: "penpal", type: "ACK2", channel: "" },
  { namespace: "penpal", type: "CALL", channel: "", id: "1", methodPath: ["hit"], args: ["Penpal 7"] },
  // Comlink.
  { id: "1", type: "GET", path: ["constructor"] },
  { id: "2", type: "APPLY", path: ["hit"], argumentList: [{ type: "RAW", value: "Comlink" }] },
  {
    id: "3",
    type: "SET",
    path: ["constructor", "prototype", "polluted"],
    value: { type: "RAW", value: true },
  },
  // post-robot, and zoid over it: the version is in the name, and a sender may claim its origin.
  ...["hit", "zoid_delegate_widget", "postrobot_hello"].map((name) =>
    JSON.stringify({
      __post_robot_10_0_46__: [
        {
          id: "1",
          origin: "file://",
          type: "postrobot_message_request",
          name,
          fireAndForget: false,
          data: { who: "post-robot" },
        },
      ],
    }),
  ),
  JSON.stringify({ __post_robot_10_0_46__: { type: "postrobot_message_ack", hash: "1", name: "hit" } }),
  // Tools.
  { type: "webpackOk" },
  { source: "react-devtools-bridge", payload: {} },
  { jsonrpc: "2.0", id: 1, method: "hit", params: ["JSON-RPC"] },
  { ["__proto__"]: { polluted: true } },
  new Map([["portcullis", 1]]),
  new Date(0),
  new ArrayBuffer(8),
];
