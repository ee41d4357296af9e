// What only a driver can do to a page: leave it and come back, put another tab before it, end the process of its frame.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Command } from "selenium-webdriver/lib/command.js";
import { said } from "../said.mjs";
import { ROOT } from "../server.mjs";

const { facts } = JSON.parse(readFileSync(`${ROOT}tests/e2e/engine_facts.json`, "utf8"));
const HEARTBEAT_MS = 1_000;

/** Calls a function of pages/away.js in the page. */
async function away(driver, name, ...args) {
  const answer = await driver.executeAsyncScript(
    `const [name, args, done] = arguments;
     const call = window.away ? window.away[name](...args) : Promise.reject("no page");
     call.then((value) => done({ value }), (error) => done({ error: String(error) }));`,
    name,
    args,
  );
  const { value, error } = said(answer);
  if (error !== undefined) throw new Error(`away.${name}: ${error}`);
  return value;
}

/** Waits until what the page says of itself fits, and gives that back. */
async function until(driver, what, fits) {
  let seen;
  try {
    await driver.wait(async () => {
      seen = await away(driver, "look").catch(() => undefined);
      return seen !== undefined && fits(seen);
    }, 30_000);
  } catch (cause) {
    throw new Error(`never so: ${what}; it says ${JSON.stringify(seen)}`, { cause });
  }
  return seen;
}

/** A page with a frame of another site in it, a channel between them, and a call that the frame sits on. */
async function linked({ driver, server, pages }, site = "guest") {
  await driver.get(`${server.url}${pages}/away.html`);
  await until(driver, "the page has loaded", () => true);
  await away(driver, "begin", server.url.replace("host.", `${site}.`));
}

/** Lets the frame answer, and checks that the answer comes. */
async function finished(driver) {
  await away(driver, "finish", "at last");
  const { outcome, uncaught } = await until(driver, "the call has settled", ({ outcome }) => outcome);
  assert.equal(outcome.value, "at last");
  assert.deepEqual(uncaught, []);
}

export const cases = {
  "a page that is left with a call in flight and returned to goes on": async (world) => {
    const { driver, server, engine } = world;
    await linked(world);
    await driver.get(`${server.url}/test/blank`);
    await driver.navigate().back();
    const { shown } = await until(driver, "the page is shown again", ({ shown }) => shown.length > 0);
    assert.equal(shown.includes(true), facts.pageReturnsFrozen[engine], "pageReturnsFrozen");
    // Where it was not kept it is another page, of which nothing waits.
    if (!shown.includes(true)) return;
    await until(driver, "the channel is open", ({ state }) => state === "open");
    assert.equal(await away(driver, "here"), true, "a new call is answered");
    await finished(driver);
  },

  "behind another tab a channel with something owed stays open": async (world) => {
    const { driver } = world;
    await linked(world);
    const first = await driver.getWindowHandle();
    await driver.switchTo().newWindow("tab");
    // Longer than a silence that means gone, whether or not this engine throttles the tab: the scenario itself.
    await pause(8 * HEARTBEAT_MS);
    await driver.switchTo().window(first);
    const { states } = await away(driver, "look");
    assert.deepEqual(states, [], "it was never taken for gone");
    await finished(driver);
  },

  "a page that is hidden and stays sends what its beacon queue holds": async ({ driver, server, engine }) => {
    const key = `hidden${engine}${Math.random().toString(36).slice(2)}`;
    const { width, height } = await driver.manage().window().getRect();
    await driver.get(`${server.url}/test/blank`);
    await driver.executeScript(
      `const script = document.createElement("script");
       script.type = "module";
       script.textContent = \`
         import { createBeaconQueue } from "/dist/requests.js";
         window.told = [];
         addEventListener("pagehide", () => window.told.push("pagehide"));
         document.addEventListener("visibilitychange", () => window.told.push(document.visibilityState));
         window.queue = createBeaconQueue({ endpoint: "/beacon/${key}", flushAfterMs: Infinity });
         window.queue.push({ seen: true });
         document.title = "ready";
       \`;
       document.body.append(script);`,
    );
    await driver.wait(async () => (await driver.getTitle()) === "ready", 30_000);
    assert.equal(await driver.executeScript("return window.queue.stats.waiting"), 1);
    const log = `http://127.0.0.1:${server.ports[0]}/beacon/${key}/log?count=1&wait=30000`;
    await driver.manage().window().minimize();
    const { beacons } = await (await fetch(log)).json();
    assert.deepEqual(
      beacons.map(({ text }) => text),
      ['[{"seen":true}]'],
    );
    // The page itself is there, and was never told that it goes.
    assert.equal(await driver.executeScript("return window.told.join()"), "hidden");
    assert.equal(await driver.executeScript("return window.queue.stats.waiting"), 0);
    await driver.manage().window().setRect({ width, height });
    await driver.wait(() => driver.executeScript("return document.visibilityState === 'visible'"), 30_000);
  },

  "the process of a frame ends: calls settle within the heartbeat, a new page is met": async (world) => {
    const { driver, engine } = world;
    // Elsewhere a terminated worker stands for it, in workers.js: it says no goodbye either.
    if (!facts.frameProcessEndsAlone[engine]) return;
    await linked(world, "doomed");
    const { at } = await away(driver, "look");
    await endFrame(driver);
    const seen = await until(driver, "the call has settled", ({ outcome }) => outcome);
    assert.deepEqual(seen.outcome, { value: null, code: "call/peer-gone", executed: "unknown" });
    // Five beats; a loaded machine is given four times as much.
    assert.ok(seen.at - at < 20 * HEARTBEAT_MS, `within the heartbeat: ${seen.at - at} ms`);
    await away(driver, "reload");
    await until(driver, "the new page is met", ({ state }) => state === "open");
    assert.equal(await away(driver, "here"), true);
    const { states, uncaught } = await away(driver, "look");
    assert.deepEqual(states, ["reconnecting", "open"]);
    assert.deepEqual(uncaught, []);
  },

  "a frozen page goes on when it is thawed": async (world) => {
    const { driver, engine } = world;
    await linked(world);
    const frozen = await devTools(driver, "Page.setWebLifecycleState", { state: "frozen" }).then(
      () => true,
      () => false,
    );
    assert.equal(frozen, facts.freezeOnDemand[engine], "freezeOnDemand");
    // Elsewhere the back-forward cache and the other tab above stand for it.
    if (!frozen) return finished(driver);
    await pause(8 * HEARTBEAT_MS);
    await devTools(driver, "Page.setWebLifecycleState", { state: "active" });
    assert.equal(await away(driver, "here"), true);
    await finished(driver);
  },
};

/** Asks Chromium's own protocol, which its driver passes on. */
function devTools(driver, cmd, params = {}) {
  driver.getExecutor().defineCommand("devTools", "POST", "/session/:sessionId/goog/cdp/execute");
  return driver.execute(new Command("devTools").setParameters({ cmd, params }));
}

/** Crashes the renderer of the one frame that has a target of its own. */
async function endFrame(driver) {
  const { targetInfos } = await devTools(driver, "Target.getTargets");
  const frames = targetInfos.filter(({ type, url }) => type === "iframe" && url.includes("doomed."));
  assert.equal(frames.length, 1, "frames with a process of their own");
  const { sessionId } = await devTools(driver, "Target.attachToTarget", {
    targetId: frames[0].targetId,
    flatten: false,
  });
  const message = JSON.stringify({ id: 1, method: "Page.crash" });
  await devTools(driver, "Target.sendMessageToTarget", { sessionId, message });
}
