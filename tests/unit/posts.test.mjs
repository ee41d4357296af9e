import assert from "node:assert/strict";
import { test } from "node:test";

// Before the package takes its own reference: every post is counted, those to itself too.
const { postMessage } = MessagePort.prototype;
let posts = 0;
MessagePort.prototype.postMessage = function count(...args) {
  posts++;
  return postMessage.apply(this, args);
};
const { withPair } = await import("./pair.mjs");

const COUNT = 5_000;

test(
  "what a producer yields in a while leaves in few messages",
  withPair(
    {
      methods: {
        async *items() {
          for (let index = 0; index < COUNT; index++) yield index;
        },
      },
    },
    {},
    async (_, caller) => {
      const before = posts;
      let next = 0;
      for await (const item of await caller.remote.items()) assert.equal(item, next++);
      assert.equal(next, COUNT);
      assert.ok(posts - before < COUNT / 50, `${posts - before} posts for ${COUNT} items`);
    },
  ),
);

const methods = { echo: (value) => value, size: (value) => value.length };

test(
  "a lone call leaves in the microtasks of its task, alone and in one message",
  withPair({ methods }, {}, async (_, caller) => {
    // The first call of a name also tells the name.
    await caller.remote.echo(0);
    let turned = false;
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      turned = true;
    };
    channel.port1.unref();
    channel.port2.postMessage(0);
    const before = posts;
    const answer = caller.remote.echo(1);
    assert.equal(posts, before, "it may still get company");
    await undefined;
    await undefined;
    assert.equal(posts, before + 1);
    assert.equal(turned, false, "no other task ran in between");
    assert.equal(await answer, 1);
    assert.equal(posts, before + 2, "its answer is one message too");
    channel.port1.close();
  }),
);

test(
  "calls at once leave in messages of at most 1,000, and so do their answers",
  withPair({ methods }, {}, async (_, caller) => {
    await caller.remote.echo(0);
    const before = posts;
    const calls = Array.from({ length: COUNT }, (_, index) => caller.remote.echo(index));
    await undefined;
    await undefined;
    assert.equal(posts, before + COUNT / 1_000);
    assert.deepEqual(
      await Promise.all(calls),
      calls.map((_, index) => index),
    );
    const all = posts - before;
    // Between them the receiver's page has its turn; an acknowledgement may travel alone.
    assert.ok(all >= (2 * COUNT) / 1_000 && all <= (3 * COUNT) / 1_000, `${all} posts`);
  }),
);

test(
  "calls with large values leave in messages of at most 256 KiB, and a small call before them waits for none",
  withPair({ methods }, {}, async (_, caller) => {
    await Promise.all([caller.remote.echo(0), caller.remote.size("")]);
    const text = "x".repeat(100 << 10);
    const before = posts;
    const calls = [caller.remote.echo(1), ...Array.from({ length: 8 }, () => caller.remote.size(text))];
    await undefined;
    await undefined;
    // Two of them fill a message, the third would go over it.
    assert.equal(posts, before + 4);
    assert.deepEqual(await Promise.all(calls), [1, ...Array(8).fill(text.length)]);
  }),
);
