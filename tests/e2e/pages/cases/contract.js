// The behaviour contract, over one kind of link; which one is a parameter of the suite.

import { contract } from "../../../contract.mjs";
import * as links from "../links.js";

const LINKS = { ...links, guest: links.frame("guest"), sibling: links.frame("sibling") };

/** What a link asks of the package: without it one failure says so, not one for each case. */
const NEEDS = { shared: "createHub", service: "createHub", introduced: "introduce" };

export function list({ csp, parameters, portcullis }) {
  const over = parameters.get("over");
  const link = LINKS[over];
  if (NEEDS[over] && !portcullis[NEEDS[over]]) throw new Error(`the package has no ${NEEDS[over]}`);
  const cases = Object.entries(contract).map(([name, run]) => [name, (t) => run(world(t, link))]);
  if (csp) cases.push(["control: both sides' policy refuses wasm and eval", (t) => refused(t, link)]);
  return Object.fromEntries(cases);
}

async function refused(t, link) {
  const { compileWasm, evaluate } = await import("../strict.js");
  t.ok((await compileWasm()) !== "nowhere", "wasm here");
  t.equal(evaluate(), "refused");
  const { guest } = await link(t);
  t.ok((await guest.runModule("strict.js", "compileWasm")) !== "nowhere", "wasm there");
  t.equal(await guest.runModule("strict.js", "evaluate"), "refused");
}

function world(t, link) {
  const pair = async (options, serve, ...args) => {
    const { guest, accept, args: fixed, connect } = await link(t);
    await guest.renew();
    await guest.run(accept, ...fixed);
    t.cleanups.push(() => guest.run((kit) => (kit.hub ?? kit.channel)?.close()));
    await guest.run(serve, ...args);
    const channel = await connect(options);
    await guest.run(async (kit) => {
      await kit.accepted;
    });
    return { channel, far: guest };
  };
  return Object.assign(Object.create(t), { pair });
}
