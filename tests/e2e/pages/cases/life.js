// A peer that reloads, navigates, is removed, moves or goes silent: nothing hangs, and what can come back does.

/**
 * Heartbeats so short that a lost goodbye (Firefox) costs little; the goodbye itself is faster in all engines. Not
 * shorter: a peer that lives must answer within four of them, also on a busy machine.
 */
const QUICK = { heartbeatMs: 1_000 };

/** The guest's half. */
function serve(kit, host, version = 1) {
  const { state } = kit;
  state.runs = 0;
  state.connecting = kit.portcullis
    .connect(parent, {
      allowedOrigins: host,
      heartbeatMs: 1_000,
      timeoutMs: 0,
      methods: {
        version: () => version,
        slow() {
          state.runs += 1;
          kit.report("started");
          return new Promise((resolve) => {
            state.finish = resolve;
          });
        },
        runs: () => state.runs,
        say: (topic, value) => state.channel.emit(topic, value),
      },
    })
    .then((channel) => {
      state.channel = channel;
    });
}

/** A guest that serves, the host's channel to it, and the states the channel went through. */
async function linked(t, options = {}, settings = {}) {
  const origin = settings.origin ?? t.origins.guest;
  const guest = await t.frame({ origin, ...settings });
  await guest.run(serve, t.origins.host);
  const channel = await t.connect(guest.element, { allowedOrigins: origin, ...QUICK, ...options });
  const states = [];
  channel.onStateChange((state) => {
    states.push(state);
    t.step(states.join(", "));
  });
  return { guest, channel, states };
}

/** A guest that greets by hand, and answers greetings alone. */
async function byHand(t) {
  const guest = t.frameLater({ origin: t.origins.guest });
  // A frame that loads beside an open channel is asked who it is: that is over here.
  await Promise.all([guest.ready, t.event(guest.element, "load")]);
  await guest.run(async (kit, origin) => {
    const { RawPeer } = await kit.wire();
    kit.state.raw = new RawPeer({ target: parent, origin });
    kit.state.raw.hello();
  }, t.origins.host);
  return guest;
}

/** Resolves when the channel has been away and is back. To be called while it is still open. */
async function comesBack(channel) {
  await reaches(channel, "reconnecting");
  await reaches(channel, "open");
}

/** Resolves when the channel is in this state. */
function reaches(channel, wanted) {
  if (channel.state === wanted) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = channel.onStateChange((state) => {
      if (state !== wanted) return;
      stop();
      resolve();
    });
  });
}

async function reload(guest, channel, t, version = 2) {
  const back = channel.state === "open" && comesBack(channel);
  const again = guest.nextDocument();
  guest.run(() => location.reload());
  await again;
  await guest.run(serve, t.origins.host, version);
  await back;
}

export const cases = {
  "a reload: calls in flight end, the channel comes back": async (t) => {
    const { guest, channel, states } = await linked(t);
    t.equal(await channel.remote.version(), 1);
    const call = channel.remote.slow();
    await guest.next();
    const ended = t.rejects(call, { code: "call/peer-gone", executed: "unknown" });
    await reload(guest, channel, t);
    await ended;
    t.equal(await channel.remote.version(), 2, "the new page answers");
    t.same(states, ["reconnecting", "open"]);
    t.equal(channel.origin, t.origins.guest);
  },

  "calls made while it is away wait for it": async (t) => {
    const { guest, channel } = await linked(t);
    const again = guest.nextDocument();
    guest.run(() => location.reload());
    await reaches(channel, "reconnecting");
    const call = channel.remote.version();
    const noted = channel.emit("while away", 1);
    t.equal(noted, undefined);
    await again;
    await guest.run(serve, t.origins.host, 2);
    t.equal(await call, 2);
  },

  "idempotent calls in flight are sent again, others are not": async (t) => {
    const { guest, channel } = await linked(t);
    const once = channel.call("slow");
    const again = channel.call("slow", [], { idempotent: true });
    await guest.next();
    await guest.next();
    await Promise.all([t.rejects(once, { code: "call/peer-gone" }), reload(guest, channel, t)]);
    await guest.next();
    t.equal(await channel.remote.runs(), 1, "runs in the new page");
    await guest.run((kit) => kit.state.finish("at last"));
    t.equal(await again, "at last");
  },

  "an idempotent call can carry neither transfers nor live values": async (t) => {
    const { channel } = await linked(t);
    const bytes = new Uint8Array(1);
    const moving = channel.call("slow", [bytes], { idempotent: true, transfer: [bytes.buffer] });
    await t.rejects(moving, "call/invalid");
    await t.rejects(channel.call("slow", [() => {}], { idempotent: true }), "call/invalid");
  },

  "methods, listeners and retained events survive a reload": async (t) => {
    const heard = [];
    const { guest, channel } = await linked(t, { methods: { near: () => "still here" } });
    channel.on("news", (value) => heard.push(value));
    channel.emit("kept", "last value", { retain: true });
    await channel.remote.say("news", 1);
    await reload(guest, channel, t);
    await channel.remote.say("news", 2);
    t.same(heard, [1, 2]);
    const [near, kept] = await guest.run(async (kit) => {
      await kit.state.connecting;
      const { channel } = kit.state;
      const kept = new Promise((resolve) => channel.on("kept", resolve, { replay: true }));
      return [await channel.remote.near(), await kept];
    });
    t.equal(near, "still here");
    t.equal(kept, "last value");
  },

  "three reloads in a row": async (t) => {
    const { guest, channel, states } = await linked(t);
    for (const version of [2, 3, 4]) {
      await reload(guest, channel, t, version);
      t.equal(await channel.remote.version(), version);
    }
    t.same(states, Array(3).fill(["reconnecting", "open"]).flat());
  },

  "a navigation to another page of the same origin": async (t) => {
    const { guest, channel, states } = await linked(t);
    const back = comesBack(channel);
    await guest.navigate({ params: { page: "two" } });
    await guest.run(serve, t.origins.host, 2);
    await back;
    t.equal(await channel.remote.version(), 2);
    t.same(states, ["reconnecting", "open"]);
  },

  "a navigation to another origin that is allowed": async (t) => {
    const allowedOrigins = [t.origins.guest, t.origins.partner];
    const { guest, channel, states } = await linked(t, { allowedOrigins });
    const back = comesBack(channel);
    await guest.navigate({ origin: t.origins.partner });
    await guest.run(serve, t.origins.host, 2);
    await back;
    t.equal(await channel.remote.version(), 2);
    t.equal(channel.origin, t.origins.partner);
    t.same(states, ["reconnecting", "open"]);
  },

  "a navigation to a forbidden origin that greets closes the channel": async (t) => {
    const { guest, channel } = await linked(t);
    const call = channel.remote.slow();
    await guest.next();
    const ended = t.rejects(call, "call/peer-gone");
    await guest.navigate({ origin: t.origins.evil });
    await guest.run(serve, t.origins.host);
    await ended;
    t.equal((await channel.closed).code, "connect/refused");
    t.equal(channel.state, "closed");
    await t.rejects(channel.remote.version(), "channel/closed");
  },

  "a navigation to a page that says nothing: closed when time is up": async (t) => {
    const { guest, channel, states } = await linked(t, { timeoutMs: 4_000 });
    const call = channel.remote.slow();
    await guest.next();
    const ended = t.rejects(call, "call/peer-gone");
    guest.element.src = `${t.origins.evil}/test/blank`;
    await ended;
    const waiting = t.rejects(channel.remote.version(), { code: "call/peer-gone", executed: "no" });
    t.equal((await channel.closed).code, "connect/timed-out");
    await waiting;
    t.same(states, ["reconnecting", "closed"]);
  },

  "nothing that is sent after a navigation reaches the stranger": async (t) => {
    const { guest, channel } = await linked(t, { timeoutMs: 4_000 });
    await guest.navigate({ origin: t.origins.evil });
    await guest.run((kit) => addEventListener("message", ({ data }) => kit.report(JSON.stringify(data))));
    channel.call("secret", ["the secret"]).catch(() => {});
    try {
      channel.emit("secret", "the secret");
    } catch (error) {
      // The stranger's page took longer than the channel waits.
      t.fits(error, "channel/closed");
    }
    await channel.closed;
    await guest.run(() => 0);
    while (guest.unread > 0) t.ok(!(await guest.next()).includes("secret"), "a message to the stranger");
  },

  "a removed frame ends the channel at once": async (t) => {
    const { guest, channel, states } = await linked(t, { heartbeatMs: 0, timeoutMs: 0 });
    const calls = Array.from({ length: 50 }, () => channel.remote.slow());
    for (let n = 0; n < 50; n += 1) await guest.next();
    guest.element.remove();
    const ended = await Promise.allSettled(calls);
    t.ok(
      ended.every(({ reason }) => reason.code === "call/peer-gone"),
      "every call ends",
    );
    t.equal((await channel.closed).code, "call/peer-gone");
    t.equal(states.at(-1), "closed");
  },

  "a removed parent of the frame does too": async (t) => {
    const box = document.body.appendChild(document.createElement("div"));
    const { guest, channel } = await linked(t, { heartbeatMs: 0, timeoutMs: 0 }, { into: box });
    const call = channel.remote.slow();
    await guest.next();
    box.remove();
    await t.rejects(call, "call/peer-gone");
    t.equal((await channel.closed).code, "call/peer-gone");
  },

  "a frame that is moved in the document is met again": async (t) => {
    const box = document.body.appendChild(document.createElement("div"));
    t.cleanups.push(() => box.remove());
    const { guest, channel, states } = await linked(t);
    const again = guest.nextDocument();
    const back = comesBack(channel);
    box.append(guest.element);
    await again;
    await guest.run(serve, t.origins.host, 2);
    await back;
    t.equal(await channel.remote.version(), 2);
    t.same(states, ["reconnecting", "open"]);
  },

  "a frame that is moved without a reload keeps its channel": async (t) => {
    const box = document.body.appendChild(document.createElement("div"));
    t.cleanups.push(() => box.remove());
    const { guest, channel, states } = await linked(t);
    const call = channel.remote.slow();
    await guest.next();
    // Where there is no such move, standing still is all that can be shown.
    if (t.fact("moveBefore")) box.moveBefore(guest.element, null);
    await guest.run((kit) => kit.state.finish("still here"));
    t.equal(await call, "still here");
    t.same(states, []);
  },

  "a peer that goes silent is found out by the heartbeat": async (t) => {
    const guest = await byHand(t);
    const options = { allowedOrigins: t.origins.guest, heartbeatMs: 100, timeoutMs: 4_000 };
    const channel = await t.connect(guest.element, options);
    // From now on it answers nothing, no greeting either.
    await guest.run(async ({ state: { raw } }) => {
      await raw.opened;
      removeEventListener("message", raw.listener);
    });
    const started = performance.now();
    await t.rejects(channel.call("anything"), { code: "call/peer-gone", executed: "unknown" });
    const took = performance.now() - started;
    t.ok(took >= 250, `not before three questions: ${took} ms`);
    t.equal((await channel.closed).code, "connect/timed-out");
  },

  "a quiet peer that owes nothing is left alone": async (t) => {
    const guest = await byHand(t);
    const channel = await t.connect(guest.element, { allowedOrigins: t.origins.guest, heartbeatMs: 50 });
    await guest.run((kit) => kit.state.raw.opened.then(() => 0));
    // Ten heartbeats long nobody asks: the scenario itself.
    await new Promise((resolve) => setTimeout(resolve, 500));
    t.equal(channel.state, "open");
    t.equal(await guest.run((kit) => kit.state.raw.messages.length), 1, "messages beside the opening");
  },

  "a caller that reloads or is removed aborts the signals of its handlers": async (t) => {
    for (const leave of ["reload", "remove"]) {
      const started = [];
      const aborted = [];
      const methods = {
        wait(kind) {
          this.signal.addEventListener("abort", () => aborted.push([kind, this.signal.reason.code]));
          started.push(kind);
          return new Promise(() => {});
        },
      };
      const { guest } = await linked(t, { methods });
      await guest.run(async ({ state }) => {
        await state.connecting;
        state.channel.notify("wait", ["notified"]);
        state.channel.call("wait", ["called"]).catch(() => {});
      });
      while (started.length < 2) await t.turn();
      if (leave === "reload") guest.run(() => location.reload());
      else guest.element.remove();
      while (aborted.length < 2) await t.turn();
      t.same(aborted.map(([kind]) => kind).sort(), ["called", "notified"], leave);
    }
  },

  "without reconnect a reload ends the channel": async (t) => {
    const { guest, channel, states } = await linked(t, { reconnect: false });
    const call = channel.remote.slow();
    await guest.next();
    const ended = t.rejects(call, "call/peer-gone");
    guest.run(() => location.reload());
    await ended;
    t.equal((await channel.closed).code, "call/peer-gone");
    t.same(states, ["closed"]);
  },

  "a double mount: connect, close, connect": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest });
    await guest.run(serve, t.origins.host);
    const options = { allowedOrigins: t.origins.guest };
    const abort = new AbortController();
    const first = t.connect(guest.element, { ...options, signal: abort.signal });
    abort.abort();
    const second = t.connect(guest.element, options);
    await t.rejects(first, "connect/aborted");
    t.equal(await (await second).remote.version(), 1);
  },

  "the guest's own view of a host that goes away": async (t) => {
    // A page of the guest's origin plays the host of a frame of its own.
    const host = await t.frame({ origin: t.origins.partner });
    const guest = t.frameLater({ origin: t.origins.guest, later: true });
    await host.run(
      (kit, src, origin) => {
        const frame = document.createElement("iframe");
        frame.src = src;
        document.body.append(frame);
        kit.portcullis.connect(frame, { allowedOrigins: origin });
      },
      guest.address({ origin: t.origins.guest }),
      t.origins.guest,
    );
    await guest.ready;
    await guest.run(serve, t.origins.partner);
    await guest.run((kit) => kit.state.connecting);
    await guest.run((kit) => {
      kit.state.channel.closed.then(({ code }) => kit.report(code));
      kit.state.channel.close();
    });
    t.equal(await guest.next(), "channel/closed");
  },

  "a lazy frame may take its time": async (t) => {
    const guest = t.frameLater({ origin: t.origins.guest, later: true });
    const connecting = t.connect(guest.element, { allowedOrigins: t.origins.guest, timeoutMs: 200 });
    await t.rejects(connecting, "connect/timed-out");
    const second = t.connect(guest.element, { allowedOrigins: t.origins.guest, timeoutMs: 0 });
    await guest.load();
    await guest.run(serve, t.origins.host);
    t.equal(await (await second).remote.version(), 1);
  },
};
