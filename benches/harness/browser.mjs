/** Debian's Chromium and Firefox, driven by puppeteer-core (CDP and WebDriver BiDi), and the tabs in which samples are taken. */
import { existsSync } from "node:fs";
import puppeteer from "puppeteer-core";

const SAMPLE_TIMEOUT_MS = 60_000;
const PROTOCOL_TIMEOUT_MS = 2 * SAMPLE_TIMEOUT_MS;

const engines = {
  chromium: {
    env: "CHROMIUM",
    paths: ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
    launch: {
      browser: "chrome",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--site-per-process",
      ],
    },
  },
  firefox: {
    env: "FIREFOX",
    paths: ["/usr/bin/firefox-esr", "/usr/bin/firefox"],
    launch: {
      browser: "firefox",
      // Puppeteer turns the isolation of sites off; users have it on.
      extraPrefsFirefox: { "fission.autostart": true, "fission.webContentIsolationStrategy": 1 },
    },
  },
};

/** Starts an engine, with flags beyond the usual if wanted; `close` ends it. */
export async function launch(name, flags = []) {
  const { env, paths, launch: settings } = engines[name];
  const executablePath = process.env[env] ?? paths.find((path) => existsSync(path));
  if (!executablePath) throw new Error(`no ${name} at ${paths.join(", ")}; set ${env} to its path`);
  const browser = await puppeteer.launch({
    ...settings,
    args: [...(settings.args ?? []), ...flags],
    executablePath,
    headless: true,
    protocolTimeout: PROTOCOL_TIMEOUT_MS,
    handleSIGINT: true,
  });
  return {
    name,
    version: (await browser.version()).replace(
      /^(\w)(\w*)\//,
      (_, first, rest) => `${first.toUpperCase()}${rest} `,
    ),
    pid: browser.process().pid,
    puppeteer: browser,
    close: () => browser.close(),
  };
}

/** A tab that shows a host page with some connected frames. */
export async function openTab(browser, address, frames = 1) {
  const page = await browser.puppeteer.newPage();
  const errors = [];
  page.on("pageerror", (error) => errors.push(error.message ?? String(error)));
  const tab = {
    page,
    async show(url, count) {
      errors.length = 0;
      await page.goto(url);
      await page.waitForFunction(() => globalThis.bench !== undefined);
      await tab.grow(count);
    },
    grow: (count) => tab.guarded(page.evaluate((wanted) => globalThis.bench.grow(wanted), count)),
    /** Shows the tab and waits until it has been painted: a page of a hundred frames takes its time. */
    async front() {
      await page.bringToFront();
      const painted = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      await tab.guarded(page.evaluate(painted));
    },
    sample: (name, options) =>
      tab.guarded(page.evaluate((which, how) => globalThis.bench.sample(which, how), name, options)),
    /** A page that hangs says in its errors why. */
    async guarded(work) {
      let timer;
      const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error("no answer")), SAMPLE_TIMEOUT_MS);
      });
      try {
        return await Promise.race([work, late]);
      } catch (error) {
        throw new Error([error.message, ...errors.slice(0, 3)].join("; "), { cause: error });
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => page.close(),
  };
  await page.setCacheEnabled?.(true).catch(() => {});
  try {
    await tab.show(address, frames);
  } catch (error) {
    await page.close().catch(() => {});
    throw error;
  }
  return tab;
}
