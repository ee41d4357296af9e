// Calls, errors, notifications, events, order.

/** A peer with a few methods. */
export function serve(kit) {
  const { state } = kit;
  state.log = [];
  kit.accept({
    methods: {
      add: (a, b) => a + b,
      nothing() {},
      echo: (value) => value,
      count: (...args) => args.length,
      math: { double: (n) => 2 * n, deep: { triple: (n) => 3 * n } },
      log: (value) => state.log.push(value),
      logged: () => state.log,
      held: () =>
        new Promise((resolve) => {
          state.finish = resolve;
        }),
      finish: (value) => state.finish(value),
      back(method, ...args) {
        return this.channel.call(method, args);
      },
      never: () => new Promise(() => {}),
    },
  });
}

export const calls = {
  "a call gives what the handler returned": async (w) => {
    const { channel } = await w.pair({}, serve);
    w.equal(await channel.remote.add(1, 2), 3);
    w.equal(await channel.remote.nothing(), undefined);
    w.equal(await channel.call("add", [2, 3]), 5);
    w.equal(await channel.remote.count(), 0);
    w.equal(await channel.remote.count(undefined, null, 0), 3);
  },

  "nested methods have dotted names": async (w) => {
    const { channel } = await w.pair({}, serve);
    w.equal(await channel.remote.math.double(4), 8);
    w.equal(await channel.remote.math.deep.triple(4), 12);
    w.equal(await channel.call("math.deep.triple", [5]), 15);
  },

  "both sides call each other": async (w) => {
    const { channel, far } = await w.pair({ methods: { near: (n) => n + 1 } }, serve);
    w.equal(await channel.remote.back("near", 1), 2, "from within a handler");
    w.equal(await far.run((kit) => kit.channel.remote.near(5)), 6);
  },

  "this is the call's context": async (w) => {
    const seen = w.deferred();
    const methods = {
      look() {
        seen.resolve(this);
      },
    };
    const { channel, far } = await w.pair({ methods }, serve);
    await far.run((kit) => kit.channel.remote.look());
    const context = await seen.promise;
    w.equal(context.channel, channel);
    w.equal(context.origin, channel.origin);
    w.ok(context.signal instanceof AbortSignal, "it has a signal");
  },

  "replies arrive as they finish": async (w) => {
    const { channel } = await w.pair({}, serve);
    const order = [];
    const slow = channel.remote.held().then((value) => order.push(value));
    const quick = channel.remote.echo("quick").then((value) => order.push(value));
    // Answered while the call before it still runs.
    await quick;
    await channel.remote.finish("slow");
    await slow;
    w.same(order, ["quick", "slow"]);
  },

  "calls, notifications and events start in the order they were made": async (w) => {
    const { channel, far } = await w.pair({}, (kit) => {
      kit.state.seen = [];
      const { seen } = kit.state;
      kit
        .accept({ methods: { call: (n) => seen.push(`call ${n}`), notify: (n) => seen.push(`notify ${n}`) } })
        .then((channel) => channel.on("event", (n) => seen.push(`event ${n}`)));
    });
    const expected = [];
    for (let n = 0; n < 50; n += 1) {
      channel.remote.call(n);
      channel.notify("notify", [n]);
      // A buffer leaves at once, and what was made before it with it.
      channel.emit("event", n % 7 === 0 ? new Uint8Array([n]) : n);
      expected.push(`call ${n}`, `notify ${n}`, `event ${n}`);
    }
    await channel.remote.call("last");
    w.same((await far.run((kit) => kit.state.seen)).slice(0, 150), expected);
  },

  "a thousand calls of one turn all settle, each with its own answer": async (w) => {
    const { channel } = await w.pair({}, serve);
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, n) => channel.remote.add(n, 1)));
    w.same(
      answers,
      Array.from({ length: 1000 }, (_, n) => n + 1),
    );
  },

  "five thousand calls cross more than one message": async (w) => {
    const { channel } = await w.pair({}, serve);
    const answers = await Promise.all(Array.from({ length: 5000 }, (_, n) => channel.remote.echo(`${n}`)));
    w.ok(
      answers.every((answer, n) => answer === `${n}`),
      "every answer is its own",
    );
  },

  "an error arrives with its name, message, cause and properties, without its stack": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      const handlerThatFails = () => {
        const cause = new TypeError("inner");
        throw Object.assign(new RangeError("outer", { cause }), { code: "E_OUT", detail: { n: 1 } });
      };
      kit.accept({ methods: { handlerThatFails } });
    });
    const call = channel.call("handlerThatFails");
    const error = await w.rejects(call, { code: "call/threw", name: "RangeError" });
    w.ok(error instanceof w.portcullis.PortcullisError);
    w.ok(error.message.includes("outer"), error.message);
    w.equal(error.remoteCode, "E_OUT");
    w.same(error.detail, { n: 1 });
    w.equal(error.cause.name, "TypeError");
    w.equal(error.cause.message, "inner");
    const stacks = `${error.stack}${error.cause.stack}`;
    w.ok(!stacks.includes("handlerThatFails"), `no remote stack: ${stacks}`);
  },

  "an AggregateError keeps its errors": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      const fail = () => {
        throw new AggregateError([new SyntaxError("one"), "two"], "both");
      };
      kit.accept({ methods: { fail } });
    });
    const error = await w.rejects(channel.remote.fail(), { code: "call/threw", name: "AggregateError" });
    w.equal(error.errors.length, 2);
    w.equal(error.errors[0].name, "SyntaxError");
    w.equal(error.errors[0].message, "one");
    w.equal(error.errors[1], "two");
  },

  "a rejected handler, a thrown value and a DOMException are call/threw": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      kit.accept({
        methods: {
          rejected: () => Promise.reject(new Error("no")),
          text() {
            throw "just a text";
          },
          nothing() {
            throw undefined;
          },
          dom() {
            throw new DOMException("away", "NotFoundError");
          },
        },
      });
    });
    await w.rejects(channel.remote.rejected(), { code: "call/threw", message: /no/ });
    await w.rejects(channel.remote.text(), { code: "call/threw", message: /just a text/ });
    await w.rejects(channel.remote.nothing(), "call/threw");
    await w.rejects(channel.remote.dom(), { code: "call/threw", name: "NotFoundError", message: /away/ });
  },

  "stacks cross where the thrower says so": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      const methods = {
        failWithStack() {
          throw new Error("seen");
        },
      };
      kit.accept({ methods, exposeStacks: true });
    });
    const error = await w.rejects(channel.remote.failWithStack(), "call/threw");
    w.ok(JSON.stringify([error.stack, error.remoteStack]).includes("failWithStack"), "its stack is there");
  },

  "only own methods can be called": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      class Api {
        inherited() {
          return "no";
        }
      }
      const methods = Object.assign(new Api(), {
        own: () => "yes",
        data: 7,
        nested: Object.create({ deep() {} }),
      });
      kit.accept({ methods });
    });
    w.equal(await channel.remote.own(), "yes");
    for (const name of [
      "inherited",
      "data",
      "nested",
      "nested.deep",
      "constructor",
      "own.call",
      "__proto__.own",
    ]) {
      await w.rejects(channel.call(name), "call/method-not-found", name);
    }
  },

  "authorize decides about every call": async (w) => {
    const { channel, far } = await w.pair({}, (kit) => {
      kit.state.ran = [];
      kit.state.asked = [];
      const run = (name) => () => kit.state.ran.push(name);
      kit.accept({
        methods: {
          yes: run("yes"),
          no: run("no"),
          late: run("late"),
          truthy: run("truthy"),
          throws: run("throws"),
        },
        authorize({ method, origin }) {
          kit.state.asked.push([method, typeof origin]);
          if (method === "throws") throw new Error("ask somebody else");
          return { yes: true, no: false, late: Promise.resolve(false), truthy: 1 }[method];
        },
      });
    });
    await channel.remote.yes();
    for (const method of ["no", "late", "truthy", "throws"]) {
      const error = await w.rejects(channel.call(method), "call/denied", method);
      w.ok(!error.message.includes("somebody"), "why is nobody's business");
    }
    w.same(await far.run((kit) => kit.state.ran), ["yes"]);
    w.equal(await far.run((kit) => kit.state.asked.length), 5);
  },

  "schemas check arguments where they arrive and results where they are used": async (w) => {
    const results = {
      "~standard": { version: 1, vendor: "test", validate: (value) => checked(value, "number") },
    };
    const checked = (value, type) =>
      typeof value === type ? { value } : { issues: [{ message: `expected ${type}`, path: [] }] };
    const { channel, far } = await w.pair({ schemas: { give: { result: results } } }, (kit) => {
      kit.state.ran = 0;
      const validate = (args) =>
        args.length === 1 && typeof args[0] === "string"
          ? { value: [args[0].trim()] }
          : Promise.resolve({ issues: [{ message: "one text", path: [0] }] });
      kit.accept({
        methods: {
          take: (text) => {
            kit.state.ran += 1;
            return text;
          },
          give: (value) => value,
        },
        schemas: { take: { args: { "~standard": { version: 1, vendor: "test", validate } } } },
      });
    });
    w.equal(await channel.remote.take(" trimmed "), "trimmed", "a schema may change what it checks");
    const error = await w.rejects(channel.remote.take(7), "call/invalid");
    w.ok(error.message.includes("one text"), error.message);
    w.equal(await far.run((kit) => kit.state.ran), 1, "runs of the handler");
    w.equal(await channel.remote.give(7), 7);
    await w.rejects(channel.remote.give("7"), { code: "call/invalid", message: /expected number/ });
  },

  "notify runs the handler and answers nothing": async (w) => {
    const { channel, far } = await w.pair({}, serve);
    w.equal(channel.notify("log", ["noted"]), undefined);
    channel.notify("nobody", []);
    w.same(await channel.remote.logged(), ["noted"]);
    w.equal(await far.run((kit) => kit.channel.state), "open");
  },

  "events reach every listener of their topic": async (w) => {
    const { channel, far } = await w.pair({}, serve);
    const heard = [];
    const stop = channel.on("news", (value) => heard.push(["a", value]));
    channel.on("news", (value) => heard.push(["b", value]));
    channel.on("other", (value) => heard.push(["c", value]));
    const abort = new AbortController();
    channel.on("news", (value) => heard.push(["d", value]), { signal: abort.signal });
    await far.run((kit) => kit.channel.emit("news", 1));
    await channel.remote.nothing();
    stop();
    abort.abort();
    await far.run((kit) => kit.channel.emit("news", 2));
    await far.run((kit) => kit.channel.emit("other"));
    await channel.remote.nothing();
    w.same(heard, [
      ["a", 1],
      ["b", 1],
      ["d", 1],
      ["b", 2],
      ["c", undefined],
    ]);
  },

  "a late listener gets the last retained value, and only that": async (w) => {
    const { channel, far } = await w.pair({}, serve);
    await far.run((kit) => {
      kit.channel.emit("kept", 1, { retain: true });
      kit.channel.emit("kept", 2, { retain: true });
      kit.channel.emit("kept", 3);
      kit.channel.emit("lost", 1);
    });
    await channel.remote.nothing();
    const heard = [];
    channel.on("kept", (value) => heard.push(["kept", value]), { replay: true });
    channel.on("kept", (value) => heard.push(["not asked", value]));
    channel.on("lost", (value) => heard.push(["lost", value]), { replay: true });
    await channel.remote.nothing();
    w.same(heard, [["kept", 2]]);
  },

  "handle replaces the methods; calls that run finish on the old ones": async (w) => {
    const { channel, far } = await w.pair({}, (kit) => {
      kit.state.gate = {};
      kit.state.gate.promise = new Promise((resolve) => {
        kit.state.gate.open = resolve;
      });
      const slow = async () => {
        kit.report("started");
        await kit.state.gate.promise;
        return "old";
      };
      kit.accept({ methods: { slow, gone: () => 1 } });
    });
    const running = channel.remote.slow();
    await far.next();
    await far.run((kit) => kit.channel.handle({ slow: () => "new" }));
    w.equal(await channel.remote.slow(), "new");
    await w.rejects(channel.remote.gone(), "call/method-not-found");
    await far.run((kit) => kit.state.gate.open());
    w.equal(await running, "old");
  },

  "a call ends by its own time": async (w) => {
    const { channel, far } = await w.pair({ callTimeoutMs: 80 }, (kit) => {
      const wait = function () {
        this.signal.addEventListener("abort", () => kit.report("aborted"));
        return new Promise(() => {});
      };
      kit.accept({ methods: { wait, nothing() {} } });
    });
    const error = await w.rejects(channel.remote.wait(), { code: "call/timed-out", message: /wait/ });
    w.ok(error.message.includes("80"), error.message);
    w.equal(await far.next(), "aborted", "the handler's signal");
    await w.rejects(channel.call("wait", [], { timeoutMs: 20 }), { code: "call/timed-out", message: /20/ });
    await channel.call("nothing", [], { timeoutMs: 0 });
  },

  "pendingCalls is a bound on the caller: N pass, N+1 is busy": async (w) => {
    const { channel } = await w.pair({ limits: { pendingCalls: 5 } }, serve);
    const waiting = Array.from({ length: 5 }, () => channel.call("never").catch(({ code }) => code));
    await w.rejects(channel.call("never"), "call/busy");
    channel.close();
    w.same(await Promise.all(waiting), Array(5).fill("channel/closed"));
  },

  "pendingCalls is a bound on the receiver too": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      const methods = { never: () => new Promise(() => {}) };
      kit.accept({ methods, limits: { pendingCalls: 5 } });
    });
    const waiting = Array.from({ length: 6 }, () => channel.call("never").catch(({ code }) => code));
    w.equal(await waiting[5], "call/busy");
    channel.close();
    w.same(await Promise.all(waiting.slice(0, 5)), Array(5).fill("channel/closed"));
  },

  "a limit that is Infinity bounds nothing": async (w) => {
    const unbounded = Number.POSITIVE_INFINITY;
    const limits = {
      pendingCalls: unbounded,
      queuedBytes: unbounded,
      depth: unbounded,
      nameLength: unbounded,
      messagesPerSecond: unbounded,
    };
    const { channel } = await w.pair({ limits, callTimeoutMs: unbounded }, serve);
    w.same(await channel.remote.echo({ deep: [[["value"]]] }), { deep: [[["value"]]] });
    w.same(await Promise.all([1, 2, 3].map((n) => channel.remote.add(n, n))), [2, 4, 6]);
  },

  "20,000 calls wait at once while the core's memory grows, and each gets its own answer": async (w) => {
    const limits = { pendingCalls: 20_000 };
    const { channel, far } = await w.pair(
      { limits },
      (kit, limits) => {
        const opened = new Promise((resolve) => {
          kit.state.open = resolve;
        });
        kit.accept({ limits, methods: { wait: (n) => opened.then(() => n), nothing() {} } });
      },
      limits,
    );
    // Names of full length are kept in the core too, and must not be lost when it moves.
    const long = Array.from({ length: 200 }, (_, n) => channel.call(`${"x".repeat(250)}${n}`));
    const waiting = Array.from({ length: 19_800 }, (_, n) => channel.remote.wait(n));
    const unknown = await Promise.allSettled(long);
    w.ok(unknown.every(({ reason }) => reason?.code === "call/method-not-found"));
    await far.run((kit) => kit.state.open());
    const answers = await Promise.all(waiting);
    w.equal(
      answers.findIndex((answer, n) => answer !== n),
      -1,
    );
  },
};
