// The behaviour contract, over one kind of link; which one is a parameter of the suite.

import { contract } from "../../../contract.mjs";
import * as links from "../links.js";

const LINKS = { ...links, guest: links.frame("guest"), sibling: links.frame("sibling") };

export function list({ parameters }) {
  const link = LINKS[parameters.get("over")];
  return Object.fromEntries(
    Object.entries(contract).map(([name, run]) => [name, (t) => run(world(t, link))]),
  );
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
