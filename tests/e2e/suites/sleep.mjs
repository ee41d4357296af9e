// A real back-forward cache (T45): the top page is left with a call under way, and comes back.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { said } from "../said.mjs";
import { ROOT } from "../server.mjs";

const { facts } = JSON.parse(readFileSync(`${ROOT}tests/e2e/engine_facts.json`, "utf8"));

/** A browser short of memory may throw a sleeping page away: then it is put to sleep again. */
const ATTEMPTS = 3;

const READY_MS = 30_000;

const asked = (driver, method, name) =>
  driver.executeAsyncScript(
    `const [method, name, done] = arguments;
     window.sleeper[method](name).then((value) => done({ value }), (error) => done({ error: String(error) }));`,
    method,
    name,
  );

async function answer(driver, method, name) {
  const { value, error } = said(await asked(driver, method, name));
  assert.equal(error, undefined);
  return value;
}

const told = async (driver) => said(await driver.executeScript("return window.sleeper.told"));

const ready = (driver) => driver.wait(async () => (await driver.getTitle()) === "ready", READY_MS);

/** Leaves the page with the call "one" under way and comes back; says whether it is the same document. */
async function awayAndBack(driver, { server, pages, sink }) {
  const peer = `http://guest.localhost:${server.ports[0]}`;
  await driver.get(`${server.url}${pages}/sleeper.html?${new URLSearchParams({ peer, sink })}`);
  await ready(driver);
  await driver.executeScript("window.sleeper.before = true");
  await answer(driver, "begin", "one");
  await driver.get(`http://partner.localhost:${server.ports[0]}/test/blank`);
  await driver.navigate().back();
  await ready(driver);
  return driver.executeScript("return window.sleeper.before === true");
}

export const cases = {
  "a page that comes back from the back-forward cache goes on, and no call runs twice": async (context) => {
    const { engine, driver } = context;
    const expected = facts.pageReturnsFrozen[engine];
    let sink;
    let slept;
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      sink = `${context.server.url}/sink/${engine}-${Math.random()}`;
      slept = await awayAndBack(driver, { ...context, sink });
      if (slept === expected) break;
    }
    assert.equal(slept, expected, "the page slept, as engine_facts.json says in pageReturnsFrozen");
    const name = slept ? "one" : "two";
    // A page that was loaded anew has forgotten its call, and makes another.
    if (!slept) await answer(driver, "begin", name);
    const peer = await answer(driver, "finish", name);
    const here = await told(driver);
    assert.deepEqual(here.settled, [`done ${name}`], "calls that settled");
    assert.deepEqual(peer.ran, [name], "calls that ran at the peer");
    assert.deepEqual(here.states, slept ? ["reconnecting", "open"] : []);
    assert.equal(here.shows.at(-1), slept, "pageshow says so too");
    // The twin: a call of a page that did not go away.
    await answer(driver, "begin", "last");
    assert.deepEqual((await answer(driver, "finish", "last")).ran, [name, "last"]);
    assert.deepEqual((await told(driver)).settled, [`done ${name}`, "done last"]);
    // The server's book over both documents.
    const { entries } = await (await fetch(sink.replace("host.localhost", "127.0.0.1"))).json();
    const ran = entries.map(({ text }) => text);
    assert.deepEqual(ran, slept ? ["one", "last"] : ["one", "two", "last"], "each call ran once in all");
  },
};
