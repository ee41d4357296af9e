// What the inspector and its element show, over whichever entry the page has loaded.

/** The entry that fetches its core is told where from. */
const ready = ({ init }) => init?.(fetch("/dist/channel.wasm"));

/** The guest's half. */
async function serve(kit, host) {
  await kit.portcullis.init?.(fetch("/dist/channel.wasm"));
  kit.state.connecting = kit.portcullis.connect(parent, {
    allowedOrigins: host,
    methods: {
      add: (a, b) => a + b,
      fail() {
        throw new TypeError("not today");
      },
      slow: () => new Promise(() => {}),
      call: (fn) => fn("called back"),
    },
  });
}

/** A channel that is inspected, and an element in the page that shows it. */
async function inspected(t, options, settings = {}) {
  const { inspect } = await import("/dist/inspector.js");
  await ready(t.portcullis);
  const guest = await t.frame({ origin: t.origins.guest, ...settings });
  await guest.run(serve, t.origins.host);
  const channel = await t.connect(guest.element, { allowedOrigins: t.origins.guest });
  const inspection = inspect(channel, options);
  const element = document.body.appendChild(document.createElement("portcullis-inspector"));
  element.inspection = inspection;
  t.cleanups.push(() => {
    inspection.stop();
    element.remove();
  });
  return { guest, channel, inspection, element, ...view(t, element) };
}

/** What a visitor sees and can press. */
function view(t, element) {
  const root = element.shadowRoot;
  const text = (row) =>
    [...row.cells].filter(({ className }) => className !== "time").map((cell) => cell.textContent);
  const rows = () => [...root.querySelectorAll("tbody tr")].map(text);
  const button = (name) =>
    [...root.querySelectorAll("button")].find(({ textContent }) => textContent === name);
  const control = (name) =>
    [...root.querySelectorAll("label")]
      .find((label) => label.textContent.startsWith(name))
      .querySelector("select, input");
  /** Waits until what is shown fits. */
  const shows = (fits, what) =>
    new Promise((resolve) => {
      t.step(`waits until it shows ${what}`);
      const look = () => {
        if (!fits(rows())) return;
        watcher.disconnect();
        resolve();
      };
      const watcher = new MutationObserver(look);
      watcher.observe(root, { subtree: true, childList: true, characterData: true });
      t.cleanups.push(() => watcher.disconnect());
      look();
    });
  const set = (name, value) => {
    control(name).value = value;
    control(name).dispatchEvent(new Event("input", { bubbles: true }));
  };
  return { root, rows, button, control, shows, set };
}

const has =
  (...parts) =>
  (rows) =>
    rows.some((cells) => parts.every((part) => cells.some((cell) => cell === part)));

export const cases = {
  "a call is shown with its way, method, latency, size and fate": async (t) => {
    const { channel, shows, rows } = await inspected(t);
    t.equal(await channel.remote.add(1, 2), 3);
    await shows(has("→ out", "call", "add", "28 B", "answered"), "the call");
    await shows(has("← in", "reply", "add", "16 B", "taken"), "the reply");
    const [, , , , latency] = rows().find(([, kind]) => kind === "call");
    t.ok(/^\d+(\.\d+)? m?s$/.test(latency), `a latency: ${latency}`);
  },

  "a call that fails is shown with its code": async (t) => {
    const { channel, shows } = await inspected(t);
    await t.rejects(channel.remote.fail(), "call/threw");
    await t.rejects(channel.call("none"), "call/method-not-found");
    await t.rejects(channel.call("slow", [], { timeoutMs: 20 }), "call/timed-out");
    await shows(has("call", "fail", "call/threw"), "what threw");
    await shows(has("call", "none", "call/method-not-found"), "what is not offered");
    await shows(has("call", "slow", "call/timed-out"), "what took too long");
  },

  "a refused message is shown with its origin and the reason": async (t) => {
    const { guest, shows, inspection } = await inspected(t);
    await guest.navigate({ origin: t.origins.evil });
    await guest.run(serve, t.origins.host);
    await shows(
      (rows) =>
        rows.some(
          ([way, , , what]) =>
            way === "⊘ refused" && what.includes(t.origins.evil) && what.includes("allowedOrigins"),
        ),
      "the refusal",
    );
    t.ok(inspection.counters.refused >= 1, "it is counted");
  },

  "a reload is shown: goodbye, reconnecting, open again, the call sent again": async (t) => {
    const { guest, channel, shows } = await inspected(t);
    channel.call("slow", [], { idempotent: true }).catch(() => {});
    await shows(has("call", "slow", "waiting"), "the call");
    const again = guest.nextDocument();
    guest.run(() => location.reload());
    await again;
    await guest.run(serve, t.origins.host);
    await shows(has("● state", "reconnecting"), "that it is away");
    await shows(has("call", "slow", "sent again"), "the first call");
    await shows(has("call", "slow", "waiting"), "the second");
    await shows(
      (rows) => rows.filter(([way, kind]) => way === "● state" && kind === "open").length === 2,
      "open, twice",
    );
  },

  "values are hidden unless asked for": async (t) => {
    const { channel, shows, root, control, inspection } = await inspected(t);
    // Words, since digits are in every time that is shown or kept.
    await channel.remote.add("hush", "ed");
    await shows(has("call", "add", "answered"), "the call");
    t.ok(!root.textContent.includes("hush"), "no value is shown");
    t.ok(!JSON.stringify(inspection).includes("hush"), "none is kept");
    control(" Values").click();
    await channel.remote.add("tell", "tale");
    await shows(() => root.textContent.includes('"tell", "tale"'), "the values");
    await shows(() => root.textContent.includes('"telltale"'), "the result");
  },

  "it is filtered by kind and by text": async (t) => {
    const { channel, shows, set, rows, root } = await inspected(t);
    await channel.remote.add(1, 1);
    channel.emit("news", 1);
    await channel.remote.add(2, 2);
    await shows((rows) => rows.length === 6, "a state, two calls, two replies and an event");
    set("Show", "Events");
    t.same(
      rows().map(([, kind, , what]) => [kind, what]),
      [["event", "news"]],
    );
    set("Show", "Every frame");
    t.ok(
      rows().some(([, kind]) => kind === "name"),
      "also housekeeping",
    );
    set("Find", "NEWS");
    t.ok(rows().length >= 1 && rows().every(([, , , what]) => what === "news"), "only what has the text");
    set("Find", "no such thing");
    t.equal(rows().length, 0);
    t.equal(root.querySelector(".empty").hidden, false);
  },

  "paused it stands still and counts on": async (t) => {
    const { channel, shows, rows, button, root, inspection } = await inspected(t);
    await channel.remote.add(1, 1);
    await shows((rows) => rows.length === 3, "the first call");
    button("Pause").click();
    t.equal(button("Resume").getAttribute("aria-pressed"), "true");
    await channel.remote.add(2, 2);
    await shows(() => root.querySelector("dd").textContent === "2", "two calls counted");
    t.equal(rows().length, 3);
    button("Resume").click();
    await channel.remote.add(3, 3);
    await shows((rows) => rows.length === 5, "the third call");
    t.equal(inspection.counters.missed, 2);
    button("Clear").click();
    await shows((rows) => rows.length === 0, "nothing");
  },

  "the export is a file of JSON with all that was seen": async (t) => {
    const { channel, shows, button, inspection } = await inspected(t);
    await channel.remote.add(1, 1);
    await shows(has("call", "add", "answered"), "the call");
    const { click } = HTMLAnchorElement.prototype;
    const saved = t.deferred();
    HTMLAnchorElement.prototype.click = function () {
      saved.resolve({ name: this.download, href: this.href });
    };
    t.cleanups.push(() => {
      HTMLAnchorElement.prototype.click = click;
    });
    const made = t.deferred();
    const { createObjectURL } = URL;
    URL.createObjectURL = (blob) => {
      made.resolve(blob);
      return createObjectURL.call(URL, blob);
    };
    t.cleanups.push(() => {
      URL.createObjectURL = createObjectURL;
    });
    button("Export JSON").click();
    const { name, href } = await saved.promise;
    t.equal(name, "portcullis.json");
    t.ok(href.startsWith("blob:"), href);
    const blob = await made.promise;
    t.equal(blob.type, "application/json");
    const record = JSON.parse(await blob.text());
    t.same(record.entries, JSON.parse(JSON.stringify(inspection.entries)));
    t.same(record.counters, { ...inspection.counters });
  },

  "its own sheet applies, whatever the page's policy": async (t) => {
    const { element } = await inspected(t);
    t.equal(getComputedStyle(element).display, "block");
    t.equal(getComputedStyle(element).borderRadius, "10px");
  },

  "a hub is shown with every channel it has and will have": async (t) => {
    const { inspect } = await import("/dist/inspector.js");
    await ready(t.portcullis);
    const hub = t.closing(t.portcullis.createHub({ allowedOrigins: t.origins.guest, name: "hub" }));
    const meet = async (kit, host) => {
      await kit.portcullis.init?.(fetch("/dist/channel.wasm"));
      const methods = { add: (a, b) => a + b };
      kit.state.connecting = kit.portcullis.connect(parent, { allowedOrigins: host, name: "hub", methods });
    };
    const met = () => new Promise((resolve) => hub.on("connect", resolve));
    const first = await t.frame({ origin: t.origins.guest });
    const early = met();
    await first.run(meet, t.origins.host);
    const one = await early;
    const element = document.body.appendChild(document.createElement("portcullis-inspector"));
    const inspection = inspect(hub);
    element.inspection = inspection;
    t.cleanups.push(() => {
      inspection.stop();
      element.remove();
    });
    const second = await t.frame({ origin: t.origins.guest });
    const late = met();
    await second.run(meet, t.origins.host);
    const two = await late;
    t.same([await one.remote.add(1, 1), await two.remote.add(2, 2)], [2, 4]);
    const { shows } = view(t, element);
    await shows(
      (rows) => rows.filter(([, kind, , , , , fate]) => kind === "call" && fate === "answered").length === 2,
      "a call of each",
    );
    const stranger = await t.frame({ origin: t.origins.evil });
    await stranger.run(meet, t.origins.host);
    await shows(
      (rows) => rows.some(([way, , peer]) => way === "⊘ refused" && peer.includes("evil")),
      "the refusal",
    );
  },

  "an element that was made before anything was inspected shows it too": async (t) => {
    // In another realm, where nothing has defined the element yet.
    const frame = document.body.appendChild(document.createElement("iframe"));
    t.cleanups.push(() => frame.remove());
    const { inspection } = await inspected(t);
    const early = frame.contentDocument.createElement("portcullis-inspector");
    early.inspection = inspection;
    t.equal(early.shadowRoot, null, "it is not defined there");
    document.body.append(early);
    t.cleanups.push(() => early.remove());
    const { shows } = view(t, early);
    await shows((rows) => rows.length === 1, "the state");
  },

  "an element that is taken out shows nothing more, put back it does": async (t) => {
    const { channel, element, inspection, shows, rows } = await inspected(t);
    await shows((rows) => rows.length === 1, "the state");
    const other = document.body.appendChild(document.createElement("portcullis-inspector"));
    other.inspection = inspection;
    t.cleanups.push(() => other.remove());
    element.remove();
    // Both would draw at one pace: when the second call is drawn, the first would have been in either.
    for (const count of [3, 5]) {
      await channel.remote.add(1, 1);
      await view(t, other).shows((rows) => rows.length === count, "the call in the element that stayed");
    }
    t.equal(rows().length, 1, "rows of the one that went");
    document.body.append(element);
    await shows(has("call", "add", "answered"), "what it missed");
  },

  "a page of five thousand calls stays readable: the latest two hundred are shown": async (t) => {
    const { channel, shows, rows, root } = await inspected(t);
    await Promise.all(Array.from({ length: 5_000 }, (_, n) => channel.remote.add(n, 1)));
    await shows(() => root.querySelector("dd").textContent.replace(/\D/g, "") === "5000", "the count");
    t.equal(rows().length, 200);
  },
};
