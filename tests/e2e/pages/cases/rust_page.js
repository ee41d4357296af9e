// A page written in Rust and a frame written in JavaScript understand each other (examples/rust_page.rs).

/** The guest's half: what any page would write. */
function serve(kit, host) {
  kit.state.connecting = kit.portcullis
    .connect(parent, { allowedOrigins: host, timeoutMs: 25_000, methods: { add: (a, b) => a + b } })
    .then((channel) => {
      kit.state.channel = channel;
      channel.on("question", (text) => channel.emit("answer", `${text}? yes`));
      return channel.origin;
    });
}

const connected = (kit) => kit.state.connecting;

/** Lets the Rust of this page meet the page in a frame. */
async function meet(t, element, origin) {
  const { default: init, Guest } = await import("../generated/rust_page.js");
  await init();
  const guest = await Guest.meet(element, origin, 25_000);
  t.cleanups.push(() => guest.free());
  return guest;
}

/** Both ends are what they say, and calls and events cross in both directions. */
async function works(t, frame, rust, origin) {
  t.equal(rust.origin(), origin, "the guest's origin");
  t.equal(await frame.run(connected), t.origins.host, "the host's origin");
  t.equal(await rust.add(1, 2), 3);
  t.equal(await frame.run((kit) => kit.state.channel.remote.greet("Rust")), "hello Rust");
  t.equal(await rust.ask("here"), "here? yes");
}

const places = { "cross-site": "guest", "same-site": "sibling", "same-origin": "host" };

const met = Object.entries(places).flatMap(([place, who]) => [
  [
    `${place}, the Rust page is first: calls and events cross both ways`,
    async (t) => {
      const origin = t.origins[who];
      const frame = t.frameLater({ origin });
      const meeting = meet(t, frame.element, origin);
      await frame.ready;
      await frame.run(serve, t.origins.host);
      await works(t, frame, await meeting, origin);
    },
  ],
  [
    `${place}, the frame is first: calls and events cross both ways`,
    async (t) => {
      const origin = t.origins[who];
      const frame = await t.frame({ origin });
      await frame.run(serve, t.origins.host);
      // Its greeting has gone into the void when this answer is here.
      await frame.run(() => 0);
      await works(t, frame, await meet(t, frame.element, origin), origin);
    },
  ],
  [
    `${place}: each side hears that the other closed, and why`,
    async (t) => {
      const origin = t.origins[who];
      const frame = await t.frame({ origin });
      await frame.run(serve, t.origins.host);
      const rust = await meet(t, frame.element, origin);
      await frame.run(connected);
      rust.close("enough");
      t.same(await frame.run((kit) => kit.state.channel.closed), {
        code: "channel/closed",
        reason: "enough",
      });
      t.same(await rust.closed(), ["channel/closed"]);
      await t.rejects(rust.add(1, 2), "channel/closed");

      await frame.run(serve, t.origins.host);
      const again = await meet(t, frame.element, origin);
      await frame.run(connected);
      await frame.run((kit) => kit.state.channel.close("me too"));
      t.same(await again.closed(), ["channel/closed", "me too"]);
    },
  ],
]);

export const cases = {
  ...Object.fromEntries(met),

  "a text of limits.queued_bytes crosses, one character more is refused to the Rust page": async (t) => {
    const frame = await t.frame({ origin: t.origins.guest });
    await frame.run((kit, host) => {
      const connecting = kit.portcullis.connect(parent, { allowedOrigins: host, timeoutMs: 25_000 });
      kit.state.connecting = connecting.then((channel) => {
        channel.on("question", (text) => channel.emit("answer", `${text.length}`));
        return channel;
      });
    }, t.origins.host);
    const rust = await meet(t, frame.element, t.origins.guest);
    // So that it listens.
    await frame.run((kit) => kit.state.connecting.then(() => 0));
    const most = "x".repeat(64 << 20);
    t.equal(await rust.ask(most), "67108864");
    const error = await t.rejects(rust.ask(`${most}x`), "call/busy");
    t.ok(error.message.includes("limits.queued_bytes (67108864)"), error.message);
    t.equal(await rust.ask("here"), "4", "and the channel goes on");
  },

  "a frame of the page's own origin that only answers is greeted": async (t) => {
    const frame = await t.frame({ origin: t.origins.host, params: { entry: "none" } });
    await frame.run(async (kit, origin) => {
      const { RawPeer } = await kit.wire();
      kit.state.peer = new RawPeer({ target: parent, origin });
    }, t.origins.host);
    const rust = await meet(t, frame.element, t.origins.host);
    t.equal(rust.origin(), t.origins.host);
    t.equal(await frame.run((kit) => kit.state.peer.greetings[0][3]), 0, "a Hello came first");
  },

  "the initial document of a frame is not greeted, the page that follows is": async (t) => {
    const origin = t.origins.host;
    const frame = t.frameLater({ origin, later: true });
    const early = [];
    const initial = frame.element.contentWindow;
    initial.addEventListener("message", ({ data }) => early.push(data));
    const meeting = meet(t, frame.element, origin);
    // The twin: what is posted to it is heard.
    const { promise, resolve } = t.deferred();
    initial.addEventListener("message", ({ data }) => data === "mark" && resolve());
    await import("../generated/rust_page.js").then(({ default: init }) => init());
    await t.turn();
    initial.postMessage("mark", origin);
    await promise;
    t.same(early, ["mark"]);

    await frame.load();
    await frame.run(serve, t.origins.host);
    await works(t, frame, await meeting, origin);
  },
};
