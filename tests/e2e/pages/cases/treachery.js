// Pages that change sides: navigations at the worst moment, a port that is handed on, names that are taken, floods.

/** Greets and answers by hand, towards the page around. */
const greet = async (kit, origin, options = {}) => {
  const { RawPeer } = await kit.wire();
  kit.state.raw?.stop();
  kit.state.raw = new RawPeer({ target: parent, origin, ...options });
  kit.state.raw.hello();
};

const hit = async ({ state: { raw } }, who) => {
  await raw.opened;
  raw.call("hit", who);
  await raw.ping();
};

/** A host that counts who reached its handler, connecting to a frame. */
function victim(t, options = {}) {
  const [hits, refused] = [[], []];
  const log = (event) => event.kind === "refused" && refused.push(event);
  const methods = { hit: (who) => void hits.push(who) };
  return { hits, refused, options: { allowedOrigins: t.origins.guest, methods, log, ...options } };
}

const freshSink = (t) => `${t.origins.host}/sink/${t.engine}-${Math.random()}`;

/** A request during which this page does nothing else. */
function busily(method, url) {
  const request = new XMLHttpRequest();
  request.open(method, url, false);
  request.send();
  return request.responseText;
}

/** What a trap has heard up to a message that is known to have come last. */
async function trapped(guest, origin) {
  guest.window.postMessage("that was all", origin);
  return guest.run(async () => {
    const last = JSON.stringify("that was all");
    while (trapped.at(-1)?.text !== last) {
      await new Promise((resolve) => addEventListener("message", resolve, { once: true }));
    }
    return trapped.slice(0, -1);
  });
}

export const cases = {
  "a navigation during the handshake: the port reaches nobody": {
    timeoutMs: 60_000,
    run: async (t) => {
      const { hits, options } = victim(t, { timeoutMs: 0 });
      const [sink, signal] = [freshSink(t), freshSink(t)];
      const guest = await t.frame({ origin: t.origins.guest });
      const connecting = t.connect(guest.element, options);
      const stranger = guest.nextDocument();
      // The guest greets so that the host, who leads, makes a port, and is gone before the host hears it.
      const greeted = guest.run(
        async (kit, origin, signal, trap) => {
          const { RawPeer } = await kit.wire();
          const raw = new RawPeer({ target: parent, origin, lead: false, silent: true });
          fetch(`${signal}?count=1&wait=20000`).then(() => {
            raw.hello();
            location.href = trap;
          });
        },
        t.origins.host,
        signal,
        guest.address({ origin: t.origins.evil, page: "trap.html", params: { sink } }),
      );
      await greeted;
      // The host is busy from before the greeting until the stranger stands in the frame.
      busily("POST", signal);
      const patience = t.fact("frameLoadsWhilePageIsBusy") ? 20_000 : 100;
      const { entries } = JSON.parse(busily("GET", `${sink}?count=1&wait=${patience}`));
      t.equal(entries.length === 1, t.fact("frameLoadsWhilePageIsBusy"), "the stranger stood there in time");
      await stranger;
      t.same(await trapped(guest, t.origins.evil), [], "what the stranger heard");
      // It greets, with all that the guest knew: its page is what is wrong.
      const said = t.event(
        window,
        "message",
        ({ source, data }) => source === guest.window && data?.[3] === 0,
      );
      await guest.run(greet, t.origins.host);
      await said;
      t.same(hits, []);
      // The host waits as before: the guest comes back, and is let in.
      await guest.navigate({ origin: t.origins.guest });
      await guest.run(greet, t.origins.host);
      await connecting;
      await guest.run(hit, "the twin");
      t.same(hits, ["the twin"]);
    },
  },

  "a peer that hands its port to another page: close() ends it": async (t) => {
    const { hits, options } = victim(t, { heartbeatMs: 0 });
    const guest = await t.frame({ origin: t.origins.guest });
    const evil = await t.frame({ origin: t.origins.evil });
    const connecting = t.connect(guest.element, options);
    await guest.run(greet, t.origins.host);
    const channel = await connecting;
    await guest.run(hit, "the peer");
    // Not defended: whoever holds the port is the peer.
    const received = evil.run(
      (kit) =>
        new Promise((resolve) => {
          addEventListener("message", ({ data, ports: [port] }) => {
            Object.assign(kit.state, { port, ...data });
            resolve();
          });
        }),
    );
    await evil.run(() => 0);
    await guest.run(
      ({ state: { raw } }, at, origin) => {
        parent.frames[at].postMessage({ sent: raw.sent, taken: raw.taken }, origin, [raw.port]);
      },
      Array.from(window).indexOf(evil.window),
      t.origins.evil,
    );
    await received;
    const steal = async (kit, who) => {
      const { head, KIND } = await kit.wire();
      const { port, taken } = kit.state;
      kit.state.sent += 1;
      const frames = [head(KIND.name, { count: 1 }), 1000, head(KIND.notify, { count: 1 }), 1000];
      port.postMessage([kit.state.sent, taken, frames.length, ...frames, "hit", who]);
    };
    await evil.run(steal, "the thief");
    while (hits.length < 2) await t.turn();
    t.same(hits, ["the peer", "the thief"], "not defended");
    t.equal(channel.state, "open");
    // The defence there is.
    channel.close("the port was seen elsewhere");
    t.equal((await channel.closed).code, "channel/closed");
    await evil.run(steal, "the thief, again");
    // A channel made anew goes to the frame that was meant, and what was sent before it has long arrived.
    const again = t.connect(guest.element, options);
    await guest.run(greet, t.origins.host);
    await again;
    await guest.run(hit, "the peer, again");
    await evil.run(() => 0);
    t.same(hits, ["the peer", "the thief", "the peer, again"]);
  },

  "a popup that navigates its opener tells the stranger nothing": async (t) => {
    const { partner, guest: origin, evil } = t.origins;
    const sink = freshSink(t);
    const app = t.popup({ origin: partner });
    await app.open();
    const popup = t.frameLater({ origin, later: true });
    await app.run(
      (kit, url, origin) => {
        const popup = open(url, "_blank");
        kit.state.connecting = kit.portcullis
          .connect(popup, { allowedOrigins: origin, methods: { secret: () => "told" } })
          .then(() => 0);
      },
      popup.address({ origin }),
      origin,
    );
    await popup.ready;
    // Not waited for: a page that closes may not answer any more.
    t.cleanups.push(() => void popup.run(() => close()).catch(() => {}));
    await popup.run(async (kit, origin) => {
      const { state } = kit;
      state.states = [];
      state.channel = await kit.portcullis.connect(opener, { allowedOrigins: origin, heartbeatMs: 1_000 });
      state.channel.onStateChange((now) => state.states.push(now));
      state.away = new Promise((resolve) => state.channel.onStateChange(() => resolve(0)));
      state.answer = await state.channel.call("secret", ["the first"]);
    }, partner);
    t.equal(await popup.run(({ state }) => state.answer), "told", "the twin, before");
    const stranger = app.nextDocument();
    const trap = app.address({ origin: evil, page: "trap.html", params: { sink } });
    await popup.run((kit, url) => {
      try {
        opener.location = url;
      } catch (error) {
        kit.state.denied = error.name;
      }
      // On its way at once, while the opener still changes.
      kit.state.calls = [kit.state.channel.call("secret", ["the secret"]).catch(({ code }) => code)];
    }, trap);
    const denied = await popup.run(({ state }) => state.denied);
    t.equal(denied === undefined, t.fact("popupNavigatesItsOpener"), `the popup may do that: ${denied}`);
    // Where it may not, somebody else does.
    if (denied) app.popup.location = trap;
    await stranger;
    await popup.run(({ state }) => {
      state.channel.emit("secret", "the secret");
      state.calls.push(state.channel.call("secret", ["the secret"]).catch(({ code }) => code));
    });
    // Its opener's goodbye may be lost with its process (Firefox); then the call that waits finds out.
    await popup.run(({ state }) => state.away);
    // The stranger greets as the opener did: that is how the popup learns who it is.
    const end = popup.run(async ({ state }) => ({
      closed: await state.channel.closed,
      calls: await Promise.all(state.calls),
      states: state.states,
    }));
    await app.run(async (kit, origin) => {
      const { RawPeer } = await kit.wire();
      kit.state.raw = new RawPeer({ target: window, origin });
      kit.state.heard = new Promise((resolve) => {
        addEventListener("message", ({ data, source }) => data === "your popup" && resolve(source));
      });
      kit.state.greeting = kit.state.heard.then((popup) => {
        kit.state.raw.target = popup;
        kit.state.raw.hello();
      });
    }, origin);
    await popup.run((_kit, origin) => opener.postMessage("your popup", origin), evil);
    await app.run(({ state }) => state.greeting);
    const { closed, calls, states } = await end;
    t.equal(closed.code, "connect/refused", "the popup notices");
    t.equal(states.at(-1), "closed");
    // The first call may have reached the opener while it still was the opener.
    t.ok(["told", "call/peer-gone"].includes(calls[0]), calls[0]);
    t.equal(calls[1], "call/peer-gone");
    const heard = await app.run(() => trapped.filter(({ text }) => text !== '"your popup"'));
    t.same(heard, [], "what the stranger heard");
  },

  "a frame that takes a popup's target name is not what opens": async (t) => {
    const { guest: origin } = t.origins;
    const serve = (kit, host) => {
      kit.portcullis.connect(opener, { allowedOrigins: host, methods: { target: () => window.name } });
    };
    const opened = async () => {
      const popup = t.popup({ origin });
      const opening = t.portcullis.openPopup(popup.url, { allowedOrigins: origin, timeoutMs: 25_000 });
      await (await popup.ready).run(serve, t.origins.host);
      const { window: opened, channel } = await opening;
      t.cleanups.push(() => opened.close());
      return { opened, channel };
    };
    const evil = await t.frame({ origin: t.origins.evil });
    const take = async (name) => {
      const known = t.event(window, "message", ({ data }) => data === "named");
      await evil.run(takeName, name);
      await known;
    };
    const first = await opened();
    await take((await first.channel.remote.target()) || "never known");
    const second = await opened();
    t.ok(second.opened !== evil.window && second.opened.parent === second.opened, "a window of its own");
    // The twin: by a name that it knows, the frame does get the page.
    await take("taken");
    const moved = evil.nextDocument();
    const found = window.open(evil.address({ origin }), "taken");
    t.equal(found === evil.window, t.fact("frameTakesTargetName"));
    if (found === evil.window) await moved;
    else found.close();
  },

  "and a frame that knew the name is refused": async (t) => {
    const host = await t.frame({ origin: t.origins.partner, params: { entry: "none" } });
    const thief = t.frameLater({ origin: t.origins.evil, later: true });
    // A page whose randomness is broken, so that the name can be known.
    const name = await host.run(
      async (kit, src, entry, url, allowedOrigins) => {
        crypto.getRandomValues = (view) => view.fill(7);
        const { openPopup } = await import(`/dist/${entry}.js`);
        const { open } = window;
        const names = [];
        window.open = (_url, name) => {
          names.push(name);
          return null;
        };
        await openPopup(url, { allowedOrigins }).catch(() => {});
        window.open = open;
        kit.state.openPopup = openPopup;
        document.body.appendChild(document.createElement("iframe")).src = src;
        return names[0];
      },
      thief.address({ origin: t.origins.evil }),
      t.entry,
      `${t.origins.guest}/test/blank`,
      t.origins.guest,
    );
    await thief.ready;
    await host.run(({ state }) => {
      state.named = new Promise((resolve) => {
        addEventListener("message", ({ data }) => data === "named" && resolve(0));
      });
    });
    await thief.run(takeName, name);
    await host.run(({ state }) => state.named);
    const outcome = await host.run(
      (kit, url, allowedOrigins) =>
        kit.state.openPopup(url, { allowedOrigins, timeoutMs: 2_000 }).then(
          () => "opened",
          ({ code, message }) => ({ code, frame: message.includes("a frame in place of a new window") }),
        ),
      `${t.origins.guest}/test/blank`,
      t.origins.guest,
    );
    const hijacked = { code: "connect/refused", frame: true };
    t.same(outcome, t.fact("frameTakesTargetName") ? hijacked : { code: "connect/timed-out", frame: false });
  },

  "a stranger's flood of 20,000 greetings is dropped, and the peer is served": {
    timeoutMs: 90_000,
    run: async (t) => {
      const { hits, refused, options } = victim(t);
      const guest = await t.frame({ origin: t.origins.guest });
      const evil = await t.frame({ origin: t.origins.evil });
      const connecting = t.connect(guest.element, options);
      await guest.run(greet, t.origins.host);
      const channel = await connecting;
      refused.length = 0;
      let arrived = 0;
      const count = ({ source }) => {
        if (source === evil.window) arrived += 1;
      };
      window.addEventListener("message", count);
      t.cleanups.push(() => window.removeEventListener("message", count));
      const last = t.event(window, "message", ({ data }) => data === "that was all");
      const flooding = evil.run(async (kit, origin) => {
        const { RawPeer } = await kit.wire();
        const raw = new RawPeer({ target: parent, origin });
        for (let n = 0; n < 20_000; n += 1) raw.post(n % 2, n % 2 ? "0".repeat(32) : "");
        parent.postMessage("that was all", origin);
      }, t.origins.host);
      // In the midst of it, and after it, the peer gets through.
      await guest.run(hit, "in the midst");
      await flooding;
      await last;
      await guest.run(hit, "afterwards");
      t.equal(arrived, 20_001, "messages of the stranger that arrived");
      t.same(hits, ["in the midst", "afterwards"]);
      t.same(
        refused.map(({ origin }) => origin),
        [t.origins.evil],
        "told once for its cause",
      );
      t.equal(channel.state, "open");
    },
  },

  "a stranger's message costs one look at most, and nobody an answer": async (t) => {
    // A frame plays the host, since what is counted has to be put in place before the package.
    const host = await t.frame({ origin: t.origins.partner, params: { entry: "none" } });
    const guest = t.frameLater({ origin: t.origins.guest, later: true });
    const evil = t.frameLater({ origin: t.origins.evil, later: true });
    await host.run(
      ({ state }, ...addresses) => {
        state.frames = addresses.map((src) => {
          const frame = document.body.appendChild(document.createElement("iframe"));
          frame.src = src;
          return frame;
        });
      },
      guest.address({ origin: t.origins.guest }),
      evil.address({ origin: t.origins.evil }),
    );
    await Promise.all([guest.ready, evil.ready]);
    await guest.run((kit, origin) => {
      const methods = { add: (a, b) => a + b };
      kit.portcullis.connect(parent, { allowedOrigins: origin, heartbeatMs: 0, methods });
    }, t.origins.partner);
    const COUNT = 2_000;
    await evil.run(
      (kit, origin, count) => {
        kit.state.heard = 0;
        addEventListener("message", async ({ data }) => {
          kit.state.heard += 1;
          if (data !== "flood") return;
          const { RawPeer } = await kit.wire();
          const raw = new RawPeer({ target: parent, origin });
          for (let n = 0; n < count; n += 1) raw.post(n % 2, n % 2 ? "0".repeat(32) : "");
          parent.postMessage("that was all", origin);
        });
      },
      t.origins.partner,
      COUNT,
    );
    const { during, after } = await host.run(
      async ({ state }, entry, allowedOrigins, evilOrigin) => {
        const [peer, { contentWindow: stranger }] = state.frames;
        const { get: dataOf } = Object.getOwnPropertyDescriptor(MessageEvent.prototype, "data");
        let counts;
        const count = (label, owner, name) => {
          const original = Object.getOwnPropertyDescriptor(owner, name);
          const field = original.get ? "get" : "value";
          const counting = function (...args) {
            counts[label] += 1;
            return Reflect.apply(original[field], this, args);
          };
          Object.defineProperty(owner, name, { ...original, [field]: counting });
        };
        const reset = () => {
          counts = { data: 0, origin: 0, source: 0, ports: 0, posts: 0, timers: 0 };
        };
        reset();
        for (const name of ["data", "origin", "source", "ports"]) count(name, MessageEvent.prototype, name);
        count("posts", MessagePort.prototype, "postMessage");
        count("posts", window, "postMessage");
        count("timers", window, "setTimeout");
        const { connect } = await import(`/dist/${entry}.js`);
        const channel = await connect(peer, { allowedOrigins, heartbeatMs: 0 });
        await channel.call("add", [1, 2]);
        const last = new Promise((resolve) => {
          addEventListener("message", (event) => {
            if (Reflect.apply(dataOf, event, []) === "that was all") resolve();
          });
        });
        stranger.postMessage("flood", evilOrigin);
        reset();
        await last;
        const during = { ...counts };
        reset();
        await channel.call("add", [1, 2]);
        const after = { ...counts };
        return { during, after };
      },
      t.entry,
      t.origins.guest,
      t.origins.evil,
    );
    // Whether a page goes on is a matter of time, which a busy machine blurs; what there is to do is counted instead.
    const messages = COUNT + 1;
    t.equal(during.source, messages, "messages whose window was asked for");
    for (const field of ["data", "origin", "ports"]) {
      t.ok(during[field] <= messages, `${field} was read ${during[field]} times in ${messages} messages`);
    }
    t.same([during.posts, during.timers], [0, 0], "answers and timers");
    t.equal(await evil.run((kit) => kit.state.heard), 1, "what the stranger heard: only the word to begin");
    t.ok(after.data > 0 && after.posts > 0, `the twin's call is counted: ${t.show(after)}`);
  },

  "what is refused for its size leaves no memory behind": {
    timeoutMs: 90_000,
    run: async (t) => {
      const { hits, options } = victim(t, { heartbeatMs: 0 });
      const bytes = async () => (await import("/dist/internal/core.js")).core().memory.buffer.byteLength;
      const guest = await t.frame({ origin: t.origins.guest });
      /** One session in which `size` bytes, or so many levels, are sent as an argument. */
      const session = async (kind, size) => {
        const connecting = t.connect(guest.element, options);
        await guest.run(greet, t.origins.host);
        const channel = await connecting;
        await guest.run(hit, "the twin");
        await guest.run(
          ({ state: { raw } }, kind, size) => {
            let value = kind === "bytes" ? new ArrayBuffer(size) : 0;
            for (let level = 0; kind === "levels" && level < size; level += 1) value = [value];
            raw.call("hit", value);
          },
          kind,
          size,
        );
        const { code } = await channel.closed;
        t.equal(code, "channel/protocol", `${size} ${kind}`);
      };
      await session("bytes", 65 << 20);
      const before = await bytes();
      for (let times = 0; times < 3; times += 1) await session("bytes", 65 << 20);
      // As many levels as every engine can clone.
      for (let times = 0; times < 3; times += 1) await session("levels", 1_000);
      t.equal(await bytes(), before, "bytes of the core");
      t.same(hits, Array(7).fill("the twin"), "only what was within the limits ran");
    },
  },

  "what a script patches after loading changes nothing; before, it sees all": async (t) => {
    const [before, after] = [await patched(t, "before"), await patched(t, "after")];
    const worked = { sum: 3, heard: "news", called: "back", origin: t.origins.guest };
    t.same(after.result, worked, "with everything patched");
    t.same(after.seen, [], "patched functions that were called");
    // The twin, and the documented limit: the same patches bite when they come first.
    t.same(before.result, worked);
    for (const name of ["MessagePort.postMessage", "window.postMessage", "MessageEvent.data"]) {
      t.ok(before.seen.includes(name), `${name} in ${t.show(before.seen)}`);
    }
  },
};

/** Takes a target name. The message goes the way the name goes: who has it knows the name as well. */
const takeName = (_kit, name) => {
  window.name = name;
  parent.postMessage("named", "*");
};

/** A page that patches what the package uses, before or after it loads it, and connects to a frame. */
async function patched(t, when) {
  const host = await t.frame({ origin: t.origins.partner, params: { entry: "none" } });
  const guest = t.frameLater({ origin: t.origins.guest, later: true });
  await host.run(
    (kit, src) => {
      kit.state.frame = document.body.appendChild(document.createElement("iframe"));
      kit.state.frame.src = src;
    },
    guest.address({ origin: t.origins.guest }),
  );
  await guest.ready;
  await guest.run((kit, origin) => {
    const methods = {
      add: (a, b) => a + b,
      call: (fn) => fn(),
      say: () => kit.state.channel.emit("topic", "news"),
    };
    kit.portcullis.connect(parent, { allowedOrigins: origin, methods, timeoutMs: 0 }).then((channel) => {
      kit.state.channel = channel;
    });
  }, t.origins.partner);
  return host.run(
    async ({ state }, when, entry, allowedOrigins) => {
      const seen = new Set();
      const undo = [];
      const patch = (label, owner, name) => {
        const original = Object.getOwnPropertyDescriptor(owner, name);
        const field = original.get ? "get" : "value";
        const lie = function (...args) {
          seen.add(label);
          if (when === "after") throw new Error(`patched ${label}`);
          return Reflect.apply(original[field], this, args);
        };
        Object.defineProperty(owner, name, { ...original, [field]: lie });
        undo[undo.length] = () => Object.defineProperty(owner, name, original);
      };
      const all = () => {
        for (const name of ["data", "origin", "source", "ports"])
          patch(`MessageEvent.${name}`, MessageEvent.prototype, name);
        for (const name of ["postMessage", "start", "close"])
          patch(`MessagePort.${name}`, MessagePort.prototype, name);
        for (const name of ["postMessage", "queueMicrotask", "setTimeout", "clearTimeout", "structuredClone"])
          patch(`window.${name}`, window, name);
        patch("crypto.getRandomValues", Crypto.prototype, "getRandomValues");
        patch("EventTarget.addEventListener", EventTarget.prototype, "addEventListener");
        patch("Promise.then", Promise.prototype, "then");
        patch("Array.push", Array.prototype, "push");
      };
      if (when === "before") all();
      try {
        const { connect } = await import(`/dist/${entry}.js`);
        if (when === "after") all();
        const channel = await connect(state.frame, { allowedOrigins });
        let heard;
        const news = new Promise((resolve) => {
          heard = resolve;
        });
        channel.on("topic", heard);
        const sum = await channel.call("add", [1, 2]);
        const called = await channel.call("call", [() => "back"]);
        await channel.call("say");
        const result = { sum, heard: await news, called, origin: channel.origin };
        channel.close();
        return { result, seen: [...seen] };
      } finally {
        for (const restore of undo) restore();
      }
    },
    when,
    t.entry,
    t.origins.guest,
  );
}
