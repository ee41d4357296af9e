// Functions and signals: values that stay alive on their own side.

export const live = {
  "a function as an argument can be called back": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      kit.accept({ methods: { twice: async (fn, value) => [await fn(value), await fn(value + 1)] } });
    });
    w.same(await channel.remote.twice((n) => n * 10, 1), [10, 20]);
  },

  "functions cross nested, and beside other values": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      const all = async ({ list, map: { deep } }, last) => [
        await list[0](1),
        await list[1](2),
        await deep(3),
        last,
      ];
      kit.accept({ methods: { all } });
    });
    const argument = { list: [(n) => `a${n}`, (n) => `b${n}`], map: { deep: async (n) => `c${n}` } };
    w.same(await channel.remote.all(argument, new Date(5)), ["a1", "b2", "c3", new Date(5)]);
  },

  "a function as a result can be called again and again": async (w) => {
    const { channel, far } = await w.pair({}, (kit) => {
      const { state } = kit;
      state.n = 0;
      const next = () => ++state.n;
      const reset = (to) => {
        state.n = to;
      };
      kit.accept({ methods: { counter: () => ({ next, reset }) } });
    });
    const counter = await channel.remote.counter();
    w.same([await counter.next(), await counter.next()], [1, 2]);
    w.equal(await counter.reset(10), undefined);
    w.equal(await counter.next(), 11);
    await far.run(() => 0);
  },

  "functions pass functions": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      kit.accept({ methods: { compose: (f, g) => async (value) => f(await g(value)) } });
    });
    const composed = await channel.remote.compose(
      (n) => n + 1,
      (n) => n * 2,
    );
    w.equal(await composed(5), 11);
  },

  "a function that comes home is itself": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      kit.accept({ methods: { echo: (value) => value } });
    });
    const own = () => 7;
    w.equal(await channel.remote.echo(own), own);
    w.equal((await channel.remote.echo({ a: [own] })).a[0], own);
  },

  "one function that crosses twice is one function there": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      const seen = [];
      kit.accept({
        methods: { see: (...fns) => seen.push(...fns), same: () => seen.every((fn) => fn === seen[0]) },
      });
    });
    const fn = () => {};
    await channel.remote.see(fn, fn);
    await channel.remote.see(fn);
    w.equal(await channel.remote.same(), true);
  },

  "errors of a called-back function arrive like a method's": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      const attempt = async (fn) => {
        try {
          await fn();
        } catch (error) {
          return [error.code, error.name, error.message];
        }
      };
      kit.accept({ methods: { attempt } });
    });
    const [code, name, message] = await channel.remote.attempt(() => {
      throw new RangeError("from the callback");
    });
    w.same([code, name], ["call/threw", "RangeError"]);
    w.ok(message.includes("from the callback"), message);
  },

  "release gives a function back; its owner forgets it": async (w) => {
    const { channel, far } = await w.pair({}, (kit) => {
      kit.accept({ methods: { give: () => () => "given" } });
    });
    const given = await channel.remote.give();
    w.equal(await given(), "given");
    w.portcullis.release(given);
    await w.rejects(given(), { code: /^(call|channel)\// });
    w.portcullis.release(given);
    await far.run(() => 0);
    w.equal(await (await channel.remote.give())(), "given", "the next one works");
  },

  "a function in use is never freed by another one's release": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      const fn = () => "alive";
      kit.accept({ methods: { give: () => fn, both: () => [fn, fn] } });
    });
    const first = await channel.remote.give();
    const [second] = await channel.remote.both();
    w.equal(await first(), "alive");
    w.equal(second, first, "one counterpart");
    w.equal(await second(), "alive");
  },

  "a function of a closed channel says so": async (w) => {
    const { channel, far } = await w.pair({}, (kit) => {
      kit.accept({
        methods: {
          give: () => () => 1,
          keep: (fn) => {
            kit.state.fn = fn;
          },
        },
      });
    });
    const given = await channel.remote.give();
    await channel.remote.keep(() => 2);
    channel.close();
    await w.rejects(given(), "channel/closed");
    const code = await far.run(async (kit) => {
      await kit.channel.closed;
      return kit.state.fn().catch((error) => error.code);
    });
    w.ok(["call/peer-gone", "channel/closed"].includes(code), code);
  },

  "functions in notifications and events": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      kit
        .accept({ methods: { tell: (fn) => fn("notified").catch(() => {}) } })
        .then((channel) => channel.on("fn", (fn) => fn("heard").catch(() => {})));
    });
    const heard = [];
    const both = w.deferred();
    const note = (text) => {
      heard.push(text);
      if (heard.length === 2) both.resolve();
    };
    channel.notify("tell", [note]);
    channel.emit("fn", note);
    await both.promise;
    w.same(heard.sort(), ["heard", "notified"]);
  },

  "a signal as an argument aborts on the other side, with its reason": async (w) => {
    const { channel, far } = await w.pair({}, (kit) => {
      const watch = ({ signal }) => {
        signal.addEventListener("abort", () => kit.report(String(signal.reason?.message ?? signal.reason)));
        return [signal instanceof AbortSignal, signal.aborted];
      };
      kit.accept({ methods: { watch } });
    });
    const abort = new AbortController();
    w.same(await channel.remote.watch({ signal: abort.signal }), [true, false]);
    abort.abort(new Error("enough"));
    w.ok((await far.next()).includes("enough"), "the reason");
    w.same(await channel.remote.watch({ signal: AbortSignal.abort() }), [true, true], "aborted already");
  },

  "a caller that aborts aborts the handler": async (w) => {
    const { channel, far } = await w.pair({}, (kit) => {
      const wait = function () {
        kit.report("started");
        this.signal.addEventListener("abort", () => kit.report("aborted"));
        return new Promise(() => {});
      };
      kit.accept({ methods: { wait } });
    });
    const abort = new AbortController();
    const call = channel.call("wait", [], { signal: abort.signal });
    w.equal(await far.next(), "started");
    abort.abort(new Error("changed my mind"));
    const error = await w.rejects(call, "call/aborted");
    w.ok(
      error.cause?.message === "changed my mind" || error.message.includes("changed my mind"),
      error.message,
    );
    w.equal(await far.next(), "aborted");
  },

  "a handler's signal aborts when the caller closes": async (w) => {
    const { channel, far } = await w.pair({}, (kit) => {
      const wait = function () {
        kit.report("started");
        this.signal.addEventListener("abort", () => kit.report("aborted"));
        return new Promise(() => {});
      };
      kit.accept({ methods: { wait } });
    });
    const call = channel.remote.wait();
    w.equal(await far.next(), "started");
    channel.close();
    await w.rejects(call, "channel/closed");
    w.equal(await far.next(), "aborted");
  },

  "a handler's signal stays quiet when its call succeeds": async (w) => {
    const { channel, far } = await w.pair({}, (kit) => {
      const quick = function () {
        this.signal.addEventListener("abort", () => kit.report("aborted"));
        kit.state.signal = this.signal;
        return 1;
      };
      kit.accept({ methods: { quick } });
    });
    w.equal(await channel.remote.quick(), 1);
    channel.close();
    const aborted = await far.run(async (kit) => {
      await kit.channel.closed;
      return kit.state.signal.aborted;
    });
    w.equal(aborted, false);
  },
};
