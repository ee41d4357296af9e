// document.domain: relaxed by effect, and a channel over direct access (T41).

/** A browser remembers its choice for a host, so each question has a fresh one. */
const freshSite = () => `d${Math.random().toString(36).slice(2)}.localhost`;

const httpsPort = async () => (await (await fetch("/site.json")).json()).https;

/** A page `a.SITE` in a tab of its own. */
async function page(t, { site = freshSite(), scheme = "http", ...params } = {}) {
  const port = scheme === "https" ? await httpsPort() : t.ports[0];
  const guest = t.popup({ origin: `${scheme}://a.${site}:${port}`, params });
  await guest.open();
  return Object.assign(guest, {
    site,
    scheme,
    port,
    params: { entry: t.entry, channel: t.channelEntry, ...(t.csp && { csp: t.csp }), ...params },
  });
}

/** Puts a frame of `host` into the page; resolves when its script has done what `query` says. */
function framed(guest, { host, port = guest.port, wait = true, ...query }) {
  const text = new URLSearchParams({ domain: guest.site, ...guest.params, ...query });
  const src = `${guest.scheme}://${host}:${port}/pages/e2e/pages/relaxed.html?${text}`;
  return guest.run(
    (_kit, src, wait) =>
      new Promise((resolve) => {
        const frame = document.createElement("iframe");
        frame.src = src;
        if (wait) addEventListener("message", ({ data }) => data?.relaxed && resolve());
        document.body.append(frame);
        if (!wait) resolve();
      }),
    src,
    wait,
  );
}

/** What this page sees of its frame. */
const peek = () => {
  try {
    return frames[0].document.title;
  } catch (error) {
    return error.name;
  }
};

const relax = (kit, domain) => kit.portcullis.relaxDomain(domain);

const VARIANTS = ["http", "https"].flatMap((scheme) =>
  [undefined, "?0", "?1"].map((oac) => ({ scheme, oac })),
);

/** For each header a site outside localhost, as the browsers of the tests know them. */
const TEST_SITES = [
  { site: "default.test" },
  { site: "oac0.test", oac: "?0" },
  { site: "oac1.test", oac: "?1" },
];

const FACTS = {
  undefined: "documentDomainByDefault",
  "?0": "documentDomainUnderOac0",
  "?1": "documentDomainUnderOac1",
};

/** Loads the channel entry that `connectRelaxed` works over. */
const withChannel = (t, guest) =>
  guest.run(async (_kit, entry) => void (await import(`/dist/${entry}.js`)), t.channelEntry);

/** Relaxes a page and its frame: the outcome is the effect, and the effect is the engine's. */
async function judged(t, settings, fact) {
  const guest = await page(t, settings);
  await framed(guest, { host: `b.${guest.site}`, do: "relax" });
  t.equal(await guest.run(peek), "SecurityError", "before");
  const { outcome, reason } = await guest.run(relax, guest.site);
  const effect = await guest.run(peek);
  t.equal(outcome, effect === "relaxed" ? "relaxed" : "no-op", reason);
  t.ok(reason?.length > 0, "there is a reason either way");
  if (outcome === "no-op") t.ok(/Origin-Agent-Cluster: \?0/.test(reason), reason);
  else t.ok(/port/.test(reason), `the warning says what it opens: ${reason}`);
  t.equal(effect, t.fact(fact), "the engine-facts table");
  return guest;
}

/** The page's connect; the channel stays in the page. */
async function connect(kit, options) {
  kit.state.channel = await kit.portcullis.connectRelaxed(frames[0], options);
  return { transport: kit.state.channel.transport, origin: kit.state.channel.origin };
}

export const cases = {
  ...Object.fromEntries(
    VARIANTS.map(({ scheme, oac }) => [
      `${scheme}, Origin-Agent-Cluster ${oac ?? "not sent"}: the outcome is the effect`,
      (t) => judged(t, { scheme, oac }, FACTS[oac]),
    ]),
  ),

  // No secure context, so the header counts for nothing.
  ...Object.fromEntries(
    TEST_SITES.map(({ site, oac }) => [
      `http outside localhost, Origin-Agent-Cluster ${oac ?? "not sent"}: the outcome is the effect`,
      async (t) => {
        const fact = "documentDomainOnPlainHttp";
        if (t.fact(fact) === "no such host") {
          // The twin: the same server under a name that the browser knows.
          const reached = (host) =>
            fetch(`${t.origin(host)}/test/blank`, { mode: "no-cors" }).then(
              () => true,
              () => false,
            );
          t.same([await reached(`a.${site}`), await reached("a.localhost")], [false, true]);
          t.note = "the tests can give this browser no host outside localhost";
          return;
        }
        const guest = await judged(t, { site, oac }, fact);
        t.equal(await guest.run(() => isSecureContext), false, "a secure context");
      },
    ]),
  ),

  "what can be no domain of this page is refused, with the reason": async (t) => {
    const guest = await page(t);
    for (const domain of [
      "other.localhost",
      "localhost",
      "",
      `.${guest.site}`,
      `${guest.site}.`,
      "127.0.0.1",
      `b.${guest.site}`,
      `x${guest.site}`,
    ]) {
      const { outcome, reason } = await guest.run(relax, domain);
      t.equal(outcome, "refused", domain);
      t.ok(reason?.length > 10, `${domain}: ${reason}`);
    }
    t.equal(await guest.run(() => document.domain), `a.${guest.site}`, "nothing was set");
  },

  "a sandboxed page is refused": async (t) => {
    const site = freshSite();
    for (const sandbox of ["allow-scripts", "allow-scripts allow-same-origin"]) {
      const guest = await t.frame({ origin: t.origin(`a.${site}`), attributes: { sandbox } });
      const { outcome, reason } = await guest.run(relax, site);
      t.equal(outcome, "refused", sandbox);
      t.ok(/sandbox|opaque/i.test(reason), reason);
    }
  },

  "another port of the domain gets in as well, as the warning says": async (t) => {
    const guest = await page(t, { oac: "?0" });
    await framed(guest, { host: `b.${guest.site}`, port: t.ports[1], do: "relax" });
    t.equal((await guest.run(relax, guest.site)).outcome, "relaxed");
    t.equal(await guest.run(peek), "relaxed");
  },

  "nothing is relaxed unless it is asked for": async (t) => {
    const guest = await page(t, { oac: "?0" });
    await framed(guest, { host: `b.${guest.site}`, do: "relax" });
    await withChannel(t, guest);
    t.equal(await guest.run(peek), "SecurityError");
    t.equal(await guest.run(() => document.domain), `a.${guest.site}`);
  },

  ...Object.fromEntries(
    [true, false].map((wait) => [
      `two relaxed pages share a channel, ${wait ? "the frame" : "the host"} first`,
      async (t) => {
        const guest = await page(t, { oac: "?0" });
        // With `wait` false the host connects while the frame still loads.
        await framed(guest, { host: `b.${guest.site}`, do: "connect", wait: false });
        if (wait) {
          await guest.run(async (_kit, domain) => {
            document.domain = domain;
            const waits = () => {
              try {
                return Boolean(frames[0][Symbol.for("portcullis.relaxed")]);
              } catch {
                return false;
              }
            };
            while (!waits()) await new Promise((resolve) => setTimeout(resolve, 10));
          }, guest.site);
        }
        await withChannel(t, guest);
        const { transport, origin } = await guest.run(connect, { domain: guest.site, timeoutMs: 25_000 });
        t.equal(transport, "document-domain");
        t.equal(origin, `http://b.${guest.site}:${guest.port}`);
        const answers = await guest.run(async ({ state }) => {
          const { channel } = state;
          const ready = await new Promise((resolve) => channel.on("ready", resolve, { replay: true }));
          const thrown = await channel.remote.throws().catch(({ code, name }) => ({ code, name }));
          return { sum: await channel.remote.add(1, 2), who: await channel.remote.who(), ready, thrown };
        });
        t.equal(answers.sum, 3);
        t.same(answers.who, { name: "", origin, domain: guest.site });
        t.same(answers.ready, { transport, origin: guest.about.origin });
        t.same(answers.thrown, { code: "call/threw", name: "RangeError" });
        const left = await guest.run(() =>
          [window, frames[0]].flatMap((one) => Object.getOwnPropertySymbols(one).map(String)),
        );
        t.equal(
          left.filter((name) => name.includes("portcullis")).length,
          0,
          "no mark stays on either window",
        );
      },
    ]),
  ),

  "two channels of two names": async (t) => {
    const guest = await page(t, { oac: "?0" });
    await framed(guest, { host: `b.${guest.site}`, do: "connect", names: "one,two", wait: false });
    await withChannel(t, guest);
    const names = await guest.run(async (kit, domain) => {
      const names = [];
      for (const name of ["one", "two"]) {
        const channel = await kit.portcullis.connectRelaxed(frames[0], { domain, name, timeoutMs: 25_000 });
        names.push([channel.name, (await channel.remote.who()).name]);
      }
      return names;
    }, guest.site);
    t.same(names, [
      ["one", "one"],
      ["two", "two"],
    ]);
  },

  "a page that never comes, an abort, a frame that is nowhere": async (t) => {
    const guest = await page(t, { oac: "?0" });
    await framed(guest, { host: `b.${guest.site}`, do: "nothing" });
    await withChannel(t, guest);
    const attempt = (options, nowhere) =>
      guest.run(
        async (kit, options, nowhere) => {
          const signal = options.abortMs
            ? AbortSignal.timeout(options.abortMs)
            : options.given && AbortSignal.abort();
          const frame = nowhere ? document.createElement("iframe") : frames[0];
          const code = await kit.portcullis.connectRelaxed(frame, { ...options, signal }).then(
            () => "fine",
            (error) => error.code,
          );
          return [
            code,
            Object.getOwnPropertySymbols(window)
              .map(String)
              .filter((name) => name.includes("portcullis")),
          ];
        },
        options,
        nowhere,
      );
    const { site: domain } = guest;
    t.same(await attempt({ domain, timeoutMs: 150 }), ["connect/timed-out", []]);
    t.same(await attempt({ domain, abortMs: 150 }), ["connect/aborted", []]);
    t.same(await attempt({ domain, abortMs: 150, timeoutMs: 2 ** 31 }), ["connect/aborted", []]);
    t.same(await attempt({ domain, abortMs: 150, timeoutMs: Number.POSITIVE_INFINITY }), [
      "connect/aborted",
      [],
    ]);
    t.same(await attempt({ domain, given: "an aborted signal" }), ["connect/aborted", []]);
    t.same(await attempt({ domain }, true), ["connect/target-closed", []]);
    t.same(await attempt({ domain: "other.localhost" }), ["domain/refused", []]);
  },

  "an origin-keyed page is told so": async (t) => {
    const guest = await page(t, { oac: "?1" });
    await framed(guest, { host: `b.${guest.site}`, do: "nothing" });
    await withChannel(t, guest);
    const code = await guest.run(
      (kit, options) =>
        kit.portcullis.connectRelaxed(frames[0], options).then(
          () => "fine",
          (error) => error.code,
        ),
      { domain: guest.site, timeoutMs: 150 },
    );
    // An engine that ignores the header relaxes, and then nobody comes.
    t.equal(code, t.fact(FACTS["?1"]) === "relaxed" ? "connect/timed-out" : "domain/no-op");
  },

  "without a channel entry nothing is relaxed": async (t) => {
    const guest = await page(t, { oac: "?0" });
    await framed(guest, { host: `b.${guest.site}`, do: "nothing" });
    const { code, message, domain } = await guest.run(
      (kit, domain) =>
        kit.portcullis
          .connectRelaxed(frames[0], { domain })
          .catch(({ code, message }) => ({ code, message, domain: document.domain })),
      guest.site,
    );
    t.equal(code, "wasm/not-ready");
    t.ok(message.includes('"portcullis"'), message);
    t.equal(domain, `a.${guest.site}`);
  },
};
