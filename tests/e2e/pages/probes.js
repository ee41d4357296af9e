// What an engine does, found out by doing it. Answers are plain data, compared with engine_facts.json.

const plain = { params: { entry: "none" } };

/** The name of what a function throws, or "fine". */
async function outcome(run) {
  try {
    await run();
    return "fine";
  } catch (error) {
    return error.name;
  }
}

/** What arrives at a guest that was posted `value`: "message" or "messageerror"; else the error of the post. */
async function arrival(t, origin, value, transfer = []) {
  const guest = await t.frame({ origin, ...plain });
  await guest.run((kit) => {
    addEventListener("message", () => kit.report("message"));
    addEventListener("messageerror", () => kit.report("messageerror"));
  });
  const posted = await outcome(() => guest.window.postMessage(value, guest.about.origin, transfer));
  return posted === "fine" ? guest.next() : posted;
}

/** Where a policy without `'wasm-unsafe-eval'` stops wasm. */
async function wasmStopsAt(t, params) {
  const guest = await t.frame({ origin: t.origins.guest, params: { entry: "none", ...params } });
  return guest.runModule("strict.js", "compileWasm");
}

/** The event that a frame's element fires when its page is refused. */
async function refusedFrameEvent(t, csp) {
  const guest = await t.frame({ origin: t.origins.guest, params: { entry: "none", csp } });
  return guest.run(
    (_kit, src) =>
      new Promise((resolve) => {
        const frame = document.createElement("iframe");
        frame.onload = () => resolve("load");
        frame.onerror = () => resolve("error");
        frame.src = src;
        document.body.append(frame);
      }),
    `${t.origins.partner}/test/blank`,
  );
}

/** How long the server waits for what an engine does by the book, or, where it does not, shows that it does not. */
const patience = (t, id) => (t.fact(id) ? 20_000 : 2_000);

/** Does a popup under `coop` stay connected with its opener? */
async function popupUnder(t, coop) {
  const sink = `${t.origins.host}/sink/${t.engine}-${Math.random()}`;
  const { url } = t.popup({ origin: t.origins.guest, page: "sentinel.html", params: { coop, sink } });
  const popup = window.open(url, "_blank");
  const { entries } = await (await fetch(`${sink}?count=1&wait=20000`)).json();
  popup.close();
  return entries[0]?.text;
}

export const probes = {
  syntheticEventIsUntrusted: async (t) => {
    const seen = t.event(window, "message");
    window.dispatchEvent(new MessageEvent("message", { origin: t.origins.guest, source: window, data: 1 }));
    const { isTrusted, origin } = await seen;
    return { isTrusted, claimed: origin === t.origins.guest };
  },

  // With a twin: Firefox often ends the process of a site's last page before its handlers have run.
  removedFrameSaysGoodbye: async (t) => {
    await t.frame({ origin: t.origins.guest, ...plain });
    const guest = await t.frame({ origin: t.origins.guest, ...plain });
    await guest.run((kit) => addEventListener("pagehide", () => kit.report("goodbye")));
    guest.element.remove();
    return guest.next();
  },

  removedFrameIsClosedAtOnce: async (t) => {
    const guest = await t.frame({ origin: t.origins.guest, ...plain });
    guest.element.remove();
    return guest.window.closed && guest.element.contentWindow === null;
  },

  frameLoadsWhilePageIsBusy: async (t) => {
    const sink = `${t.origins.host}/sink/${t.engine}-${Math.random()}`;
    const guest = await t.frame({ origin: t.origins.guest, ...plain });
    const going = t.event(window, "message", ({ data }) => {
      if (data !== "going") return false;
      const request = new XMLHttpRequest();
      request.open("GET", `${sink}?count=1&wait=${patience(t, "frameLoadsWhilePageIsBusy")}`, false);
      request.send();
      t.entries = JSON.parse(request.responseText).entries;
      return true;
    });
    const there = guest.nextDocument();
    await guest.run(
      (_kit, url) => {
        parent.postMessage("going", "*");
        location.href = url;
      },
      guest.address({ origin: t.origins.evil, page: "trap.html", params: { sink } }),
    );
    await Promise.all([going, there]);
    return t.entries.length === 1;
  },

  popupNavigatesItsOpener: async (t) => {
    const middle = t.popup({ origin: t.origins.partner, ...plain });
    await middle.open();
    const popup = t.frameLater({ origin: t.origins.guest, later: true });
    await middle.run(
      (_kit, url) => {
        open(url, "_blank");
      },
      popup.address({ origin: t.origins.guest, ...plain }),
    );
    await popup.ready;
    t.cleanups.push(() => popup.run(() => close()).catch(() => {}));
    const there = middle.nextDocument();
    const denied = await popup.run(
      (_kit, url) => {
        try {
          opener.location = url;
        } catch (error) {
          return error.name;
        }
      },
      middle.address({ origin: t.origins.evil, ...plain }),
    );
    if (!denied) await there;
    return !denied;
  },

  frameTakesTargetName: async (t) => {
    const guest = await t.frame({ origin: t.origins.guest, ...plain });
    const name = `taken ${Math.random()}`;
    // The message goes the way the name goes: who has it knows the name as well.
    const named = t.event(window, "message", ({ data }) => data === "named");
    await guest.run((_kit, name) => {
      window.name = name;
      parent.postMessage("named", "*");
    }, name);
    await named;
    const there = guest.nextDocument();
    const found = window.open(guest.address({ origin: t.origins.guest, ...plain }), name);
    await there;
    if (found.parent === found) found.close();
    return found === guest.window;
  },

  movedFrameHasNewWindow: async (t) => {
    const guest = await t.frame({ origin: t.origins.guest, ...plain });
    document.body.append(guest.element);
    return guest.window.closed && guest.element.contentWindow !== guest.window;
  },

  closedPopupIsClosedAtOnce: async (t) => {
    const guest = t.popup({ origin: t.origins.guest, ...plain });
    await guest.open();
    guest.popup.close();
    return guest.popup.closed;
  },

  readableStreamMoves: (t) =>
    outcome(() => {
      const stream = new ReadableStream();
      structuredClone(stream, { transfer: [stream] });
      t.ok(stream.locked);
    }),

  portHasCloseEvent: () => "onclose" in MessagePort.prototype,

  portCloseEventFires: async (t) => {
    const { port1, port2 } = new MessageChannel();
    const fence = new MessageChannel();
    let closed = false;
    port1.addEventListener("close", () => {
      closed = true;
    });
    port1.start();
    port2.close();
    // Three turns through another port: a close event would have come.
    for (let turns = 0; turns < 3; turns += 1) await t.turn();
    fence.port1.close();
    return closed;
  },

  wasmUnderSelfStopsAt: (t) => wasmStopsAt(t, { csp: "script-src 'self'" }),

  wasmUnderWasmUnsafeEvalStopsAt: (t) => wasmStopsAt(t, { csp: "script-src 'self' 'wasm-unsafe-eval'" }),

  selfMatchesInOpaqueFrame: async (t) => {
    const sink = `${t.origins.host}/sink/${t.engine}-${Math.random()}`;
    const guest = t.frameLater({
      origin: t.origins.guest,
      page: "sentinel.html",
      params: { entry: "none", csp: "script-src 'self'", sink },
      attributes: { sandbox: "allow-scripts" },
    });
    const loaded = await t.event(guest.element, "load");
    t.ok(loaded);
    const wait = patience(t, "selfMatchesInOpaqueFrame");
    const { entries } = await (await fetch(`${sink}?count=1&wait=${wait}`)).json();
    return entries.length === 1;
  },

  moduleToSameSite: (t) => arrival(t, t.origins.sibling, emptyModule()),
  moduleToOtherSite: (t) => arrival(t, t.origins.guest, emptyModule()),

  offscreenCanvasToOtherSite: (t) => {
    const canvas = new OffscreenCanvas(1, 1);
    return arrival(t, t.origins.guest, canvas, [canvas]);
  },
  imageBitmapToOtherSite: async (t) =>
    arrival(t, t.origins.guest, await createImageBitmap(new ImageData(1, 1))),

  documentDomainByDefault: (t) => relaxed(t, {}),
  documentDomainUnderOac0: (t) => relaxed(t, { oac: "?0" }),
  documentDomainUnderOac1: (t) => relaxed(t, { oac: "?1" }),
  documentDomainOnPlainHttp: async (t) => {
    const site = "fact.test";
    const there = await outcome(() => fetch(`${t.origin(`a.${site}`)}/test/blank`, { mode: "no-cors" }));
    return there === "fine" ? relaxed(t, { oac: "?1" }, site) : "no such host";
  },

  styleSheetThatAFrameLoaded: async (t) => {
    const href = `${t.origins.guest}/demo/style/tokens.css?${Math.random()}`;
    const load = (_kit, href) =>
      new Promise((resolve, reject) => {
        const link = document.createElement("link");
        Object.assign(link, { rel: "stylesheet", href, onload: () => resolve(), onerror: reject });
        document.head.append(link);
      });
    const guest = await t.frame({ origin: t.origins.guest, ...plain });
    await guest.run(load, href);
    await load(undefined, href);
    const link = document.head.lastElementChild;
    t.cleanups.push(() => link.remove());
    return outcome(() => link.sheet.cssRules.length);
  },

  starCoversAuthorization: async (t) => {
    const headers = { "access-control-allow-origin": t.origins.host, "access-control-allow-headers": "*" };
    const url = `${t.origins.partner}/test/echo?headers=${encodeURIComponent(JSON.stringify(headers))}`;
    return (await outcome(() => fetch(url, { headers: { authorization: "Bearer x" } }))) === "fine";
  },

  storageAccessInHiddenFrame: async (t) => {
    const guest = await t.frame({ origin: t.origins.guest, ...plain });
    guest.element.style.display = "none";
    return guest.run(() =>
      document.requestStorageAccess().then(
        () => true,
        () => false,
      ),
    );
  },

  largeCookieIsKept: () => {
    // biome-ignore lint/suspicious/noDocumentCookie: the jar is what is asked
    document.cookie = `large=${"x".repeat(5_000)}`;
    const kept = document.cookie.includes("large=");
    // biome-ignore lint/suspicious/noDocumentCookie: and emptied again
    document.cookie = "large=; Max-Age=0";
    return kept;
  },

  strictCookieInSameSiteFrame: async (t) => {
    const guest = await t.frame({ origin: t.origins.sibling, ...plain });
    return guest.run(() => {
      // biome-ignore lint/suspicious/noDocumentCookie: the jar is what is asked
      document.cookie = "probe=1; SameSite=Strict";
      const kept = document.cookie.includes("probe=1");
      // biome-ignore lint/suspicious/noDocumentCookie: and emptied again
      document.cookie = "probe=1; SameSite=Strict; Max-Age=0";
      return kept;
    });
  },

  cloneOfDeepArray: () =>
    outcome(() => {
      let deep = [];
      for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
      structuredClone(deep);
    }),

  errorCloneCarriesStack: () => typeof structuredClone(new RangeError("x")).stack === "string",

  contentDocumentTellsInitialFrame: async (t) => {
    const guest = t.frameLater({ origin: t.origins.guest, ...plain });
    const first = guest.element.contentDocument !== null;
    await guest.ready;
    return { first, loaded: guest.element.contentDocument !== null };
  },

  originInterface: () => typeof globalThis.Origin?.from === "function",
  moveBefore: () => typeof Element.prototype.moveBefore === "function",
  moveBeforeKeepsFrame: async (t) => {
    if (!Element.prototype.moveBefore) return false;
    const guest = await t.frame({ origin: t.origins.guest, ...plain });
    const box = document.body.appendChild(document.createElement("div"));
    t.cleanups.push(() => box.remove());
    box.moveBefore(guest.element, null);
    return (await guest.run(() => 7)) === 7 && guest.documents === 1;
  },
  garbageCollectorOnDemand: () => typeof globalThis.gc === "function",
  trustedTypes: () => "trustedTypes" in window,
  ancestorOrigins: () => "ancestorOrigins" in Location.prototype || "ancestorOrigins" in location,
  credentiallessFrames: () => "credentialless" in HTMLIFrameElement.prototype,
  offscreenCanvas: () => typeof globalThis.OffscreenCanvas === "function",
  sharedArrayBuffer: () => typeof globalThis.SharedArrayBuffer === "function",
  abortSignalAny: () => typeof AbortSignal.any === "function",
  symbolAsyncDispose: () => typeof Symbol.asyncDispose === "symbol",

  frameRefusedByPolicyFires: (t) => refusedFrameEvent(t, "frame-src 'none'"),

  popupUnderSameOrigin: (t) => popupUnder(t, "same-origin"),
  popupUnderNoopenerAllowPopups: (t) => popupUnder(t, "noopener-allow-popups"),

  sharedWorkerModules: async (t) => {
    const guest = await t.worker({ shared: true, ...plain });
    return (await guest.run(() => self.constructor.name)) === "SharedWorkerGlobalScope";
  },

  serviceWorkerModules: async () => {
    const scope = `${location.pathname}/module/`;
    const registering = navigator.serviceWorker.register(new URL("service_module.js", import.meta.url), {
      type: "module",
      scope: new URL("scopes/module/", import.meta.url),
    });
    return outcome(async () => (await registering).unregister(), scope);
  },

  serviceWorkerMessageOrigin: async (t) => {
    const registration = await navigator.serviceWorker.register(new URL("service_echo.js", import.meta.url), {
      scope: new URL("scopes/echo/", import.meta.url),
    });
    t.cleanups.push(() => registration.unregister());
    const worker = registration.active ?? registration.waiting ?? registration.installing;
    const answer = t.event(navigator.serviceWorker, "message");
    navigator.serviceWorker.startMessages();
    worker.postMessage("say it back");
    const { origin, source } = await answer;
    return {
      origin: origin === location.origin ? "own" : origin,
      source: source?.constructor.name ?? "null",
    };
  },

  aboutBlankOrigin: async (t) => {
    const guest = await t.frame({ origin: t.origins.host, srcdoc: true, ...plain });
    return guest.about.origin === t.origins.host ? "embedder" : guest.about.origin;
  },

  broadcastChannelIsPartitioned: async (t) => {
    const guest = await t.frame({ origin: t.origins.guest, ...plain });
    const top = t.popup({ origin: t.origins.guest, ...plain });
    await top.open();
    const name = `partition ${Math.random()}`;
    await guest.run((kit, name) => {
      kit.state.channel = new BroadcastChannel(name);
      kit.state.channel.onmessage = () => kit.report("heard");
    }, name);
    // Its twin in the same partition tells when a message would have come.
    const twin = await t.frame({ origin: t.origins.guest, ...plain });
    await top.run((_kit, name) => new BroadcastChannel(name).postMessage("from the tab"), name);
    await top.run(() => new Promise((resolve) => setTimeout(resolve, 50)));
    await twin.run(() => 0);
    await guest.run(() => 0);
    return guest.unread === 0;
  },
};

function emptyModule() {
  return new WebAssembly.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
}

/**
 * Do two pages of one domain see each other's document once both set `document.domain`? A browser remembers its choice
 * for a host, so each question has a site of its own.
 */
async function relaxed(t, params, site = `d${Math.random().toString(36).slice(2)}.localhost`) {
  const popup = t.popup({ origin: t.origin(`a.${site}`), params: { entry: "none", ...params } });
  await popup.open();
  await popup.run(
    (_kit, src) =>
      new Promise((resolve) => {
        const frame = document.createElement("iframe");
        frame.onload = () => resolve();
        frame.src = src;
        document.body.append(frame);
      }),
    `${t.origin(`b.${site}`)}/pages/e2e/pages/relax.html?${new URLSearchParams({ domain: site, ...params })}`,
  );
  return popup.run((_kit, site) => {
    document.domain = site;
    try {
      return frames[0].document.title;
    } catch (error) {
      return error.name;
    }
  }, site);
}
