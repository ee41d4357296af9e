// The harness itself: if these fail, nothing else that fails means anything.

export const needs = "nothing";

const plain = { params: { entry: "none" } };

export const cases = {
  "the cast has six origins": (t) => {
    t.equal(new Set(Object.values(t.origins)).size, 6);
  },

  "a frame runs what the case says, on its own origin": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest, ...plain });
    t.equal(guest.about.origin, t.origins.guest);
    t.equal(await guest.run((_kit, a, b) => `${a + b} ${self.origin}`, 1, 2), `3 ${t.origins.guest}`);
  },

  "a guest's error comes back to the case": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest, ...plain });
    const failing = guest.run(() => {
      throw new RangeError("too far");
    });
    await t.rejects(failing, { name: "RangeError", message: "too far", from: t.origins.guest });
  },

  "a guest reports while it runs": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest, ...plain });
    await guest.run((kit) => {
      for (const value of [1, 2]) kit.report(value);
    });
    t.same([await guest.next(), await guest.next()], [1, 2]);
  },

  "a reloaded frame is met again": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest, ...plain });
    const again = guest.nextDocument();
    guest.run(() => location.reload());
    await again;
    t.equal(guest.documents, 2);
    t.equal(await guest.run(() => 7), 7);
  },

  "errors that nobody caught are seen, in the host and in a guest": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest, ...plain });
    await guest.run((kit) => {
      addEventListener("error", () => kit.report("thrown"));
      setTimeout(() => {
        throw new Error("stray");
      });
    });
    await guest.next();
    const seen = t.event(window, "unhandledrejection");
    Promise.reject(new Error("stray too"));
    await seen;
    t.same(
      t.takeUncaught().map(({ kind }) => kind),
      ["error", "unhandledrejection"],
    );
  },

  "a sandboxed frame has no origin": async (t) => {
    const guest = await t.frame({
      origin: t.origins.guest,
      attributes: { sandbox: "allow-scripts" },
      ...plain,
    });
    t.equal(guest.about.origin, "null");
  },

  "srcdoc and data frames are steered too": async (t) => {
    const settings = { origin: t.origins.host, attributes: { sandbox: "allow-scripts" }, ...plain };
    for (const kind of ["srcdoc", "data"]) {
      const guest = await t.frame({ ...settings, [kind]: true });
      t.equal(guest.about.origin, "null", kind);
      t.equal(await guest.run(() => 7), 7, kind);
    }
  },

  "a popup is steered": async (t) => {
    const guest = t.popup({ origin: t.origins.guest, ...plain });
    await guest.open();
    t.equal(guest.about.origin, t.origins.guest);
    t.equal(guest.window, guest.popup);
  },

  "a worker is steered": async (t) => {
    const guest = await t.worker({ ...plain });
    t.equal(await guest.run(() => self.constructor.name), "DedicatedWorkerGlobalScope");
  },

  "a shared worker is steered": async (t) => {
    const guest = await t.worker({ shared: true, ...plain });
    t.equal(await guest.run(() => self.constructor.name), "SharedWorkerGlobalScope");
  },

  "claims fail when they do not hold": async (t) => {
    t.throws(() => t.equal(1, 2), { name: "Failed", message: /expected 2, got 1/ });
    t.throws(() => t.same({ a: [1, new Map([[1, 2]])] }, { a: [1, new Map([[1, 3]])] }), { name: "Failed" });
    t.throws(() => t.ok(false), { name: "Failed" });
    await t.rejects(t.rejects(Promise.resolve(7), "a/code"), { name: "Failed", message: /it gave 7/ });
    await t.rejects(t.rejects(Promise.reject({ code: "b/code" }), "a/code"), { message: /"b\/code"/ });
    t.same(structuredClone(new Set([{ a: -0 }])), new Set([{ a: -0 }]));
  },
};
