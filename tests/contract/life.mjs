// Ends and bounds of a channel.

const serve = (kit) => {
  kit.accept({ methods: { nothing() {}, never: () => new Promise(() => {}), echo: (value) => value } });
};

export const life = {
  "close settles both sides and tells the reason": async (w) => {
    const never = () => new Promise(() => {});
    const { channel, far } = await w.pair({ methods: { never } }, (kit) => {
      kit.accept({ methods: { never: () => new Promise(() => {}) } }).then((channel) => {
        channel.remote.never().catch(({ code, executed }) => kit.report([code, executed]));
        kit.report("called");
      });
    });
    w.equal(await far.next(), "called");
    const states = [];
    channel.onStateChange((state) => states.push(state));
    const mine = channel.remote.never();
    channel.close("that is all");
    await w.rejects(mine, "channel/closed");
    w.equal(channel.state, "closed");
    w.same(states, ["closed"]);
    const ended = { code: "channel/closed", reason: "that is all" };
    w.same(await channel.closed, ended);
    w.same(await far.run((kit) => kit.channel.closed.then(({ code, reason }) => ({ code, reason }))), ended);
    const [code, executed] = await far.next();
    w.equal(code, "call/peer-gone");
    w.ok(["no", "unknown"].includes(executed), executed);
    w.equal(await far.run((kit) => kit.channel.state), "closed");
  },

  "what the turn queued still goes before the goodbye": async (w) => {
    const { channel, far } = await w.pair({}, (kit) => {
      kit.accept({ methods: { last: (text) => kit.report(text) } });
    });
    channel.notify("last", ["words"]);
    channel.close();
    w.equal(await far.next(), "words");
  },

  "a closed channel refuses, and closing again does nothing": async (w) => {
    const { channel } = await w.pair({}, serve);
    channel.close("once");
    channel.close("twice");
    w.equal((await channel.closed).reason, "once");
    await w.rejects(channel.remote.nothing(), "channel/closed");
    w.throws(() => channel.notify("nothing"), "channel/closed");
    w.throws(() => channel.emit("topic"), "channel/closed");
    w.equal(channel.bufferedAmount, 0);
  },

  "using disposes": async (w) => {
    const { channel, far } = await w.pair({}, serve);
    if (Symbol.dispose) channel[Symbol.dispose]();
    else channel.close();
    w.equal((await channel.closed).code, "channel/closed");
    w.equal(await far.run(async (kit) => (await kit.channel.closed).code), "channel/closed");
  },

  "awaiting the disposal waits for the end": async (w) => {
    const { channel } = await w.pair({}, serve);
    if (!Symbol.asyncDispose) return;
    await channel[Symbol.asyncDispose]();
    w.equal(channel.state, "closed");
  },

  "the peer's close ends this side": async (w) => {
    const { channel, far } = await w.pair({}, serve);
    const ended = w.rejects(channel.remote.never(), { code: "call/peer-gone", executed: /no|unknown/ });
    await far.run((kit) => kit.channel.close("from there"));
    await ended;
    w.same({ ...(await channel.closed) }, { code: "channel/closed", reason: "from there" });
  },

  "a signal given to connect closes the channel later": async (w) => {
    const abort = new AbortController();
    const { channel } = await w.pair({ signal: abort.signal }, serve);
    await channel.remote.nothing();
    abort.abort();
    w.equal(channel.state, "closed");
    w.equal((await channel.closed).code, "channel/closed");
  },

  "bufferedAmount falls to nothing when the peer has taken everything": async (w) => {
    const { channel } = await w.pair({}, serve);
    for (let n = 0; n < 100; n += 1) channel.emit("news", n);
    w.ok(channel.bufferedAmount >= 100, `after a hundred events: ${channel.bufferedAmount}`);
    while (channel.bufferedAmount > 0) await channel.remote.nothing();
  },

  "above queuedBytes it is busy, and free again later": async (w) => {
    const { channel } = await w.pair({ limits: { queuedBytes: 200_000 } }, serve);
    const big = "x".repeat(60_000);
    const sent = [];
    let busy;
    for (let n = 0; n < 10 && !busy; n += 1) {
      try {
        channel.emit("news", big);
        sent.push(n);
      } catch (error) {
        busy = error;
      }
    }
    w.fits(busy, "call/busy");
    w.ok(sent.length >= 1 && sent.length < 10, `emitted before that: ${sent.length}`);
    while (channel.bufferedAmount > 0) await w.turn();
    channel.emit("news", big);
    await channel.remote.nothing();
  },

  "a channel has a name and a transport": async (w) => {
    const { channel, far } = await w.pair({}, serve);
    w.equal(typeof channel.name, "string");
    w.equal(channel.name, await far.run((kit) => kit.channel.name));
    w.ok(["message-port", "worker"].includes(channel.transport), channel.transport);
    w.equal(channel.state, "open");
  },
};
