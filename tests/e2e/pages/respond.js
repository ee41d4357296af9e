// The page that is asked by window.name, honest and not.

const here = new URLSearchParams(location.search);
const { windowName } = await import(`/dist/${here.get("entry") ?? "requests"}.js`);

/** Where the frame came from, and what it was given: what a hostile page has to work with. */
const asked = window.name;
const back = () => location.replace(new URL("/pages/e2e/pages/name_blank.html", document.referrer));
/** Tells the case; only for pages that the case framed itself. */
const tell = (news) => parent.postMessage({ respond: news }, "*");

/** Has no answer, tells how its own limits ended that, and goes back without one. */
async function givesUp(limits, asked = () => {}) {
  try {
    await windowName.respond(() => {
      asked();
      return new Promise(() => {});
    }, limits);
    tell({ outcome: "answered" });
  } catch (error) {
    tell({ outcome: error.code, cause: error.cause?.message ?? "", name: window.name });
  }
  back();
}

const modes = {
  echo: () =>
    windowName.respond((data, { origin }) => ({ data, origin, name: window.name, kind: typeof data })),
  slow: () => windowName.respond(() => new Promise((resolve) => setTimeout(resolve, 60_000))),
  impatient: () => givesUp({ timeoutMs: 100 }),
  aborts: () => {
    const controller = new AbortController();
    return givesUp({ signal: controller.signal }, () => controller.abort(new Error("enough")));
  },
  nothing: () => windowName.respond(() => undefined),
  throws: () =>
    windowName.respond(() => {
      throw new RangeError("too far");
    }),
  big: () => windowName.respond((size) => "x".repeat(size), { maxBytes: 10_000_000 }),
  own: () => windowName.respond((size) => "x".repeat(size), { maxBytes: 1_000 }),
  function: () => windowName.respond(() => () => 1),
  // Hostile ones.
  keeps: back,
  garbage: () => {
    window.name = "x".repeat(Number(here.get("size") ?? 100));
    back();
  },
  forges: () => {
    window.name = asked.replace(/[0-9a-f]{32}/, "0".repeat(32)).replace("request", "response");
    back();
  },
  empties: () => {
    window.name = "";
    back();
  },
  leaves: () => location.replace(here.get("to")),
  busts: () => {
    try {
      top.location = here.get("to");
    } catch {
      // A frame that may not: as it should be.
    }
  },
  // Asked by the case itself.
  tells: async () => {
    try {
      await windowName.respond((data, { origin }) => tell({ data, origin }));
      tell({ outcome: "answered" });
    } catch (error) {
      tell({ outcome: error.code, message: error.message, name: window.name });
    }
  },
};

await modes[here.get("mode")]();
