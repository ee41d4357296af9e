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
