// What a user gets who makes a mistake, and what a peer's mistakes come to.

/** A guest that serves `methods`, given as source, to the host. */
async function served(t, serve, { host = {}, guest: settings = {} } = {}) {
  const guest = await t.frame({ origin: t.origins.guest, ...settings });
  await guest.run(serve, t.origins.host);
  const channel = await t.connect(guest.element, { allowedOrigins: t.origins.guest, ...host });
  return { guest, channel };
}

const adds = (kit, origin) => {
  kit.portcullis.connect(parent, { allowedOrigins: origin, methods: { add: (a, b) => a + b } });
};

/** Text in the list, the code, and what the message must say beside the text itself. */
const LISTS = [
  ["guest.localhost", "origin/invalid", /https?:\/\//],
  ["https://pay.example/checkout", "origin/invalid", /https:\/\/pay\.example/],
  ["https://pay.example?x=1", "origin/invalid", /./],
  ["https://user@pay.example", "origin/invalid", /./],
  ["ftp://pay.example", "origin/invalid", /./],
  ["data:text/html,x", "origin/invalid", /./],
  ["", "origin/invalid", /./],
  ["null", "origin/invalid", /opaque: true/],
  ["https://pay.*.example", "origin/invalid", /./],
  ["https://*pay.example", "origin/invalid", /./],
  ["https://*", "origin/too-wide", /./],
  ["https://*.com", "origin/too-wide", /./],
  ["*", "origin/too-wide", /anyOrigin/],
];

const revoked = (target) => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};

/** A proxy each of whose traps throws. */
const trapped = (target) => {
  const trap = () => {
    throw new Error("a trap");
  };
  return new Proxy(target, new Proxy({}, { get: () => trap }));
};

/** Memory that is shared needs no isolated page to be made, only to be posted. */
const sharedMemory = () => new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });

const MODULE = "a WebAssembly.Module";

/** Values that no other page can have. */
const UNREADABLE = {
  "a revoked proxy of an object": () => revoked({}),
  "a revoked proxy of an array": () => revoked([]),
  "a proxy that throws": () => trapped({}),
  "a proxy of an array that throws": () => trapped([]),
  "a proxy of an error that throws": () => trapped(new Error("inside")),
  "a getter that throws": () => ({
    get field() {
      throw revoked({});
    },
  }),
  "a SharedArrayBuffer": () => sharedMemory().buffer,
  "a view of shared memory": () => new Uint8Array(sharedMemory().buffer),
  "shared memory": sharedMemory,
  [MODULE]: () => new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])),
};

export const cases = {};

for (const [text, code, message] of LISTS) {
  cases[`allowedOrigins ${JSON.stringify(text)} is ${code}`] = async (t) => {
    const guest = await t.frame({ origin: t.origins.guest });
    const alone = await t.rejects(t.connect(guest.element, { allowedOrigins: text }), { code, message });
    t.ok(alone instanceof t.portcullis.PortcullisError, "it is a PortcullisError");
    if (text) t.ok(alone.message.includes(text), `the message names the entry: ${alone.message}`);
    const listed = t.connect(guest.element, { allowedOrigins: [t.origins.guest, text] });
    await t.rejects(listed, { code }, "beside a good entry");
  };
}

Object.assign(cases, {
  "no allowedOrigins at all is refused": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest });
    for (const options of [{}, undefined, { allowedOrigins: [] }, { allowedOrigins: undefined }]) {
      await t.rejects(t.connect(guest.element, options), {
        code: "origin/invalid",
        message: /allowedOrigins/,
      });
    }
  },

  "a RegExp or a function is no origin": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest });
    for (const allowedOrigins of [/guest/, () => true, 7, [/guest/], { 0: t.origins.guest }]) {
      await t.rejects(t.connect(guest.element, { allowedOrigins }), "origin/invalid");
    }
  },

  "an iframe outside a document": async (t) => {
    const frame = document.createElement("iframe");
    await t.rejects(t.connect(frame, { allowedOrigins: t.origins.guest }), "connect/target-closed");
  },

  "a peer that never answers": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest });
    const connecting = t.connect(guest.element, { allowedOrigins: t.origins.guest, timeoutMs: 300 });
    const error = await t.rejects(connecting, { code: "connect/timed-out", message: /300/ });
    t.ok(error.message.includes(t.origins.guest), `it names whom it waited for: ${error.message}`);
  },

  "a peer of the wrong origin is named when time is up": async (t) => {
    const evil = await t.frame({ origin: t.origins.evil });
    await evil.run((kit, origin) => {
      kit.portcullis.connect(parent, { allowedOrigins: origin, timeoutMs: 0 });
    }, t.origins.host);
    // It greets again and again. A try during which it did not has nobody to name.
    let [error, came] = [undefined, false];
    for (let timeoutMs = 1_000; !came; timeoutMs *= 2) {
      const greeting = t.event(window, "message", ({ source }) => source === evil.window);
      greeting.then(() => {
        came = true;
      });
      const connecting = t.connect(evil.element, { allowedOrigins: t.origins.guest, timeoutMs });
      error = await t.rejects(connecting, "connect/timed-out");
    }
    t.ok(error.message.includes(t.origins.guest), `whom it waited for: ${error.message}`);
    t.ok(error.message.includes(t.origins.evil), `who came instead: ${error.message}`);
  },

  "an unknown method": async (t) => {
    const { channel } = await served(t, adds);
    const error = await t.rejects(channel.remote.subtract(1, 2), "call/method-not-found");
    t.ok(error.message.includes("subtract"), error.message);
    for (const method of ["", "add.more", "toString", "constructor", "__proto__", "hasOwnProperty", "then"]) {
      await t.rejects(channel.call(method, []), "call/method-not-found", method);
    }
    t.equal(await channel.remote.add(1, 2), 3, "the channel lives on");
  },

  "a name longer than the limit": async (t) => {
    const { channel } = await served(t, adds);
    const long = channel.call("x".repeat(257), []);
    await t.rejects(long, { code: "call/method-not-found", message: /nameLength/ });
    const longest = channel.call("x".repeat(1 << 20), []);
    await t.rejects(longest, { code: "call/method-not-found", message: /nameLength/ });
    const error = await t.rejects(channel.call("x".repeat(256), []), "call/method-not-found");
    t.ok(!error.message.includes("nameLength"), "256 characters went to the peer");
    t.equal(await channel.remote.add(1, 2), 3, "the channel lives on");
  },

  "no method is ever called then": async (t) => {
    const { channel } = await served(t, adds);
    t.equal(channel.remote.then, undefined);
    t.equal(await channel.remote, channel.remote, "a remote can be awaited");
  },

  "a value that cannot be cloned is named by its path": async (t) => {
    const { channel } = await served(t, adds);
    const cyclic = { symbol: Symbol("here") };
    cyclic.self = cyclic;
    const values = [
      [[1, { list: [0, Symbol("x")] }], /1.*list.*1/],
      [[cyclic], /symbol/],
      [[document.body], /0/],
      [[new WeakMap()], /0/],
      [[{ deep: { er: new Proxy(class {}, {}) } }], undefined],
    ];
    for (const [args, path] of values.slice(0, 4)) {
      const error = await t.rejects(channel.call("add", args), "call/not-cloneable");
      t.ok(path.test(error.message), `the path: ${error.message}`);
    }
    t.equal(await channel.remote.add(1, 2), 3, "the channel lives on");
  },

  "what throws when it is read and what is shared are named by their path, both ways": async (t) => {
    const methods = {
      give: (what) => ({ at: [0, UNREADABLE[what]()] }),
      toss(what) {
        throw UNREADABLE[what]();
      },
      tossLater: async (what) => Promise.reject(UNREADABLE[what]()),
      fine: () => "fine",
    };
    const told = [];
    const host = { methods, log: ({ kind, reason }) => told.push(`${kind}: ${reason}`) };
    const { guest, channel } = await served(
      t,
      (kit, origin) => {
        kit.state.connecting = kit.portcullis.connect(parent, {
          allowedOrigins: origin,
          methods: { add: (a, b) => a + b },
        });
      },
      { host },
    );
    const asked = (method, what) =>
      guest.run(
        async (kit, method, what) => {
          const channel = await kit.state.connecting;
          return channel.call(method, [what]).then(
            () => "no error",
            ({ code, path }) => [code, path],
          );
        },
        method,
        what,
      );
    // A page whose policy forbids wasm makes no module.
    const makers = Object.entries(UNREADABLE).filter(([what]) => t.entry !== "no-wasm" || what !== MODULE);
    for (const [what, make] of makers) {
      const error = await t.rejects(channel.remote.add(make(), 1), "call/not-cloneable", what);
      t.equal(error.path, "args[0]", what);
      const inside = await t.rejects(channel.remote.add(1, { a: [make()] }), "call/not-cloneable", what);
      t.equal(inside.path, "args[1].a[0]", what);
      t.throws(() => channel.emit("news", { a: make() }), "call/not-cloneable", what);
      t.same(await asked("give", what), ["call/not-cloneable", "result.at[1]"], what);
      for (const method of ["toss", "tossLater"]) {
        t.same(await asked(method, what), ["call/threw", undefined], `${method} ${what}`);
        // Nobody waits for this one's outcome, and it must not end in the page either.
        await guest.run(
          async (kit, method, what) => (await kit.state.connecting).notify(method, [what]),
          method,
          what,
        );
      }
    }
    t.equal(await guest.run(async (kit) => (await kit.state.connecting).call("fine")), "fine");
    t.equal(await channel.remote.add(1, 2), 3, "the channel lives on");
    t.ok(
      told.length > 0 && told.every((text) => text.startsWith("dropped: a notified handler threw")),
      t.show(told),
    );
    t.same(told, [...new Set(told)], "each cause once");
  },

  "one bad value hurts its own call alone": async (t) => {
    const { channel } = await served(t, adds);
    const answers = await Promise.allSettled([
      channel.remote.add(1, 1),
      channel.remote.add(1, Symbol("x")),
      channel.remote.add(2, 2),
      channel.remote.add(3, document),
      channel.remote.add(4, 4),
    ]);
    t.same(
      answers.map(({ value, reason }) => value ?? reason.code),
      [2, "call/not-cloneable", 4, "call/not-cloneable", 8],
    );
  },

  "a result that cannot be cloned": async (t) => {
    const serve = (kit, origin) => {
      const methods = { page: () => ({ at: [document] }), fine: () => 1 };
      kit.portcullis.connect(parent, { allowedOrigins: origin, methods });
    };
    const { channel } = await served(t, serve);
    await t.rejects(channel.remote.page(), { code: "call/not-cloneable", message: /at/ });
    t.equal(await channel.remote.fine(), 1);
  },

  "deeper than the limit": async (t) => {
    const { channel } = await served(t, (kit, origin) => {
      kit.portcullis.connect(parent, { allowedOrigins: origin, methods: { echo: (value) => value } });
    });
    const nested = (levels) => {
      let value = 0;
      for (let level = 0; level < levels; level += 1) value = [value];
      return value;
    };
    await t.rejects(channel.remote.echo(nested(100_000)), "call/not-cloneable");
    t.same(await channel.remote.echo(nested(200)), nested(200));
  },

  "a handler that throws": async (t) => {
    const serve = (kit, origin) => {
      const methods = {
        fail() {
          throw Object.assign(new RangeError("too far", { cause: new TypeError("inner") }), {
            code: "E_FAR",
            by: 7,
          });
        },
        late: async () => {
          await null;
          throw new DOMException("gone", "NotFoundError");
        },
        odd() {
          throw "a text";
        },
        many() {
          throw new AggregateError([new SyntaxError("one"), new Error("two")], "both");
        },
      };
      kit.portcullis.connect(parent, { allowedOrigins: origin, methods });
    };
    const { channel } = await served(t, serve);
    const far = await t.rejects(channel.remote.fail(), { code: "call/threw", name: "RangeError", by: 7 });
    t.ok(far.message.includes("too far"), far.message);
    t.equal(far.remoteCode, "E_FAR");
    t.equal(far.cause.name, "TypeError");
    t.equal(far.cause.message, "inner");
    const late = await t.rejects(channel.remote.late(), { code: "call/threw", name: "NotFoundError" });
    t.ok(late.message.includes("gone"), late.message);
    const odd = await t.rejects(channel.remote.odd(), "call/threw");
    t.ok(odd.message.includes("a text"), odd.message);
    await t.rejects(channel.remote.many(), { code: "call/threw", name: "AggregateError", message: /both/ });
    for (const error of [far, far.cause, late]) {
      t.ok(!String(error.stack).includes("guest.localhost"), `no stack of the guest: ${error.stack}`);
    }
  },

  "a policy that forbids wasm": async (t) => {
    const params = { csp: "script-src 'self'", entry: "none" };
    const guest = await t.frame({ origin: t.origins.guest, params });
    const error = await guest.runModule("strict.js", "connectUnderPolicy", t.origins.host);
    t.equal(error.code, "wasm/blocked");
    t.ok(error.message.includes("'wasm-unsafe-eval'"), `the directive to add: ${error.message}`);
    t.ok(error.message.includes("portcullis/no-wasm"), `the way without: ${error.message}`);
  },

  "with the directive the same page connects": async (t) => {
    const params = { csp: "script-src 'self' 'wasm-unsafe-eval'", entry: "none" };
    const guest = await t.frame({ origin: t.origins.guest, params });
    const answer = guest.runModule("strict.js", "connectUnderPolicy", t.origins.host);
    const channel = await t.connect(guest.element, { allowedOrigins: t.origins.guest });
    t.equal(await channel.remote.add(1, 2), 3);
    t.equal(await answer, "connected");
  },

  ...Object.fromEntries(
    [
      ["slim", "channel.wasm", "portcullis/no-wasm"],
      ["requests-slim", "requests.wasm", "portcullis/requests/no-wasm"],
    ].map(([entry, file, way]) => [
      `init of ${entry} tells of a policy that forbids wasm, and loads under one that allows it`,
      async (t) => {
        const init = async (csp) => {
          const guest = await t.frame({ origin: t.origins.guest, params: { csp, entry: "none" } });
          return guest.runModule("strict.js", "initUnderPolicy", entry, file);
        };
        const { code, message } = await init("script-src 'self'");
        t.equal(code, "wasm/blocked");
        t.ok(message.includes("'wasm-unsafe-eval'") && message.includes(`"${way}"`), message);
        const allowed = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'";
        t.equal((await init(allowed)).code, "wasm/not-ready", "a policy that forbids the file");
        t.equal(await init(`${allowed}; connect-src 'self'`), "loaded");
      },
    ]),
  ),

  "the entry without wasm connects under script-src 'self' and Trusted Types": async (t) => {
    const csp = "script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";
    const guest = await t.frame({ origin: t.origins.guest, params: { csp, entry: "none" } });
    const answer = guest.runModule("strict.js", "connectUnderPolicy", t.origins.host, "no-wasm");
    const channel = await t.connect(guest.element, { allowedOrigins: t.origins.guest });
    t.equal(await channel.remote.add(1, 2), 3);
    t.equal(await answer, "connected");
  },

  "the requests entries need of a policy what the channel entries need": async (t) => {
    const ask = async (csp, entry) => {
      const guest = await t.frame({ origin: t.origins.guest, params: { csp, entry: "none" } });
      return guest.runModule("strict.js", "askUnderPolicy", entry);
    };
    const { code, message } = await ask("script-src 'self'", "requests");
    t.equal(code, "wasm/blocked");
    t.ok(message.includes('"portcullis/requests/no-wasm"'), message);
    t.equal(await ask("script-src 'self' 'wasm-unsafe-eval'", "requests"), "simple");
    const strict = "script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'";
    t.equal(await ask(strict, "requests-no-wasm"), "simple");
  },

  "a browser that has switched WebAssembly off": async (t) => {
    const without = (_kit, origin, entry) => {
      delete globalThis.WebAssembly;
      return import(`/dist/${entry}.js`)
        .then(({ connect }) => connect(parent, { allowedOrigins: origin, methods: { add: (a, b) => a + b } }))
        .then(
          () => "connected",
          ({ code }) => code,
        );
    };
    const [wasm, plain] = await Promise.all(
      [1, 2].map(() => t.frame({ origin: t.origins.guest, params: { entry: "none" } })),
    );
    t.equal(await wasm.run(without, t.origins.host, "index"), "wasm/blocked");
    const answer = plain.run(without, t.origins.host, "no-wasm");
    const channel = await t.connect(plain.element, { allowedOrigins: t.origins.guest });
    t.equal(await channel.remote.add(1, 2), 3);
    t.equal(await answer, "connected");
  },

  "a page without an origin connects to exact origins only": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest, attributes: { sandbox: "allow-scripts" } });
    const codes = await guest.run(async (kit, origin) => {
      const code = (options) =>
        kit.portcullis.connect(parent, options).then(
          () => "connected",
          (error) => error.code,
        );
      return [
        await code({ opaque: true }),
        await code({ allowedOrigins: "null" }),
        await code({ allowedOrigins: [origin, "https://other.example"] }),
        await code({ allowedOrigins: "https://*.pay.example" }),
      ];
    }, t.origins.host);
    t.same(codes, ["origin/opaque", "origin/invalid", "origin/opaque", "origin/opaque"]);
  },

  "what is wrong with a notification or an event is thrown at once": async (t) => {
    const { channel } = await served(t, adds);
    t.throws(() => channel.notify("add", [Symbol("x")]), "call/not-cloneable");
    t.throws(() => channel.emit("news", document), "call/not-cloneable");
    t.throws(() => channel.emit("x".repeat(257)), "call/invalid");
    channel.close();
    t.throws(() => channel.notify("add", [1]), "channel/closed");
    t.throws(() => channel.emit("news"), "channel/closed");
    await t.rejects(channel.remote.add(1, 2), "channel/closed");
  },

  "a call that takes too long": async (t) => {
    const { channel } = await served(t, (kit, origin) => {
      const methods = { never: () => new Promise(() => {}), quick: () => 1 };
      kit.portcullis.connect(parent, { allowedOrigins: origin, methods });
    });
    const error = await t.rejects(channel.call("never", [], { timeoutMs: 100 }), "call/timed-out");
    t.ok(error.message.includes("never") && error.message.includes(t.origins.guest), error.message);
    t.equal(await channel.remote.quick(), 1, "the channel lives on");
  },

  "a call of no one's": async (t) => {
    const { channel } = await served(t, adds);
    const signal = AbortSignal.abort();
    await t.rejects(channel.call("add", [1, 2], { signal }), "call/aborted");
    const abort = new AbortController();
    const call = channel.call("add", [1, 2], { signal: abort.signal });
    abort.abort();
    await t.rejects(call, "call/aborted");
    t.equal(await channel.remote.add(1, 2), 3);
  },
});
