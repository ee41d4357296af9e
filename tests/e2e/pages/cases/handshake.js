// Two pages find each other in any order, on one site and across sites.

/** The guest's half: what any page would write. */
function serve(kit, host) {
  kit.state.connecting = kit.portcullis
    .connect(parent, {
      allowedOrigins: host,
      methods: {
        add: (a, b) => a + b,
        math: { double: (n) => 2 * n },
        whoCalls() {
          return this.origin;
        },
      },
    })
    .then((channel) => {
      kit.state.channel = channel;
      return channel.origin;
    });
}

const connected = (kit) => kit.state.connecting;

/** Both ends are what they say, and calls cross in both directions. */
async function works(t, guest, channel, origin) {
  t.equal(channel.origin, origin, "the guest's origin");
  t.equal(channel.state, "open");
  t.equal(channel.transport, "message-port");
  t.equal(await guest.run(connected), t.origins.host, "the host's origin");
  t.equal(await channel.remote.add(1, 2), 3);
  t.equal(await channel.remote.math.double(21), 42);
  t.equal(await channel.call("whoCalls"), t.origins.host);
  t.equal(await guest.run((kit) => kit.state.channel.remote.greet("guest")), `hello guest of ${origin}`);
}

const methods = {
  greet(name) {
    return `hello ${name} of ${this.origin}`;
  },
};

const orders = {
  "the host is first": async (t, origin) => {
    const guest = t.frameLater({ origin });
    const connecting = t.connect(guest.element, { allowedOrigins: origin, methods });
    await guest.ready;
    await guest.run(serve, t.origins.host);
    await works(t, guest, await connecting, origin);
  },

  "the guest is first": async (t, origin) => {
    const guest = await t.frame({ origin });
    await guest.run(serve, t.origins.host);
    // Its greeting has gone into the void when this answer is here.
    await guest.run(() => 0);
    await works(t, guest, await t.connect(guest.element, { allowedOrigins: origin, methods }), origin);
  },

  "both start at once": async (t, origin) => {
    const guest = await t.frame({ origin });
    const serving = guest.run(serve, t.origins.host);
    const channel = await t.connect(guest.element, { allowedOrigins: origin, methods });
    await serving;
    await works(t, guest, channel, origin);
  },

  "the guest's page comes two seconds late": async (t, origin) => {
    const guest = t.frameLater({ origin, later: true });
    const connecting = t.connect(guest.element, { allowedOrigins: origin, methods });
    setTimeout(guest.load, 2_000);
    await guest.ready;
    await guest.run(serve, t.origins.host);
    await works(t, guest, await connecting, origin);
  },

  "a window instead of the element": async (t, origin) => {
    const guest = await t.frame({ origin });
    await guest.run(serve, t.origins.host);
    const channel = await t.connect(guest.element.contentWindow, { allowedOrigins: origin, methods });
    await works(t, guest, channel, origin);
  },

  "a list of origins, none of them exact": async (t, origin) => {
    const guest = await t.frame({ origin });
    await guest.run(serve, t.origins.host);
    const { hostname, port } = new URL(origin);
    const wild = `http://*.${hostname.split(".").slice(1).join(".")}:${port}`;
    const allowedOrigins = ["https://elsewhere.example", wild.includes("*.localhost") ? origin : wild];
    await works(t, guest, await t.connect(guest.element, { allowedOrigins, methods }), origin);
  },
};

export const cases = {};
for (const who of ["guest", "sibling", "neighbour"]) {
  for (const [order, run] of Object.entries(orders)) {
    cases[`${who}: ${order}`] = (t) => run(t, t.origins[who]);
  }
}

Object.assign(cases, {
  "a first greeting that nobody hears is not the last": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest });
    // The guest listens a while after the host's first greeting has gone by.
    const greeted = guest.run(
      (kit) =>
        new Promise((resolve) => {
          addEventListener("message", () => resolve(), { once: true });
          kit.report("listening");
        }),
    );
    await guest.next();
    const connecting = t.connect(guest.element, { allowedOrigins: t.origins.guest, methods });
    await greeted;
    await guest.run(serve, t.origins.host);
    await works(t, guest, await connecting, t.origins.guest);
  },

  "a page that stands still as soon as it is connected is not given up": async (t) => {
    // Longer than the wait for a port's opening, and in engines that give pages of one site one thread it is theirs too.
    const STILL_MS = 4_500;
    const options = { allowedOrigins: t.origins.guest, methods };
    const guests = await Promise.all([1, 2, 3].map(() => t.frame({ origin: t.origins.guest })));
    await Promise.all(guests.map((guest) => guest.run(serve, t.origins.host)));
    let stood = false;
    const sums = guests.map(async ({ element }, n) => {
      const channel = await t.connect(element, options);
      const sum = channel.remote.add(n, 1);
      if (!stood) {
        stood = true;
        const end = performance.now() + STILL_MS;
        while (performance.now() < end);
      }
      return sum;
    });
    t.same(await Promise.all(sums), [1, 2, 3]);
  },

  "several named channels between two windows": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest });
    const both = (kit, host) => {
      for (const name of ["", "a", "b"]) {
        kit.portcullis.connect(parent, { allowedOrigins: host, name, methods: { which: () => name } });
      }
    };
    await guest.run(both, t.origins.host);
    const channels = await Promise.all(
      ["b", "", "a"].map((name) => t.connect(guest.element, { allowedOrigins: t.origins.guest, name })),
    );
    t.same(
      channels.map(({ name }) => name),
      ["b", "", "a"],
    );
    t.same(await Promise.all(channels.map(({ remote }) => remote.which())), ["b", "", "a"]);
    channels[0].close();
    t.equal(await channels[1].remote.which(), "", "the others stay");
  },

  "upper case, a trailing slash and an international name are canonicalised": async (t) => {
    const origin = t.origin("xn--e1afmkfd.localhost");
    const guest = await t.frame({ origin });
    await guest.run(serve, t.origins.host);
    const { port } = new URL(origin);
    const spelled = `HTTP://пример.LOCALHOST:${port}/`;
    await works(t, guest, await t.connect(guest.element, { allowedOrigins: spelled, methods }), origin);
  },

  "subdomains of any depth, never the apex": async (t) => {
    const { port } = new URL(t.origins.host);
    const allowedOrigins = `http://*.pay.localhost:${port}`;
    const deep = await t.frame({ origin: `http://a.b.pay.localhost:${port}` });
    await deep.run(serve, t.origins.host);
    const channel = await t.connect(deep.element, { allowedOrigins, methods });
    t.equal(channel.origin, `http://a.b.pay.localhost:${port}`);
    const apex = await t.frame({ origin: `http://pay.localhost:${port}` });
    await apex.run((kit, host) => {
      kit.portcullis.connect(parent, { allowedOrigins: host, timeoutMs: 0 });
    }, t.origins.host);
    const told = t.deferred();
    const giveUp = new AbortController();
    const options = { allowedOrigins, timeoutMs: 0, signal: giveUp.signal, log: told.resolve };
    const refused = t.rejects(t.connect(apex.element, options), "connect/aborted");
    const { kind, origin } = await told.promise;
    t.same([kind, origin], ["refused", `http://pay.localhost:${port}`]);
    giveUp.abort();
    await refused;
  },

  "any origin, when the application asks for it loudly": async (t) => {
    const guest = await t.frame({ origin: t.origins.partner });
    await guest.run(serve, t.origins.host);
    const channel = await t.connect(guest.element, { allowedOrigins: "*", anyOrigin: true, methods });
    await works(t, guest, channel, t.origins.partner);
  },

  "a frame inside a frame talks to the page at the top": async (t) => {
    const middle = await t.frame({ origin: t.origins.partner });
    const inner = t.frameLater({ origin: t.origins.guest, later: true });
    await middle.run(
      (_kit, src) => {
        const frame = document.createElement("iframe");
        frame.src = src;
        document.body.append(frame);
      },
      inner.address({ origin: t.origins.guest }),
    );
    await inner.ready;
    await inner.run((kit, host) => {
      const methods = { add: (a, b) => a + b };
      kit.state.connecting = kit.portcullis.connect(top, { allowedOrigins: host, methods });
    }, t.origins.host);
    const channel = await t.connect(inner.window, { allowedOrigins: t.origins.guest });
    t.equal(await channel.remote.add(2, 3), 5);
  },

  "pages of the same origin": async (t) => {
    const guest = await t.frame({ origin: t.origins.host });
    await guest.run(serve, t.origins.host);
    const channel = await t.connect(guest.element, { allowedOrigins: t.origins.host, methods });
    await works(t, guest, channel, t.origins.host);
  },

  "a srcdoc frame has its embedder's origin": async (t) => {
    const guest = await t.frame({ origin: t.origins.host, srcdoc: true });
    await guest.run(serve, t.origins.host);
    const channel = await t.connect(guest.element, { allowedOrigins: t.origins.host, methods });
    await works(t, guest, channel, t.origins.host);
  },

  "a frame that the page writes itself has the page's origin": async (t) => {
    const guest = t.frameLater({ origin: t.origins.host, later: true });
    const connecting = t.connect(guest.element, { allowedOrigins: t.origins.host, methods });
    const page = guest.element.contentDocument;
    page.open();
    page.write(guest.markup({ origin: t.origins.host }));
    page.close();
    await guest.ready;
    await guest.run(serve, t.origins.host);
    await works(t, guest, await connecting, t.origins.host);
  },

  "a frame whose address redirects to another allowed origin": async (t) => {
    const { guest: from, partner: to } = t.origins;
    const guest = t.frameLater({ origin: to, later: true });
    const connecting = t.connect(guest.element, { allowedOrigins: [from, to], methods });
    const headers = JSON.stringify({ location: guest.address({ origin: to }) });
    guest.element.src = `${from}/test/blank?${new URLSearchParams({ status: 302, headers })}`;
    await guest.ready;
    await guest.run(serve, t.origins.host);
    await works(t, guest, await connecting, to);
  },

  "an aborted connect leaves the window free for the next": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest });
    const abort = new AbortController();
    const first = t.connect(guest.element, { allowedOrigins: t.origins.guest, signal: abort.signal });
    abort.abort(new Error("not now"));
    await t.rejects(first, "connect/aborted");
    await guest.run(serve, t.origins.host);
    const channel = await t.connect(guest.element, { allowedOrigins: t.origins.guest, methods });
    await works(t, guest, channel, t.origins.guest);
  },

  "a signal that has aborted already": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest });
    const signal = AbortSignal.abort();
    await t.rejects(t.connect(guest.element, { allowedOrigins: t.origins.guest, signal }), "connect/aborted");
  },

  "a second live connect to the same window and name is refused, after close it is welcome": async (t) => {
    const guest = await t.frame({ origin: t.origins.guest });
    await guest.run(serve, t.origins.host);
    const options = { allowedOrigins: t.origins.guest, methods };
    const first = await t.connect(guest.element, options);
    await t.rejects(t.connect(guest.element, options), "connect/refused");
    t.equal(await first.remote.add(1, 1), 2, "the first lives on");
    first.close();
    await guest.run(async (kit) => (await kit.state.channel.closed).code);
    await guest.run(serve, t.origins.host);
    const second = await t.connect(guest.element, options);
    await works(t, guest, second, t.origins.guest);
  },
});
