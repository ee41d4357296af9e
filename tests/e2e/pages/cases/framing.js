// Who may be the peer, asked of real pages: a hostile top page, twins of an allowed origin, a window that is gone.
//
// Each case ends with its twin: the very same words, said from where they are allowed, reach the handler.

/** The application: connects to the page around it and keeps a hub, and tells whatever happens. */
const application = (kit, allowedOrigins) => {
  const { state, portcullis } = kit;
  Object.assign(state, { hits: [], refused: [], heard: [] });
  const options = {
    allowedOrigins,
    timeoutMs: 0,
    methods: { hit: (who) => state.hits.push(who) },
    log: ({ kind, origin }) => kind === "refused" && state.refused.push(origin),
  };
  portcullis.connect(parent, options).then(
    (channel) => {
      state.channel = channel;
    },
    // The hostile page's windows close with the case, a moment before this page does.
    () => {},
  );
  portcullis.createHub({ ...options, name: "hub" }).on("connect", () => state.hits.push("met in the hub"));
  addEventListener("message", ({ data }) => {
    state.heard.push(`${data}`);
    state.listener?.();
  });
};

const hasHeard = async ({ state }, text) => {
  while (!state.heard.includes(text)) {
    await new Promise((resolve) => {
      state.listener = resolve;
    });
  }
  return { hits: state.hits, refused: state.refused, open: Boolean(state.channel) };
};

/** A perfect handshake, in the order a true page would give it, and a call without waiting for any answer. */
const forge = async (kit, origin, target = "frame") => {
  const { RawPeer, nonce } = await kit.wire();
  const { state } = kit;
  state.heard = [];
  addEventListener("message", ({ data, ports }) => state.heard.push({ data, ports: ports.length }));
  const window = target === "frame" ? frames[0] : target === "top" ? top : parent;
  for (const name of ["", "hub"]) {
    const raw = new RawPeer({ target: window, origin, name });
    const theirs = nonce();
    const { port1, port2 } = new MessageChannel();
    raw.hello();
    raw.post(1, theirs);
    raw.post(2, theirs, [port2]);
    raw.open(port1, theirs);
    raw.call("hit", "the framer");
    state.raw ??= raw;
  }
  window.postMessage("that was all", origin);
};

/** A top page of this origin in a window of its own, with the application (of `guest`) in a frame. */
async function framed(t, origin) {
  const top = t.popup({ origin });
  await top.open();
  const app = await framedIn(t, top);
  return { top, app };
}

async function framedIn(t, top) {
  const app = t.frameLater({ origin: t.origins.guest, later: true });
  await top.run(
    (_kit, src) => {
      const frame = document.createElement("iframe");
      frame.src = src;
      document.body.append(frame);
    },
    app.address({ origin: t.origins.guest }),
  );
  return app.ready;
}

/** Connects the page around the application as it should be, and calls. */
const serveTop = async (kit, origin) => {
  const { RawPeer } = await kit.wire();
  const raw = new RawPeer({ target: frames[0], origin });
  raw.hello();
  await raw.opened;
  raw.call("hit", "the twin");
  await raw.ping();
};

/** A host of one exact origin; what was refused, and who reached the handler. */
function victim(t, allowedOrigins = t.origins.guest) {
  const [hits, refused] = [[], []];
  const log = ({ kind, origin }) => kind === "refused" && refused.push(origin);
  const methods = { hit: (who) => void hits.push(who) };
  return { hits, refused, options: { allowedOrigins, methods, log, timeoutMs: 0 } };
}

/** Says hello and calls from a frame, by hand; resolves when the host has taken the call. */
const hit = async (kit, origin, who) => {
  const { RawPeer } = await kit.wire();
  const raw = new RawPeer({ target: parent, origin });
  raw.hello();
  await raw.opened;
  raw.call("hit", who);
  await raw.ping();
};

/** Origins that differ from the guest's in one part. `reached` names the fact that says whether a page can be there. */
const TWINS = {
  "another port": (t) => t.origin("guest.localhost", t.ports[1]),
  "a subdomain": (t) => t.origin("evil.guest.localhost"),
  "the parent domain": (t) => t.origin("localhost"),
  "a name that begins with it": (t) => t.origin("guest.localhost.evil.localhost"),
  "a name that ends with it": (t) => t.origin("notguest.localhost"),
  "another scheme": (t) => `https://guest.localhost:${t.https}`,
};

export const cases = {
  "a hostile top page posts a perfect handshake to the application it frames": async (t) => {
    const { partner, evil, guest } = t.origins;
    const { top, app } = await framed(t, evil);
    await app.run(application, partner);
    await top.run(forge, guest);
    const seen = await app.run(hasHeard, "that was all");
    t.same(seen.hits, [], "handlers that ran");
    t.ok(seen.refused.includes(evil), `the refusal is told: ${t.show(seen)}`);
    t.equal(seen.open, false, "the application is connected");
    t.same(await top.run((kit) => kit.state.heard), [], "answers to the framer");
    // The twin: the partner's page frames the same application.
    const honest = await framed(t, partner);
    await honest.app.run(application, partner);
    await honest.top.run(serveTop, guest);
    t.same(await honest.app.run(({ state }) => state.hits), ["the twin"]);
  },

  "a widget tells a hostile page around it nothing but an empty greeting": async (t) => {
    const { partner, sibling, evil, guest } = t.origins;
    const nothingButHellos = (heard) => {
      for (const { data, ports } of heard) {
        const [tag, version, name, kind, mine, ...rest] = data;
        t.same([tag, version, name, kind, rest, ports], ["portcullis", 1, "", 0, [""], 0], t.show(data));
        t.ok(/^[0-9a-f]{32}$/.test(mine), mine);
      }
      return heard.length;
    };
    // One exact origin: its greeting is pinned to it. Two: nobody can be pinned, so the greeting is for anybody.
    for (const [allowed, least] of [
      [partner, 0],
      [[partner, sibling], 1],
    ]) {
      const top = t.popup({ origin: evil });
      await top.open();
      await top.run((kit) => {
        kit.state.around = [];
        addEventListener("message", ({ data, ports }) => {
          kit.state.around.push({ data, ports: ports.length });
          kit.state.told?.();
        });
      });
      const app = await framedIn(t, top);
      await app.run(application, allowed);
      await top.run(async ({ state }, least) => {
        while (state.around.length < least) {
          await new Promise((resolve) => {
            state.told = resolve;
          });
        }
      }, least);
      // It answers whatever it may hear, and changes nothing.
      await top.run(forge, guest);
      const { hits, open } = await app.run(hasHeard, "that was all");
      t.same([hits, open], [[], false]);
      const heard = await top.run(({ state }) => state.around);
      t.equal(nothingButHellos(heard) >= least, true, "greetings");
      if (least === 0) t.equal(heard.length, 0, "of a pinned greeting");
    }
    const honest = await framed(t, partner);
    await honest.app.run(application, [partner, sibling]);
    await honest.top.run(serveTop, guest);
    t.same(await honest.app.run(({ state }) => state.hits), ["the twin"]);
  },

  "a window that is gone is nobody, whatever origin it had": async (t) => {
    const { hits, options } = victim(t);
    const guest = await t.frame({ origin: t.origins.guest });
    const connecting = t.connect(guest.element, options);
    await guest.run((kit, mine) => {
      kit.state.answers = [];
      addEventListener("message", ({ data }) => data[5] === mine && kit.state.answers.push(data));
    }, GONE);
    await goneWithoutSource(t, guest);
    await guest.run(hit, t.origins.host, "the twin");
    await connecting;
    t.same(hits, ["the twin"]);
    t.same(await guest.run(({ state }) => state.answers), [], "answers to nobody's greeting");
  },

  "nor is it the peer whose own window is gone": async (t) => {
    const { hits, options } = victim(t);
    const guest = await t.frame({ origin: t.origins.guest });
    const other = await t.frame({ origin: t.origins.guest });
    const ended = t.rejects(t.connect(guest.element, options), "connect/target-closed");
    guest.element.remove();
    await goneWithoutSource(t, other);
    await ended;
    // The twin meets the host from a window that stands.
    const connecting = t.connect(other.element, options);
    await other.run(hit, t.origins.host, "the twin");
    await connecting;
    t.same(hits, ["the twin"]);
  },
};

const GONE = "0123456789abcdef0123456789abcdef";

/** A frame inside greets the host by hand and is removed in the same breath, with a port that calls. */
const postAndGo = async (kit, origin, mine) => {
  const { head, KIND } = await kit.wire();
  const frame = document.body.appendChild(document.createElement("iframe"));
  const { port1, port2 } = new MessageChannel();
  // Code of the frame's own window, so that the window is the one who speaks.
  const speak = frame.contentWindow.eval(`(target, origin, data, ports) => {
    target.postMessage(data, origin);
    target.postMessage([...data.slice(0, 3), 2, data[4], data[4]], origin, ports);
  }`);
  port1.postMessage([1, 0, 2, head(KIND.name, { count: 1 }), 0, "hit"]);
  speak(top, origin, ["portcullis", 1, "", 0, mine, ""], [port2]);
  frame.remove();
};

/** Greets so until the event has no source: an engine may be quick enough to know the window still. */
async function goneWithoutSource(t, guest) {
  for (;;) {
    const ready = t.event(window, "message", ({ data }) => data?.[3] === 2 && data[4] === GONE);
    await guest.run(postAndGo, t.origins.host, GONE);
    const { origin, source } = await ready;
    t.equal(origin, t.origins.guest, "the origin is the allowed one: the window alone tells");
    if (source === null) return;
  }
}

for (const [what, of] of Object.entries(TWINS)) {
  cases[`a twin of the allowed origin does not get in: ${what}`] = async (t) => {
    const { hits, refused, options } = victim(t);
    const twin = of(t);
    const liar = await t.frame({ origin: twin });
    t.equal(liar.about.origin, twin);
    const hub = t.closing(t.portcullis.createHub({ ...options, name: "hub" }));
    const connecting = t.connect(liar.element, options);
    const said = t.event(
      window,
      "message",
      ({ data, source }) => source === liar.window && data === "that was all",
    );
    await liar.run(forge, t.origins.host, "top");
    await said;
    t.same([hits, hub.channels.size], [[], 0]);
    t.same(new Set(refused), new Set([twin]));
    const answers = await liar.run(({ state }) => state.heard.filter(({ data }) => data[3] !== 0).length);
    t.equal(answers, 0, "answers to the twin");
    // The allowed origin in the very same frame.
    await liar.navigate({ origin: t.origins.guest });
    await liar.run(hit, t.origins.host, "the guest");
    await connecting;
    t.same(hits, ["the guest"]);
  };
}
