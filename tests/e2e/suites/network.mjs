// Local network access (T46): a page of the public network asks the user's own machine.
//
// Addresses of this machine are all the same network, so a browser of its own is told that the page's port is public.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { startEngine } from "../engines.mjs";
import { said } from "../said.mjs";
import { ROOT } from "../server.mjs";

const { facts } = JSON.parse(readFileSync(`${ROOT}tests/e2e/engine_facts.json`, "utf8"));

/** Chromium refuses an insecure page at once and asks for others; WebKit knows no `.test` hosts. */
const HOSTS = { chromium: "host.test", firefox: "host.test", webkit: "host.localhost" };

/** What makes this port public, and answers the browser's question with no. */
const special = (port, local) => ({
  flags: [`--ip-address-space-overrides=127.0.0.1:${port}=public,127.0.0.1:${local}=loopback`],
  prefs: {
    "network.lna.address_space.public.override": `127.0.0.1:${port}`,
    "network.loopback-network.prompt.testing": true,
    "network.loopback-network.prompt.testing.allow": false,
    "network.localhost.prompt.testing": true,
    "network.localhost.prompt.testing.allow": false,
    "network.lna.blocking": true,
  },
});

export const cases = {
  "a public page that may not ask this machine: each way of asking ends, and nothing arrives": async ({
    engine,
    server,
    pages,
  }) => {
    const [open, local] = server.ports;
    const own = await startEngine(engine, special(open, local));
    try {
      const ask = async (port, key) => {
        await own.driver.get(`http://${HOSTS[engine]}:${port}${pages}/asker.html`);
        await own.driver.wait(async () => (await own.driver.getTitle()) === "ready", 30_000);
        const told = await own.driver.executeScript(
          "return window.ask(arguments[0], arguments[1])",
          `http://partner.localhost:${local}`,
          key,
        );
        const query = new URLSearchParams({ query: key, host: `partner.localhost:${local}` });
        const { hits } = await (await fetch(`http://127.0.0.1:${open}/hits?${query}`)).json();
        return { ...said(told), hits: hits.length };
      };
      const key = `lna${engine}${Math.random().toString(36).slice(2)}`;
      const told = await ask(open, key);
      const refused = facts.localNetworkAccess[engine] === "refused";
      const expected = refused ? ["cors/network", "jsonp/failed"] : ["fine", "fine"];
      assert.deepEqual([told.fetched, told.script], expected);
      // A browser takes a beacon whatever becomes of it: only the server's log tells.
      assert.equal(told.queued, true);
      assert.equal(told.hits > 0, !refused, `requests that arrived: ${told.hits}`);
      // The twin: a page of this machine's own asks nobody's leave.
      const twin = await ask(local, `${key}twin`);
      assert.deepEqual([twin.fetched, twin.script, twin.queued], ["fine", "fine", true]);
      assert.ok(twin.hits >= 2, `the twin's requests arrived: ${twin.hits}`);
    } finally {
      await own.stop();
    }
  },
};
