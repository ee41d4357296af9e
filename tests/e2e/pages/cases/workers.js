// Workers: what the contract does not ask of every link.

const serve = (kit) => {
  kit.state.connecting = kit.portcullis
    .connect(self, {
      methods: {
        add: (a, b) => a + b,
        never: () => {
          kit.report("started");
          return new Promise(() => {});
        },
      },
    })
    .then((channel) => {
      kit.state.channel = channel;
      return [channel.transport, channel.origin];
    });
};

export const cases = {
  "a worker, whoever is first": async (t) => {
    for (const hostFirst of [true, false]) {
      const guest = await t.worker();
      const connecting = hostFirst && t.connect(guest.worker, {});
      await guest.run(serve);
      const channel = await (connecting || t.connect(guest.worker, {}));
      t.equal(channel.transport, "worker");
      t.equal(channel.origin, "");
      t.equal(await channel.remote.add(1, 2), 3);
      t.same(await guest.run((kit) => kit.state.connecting), ["worker", ""]);
      guest.worker.terminate();
    }
  },

  "a worker that is terminated is found out by the heartbeat": async (t) => {
    const guest = await t.worker();
    await guest.run(serve);
    // A worker that lives must answer within four heartbeats, and be met in this time.
    const channel = await t.connect(guest.worker, { heartbeatMs: 1_000, timeoutMs: 4_000 });
    const ended = t.rejects(channel.remote.never(), { code: "call/peer-gone", executed: "unknown" });
    await guest.next();
    guest.worker.terminate();
    await ended;
    await channel.closed;
  },

  "a worker that never answers": async (t) => {
    const guest = await t.worker({ params: { entry: "none" } });
    await t.rejects(t.connect(guest.worker, { timeoutMs: 300 }), "connect/timed-out");
  },

  "several named channels to one worker": async (t) => {
    const guest = await t.worker();
    await guest.run((kit) => {
      for (const name of ["a", "b"]) kit.portcullis.connect(self, { name, methods: { who: () => name } });
    });
    const channels = await Promise.all(["b", "a"].map((name) => t.connect(guest.worker, { name })));
    t.same(await Promise.all(channels.map(({ remote }) => remote.who())), ["b", "a"]);
  },

  "an application's own messages to the worker are left alone": async (t) => {
    const guest = await t.worker();
    await guest.run((kit) => addEventListener("message", ({ data }) => kit.report(data)));
    await guest.run(serve);
    const channel = await t.connect(guest.worker, {});
    guest.worker.postMessage("hello of another kind");
    for (;;) if ((await guest.next()) === "hello of another kind") break;
    t.equal(await channel.remote.add(1, 2), 3);
  },

  "two pages meet one shared worker, which tells both": async (t) => {
    const guest = await t.worker({ shared: true });
    await guest.run((kit) => {
      const hub = kit.portcullis.createHub({
        methods: {
          here() {},
          say(text) {
            hub.broadcast("said", text);
          },
        },
      });
      kit.state.hub = hub;
    });
    const heard = [];
    const connect = async (who) => {
      const channel = await t.connect(guest.connection(), {});
      channel.on("said", (text) => heard.push([who, text]));
      // Answered when the worker's hub has it too.
      await channel.remote.here();
      return channel;
    };
    const [a, b] = [await connect("a"), await connect("b")];
    t.equal(await guest.run((kit) => kit.state.hub.channels.size), 2);
    await a.remote.say("hello");
    await b.call("say", ["again"]);
    // Ports keep no order among each other: what was sent to the first page has arrived when it is answered.
    await a.remote.here();
    t.same(heard.sort(), [
      ["a", "again"],
      ["a", "hello"],
      ["b", "again"],
      ["b", "hello"],
    ]);
    a.close();
    while ((await guest.run((kit) => kit.state.hub.channels.size)) > 1) await t.turn();
    await b.call("say", ["last"]);
    t.same(heard.at(-1), ["b", "last"]);
  },

  "a service worker serves a page": async (t) => {
    const guest = await t.serviceWorker();
    await guest.run((kit) => {
      kit.state.hub = kit.portcullis.createHub({ methods: { add: (a, b) => a + b } });
    });
    const channel = await t.connect(guest.worker, {});
    t.equal(channel.transport, "worker");
    t.equal(await channel.remote.add(20, 22), 42);
  },

  "a service worker connects to a client": async (t) => {
    const guest = await t.serviceWorker();
    const connecting = t.connect(guest.worker, {
      name: "by client",
      timeoutMs: 0,
      methods: { page: () => 7 },
    });
    const seen = await guest.run(async (kit, url) => {
      const all = await self.clients.matchAll({ includeUncontrolled: true, type: "window" });
      const client = all.find((client) => client.url === url);
      const channel = await kit.portcullis.connect(client, {
        name: "by client",
        timeoutMs: 0,
        methods: { add: (a, b) => a + b },
      });
      return [await channel.remote.page(), channel.transport, channel.origin];
    }, location.href);
    t.same(seen, [7, "worker", ""]);
    t.equal(await (await connecting).remote.add(20, 22), 42);
  },

  "a bare port, its other end in the same page": async (t) => {
    const { port1, port2 } = new MessageChannel();
    const [a, b] = await Promise.all([
      t.connect(port1, { methods: { side: () => "a" } }),
      t.connect(port2, { methods: { side: () => "b" } }),
    ]);
    t.equal(await a.remote.side(), "b");
    t.equal(await b.remote.side(), "a");
    t.equal(a.transport, "message-port");
    a.close();
    t.equal((await b.closed).code, "channel/closed");
  },
};
