// What a page that connects writes into the console: nothing.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { said } from "../said.mjs";
import { ROOT } from "../server.mjs";

const { facts } = JSON.parse(readFileSync(`${ROOT}tests/e2e/engine_facts.json`, "utf8"));

/** What the console holds since the last look; nothing where the driver does not say. */
async function written(driver) {
  const entries = await driver
    .manage()
    .logs()
    .get("browser")
    .catch(() => undefined);
  return entries?.map(({ message }) => message);
}

export const cases = {
  "connecting to a frame that is still loading writes nothing": async ({ driver, server, pages, engine }) => {
    await driver.get(`${server.url}${pages}/away.html`);
    await driver.wait(() => driver.executeScript("return window.away !== undefined"), 30_000);
    const isReadable = (await written(driver)) !== undefined;
    assert.equal(isReadable, facts.consoleIsReadable[engine], "consoleIsReadable");
    if (!isReadable) return;
    // The control: what a post to the wrong page of a frame writes.
    await driver.executeAsyncScript(`
      const [done] = arguments;
      const frame = document.createElement("iframe");
      document.body.append(frame);
      frame.contentWindow.postMessage("early", "http://guest.localhost:1");
      done();`);
    await driver.wait(
      async () => (await written(driver)).some((line) => line.includes("target origin")),
      30_000,
    );
    const begun = await driver.executeAsyncScript(
      `const [guest, done] = arguments;
       window.away.begin(guest).then(() => done({}), (error) => done({ error: String(error) }));`,
      server.url.replace("host.", "guest."),
    );
    assert.equal(said(begun).error, undefined);
    assert.deepEqual(await written(driver), []);
  },
};
