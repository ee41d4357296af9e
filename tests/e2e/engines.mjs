// The three browsers, each behind its own WebDriver server, driven with one protocol.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import webdriver from "selenium-webdriver";
import { Executor, HttpClient } from "selenium-webdriver/http/index.js";
import { freePort, listening } from "./ready.mjs";

/** How long a browser may take until it has a session. */
const START_MS = 120_000;

/** How often a browser is started that does not come up: until it has a session no case has asked it for anything. */
const STARTS = 3;

/** How long a browser may take to go when asked, before it is ended. */
const QUIT_MS = 10_000;

/** A case ends itself long before; a page that does not answer any more is given up then. */
const TIMEOUTS = { script: 150_000, pageLoad: 120_000, implicit: 0 };

/** The last part of what a driver wrote is kept for the report of a failure. */
const KEPT_LOG_CHARS = 20_000;

const CHROMIUM_ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-popup-blocking",
  "--host-resolver-rules=MAP *.test 127.0.0.1",
  // The cases about garbage collection ask for one.
  "--js-flags=--expose-gc",
  // And the cases about memory read how much there is now, not a rounded figure from minutes ago.
  "--enable-precise-memory-info",
];

/** Every engine: the server that drives it, and what is asked of the browser. */
const ENGINES = {
  chromium: {
    driver: ["chromedriver"],
    browser: ["chromium", "chromium-browser", "google-chrome"],
    argv: (port) => [`--port=${port}`],
    capabilities: (binary, { flags = [] }) => ({
      browserName: "chrome",
      acceptInsecureCerts: true,
      "goog:chromeOptions": { binary, args: [...CHROMIUM_ARGUMENTS, ...flags] },
      "goog:loggingPrefs": { browser: "ALL" },
    }),
  },
  firefox: {
    driver: ["geckodriver"],
    browser: ["firefox-esr", "firefox"],
    // Without its own port for the other protocol two of them on one machine would meet at 9222.
    argv: (port) => ["--port", String(port), "--websocket-port", "0"],
    capabilities: (binary, { prefs = {} }) => ({
      browserName: "firefox",
      acceptInsecureCerts: true,
      "moz:firefoxOptions": {
        binary,
        args: ["-headless"],
        prefs: {
          "dom.disable_open_during_load": false,
          "network.dns.localDomains": TEST_HOSTS.join(","),
          // A case has a time of its own; on a busy machine Firefox would end a page's script in the midst of it.
          "dom.max_script_run_time": 0,
          // No start-up requests to servers that are not ours.
          "app.normandy.enabled": false,
          "browser.safebrowsing.downloads.enabled": false,
          "messaging-system.rsexperimentloader.enabled": false,
          "nimbus.rollouts.enabled": false,
          ...prefs,
        },
      },
    }),
  },
  webkit: {
    driver: ["WebKitWebDriver"],
    browser: [
      "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
      "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
      "/usr/libexec/webkit2gtk-4.1/MiniBrowser",
    ],
    display: true,
    argv: (port) => [`--port=${port}`],
    capabilities: (binary) => ({
      acceptInsecureCerts: true,
      "webkitgtk:browserOptions": {
        binary,
        args: [
          "--automation",
          // Its WebDriver clicks give no user activation that a popup could use.
          "--javascript-can-open-windows-automatically=true",
          "--enable-write-console-messages-to-stdout=true",
        ],
      },
    }),
  },
};

/** Hosts outside `.localhost`, where plain http is no secure context: one of a page, and two each of some sites. */
const TEST_HOSTS = [
  "host.test",
  ...["fact", "default", "oac0", "oac1"].flatMap((site) => [`a.${site}.test`, `b.${site}.test`]),
];

/** The names `--engine` takes. */
export const ENGINE_NAMES = Object.keys(ENGINES);

/**
 * Starts a browser; once more if it ends at its start, or if somebody takes the port that was free for its driver.
 *
 * The answer's `driver` is a session of `selenium-webdriver`, which speaks plain W3C WebDriver to all
 * three servers when it is given the session's capabilities as they are. `special`: more `flags` for Chromium, more
 * `prefs` for Firefox, for what only a browser started so does.
 */
export async function startEngine(name, special = {}) {
  for (let start = 1; ; start += 1) {
    try {
      return await startOnce(name, special);
    } catch (error) {
      if (start === STARTS) throw error;
      console.log(`  ${name} did not start and is started once more: ${error.message}`);
    }
  }
}

async function startOnce(name, special) {
  const engine = ENGINES[name];
  const children = [];
  const log = new Log();
  const stopChildren = () => {
    for (const child of children.reverse()) endGroup(child);
  };
  process.once("exit", stopChildren);
  try {
    const env = { ...process.env };
    if (engine.display) env.DISPLAY = await startDisplay(children, log);
    const port = await freePort();
    const server = start(find(engine.driver, name), engine.argv(port), { env });
    children.push(server);
    log.follow(server);
    await listening(`http://127.0.0.1:${port}/status`, server, () => log.take());
    const driver = webdriver.WebDriver.createSession(
      new Executor(new HttpClient(`http://127.0.0.1:${port}`)),
      new webdriver.Capabilities(engine.capabilities(find(engine.browser, name), special)),
    );
    const session = await within(START_MS, driver.getSession(), `${name} gave no session`, log);
    await driver.manage().setTimeouts(TIMEOUTS);
    const stop = async () => {
      await within(QUIT_MS, driver.quit(), `${name} did not quit`, log).catch(() => {});
      stopChildren();
      process.removeListener("exit", stopChildren);
    };
    return { name, version: session.getCapability("browserVersion"), driver, log, stop };
  } catch (error) {
    stopChildren();
    process.removeListener("exit", stopChildren);
    throw error;
  }
}

/** What the servers and the browsers wrote; the end of it. */
class Log {
  #text = "";

  follow(child) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        this.#text = (this.#text + text).slice(-KEPT_LOG_CHARS);
      });
    }
  }

  /** Everything since the last call. */
  take() {
    const text = this.#text;
    this.#text = "";
    return text;
  }
}

/** A program in a process group of its own, so that the browser it starts can be ended with it. */
function start(program, argv, options) {
  return spawn(program, argv, { detached: true, stdio: ["ignore", "pipe", "pipe"], ...options });
}

function endGroup(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Gone already.
  }
}

async function startDisplay(children, log) {
  const argv = ["-displayfd", "3", "-screen", "0", "1280x900x24", "-nolisten", "tcp"];
  const server = start(find(["Xvfb"], "webkit"), argv, { stdio: ["ignore", "pipe", "pipe", "pipe"] });
  children.push(server);
  log.follow(server);
  const number = new Promise((resolve, reject) => {
    server.stdio[3].once("data", (text) => resolve(String(text).trim()));
    server.once("exit", () => reject(new Error("the X server ended")));
  });
  return `:${await within(START_MS, number, "the X server gave no display", log)}`;
}

function find(candidates, engine) {
  const folders = (process.env.PATH ?? "")
    .split(delimiter)
    .concat(join(process.env.HOME ?? "", ".cargo/bin"));
  for (const candidate of candidates) {
    const places = candidate.startsWith("/") ? [candidate] : folders.map((folder) => join(folder, candidate));
    const place = places.find((path) => existsSync(path));
    if (place) return place;
  }
  throw new Error(`${engine} needs ${candidates.join(" or ")}: install it with \`npm run setup\``);
}

/** Something took longer than it may. */
export class Late extends Error {}

/** What a promise gives, or that it is late, with what the programs wrote. */
export async function within(ms, promise, complaint, log) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Late(`${complaint} within ${ms} ms:\n${log.take()}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
