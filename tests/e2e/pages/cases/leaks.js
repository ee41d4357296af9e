// What a channel leaves behind when it has gone: nothing.
//
// A frame plays the host, since what it holds is counted by functions put in place before the package is loaded.

/** Prepares the host: counts from now on, then loads the package. */
const prepare = async (kit, entry) => {
  const { keepLedger } = await import("/pages/e2e/pages/ledger.js");
  kit.state.held = keepLedger();
  kit.state.portcullis = await import(`/dist/${entry}.js`);
};

/** A host with a frame in it, whose page answers every connect. */
async function stage(t) {
  const host = await t.frame({ origin: t.origins.partner, params: { entry: "none" } });
  await host.run(prepare, t.entry);
  const guest = t.frameLater({ origin: t.origins.guest, later: true });
  await host.run(
    (kit, src) => {
      kit.state.frame = document.createElement("iframe");
      kit.state.frame.src = src;
      document.body.append(kit.state.frame);
    },
    guest.address({ origin: t.origins.guest }),
  );
  await guest.ready;
  await guest.run((kit, origin) => {
    // Meets the host again whenever a channel has ended.
    const serve = async () => {
      const methods = { add: (a, b) => a + b, call: (fn) => fn(), later: () => new Promise(() => {}) };
      const channel = await kit.portcullis.connect(parent, { allowedOrigins: origin, methods, timeoutMs: 0 });
      channel.closed.then(serve);
    };
    serve();
  }, t.origins.partner);
  return { host, guest };
}

/** `count` times: connect, use everything, close. Tells what was held in the midst of it. */
const cycles = async (kit, origin, count) => {
  const { connect } = kit.state.portcullis;
  let during;
  for (let n = 0; n < count; n += 1) {
    const channel = await connect(kit.state.frame, { allowedOrigins: origin, methods: { near: () => 1 } });
    channel.on("topic", () => {});
    channel.onStateChange(() => {});
    channel.emit("topic", n);
    const abort = new AbortController();
    const pending = channel.call("later", [], { signal: abort.signal }).catch(() => {});
    if ((await channel.remote.add(n, 1)) !== n + 1) throw new Error("a wrong sum");
    await channel.remote.call(() => n);
    during = kit.state.held();
    if (n % 2) abort.abort();
    channel.close();
    await pending;
    await channel.closed;
  }
  return during;
};

/** The bytes of the core's memory, which never shrinks. */
const memory = async () => (await import("/dist/internal/core.js")).core().memory.buffer.byteLength;

/** What is held once everything that was on its way has arrived. */
const settled = async (kit) => {
  for (let turns = 0; turns < 20; turns += 1) await kit.turn();
  return kit.state.held();
};

export const cases = {
  "the ledger counts": async (t) => {
    const host = await t.frame({ origin: t.origins.partner, params: { entry: "none" } });
    await host.run(prepare, t.entry);
    const [before, during, after] = await host.run((kit) => {
      const { held } = kit.state;
      const before = held();
      const listener = () => {};
      addEventListener("message", listener);
      const timer = setTimeout(() => {}, 1e6);
      const { port1, port2 } = new MessageChannel();
      const observer = new MutationObserver(() => {});
      observer.observe(document, { childList: true });
      const during = held();
      removeEventListener("message", listener);
      clearTimeout(timer);
      port1.close();
      port2.close();
      observer.disconnect();
      return [before, during, held()];
    });
    t.same(after, before);
    const grown = Object.keys(during).filter((kind) => during[kind] > before[kind]);
    t.same(grown.sort(), ["listeners", "observers", "ports", "timers"]);
  },

  "500 connect and close cycles leave no listener, timer, port or observer": {
    timeoutMs: 120_000,
    run: async (t) => {
      const { host } = await stage(t);
      await host.run(cycles, t.origins.guest, 5);
      const before = await host.run(settled);
      const during = await host.run(cycles, t.origins.guest, 500);
      t.same(await host.run(settled), before);
      for (const kind of ["listeners", "ports", "timers"]) {
        t.ok(during[kind] > before[kind], `an open channel holds ${kind}: ${t.show(during)}`);
      }
      const grown = await host.run(memory);
      await host.run(cycles, t.origins.guest, 500);
      t.equal(await host.run(memory), grown, "bytes of the core after another 500");
    },
  },

  "an aborted connect and one that timed out leave nothing": async (t) => {
    const host = await t.frame({ origin: t.origins.partner, params: { entry: "none" } });
    await host.run(prepare, t.entry);
    const [before, after] = await host.run(async (kit) => {
      const { connect } = kit.state.portcullis;
      const frame = document.createElement("iframe");
      document.body.append(frame);
      const attempt = async () => {
        const abort = new AbortController();
        const options = { allowedOrigins: "https://nobody.example" };
        const first = connect(frame, { ...options, signal: abort.signal }).catch(({ code }) => code);
        abort.abort();
        const codes = [await first];
        codes.push(await connect(frame, { ...options, timeoutMs: 30 }).catch(({ code }) => code));
        return codes.join();
      };
      const codes = await attempt();
      if (codes !== "connect/aborted,connect/timed-out") throw new Error(codes);
      const before = kit.state.held();
      for (let n = 0; n < 10; n += 1) await attempt();
      return [before, kit.state.held()];
    });
    t.same(after, before);
  },

  "a removed frame leaves nothing": async (t) => {
    const host = await t.frame({ origin: t.origins.partner, params: { entry: "none" } });
    await host.run(prepare, t.entry);
    const once = async () => {
      const guest = t.frameLater({ origin: t.origins.guest, later: true });
      await host.run(
        (kit, src, origin) => {
          const { state } = kit;
          state.frame = document.createElement("iframe");
          state.frame.src = src;
          document.body.append(state.frame);
          state.connecting = state.portcullis.connect(state.frame, { allowedOrigins: origin });
        },
        guest.address({ origin: t.origins.guest }),
        t.origins.guest,
      );
      await guest.ready;
      await guest.run((kit, origin) => {
        kit.portcullis.connect(parent, { allowedOrigins: origin });
      }, t.origins.partner);
      return host.run(async ({ state }) => {
        const channel = await state.connecting;
        const call = channel.call("nobody").catch(({ code }) => code);
        state.frame.remove();
        await Promise.all([call, channel.closed]);
      });
    };
    t.step("once");
    await once();
    const before = await host.run(settled);
    for (let n = 0; n < 5; n += 1) {
      t.step(`again ${n}`);
      await once();
    }
    t.step("settling");
    t.same(await host.run(settled), before);
  },

  "a function that nobody holds any more is let go": async (t) => {
    if (!t.fact("garbageCollectorOnDemand")) return;
    const guest = await t.frame({ origin: t.origins.guest });
    await guest.run((kit, origin) => {
      kit.portcullis.connect(parent, { allowedOrigins: origin, methods: { take: async (fn) => fn() } });
    }, t.origins.host);
    const channel = await t.connect(guest.element, { allowedOrigins: t.origins.guest });
    const collected = t.deferred();
    const registry = new FinalizationRegistry(collected.resolve);
    await (async () => {
      const lent = { fn: () => 1 };
      registry.register(lent.fn, "the function");
      t.equal(await channel.remote.take(lent.fn), 1);
    })();
    // The guest's counterpart goes first, then the host may let its function go.
    const collecting = (async () => {
      for (;;) {
        await guest.run(async () => {
          gc();
        });
        await channel.call("take", [() => 2]);
        gc();
        const done = await Promise.race([collected.promise, t.turn()]);
        if (done) return done;
      }
    })();
    t.equal(await collecting, "the function");
  },
};
