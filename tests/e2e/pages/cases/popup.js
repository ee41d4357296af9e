// Popups and openers.

/** How long a window may take to open, load and connect: as long as a case. A busy machine takes its time. */
const OPEN_MS = 25_000;

const serve = (kit, host, options = {}) => {
  kit.state.connecting = kit.portcullis
    .connect(opener, {
      allowedOrigins: host,
      heartbeatMs: 1_000,
      methods: {
        add: (a, b) => a + b,
        windowName: () => window.name,
        never: () => {
          kit.report("started");
          return new Promise(() => {});
        },
      },
      ...options,
    })
    .then((channel) => {
      kit.state.channel = channel;
      return channel.origin;
    });
};

const connected = (kit) => kit.state.connecting;

/** Opens a popup through the package; its page serves as soon as it is there. */
async function opened(t, options = {}, settings = {}) {
  const guest = t.popup({ origin: t.origins.guest, ...settings });
  const opening = t.portcullis.openPopup(guest.url, {
    allowedOrigins: t.origins.guest,
    heartbeatMs: 1_000,
    timeoutMs: OPEN_MS,
    ...options,
  });
  guest.ready.then(() => guest.run(serve, t.origins.host)).catch(() => {});
  const { window: popup, channel } = await opening;
  t.cleanups.push(() => {
    channel.close();
    popup.close();
  });
  return { guest, popup, channel };
}

/** Reports that the popup of this guest was cut off, before its time is up, which has another code. */
async function severed(t, guest, origin = t.origins.guest) {
  const error = await t.rejects(
    t.portcullis.openPopup(guest.url, { allowedOrigins: origin, timeoutMs: OPEN_MS }),
    { code: "connect/target-closed", message: /Cross-Origin-Opener-Policy/ },
  );
  t.ok(error.message.includes(origin), error.message);
}

/** What comes of a popup where its opener has a policy: by that, whose page the popup shows, under which policy. */
const UNDER = {
  "same-origin": [
    ["guest", undefined, "severed"],
    ["host", "same-origin", "connected"],
  ],
  "same-origin-allow-popups": [
    ["guest", "same-origin", "severed"],
    ["guest", undefined, "connected"],
  ],
};

/** The runner's own page has the policy that the suite gives it. */
export const list = ({ parameters }) =>
  parameters.has("coop")
    ? Object.fromEntries(
        UNDER[parameters.get("coop")].map((row) => underPolicy(parameters.get("coop"), ...row)),
      )
    : cases;

function underPolicy(own, who, coop, outcome) {
  const name = `an opener under ${own}, the ${who}'s popup under ${coop ?? "no policy"}: ${outcome}`;
  const run = async (t) => {
    const origin = t.origins[who];
    const settings = { origin, params: { coop } };
    if (outcome === "severed") return severed(t, t.popup(settings), origin);
    const { channel } = await opened(t, { allowedOrigins: origin }, settings);
    t.equal(await channel.remote.add(1, 2), 3);
  };
  return [name, run];
}

const cases = {
  "openPopup opens, checks and connects": async (t) => {
    const { guest, popup, channel } = await opened(t);
    t.equal(popup, guest.window);
    t.equal(channel.origin, t.origins.guest);
    t.equal(await channel.remote.add(1, 2), 3);
    t.equal(await guest.run(connected), t.origins.host);
  },

  "its target name cannot be guessed": async (t) => {
    const names = [];
    for (let n = 0; n < 2; n += 1) {
      const { channel, popup } = await opened(t);
      names.push(await channel.remote.windowName());
      channel.close();
      popup.close();
    }
    t.ok(names[0] !== names[1], t.show(names));
    for (const name of names) t.ok(name === "" || name.length >= 22, `128 bits of name: ${name}`);
  },

  "connect to a popup that the page opened itself": async (t) => {
    const guest = t.popup({ origin: t.origins.guest });
    await guest.open();
    await guest.run(serve, t.origins.host);
    const channel = await t.connect(guest.popup, { allowedOrigins: t.origins.guest });
    t.equal(await channel.remote.add(1, 2), 3);
  },

  "only http and https addresses are opened": async (t) => {
    const before = window.length;
    for (const url of [
      "javascript:alert(1)",
      "data:text/html,x",
      "blob:null/x",
      "about:blank",
      "file:///x",
      "http://",
    ]) {
      const opening = t.portcullis.openPopup(url, { allowedOrigins: t.origins.guest });
      await t.rejects(opening, "origin/invalid", url);
    }
    t.equal(window.length, before);
  },

  "a closed popup ends its calls": async (t) => {
    const { guest, popup, channel } = await opened(t);
    const call = channel.remote.never();
    await guest.next();
    const ended = t.rejects(call, { code: "call/peer-gone" });
    popup.close();
    await ended;
    t.equal((await channel.closed).code, "call/peer-gone");
  },

  "a popup that reloads comes back": async (t) => {
    const { guest, channel } = await opened(t);
    const back = new Promise((resolve) => {
      channel.onStateChange((state) => state === "open" && resolve());
    });
    const again = guest.nextDocument();
    guest.run(() => location.reload());
    await again;
    await guest.run(serve, t.origins.host);
    await back;
    t.equal(await channel.remote.add(3, 4), 7);
  },

  "a popup that navigates to a stranger": async (t) => {
    const { guest, channel } = await opened(t);
    const call = channel.remote.never();
    await guest.next();
    const ended = t.rejects(call, "call/peer-gone");
    const again = guest.nextDocument();
    guest.run(
      (_kit, url) => {
        location.href = url;
      },
      guest.address({ origin: t.origins.evil }),
    );
    // WebKit only puts the page to sleep that a popup leaves: there the stranger's greeting is what tells.
    if (t.engine !== "webkit") await ended;
    await again;
    await guest.run(serve, t.origins.host, { timeoutMs: 0 });
    await ended;
    t.equal((await channel.closed).code, "connect/refused");
  },

  "a popup that its policy cuts off is reported": async (t) => {
    for (const coop of ["same-origin", "same-origin-allow-popups"]) {
      await severed(t, t.popup({ origin: t.origins.guest, params: { coop, entry: "none" } }));
    }
  },

  "noopener-allow-popups: as the engine has it": async (t) => {
    const params = { coop: "noopener-allow-popups" };
    if (t.fact("popupUnderNoopenerAllowPopups") === "connected") {
      const { channel } = await opened(t, {}, { params });
      t.equal(await channel.remote.add(1, 2), 3);
      return;
    }
    await severed(t, t.popup({ origin: t.origins.guest, params }));
  },

  "a popup calls its opener": async (t) => {
    const { guest } = await opened(t, {
      methods: {
        who() {
          return this.origin;
        },
      },
    });
    await guest.run(connected);
    t.equal(await guest.run((kit) => kit.state.channel.remote.who()), t.origins.guest);
  },
};
