// The inspector as people use it who see little or have no mouse: an accessibility engine, the keyboard, the live region.
// The pages are the playground's, under their own policy: script-src of their own files, Trusted Types enforced.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Key } from "selenium-webdriver";
import { said } from "../said.mjs";
import { ROOT } from "../server.mjs";

const AXE = readFileSync(`${ROOT}node_modules/axe-core/axe.min.js`, "utf8");

/** A page of the playground whose inspector shows so many rows. */
async function open({ driver, server }, page, rows) {
  await driver.get(`${server.url}/demo/${page}`);
  await waitFor(
    driver,
    `return document.querySelector("portcullis-inspector").shadowRoot?.querySelectorAll("tbody tr").length >= ${rows}`,
  );
}

function waitFor(driver, script, ...args) {
  return driver.wait(() => driver.executeScript(script, ...args), 30_000, `never so: ${script}`);
}

/** Runs in the page: what axe has to say of the element. */
const JUDGE = `
  const done = arguments[arguments.length - 1];
  axe.run({ include: [["portcullis-inspector"]] }).then(
    ({ violations, passes }) => done({
      passes: passes.length,
      violations: violations.map(({ id, nodes }) => id + ": " + nodes.map((node) => node.target.join(" ") + " " + node.failureSummary).join("; ")),
    }),
    (error) => done({ error: String(error) }),
  );`;

async function judged(driver) {
  await driver.executeScript(`if (!window.axe) { ${AXE} }`);
  return said(await driver.executeAsyncScript(JUDGE));
}

/** The name of what has the focus inside the element. */
const FOCUSED = `
  const inner = document.querySelector("portcullis-inspector").shadowRoot.activeElement;
  return inner && (inner.getAttribute("aria-label") ?? inner.labels?.[0]?.firstChild.textContent.trim() ?? inner.textContent).trim()
    || inner?.labels?.[0]?.textContent.trim() || null;`;

export const cases = {
  "the accessibility engine finds nothing, light and dark, with calls and with refusals": async (world) => {
    const { driver } = world;
    for (const [page, rows] of [
      ["", 4],
      ["hub.html", 5],
    ]) {
      for (const theme of ["light", "dark"]) {
        await open(world, page, rows);
        await driver.executeScript("theme.choose(arguments[0])", theme);
        const { violations, passes, error } = await judged(driver);
        assert.equal(error, undefined);
        assert.deepEqual(violations, [], `${page} ${theme}`);
        assert.ok(passes > 10, `it looked at something: ${passes}`);
      }
    }
    // The control: what it must not overlook.
    await driver.executeScript(
      'document.querySelector("portcullis-inspector").shadowRoot.querySelector("label").replaceWith(document.createElement("select"))',
    );
    const { violations } = await judged(driver);
    assert.match(violations.join("\n"), /select-name/);
  },

  "every control is reached by Tab in the order shown, and works by key": async (world) => {
    const { driver } = world;
    await open(world, "", 4);
    await driver.executeScript(
      'document.querySelector("portcullis-inspector").shadowRoot.querySelector("button").focus()',
    );
    const order = [await driver.executeScript(FOCUSED)];
    while (order.length < 7) {
      await driver.actions().sendKeys(Key.TAB).perform();
      // A driver may say that the key was pressed before the page has heard of it.
      const moved = async () => (await driver.executeScript(FOCUSED)) !== order.at(-1);
      await driver.wait(moved, 30_000, `Tab leads on from ${order.at(-1)}`);
      order.push(await driver.executeScript(FOCUSED));
    }
    assert.deepEqual(order, ["Pause", "Clear", "Export JSON", "Show", "Find", "Values", "Timeline"]);
    await driver.executeScript(
      'document.querySelector("portcullis-inspector").shadowRoot.querySelector("button").focus()',
    );
    await driver.actions().sendKeys(" ").perform();
    await waitFor(driver, 'return document.querySelector("portcullis-inspector").inspection.paused');
    await driver.actions().sendKeys(Key.ENTER).perform();
    await waitFor(driver, 'return !document.querySelector("portcullis-inspector").inspection.paused');
  },

  "what matters is announced politely, frames are not": async (world) => {
    const { driver } = world;
    await open(world, "", 4);
    const said =
      'return document.querySelector("portcullis-inspector").shadowRoot.querySelector("[role=status]").textContent';
    const politeness = await driver.executeScript(
      'return document.querySelector("portcullis-inspector").shadowRoot.querySelector("[role=status]").getAttribute("aria-live")',
    );
    assert.equal(politeness, "polite");
    const answered = 'return document.querySelector("portcullis-inspector").inspection.counters.answered';
    const count = await driver.executeScript(answered);
    await waitFor(driver, `${answered} > ${count} + 1`);
    assert.equal(await driver.executeScript(said), "", "nothing was announced of calls and events");
    await driver.executeScript(
      'document.querySelector("portcullis-inspector").shadowRoot.querySelector("button").click()',
    );
    await waitFor(driver, `${said}.includes("Paused")`);
  },
};
