import assert from "node:assert/strict";
import { test } from "node:test";
import { topicsIn } from "../../dist/internal/topics.js";

test("a retained value for which a full queue has no room is told to the log, and the others go on", () => {
  const sent = [];
  const told = [];
  let full;
  const topics = topicsIn({
    raw: { emit: () => 0 },
    now: () => 0,
    outbox: {
      intern: () => 0,
      send(topic, values, post) {
        if (topic === full) throw new Error("call/busy");
        sent.push(topic);
        post(values, 0, 0);
      },
    },
    report: { refused: (kind, reason) => told.push(`${kind}: ${reason}`) },
  });
  for (const topic of ["a", "b", "c"]) topics.emit(topic, 1, { retain: true });
  topics.retell();
  assert.deepEqual(sent, ["a", "b", "c", "a", "b", "c"]);
  assert.deepEqual(told, []);
  full = "b";
  topics.retell();
  assert.deepEqual(sent.slice(6), ["a", "c"]);
  assert.deepEqual(told, ['dropped: "b" was not told again: Error: call/busy']);
});
