// Frames without an origin: bound to their window, met once, told nothing before.

const sandboxed = { attributes: { sandbox: "allow-scripts" } };

const serve = (kit, host, options = {}) => {
  kit.state.connecting = kit.portcullis
    .connect(parent, { allowedOrigins: host, methods: { add: (a, b) => a + b }, ...options })
    .then((channel) => {
      kit.state.channel = channel;
      return channel.origin;
    });
  kit.state.connecting.catch(() => {});
};

const connected = (kit) => kit.state.connecting;

/** The kinds of page that have no origin, by what `t.frame` takes. */
const KINDS = {
  "a sandboxed frame": (t) => ({ origin: t.origins.guest, ...sandboxed }),
  "a sandboxed srcdoc frame": (t) => ({ origin: t.origins.host, srcdoc: true, ...sandboxed }),
  "a data: frame": (t) => ({ origin: t.origins.host, data: true }),
  "a page whose policy sandboxes it": (t) => ({
    origin: t.origins.guest,
    params: { csp: "sandbox allow-scripts" },
  }),
};

export const cases = {};

for (const [kind, settings] of Object.entries(KINDS)) {
  cases[`${kind}: it is first`] = async (t) => {
    const guest = await t.frame(settings(t));
    t.equal(guest.about.origin, "null");
    await guest.run(serve, t.origins.host);
    await guest.run(() => 0);
    const channel = await t.connect(guest.element, { opaque: true });
    t.equal(channel.origin, "null");
    t.equal(await channel.remote.add(1, 2), 3);
    t.equal(await guest.run(connected), t.origins.host);
  };
  cases[`${kind}: the host is first`] = async (t) => {
    const guest = t.frameLater(settings(t));
    const connecting = t.connect(guest.element, { opaque: true });
    await guest.ready;
    await guest.run(serve, t.origins.host);
    t.equal(await (await connecting).remote.add(1, 2), 3);
  };
}

Object.assign(cases, {
  "without opaque: true it is refused, with the reason": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest, ...sandboxed });
    const refused = [];
    const log = (event) => refused.push(event);
    // With the package loaded, it offers its port as soon as it is told to; it does so once.
    await guest.run(() => 0);
    const connecting = t.connect(guest.element, { allowedOrigins: t.origins.guest, timeoutMs: 5_000, log });
    const failed = t.rejects(connecting, { code: "connect/timed-out", message: /opaque: true/ });
    await guest.run(serve, t.origins.host, { timeoutMs: 0 });
    await failed;
    t.same(
      refused.map(({ origin }) => origin),
      ["null"],
    );
  },

  "a frame with an origin is no opaque peer": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest });
    await guest.run(serve, t.origins.host, { timeoutMs: 0 });
    await t.rejects(t.connect(guest.element, { opaque: true, timeoutMs: 800 }), "connect/timed-out");
  },

  "a second opaque frame does not get in": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest, ...sandboxed });
    const other = await t.frame({ origin: t.origins.evil, ...sandboxed });
    const refused = [];
    const log = (event) => refused.push(event);
    const connecting = t.connect(guest.element, { opaque: true, log });
    // The other one offers its port as the first would.
    const offered = t.event(
      window,
      "message",
      ({ source, data }) => source === other.window && data[3] === 4,
    );
    await other.run(serve, t.origins.host, { timeoutMs: 0 });
    await offered;
    await guest.run(serve, t.origins.host);
    const channel = await connecting;
    t.equal(await channel.remote.add(2, 2), 4);
    t.equal(await other.run(({ state }) => Boolean(state.channel)), false, "the other one is in");
    t.ok(refused.length > 0, "the refusal is in the log");
  },

  "one handshake: a later offer of the same frame is refused": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest, ...sandboxed });
    await guest.run(serve, t.origins.host);
    const channel = await t.connect(guest.element, { opaque: true });
    const offered = t.event(
      window,
      "message",
      ({ source, data }) => source === guest.window && data[3] === 4,
    );
    await guest.run(async (kit, origin) => {
      const { nonce } = await kit.wire();
      const { port2 } = new MessageChannel();
      parent.postMessage(["portcullis", 1, "", 4, nonce(), "", ""], origin, [port2]);
    }, t.origins.host);
    await offered;
    t.equal(await channel.remote.add(1, 2), 3);
    t.equal(channel.state, "open");
  },

  "a shared nonce: both hold it, or nothing": async (t) => {
    const nonce = "0123456789abcdef0123456789abcdef";
    const right = await t.frame({ origin: t.origins.host, srcdoc: true, ...sandboxed });
    await right.run(serve, t.origins.host, { nonce });
    const channel = await t.connect(right.element, { opaque: true, nonce });
    t.equal(await channel.remote.add(1, 2), 3);
    for (const wrong of [{ nonce: "another" }, {}]) {
      const guest = await t.frame({ origin: t.origins.host, srcdoc: true, ...sandboxed });
      await guest.run(serve, t.origins.host, { ...wrong, timeoutMs: 0 });
      await t.rejects(t.connect(guest.element, { opaque: true, nonce, timeoutMs: 600 }), "connect/timed-out");
    }
  },

  "a navigation closes the channel for good": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest, ...sandboxed });
    await guest.run(serve, t.origins.host);
    const channel = await t.connect(guest.element, { opaque: true, heartbeatMs: 1_000 });
    const call = channel.call("add", [1, 2]);
    t.equal(await call, 3);
    await guest.navigate({ params: { page: "two" } });
    await guest.run(serve, t.origins.host, { timeoutMs: 0 });
    channel.call("add", [1, 2]).catch(() => {});
    t.equal((await channel.closed).code, "call/peer-gone");
  },

  "no payload and no port is ever posted to *": async (t) => {
    // A page of another origin plays the host, so that its posts can be watched before the package takes them over.
    const host = await t.frame({ origin: t.origins.partner, params: { entry: "none" } });
    const guest = t.frameLater({ origin: t.origins.guest, later: true, ...sandboxed });
    await host.run(
      async (kit, src) => {
        kit.state.posts = [];
        const frame = document.createElement("iframe");
        frame.setAttribute("sandbox", "allow-scripts");
        frame.src = src;
        const spy = (target) => {
          const { postMessage } = target;
          return function (...args) {
            kit.state.posts.push([JSON.stringify(args[0]), args[1], args[2]?.length ?? 0]);
            return Reflect.apply(postMessage, this, args);
          };
        };
        window.postMessage = spy(window);
        const { connect } = await import("/dist/index.js");
        document.body.append(frame);
        kit.state.connecting = connect(frame, { opaque: true }).then(async (channel) => {
          await channel.call("add", ["the secret", "payload"]);
          kit.report(kit.state.posts);
        });
      },
      guest.address({ origin: t.origins.guest }),
    );
    await guest.ready;
    await guest.run(serve, t.origins.partner);
    const posts = await host.next();
    t.ok(posts.length > 0, "the spy saw the knock");
    for (const [data, target, ports] of posts) {
      t.ok(!data.includes("secret"), data);
      if (target === "*") t.equal(ports, 0, "ports posted to *");
    }
  },
});
