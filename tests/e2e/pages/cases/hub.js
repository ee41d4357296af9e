// Hubs and introductions.

const join = (kit, host, at) => {
  kit.state.heard = [];
  kit.state.connecting = kit.portcullis
    .connect(parent, { allowedOrigins: host, timeoutMs: 85_000, methods: { who: () => at } })
    .then((channel) => {
      kit.state.channel = channel;
      for (const topic of ["news", "chat", "secret"])
        channel.on(topic, (value) => kit.state.heard.push([topic, value]));
    });
};

const joined = async (kit) => {
  await kit.state.connecting;
};

/** Until the hub has the guest too, a moment after the guest has the hub: it has answered a call. */
const inHub = async (kit) => {
  await kit.state.connecting;
  await kit.state.channel.call("fence");
};

/** What a guest has heard so far, after everything sent before has arrived. */
const heard = async (kit) => {
  await kit.state.channel.call("fence");
  return kit.state.heard;
};

async function guests(t, origins) {
  const frames = await Promise.all(origins.map((origin) => t.frame({ origin: t.origins[origin] })));
  await Promise.all(frames.map((guest, at) => guest.run(join, t.origins.host, at)));
  return frames;
}

/**
 * A page that stays when others of its origin go: Firefox often ends the process of a site's last page before it has
 * said goodbye, and a window that owes nothing is not asked.
 */
const twin = (t, origin) => t.frame({ origin: t.origins[origin], params: { entry: "none" } });

export const cases = {
  "a hub meets every allowed window that connects, and tells all": async (t) => {
    await twin(t, "partner");
    const events = [];
    const hub = t.closing(
      t.portcullis.createHub({
        allowedOrigins: [t.origins.guest, t.origins.partner],
        methods: { fence() {} },
      }),
    );
    hub.on("connect", (channel) => events.push(["connect", channel.origin]));
    hub.on("disconnect", (channel) => events.push(["disconnect", channel.origin]));
    const frames = await guests(t, ["guest", "partner", "guest"]);
    await Promise.all(frames.map((guest) => guest.run(inHub)));
    t.equal(hub.channels.size, 3);
    t.equal(new Set(hub.channels.keys()).size, 3);
    const who = await Promise.all([...hub.channels.values()].map((channel) => channel.remote.who()));
    t.same(who.sort(), [0, 1, 2]);
    hub.broadcast("news", { n: 1 });
    for (const guest of frames) t.same(await guest.run(heard), [["news", { n: 1 }]]);
    frames[1].element.remove();
    while (hub.channels.size > 2) await t.turn();
    t.same(events.at(-1), ["disconnect", t.origins.partner]);
    hub.broadcast("news", { n: 2 });
    t.equal((await frames[0].run(heard)).length, 2);
  },

  "a stranger does not get into a hub": async (t) => {
    const refused = [];
    const hub = t.closing(
      t.portcullis.createHub({
        allowedOrigins: t.origins.guest,
        methods: { fence() {} },
        log: (event) => refused.push(event.origin),
      }),
    );
    const [evil, guest] = await guests(t, ["evil", "guest"]);
    await guest.run(inHub);
    t.equal(hub.channels.size, 1);
    // The two greetings come from two processes: which of them is first is the engine's to say.
    while (!refused.includes(t.origins.evil)) await t.turn();
    t.equal(hub.channels.size, 1);
    t.equal(await evil.run((kit) => Boolean(kit.state.channel)), false);
    await evil.run((kit) => kit.state.connecting.catch(() => {}) && 0);
  },

  "topics are relayed between peers by origin, and only those": async (t) => {
    const { guest, partner } = t.origins;
    const hub = t.closing(
      t.portcullis.createHub({
        allowedOrigins: [guest, partner],
        methods: { fence() {} },
        relay: { chat: { publish: [guest], subscribe: [partner] } },
      }),
    );
    const frames = await guests(t, ["guest", "guest", "partner"]);
    await Promise.all(frames.map((frame) => frame.run(inHub)));
    t.equal(hub.channels.size, 3);
    await frames[0].run(async (kit) => {
      kit.state.channel.emit("chat", "allowed");
      kit.state.channel.emit("secret", "not a relayed topic");
      await kit.state.channel.call("fence");
    });
    await frames[2].run(async (kit) => {
      kit.state.channel.emit("chat", "no right to publish");
      await kit.state.channel.call("fence");
    });
    t.same(await frames[2].run(heard), [["chat", "allowed"]]);
    t.same(await frames[1].run(heard), [], "no right to subscribe");
    t.same(await frames[0].run(heard), [], "the sender does not hear itself");
  },

  "a connect goes before a hub": async (t) => {
    const hub = t.closing(
      t.portcullis.createHub({ allowedOrigins: t.origins.guest, methods: { fence: () => "hub" } }),
    );
    const guest = await t.frame({ origin: t.origins.guest });
    const connecting = t.connect(guest.element, {
      allowedOrigins: t.origins.guest,
      methods: { fence: () => "own" },
    });
    await guest.run(join, t.origins.host, 0);
    await connecting;
    t.equal(
      await guest.run((kit) => kit.state.connecting.then(() => kit.state.channel.call("fence"))),
      "own",
    );
    t.equal(hub.channels.size, 0);
  },

  "a closed hub ends its channels and meets nobody": async (t) => {
    const hub = t.portcullis.createHub({ allowedOrigins: t.origins.guest, methods: { fence() {} } });
    const [guest] = await guests(t, ["guest"]);
    await guest.run(inHub);
    const [channel] = hub.channels.values();
    hub.close();
    t.equal((await channel.closed).code, "channel/closed");
    t.equal(await guest.run(async (kit) => (await kit.state.channel.closed).code), "channel/closed");
    t.equal(hub.channels.size, 0);
  },

  "a hub's opaque peers need a nonce": (t) => {
    t.throws(() => t.portcullis.createHub({ opaque: true }), { code: /^origin\// });
  },

  "a hub ends with its signal, and does not begin when that has aborted": (t) => {
    const controller = new AbortController();
    const options = { allowedOrigins: t.origins.guest, signal: controller.signal };
    t.portcullis.createHub(options);
    t.throws(() => t.portcullis.createHub(options), { code: "connect/refused" });
    controller.abort();
    t.throws(() => t.portcullis.createHub(options), { code: "connect/aborted" });
    // The name is free again.
    t.closing(t.portcullis.createHub({ allowedOrigins: t.origins.guest }));
  },

  "a hub takes opaque pages with its nonce, and says which lack it": async (t) => {
    const nonce = "0123456789abcdef0123456789abcdef";
    const refused = [];
    const hub = t.closing(
      t.portcullis.createHub({
        opaque: true,
        nonce,
        methods: { fence() {} },
        log: ({ reason }) => refused.push(reason),
      }),
    );
    const opaque = { origin: t.origins.guest, attributes: { sandbox: "allow-scripts" } };
    const [right, wrong] = await Promise.all([t.frame(opaque), t.frame(opaque)]);
    const meet = (kit, host, nonce) => {
      kit.state.connecting = kit.portcullis.connect(parent, { allowedOrigins: host, nonce, timeoutMs: 0 });
      kit.state.connecting.then((channel) => {
        kit.state.channel = channel;
      });
    };
    await wrong.run(meet, t.origins.host, "f".repeat(32));
    while (refused.length === 0) await t.turn();
    t.same(refused, ["its nonce is not the one awaited"]);
    await right.run(meet, t.origins.host, nonce);
    await right.run(inHub);
    t.same(
      [...hub.channels.values()].map(({ origin }) => origin),
      ["null"],
    );
    t.equal(await wrong.run((kit) => Boolean(kit.state.channel)), false);
  },

  "who comes late hears the last retained value of a relayed topic, and no other": async (t) => {
    const { guest, partner } = t.origins;
    t.closing(
      t.portcullis.createHub({
        allowedOrigins: [guest, partner],
        methods: { fence() {} },
        relay: {
          chat: { publish: [guest], subscribe: [partner] },
          news: { publish: [guest], subscribe: [guest] },
        },
      }),
    );
    const [first] = await guests(t, ["guest"]);
    await first.run(inHub);
    await first.run(async ({ state: { channel } }) => {
      for (const n of [1, 2]) channel.emit("chat", n, { retain: true });
      channel.emit("chat", "not kept");
      channel.emit("news", "for others", { retain: true });
      await channel.call("fence");
    });
    const [late] = await guests(t, ["partner"]);
    await late.run(inHub);
    t.same(await late.run(heard), [["chat", 2]]);
  },

  "a hundred frames in one page": {
    timeoutMs: 120_000,
    run: async (t) => {
      await twin(t, "guest");
      const hub = t.closing(
        t.portcullis.createHub({
          allowedOrigins: [t.origins.guest, t.origins.sibling],
          methods: { fence() {} },
        }),
      );
      const origins = Array.from({ length: 100 }, (_, at) => (at % 2 ? "guest" : "sibling"));
      const frames = await guests(t, origins);
      await Promise.all(frames.map((guest) => guest.run(inHub)));
      // A guest is open as soon as it has heard the hub; the hub may hear it a moment later.
      while (hub.channels.size < 100) await t.turn();
      t.equal(hub.channels.size, 100);
      const channels = [...hub.channels.values()];
      const who = await Promise.all(channels.map((channel) => channel.remote.who()));
      t.equal(new Set(who).size, 100, "each has its own");
      hub.broadcast("news", "to all");
      const told = await Promise.all(frames.map((guest) => guest.run(heard)));
      t.ok(
        told.every((list) => list.length === 1),
        "each hears it once",
      );
      for (const guest of frames) guest.element.remove();
      while (hub.channels.size > 0) await t.turn();
    },
  },

  "two frames that a page introduces talk directly, and know each other's origin": async (t) => {
    const [a, b] = await Promise.all(["guest", "partner"].map((who) => t.frame({ origin: t.origins[who] })));
    const meet = (kit, host, other) => {
      kit.state.connecting = (async () => {
        const line = await kit.portcullis.connect(parent, { allowedOrigins: host });
        kit.state.channel = await kit.portcullis.acceptIntroduction(line, {
          allowedOrigins: other,
          methods: {
            whoCalls() {
              return this.origin;
            },
          },
        });
      })();
    };
    await a.run(meet, t.origins.host, t.origins.partner);
    await b.run(meet, t.origins.host, t.origins.guest);
    const channels = await Promise.all([
      t.connect(a.element, { allowedOrigins: t.origins.guest }),
      t.connect(b.element, { allowedOrigins: t.origins.partner }),
    ]);
    await t.portcullis.introduce(...channels);
    await Promise.all([a, b].map((guest) => guest.run(joined)));
    const seen = await a.run(async ({ state: { channel } }) => [
      channel.origin,
      await channel.remote.whoCalls(),
    ]);
    t.same(seen, [t.origins.partner, t.origins.guest]);
    for (const channel of channels) channel.close();
    const lives = await b.run(({ state: { channel } }) => channel.remote.whoCalls());
    t.equal(lives, t.origins.partner, "the line is their own");
  },

  "siblings are introduced again when one of them has reloaded": async (t) => {
    const [a, b] = await Promise.all(["guest", "partner"].map((who) => t.frame({ origin: t.origins[who] })));
    const meet = (kit, host, other, page) => {
      kit.state.connecting = (async () => {
        const line = await kit.portcullis.connect(parent, { allowedOrigins: host, timeoutMs: 0 });
        const methods = { page: () => page };
        const options = { allowedOrigins: other, timeoutMs: 0, heartbeatMs: 1_000, methods };
        kit.state.channel = await kit.portcullis.acceptIntroduction(line, options);
        kit.state.channel.onStateChange((state) => kit.report(state));
      })();
    };
    await a.run(meet, t.origins.host, t.origins.partner, 1);
    await b.run(meet, t.origins.host, t.origins.guest, 1);
    const options = { timeoutMs: 0, heartbeatMs: 1_000 };
    const channels = await Promise.all([
      t.connect(a.element, { allowedOrigins: t.origins.guest, ...options }),
      t.connect(b.element, { allowedOrigins: t.origins.partner, ...options }),
    ]);
    await t.portcullis.introduce(...channels);
    await Promise.all([a, b].map((guest) => guest.run(joined)));
    const again = a.nextDocument();
    a.run(() => location.reload());
    await again;
    await a.run(meet, t.origins.host, t.origins.partner, 2);
    await a.run(joined);
    t.equal(await a.run(({ state: { channel } }) => channel.remote.page()), 1);
    t.same([await b.next(), await b.next()], ["reconnecting", "open"]);
    t.equal(await b.run(({ state: { channel } }) => channel.remote.page()), 2, "the same channel goes on");
  },

  "an introduction to an origin that is not allowed is refused": async (t) => {
    const [a, b] = await Promise.all(["guest", "evil"].map((who) => t.frame({ origin: t.origins[who] })));
    const meet = (kit, host, other) => {
      kit.state.outcome = (async () => {
        const line = await kit.portcullis.connect(parent, { allowedOrigins: host });
        return kit.portcullis.acceptIntroduction(line, { allowedOrigins: other, timeoutMs: 1_500 }).then(
          () => "met",
          ({ code }) => code,
        );
      })();
    };
    await a.run(meet, t.origins.host, t.origins.partner);
    await b.run(meet, t.origins.host, t.origins.guest);
    const channels = await Promise.all([
      t.connect(a.element, { allowedOrigins: t.origins.guest }),
      t.connect(b.element, { allowedOrigins: t.origins.evil }),
    ]);
    t.portcullis.introduce(...channels).catch(() => {});
    const outcome = await a.run((kit) => kit.state.outcome);
    t.ok(["connect/refused", "connect/timed-out"].includes(outcome), outcome);
    t.ok((await b.run((kit) => kit.state.outcome)) !== "met", "nor does the other one get in");
  },

  "sibling frames meet with no help": async (t) => {
    const [a, b] = await Promise.all(["guest", "partner"].map((who) => t.frame({ origin: t.origins[who] })));
    const index = (guest) => Array.from(window).indexOf(guest.window);
    const meet = (kit, at, origin) => {
      kit.state.connecting = kit.portcullis
        .connect(parent.frames[at], { allowedOrigins: origin, methods: { add: (a, b) => a + b } })
        .then((channel) => {
          kit.state.channel = channel;
        });
    };
    await a.run(meet, index(b), t.origins.partner);
    await b.run(meet, index(a), t.origins.guest);
    await Promise.all([a, b].map((guest) => guest.run(joined)));
    t.equal(await a.run(({ state: { channel } }) => channel.remote.add(1, 2)), 3);
    t.equal(await b.run(({ state: { channel } }) => channel.origin), t.origins.guest);
  },
};
