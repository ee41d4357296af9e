// zod, valibot and arktype judge what another origin's page sends. How they are used in full: tests/unit/schemas.test.mjs.

export async function list() {
  const { LIBRARIES } = await import("../generated/schemas.js");
  return Object.fromEntries(
    Object.entries(LIBRARIES).map(([name, schemas]) => [
      `${name} accepts, transforms and refuses what another origin sends`,
      (t) => judges(t, schemas),
    ]),
  );
}

async function judges(t, schemas) {
  const seen = [];
  const guest = await t.frame({ origin: t.origins.guest });
  const connecting = t.connect(guest.element, {
    allowedOrigins: t.origins.guest,
    methods: {
      order(...args) {
        seen.push(args);
        return args[0].count;
      },
    },
    schemas: { order: { args: schemas.args }, price: { result: schemas.result } },
  });
  await guest.run(async (kit, host) => {
    kit.state.channel = await kit.portcullis.connect(parent, {
      allowedOrigins: host,
      methods: { price: (answer) => answer },
    });
  }, t.origins.host);
  const channel = await connecting;
  const order = (item) => guest.run((kit, item) => kit.state.channel.remote.order(item), item);

  t.equal(await order({ sku: " sku-1 ", count: 2 }), 2);
  t.same(seen, [[{ sku: "sku-1", count: 2 }]], "as the schema makes it");
  await t.rejects(order({ sku: "sku-1", count: -1 }), { code: "call/invalid", message: /: 0\.count: \S/ });
  t.equal(seen.length, 1, "handlers that ran");
  t.same(await channel.remote.price({ cents: 5 }), { cents: 5, currency: "EUR" });
  await t.rejects(channel.remote.price({ cents: "five" }), { code: "call/invalid", message: /: cents: \S/ });
}
