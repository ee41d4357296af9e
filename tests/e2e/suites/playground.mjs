// Every technique page of the playground, used as a visitor does: what is pressed, and what the page shows then.

import assert from "node:assert/strict";

const DONE_MS = 30_000;

/** The attempts that reach another origin: nothing of it is read. */
const SENT_ONLY = ["fetch, without reading", "Post a message"];

const good = (id, text) => [`#${id}[data-state="good"]`, text];
const OPEN = ['#state[data-state="open"]', /./];

/**
 * The pages: what is shown before anything is pressed, and for each press (a selector) what must appear: a selector
 * and its text. A third part of a step says what is chosen or typed before, and may be all of it. `logs` are lines that Chromium's console
 * holds because the page tries what is refused.
 */
const PAGES = {
  "": {
    ready: OPEN,
    steps: [
      ["#converter button", good("converted", /200.00.* = .*\d/), { "#amount": "200" }],
      ["#burst", ["#burst-result", /^\d.*: .*\d calls a second$/]],
    ],
    after: judgeRefusals,
  },
  "streams.html": {
    ready: OPEN,
    steps: [
      ["#count", good("items", /items, their sum/)],
      ["#sum", good("items", /the frame pulled/)],
      ["#fail", good("items", /after 3 items/)],
    ],
  },
  "callbacks.html": {
    ready: OPEN,
    steps: [
      ["#make", good("counted", /at 0/)],
      ["#add", good("counted", /add\(5\) gives 5/)],
      ["#release", ["#counted", /Released/]],
      ["#impatient", ['#found[data-state="refused"]', /./]],
    ],
  },
  "hub.html": {
    ready: ["#met", /^5 peers$/],
    steps: [["#more", ["#met", /^6 peers$/]]],
    after: (driver) => shows(driver, ["#refused [data-kind=refused] .why", /allowedOrigins/]),
  },
  "siblings.html": {
    ready: ["#introduce:enabled", /./],
    steps: [["#introduce", ['#state[data-state="open"]', /introduced/]]],
  },
  "reconnect.html": {
    ready: OPEN,
    steps: [
      ['[data-fate="close"]', ["#fresh:not([hidden])", /./]],
      ["#call", ['#calls [data-state="refused"]', /^channel\//]],
    ],
  },
  "policy.html": {
    ready: [
      "#compared[data-state=refused]",
      /origin-domains \(they have set no domain\)\n.*sites: .*pay\.example$/,
    ],
    steps: [
      ["#pairs button:nth-child(9)", good("compared", /^different origins: .*\nsame origin-domain: /m)],
      ["#pairs button:nth-child(10)", ["#compared", /^same origin\ndifferent origin-domains \(only one/m]],
      [
        undefined,
        good("compared", /^same origin-domain: .*\n +example is not set: .*public suffix/m),
        { "#left-domain": "example" },
      ],
      ["#attempt", ["#attempts tr:last-child td:nth-child(3) .badge", /done|denied/]],
    ],
    after: judgePolicy,
    logs: /\/site\.json|CORS policy|Blocked a frame/,
  },
  "jsonp.html": { steps: [["#ask button", good("answer", /words/)]] },
  "beacons.html": {
    steps: [["#one button.primary", ["#landed li:not(.empty)", /./]]],
  },
  "cors.html": { steps: [["#request button.primary", ["#answer[data-state]", /\d/]]] },
  "proxy.html": {
    steps: [
      ["#fetch", good("fetched", /^200/)],
      ["#tricks article:nth-child(8) button", ['#tricks output[data-state="refused"]', /^proxy\//]],
    ],
  },
  "window-name.html": { steps: [["#ask button", good("answer", /\d/)]] },
  "domain.html": {
    steps: [["#all", ["#trials article:last-child output[data-state=refused]", /refused|failed/]]],
    after: judgeDomain,
  },
  "storage.html": {
    // The first press comes before the vault is open.
    steps: [
      ['button[value="keys"]', good("outcome", /^keys\(\): \[/)],
      [
        'button[value="set"]',
        ["#crossed [data-kind=in]", /cart\.items changed.*pears/],
        { "#value": "4 pears" },
      ],
      ['button[value="get"]', good("outcome", /^get\("cart\.items"\): "4 pears"$/)],
      ['button[value="get"]', ['#outcome[data-state="refused"]', /^storage\/denied/], { "#key": "secret" }],
      // Another vault, and a press while it opens.
      [
        'button[value="get"]',
        good("outcome", /^get\("cart\.note"\): /),
        { "#hub": "guest", "#key": "cart.note" },
      ],
    ],
    after: (driver) => shows(driver, ['#partitioned[data-state="waiting"]', /^partitioned/]),
  },
  "benchmark.html": { ready: ["#run:enabled", /./], steps: [] },
};

/** Waits until the element says it. What it said last is in the complaint. */
async function shows(driver, [selector, text]) {
  let last;
  const shown = async () => {
    last = await driver.executeScript(
      "return document.querySelector(arguments[0])?.textContent ?? null",
      selector,
    );
    return last !== null && text.test(last.trim());
  };
  try {
    await driver.wait(shown, DONE_MS);
  } catch (error) {
    throw new Error(`${selector} shows ${text}, not ${JSON.stringify(last)}: ${error.message}`);
  }
}

/** Fills a field as a visitor does. */
const FILL = `
  const [selector, value] = arguments;
  const field = document.querySelector(selector);
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));`;

/** Each attack of the frame that is not on the list is counted with its reason, and none is answered. */
async function judgeRefusals(driver) {
  await shows(driver, ["#refused-count", /^no cause yet$/]);
  await inFrame(driver, "A frame that is not on the list", async () => {
    await shows(driver, ["#attacks button:nth-child(7)", /./]);
    await driver.executeScript('for (const one of document.querySelectorAll("#attacks button")) one.click()');
  });
  // One gate is this page's, the other is the desk's, which tells over the channel what it refused.
  await shows(driver, ["#refused-count", /^2 causes$/]);
  const causes = await driver.executeScript(
    'return [...document.querySelectorAll("#refused li")].map((row) => [".what code", ".why"].map((part) => row.querySelector(part)?.textContent))',
  );
  for (const gate of ["host", "guest"]) {
    const named = ([way]) => new RegExp(`^evil\\.localhost:\\d+ → ${gate}\\.localhost:\\d+$`).test(way);
    assert.match(
      causes.find(named)?.[1] ?? "",
      /another window than the one connected to/,
      `${gate}: ${causes}`,
    );
  }
  assert.equal(causes.length, 2, `${causes}`);
  await inFrame(driver, "A frame that is not on the list", async () => {
    await shows(driver, ["#posted", /^506$/]);
    await shows(driver, ["#answers", /^0$/]);
  });
  await shows(driver, OPEN);
}

/** Does something in the frame with this title. */
async function inFrame(driver, title, act) {
  await driver.switchTo().frame(await driver.findElement({ css: `iframe[title="${title}"]` }));
  await act();
  await driver.switchTo().defaultContent();
}

/** On its own origin every attempt is done; on another each is denied that would read. */
async function judgePolicy(driver) {
  const rows = await driver.executeScript(
    `return [...document.querySelectorAll("#attempts tr")].map(({ cells: [name, ...sides] }) =>
       [name.textContent, ...sides.map((cell) => cell.querySelector(".badge").textContent)])`,
  );
  assert.ok(rows.length >= 10, `the attempts: ${rows.length}`);
  for (const [name, own, other] of rows) {
    const expected = SENT_ONLY.includes(name) ? "done" : "denied";
    assert.deepEqual({ name, own, other }, { name, own: "done", other: expected });
  }
}

/** What crossed between the relaxed pages is listed at both of them. */
async function judgeDomain(driver) {
  await driver.switchTo().frame(0);
  await shows(driver, ["#calls:not([hidden])", /Call/]);
  await driver.executeScript('document.querySelector("#call").click()');
  await shows(driver, ["#crossed [data-kind=out]", /greets/]);
  await driver.switchTo().frame(0);
  await shows(driver, ["#crossed [data-kind=in]", /greet/]);
  await driver.switchTo().defaultContent();
}

/** The lines of errors in Chromium's console since the last look; the other drivers give none. */
async function logged({ driver, engine }) {
  if (engine !== "chromium") return [];
  const entries = await driver.manage().logs().get("browser");
  return entries.filter(({ level }) => level.name === "SEVERE").map(({ message }) => message);
}

async function use(world, page, { ready = [".side", /Portcullis/], steps, after, logs }) {
  const { driver, server } = world;
  await logged(world);
  await driver.get(`${server.url}/demo/${page}`);
  // What fails before this is seen in Chromium's console, and by what is not shown.
  await driver.executeScript(`
    window.uncaught = [];
    addEventListener("error", ({ message }) => uncaught.push(message));
    addEventListener("unhandledrejection", ({ reason }) => uncaught.push(String(reason)));`);
  await shows(driver, ready);
  for (const [press, appears, fill = {}] of steps) {
    for (const entry of Object.entries(fill)) await driver.executeScript(FILL, ...entry);
    if (press) await driver.executeScript("document.querySelector(arguments[0]).click()", press);
    await shows(driver, appears);
  }
  await after?.(driver);
  assert.deepEqual(await driver.executeScript("return window.uncaught"), [], "errors that nobody caught");
  const unexpected = (await logged(world)).filter((line) => !logs?.test(line));
  assert.deepEqual(unexpected, [], "errors in the console");
}

export const cases = Object.fromEntries(
  Object.entries(PAGES).map(([page, plan]) => [
    `${page || "the overview"} shows what its buttons promise`,
    (world) => use(world, page, plan),
  ]),
);
