// Schemas of the libraries that people use, on the side that receives.
import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { LIBRARIES } from "../schemas.mjs";
import { pair, rejection } from "./pair.mjs";

for (const [name, schemas] of Object.entries(LIBRARIES)) {
  /** A caller, and what the served methods were called with. */
  async function served(t) {
    const seen = [];
    const channels = await pair(
      { schemas: { price: { result: schemas.result } } },
      {
        methods: {
          order(...args) {
            seen.push(args);
            return args[0].count;
          },
          price: (answer) => answer,
          whisper: (text) => text,
        },
        schemas: {
          order: { args: schemas.args },
          ...(schemas.slow ? { whisper: { args: schemas.slow } } : {}),
        },
      },
    );
    t.after(() => {
      for (const channel of channels) channel.close();
      for (const port of channels.ports) port.close();
    });
    return { caller: channels[0], seen };
  }

  test(`${name}: arguments that fit arrive as the schema makes them`, async (t) => {
    const { caller, seen } = await served(t);
    assert.equal(await caller.remote.order({ sku: "  sku-1 ", count: 2 }), 2);
    assert.deepEqual(seen, [[{ sku: "sku-1", count: 2 }]]);
  });

  test(`${name}: arguments that do not fit are call/invalid with the issue's path, and no handler runs`, async (t) => {
    const { caller, seen } = await served(t);
    for (const [args, path] of [
      [[{ sku: "sku-1", count: -1 }], "0.count"],
      [[{ sku: 7, count: 1 }], "0.sku"],
      [[{ count: 1 }], "0.sku"],
      [["no object"], "0"],
    ]) {
      const error = await rejection(caller.call("order", args));
      assert.equal(error.code, "call/invalid");
      assert.match(error.message, new RegExp(`the arguments of "order" .*: ${path}: \\S`), error.message);
    }
    assert.equal(await caller.remote.order({ sku: "a", count: 1 }), 1, "the channel goes on");
    assert.equal(seen.length, 1);
  });

  test(`${name}: a result is checked and transformed where it was asked for`, async (t) => {
    const { caller } = await served(t);
    assert.deepEqual(await caller.remote.price({ cents: 5 }), { cents: 5, currency: "EUR" });
    const error = await rejection(caller.remote.price({ cents: "five" }));
    assert.equal(error.code, "call/invalid");
    assert.match(error.message, /the result of "price" .*: cents: \S/);
  });

  if (schemas.slow) {
    test(`${name}: a schema that takes its time holds its call back, and later calls keep their order`, async (t) => {
      const { caller, seen } = await served(t);
      const whispered = rejection(caller.remote.whisper("friend"));
      const ordered = caller.remote.order({ sku: "a", count: 1 });
      const error = await whispered;
      assert.equal(error.code, "call/invalid");
      assert.match(error.message, /0: wrong word/);
      await ordered;
      assert.equal(seen.length, 1);
      assert.equal(await caller.remote.whisper("open sesame"), "open sesame");
    });
  }
}

test("a schema of no method, or of an inherited name, checks nothing", async (t) => {
  const refuse = z.never();
  const channels = await pair(
    {},
    { methods: { one: () => 1 }, schemas: Object.create({ one: { args: refuse } }) },
  );
  t.after(() => {
    for (const channel of channels) channel.close();
    for (const port of channels.ports) port.close();
  });
  assert.equal(await channels[0].remote.one(), 1);
});
