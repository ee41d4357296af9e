import assert from "node:assert/strict";
import { test } from "node:test";
import { connect } from "../../dist/index.js";
import { rejection } from "./pair.mjs";
import { head, KIND, RawPeer } from "./raw-peer.js";

/** The package on one end of a channel and a hand-written peer on the other. */
async function against(options = {}, meeting = {}) {
  const { port1, port2 } = new MessageChannel();
  const raw = new RawPeer(port2, options.name);
  const [channel] = await Promise.all([connect(port1, options), raw.meet(meeting)]);
  return { channel, raw, port: port1 };
}

async function ends({ channel, raw, port }, reason) {
  const closed = await channel.closed;
  assert.equal(closed.code, "channel/protocol");
  if (reason) assert.match(closed.reason, reason);
  raw.close();
  port.close();
}

for (const leads of [false, true]) {
  test(`a peer written from the protocol alone ${leads ? "leads" : "follows"}, calls and answers`, async () => {
    const { channel, raw, port } = await against({ methods: { add: (a, b) => a + b } }, { leads });
    raw.send([head(KIND.name, 1), 0, head(KIND.call, 2), 0, 0], ["add", 1, 2]);
    const [, ack, n, kind, id, value] = await raw.next();
    assert.deepEqual([ack, n, kind, id, value], [2, 2, head(KIND.reply, 1), 0, 3]);

    const call = channel.remote.mul(6, 7);
    const [, , count, name, nameId, callHead, callId, target, text, ...args] = await raw.next();
    assert.deepEqual(
      [count, name, nameId, callHead, target, text, args],
      [5, head(KIND.name, 1), 0, head(KIND.call, 2), 0, "mul", [6, 7]],
    );
    raw.send([head(KIND.reply, 1), callId], [42]);
    assert.equal(await call, 42);
    channel.close();
    raw.close();
    port.close();
  });
}

test("a message that arrives twice never runs a handler twice", async () => {
  let ran = 0;
  const told = [];
  const { channel, raw, port } = await against({
    methods: { run: () => ++ran },
    log: (event) => told.push(event.reason),
  });
  raw.send([head(KIND.name, 1), 0, head(KIND.call, 0), 0, 0], ["run"]);
  await raw.next();
  raw.post([raw.seq, 0, 3, head(KIND.call, 0), 1, 0]);
  raw.send([head(KIND.call, 0), 2, 0]);
  await raw.next();
  assert.equal(ran, 2);
  assert.equal(told.length, 1);
  channel.close();
  raw.close();
  port.close();
});

const nested = (levels) => {
  let value = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
};

const table = [
  ["text", (raw) => raw.post("hello"), /malformed/],
  ["null", (raw) => raw.post(null), /malformed/],
  ["an empty array", (raw) => raw.post([]), /malformed/],
  ["words that are none", (raw) => raw.post([2, 0, 2, "x", {}]), /malformed/],
  ["fractions for words", (raw) => raw.post([2, 0, 1, 1.5]), /malformed/],
  ["negative words", (raw) => raw.post([2, 0, 1, -1]), /malformed/],
  ["more words than there are", (raw) => raw.post([2, 0, 900, 1]), /malformed/],
  ["words without end", (raw) => raw.post([2, 0, 40_000, ...Array(40_000).fill(0)]), /malformed/],
  ["a big integer for a word", (raw) => raw.post([2, 0, 1, 1n]), /malformed/],
  ["a gap in the numbers", (raw) => raw.post([9, 0, 0]), /sequence/],
  ["an acknowledgement of the future", (raw) => raw.post([2, 99, 0]), /acknowledgement/],
  ["an unknown kind of frame", (raw) => raw.send([head(99), 1, 2, 3])],
  ["a name that is no text", (raw) => raw.send([head(KIND.name, 1), 0], [{ toString: 1 }])],
  ["a name that is too long", (raw) => raw.send([head(KIND.name, 1), 0], ["x".repeat(300)]), /nameLength/],
  ["a call of a name never told", (raw) => raw.send([head(KIND.call), 0, 7]), /name/],
  [
    "fewer values than counted",
    (raw) => raw.send([head(KIND.name, 1), 0, head(KIND.call, 3), 0, 0], ["a", 1]),
  ],
  ["more values than counted", (raw) => raw.send([head(KIND.name, 1), 0], ["a", 1, 2])],
  ["a body that is too deep", (raw) => raw.send(call(1), ["echo", nested(300)]), /depth/],
  ["a body that is too large", (raw) => raw.send(call(1), ["echo", new ArrayBuffer(65 << 20)])],
  ["live values without paths", (raw) => raw.send(call(1, [1, 1, 5]), ["echo", null, "no paths"])],
  ["a path to nowhere", (raw) => raw.send(call(1, [1, 1, 5]), ["echo", null, [[0, "a", "b"]]])],
  ["a path up the prototype", (raw) => raw.send(call(1, [1, 1, 5]), ["echo", {}, [[0, "__proto__"]]])],
  [
    "a path through a constructor",
    (raw) => raw.send(call(1, [1, 1, 5]), ["echo", {}, [[0, "constructor", "x"]]]),
  ],
  ["a path to the length of an array", (raw) => raw.send(call(1, [1, 1, 5]), ["echo", [1], [[0, "length"]]])],
  [
    "a path into an array that takes no function",
    (raw) => raw.send(call(1, [1, 1, 5]), ["echo", new BigInt64Array(1), [[0, 0]]]),
  ],
  ["a path that is no array", (raw) => raw.send(call(1, [1, 1, 5]), ["echo", {}, ["0"]])],
  [
    "a function called then",
    (raw) => raw.send(call(1, [1, 1, 5]), ["echo", JSON.parse(`{"then":null}`), [[0, "then"]]]),
  ],
  ["an error that is none", (raw) => raw.send(call(1, [1, 0, 0]), ["echo", ["Error"], [[0]]])],
  ["an unknown kind of live value", (raw) => raw.send(call(1, [1, 77, 0]), ["echo", null, [[0]]])],
  ["a function of ours that we never lent", (raw) => raw.send(call(1, [1, 2, 9]), ["echo", null, [[0]]])],
  ["a release of what was never lent", (raw) => raw.send([head(KIND.release), 5, 1])],
  ["a reason that is none", (raw) => raw.send([head(KIND.close, 1), 0], [["x"]]), null],
];

function call(argc, lives) {
  return [head(KIND.name, 1), 0, head(KIND.call, argc, lives ? 1 : 0), 0, 0, ...(lives ?? [])];
}

for (const [what, attack, reason] of table) {
  test(`${what} closes the channel, runs nothing and throws nothing`, async () => {
    let ran = 0;
    const scene = await against({
      methods: {
        echo(value) {
          ran++;
          return value;
        },
      },
    });
    const waiting = rejection(scene.channel.remote.never());
    await scene.raw.next();
    attack(scene.raw);
    if (reason === null) {
      await scene.channel.closed;
      scene.raw.close();
      scene.port.close();
    } else await ends(scene, reason);
    assert.match((await waiting).code, /^(channel\/protocol|call\/peer-gone)$/);
    assert.equal(ran, 0);
    assert.equal({}.x, undefined);
  });
}

test("an answer to a call never made, and a second answer, change nothing", async () => {
  const { channel, raw, port } = await against();
  const call = channel.remote.once();
  const [, , , , , , id] = await raw.next();
  raw.send(
    [head(KIND.reply, 1), 777, head(KIND.reply, 1), id, head(KIND.reply, 1), id],
    ["x", "first", "second"],
  );
  assert.equal(await call, "first");
  assert.equal(channel.state, "open");
  channel.close();
  raw.close();
  port.close();
});

test("more messages in a second than the limit close the channel", async () => {
  const scene = await against({ limits: { messagesPerSecond: 50 } });
  for (let i = 0; i < 200; i++) scene.raw.send([]);
  await ends(scene, /messagesPerSecond/);
});

test("a peer that loads anew is met again: calls in flight settle, idempotent ones are sent again", async () => {
  const { channel, raw, port } = await against({ methods: { ping: () => "pong" }, name: "n" });
  const states = [];
  channel.onStateChange((state) => states.push(state));
  channel.emit("kept", { v: 1 }, { retain: true });
  await raw.next();
  const lost = rejection(channel.remote.lost());
  const again = channel.call("again", [1, { two: 2 }], { idempotent: true });
  await raw.next();
  const old = raw.port;
  await raw.meet({ nonce: `${"0".repeat(31)}2` });
  assert.equal((await lost).code, "call/peer-gone");
  assert.equal((await lost).executed, "unknown");
  const seen = [];
  for (;;) {
    const message = await raw.next();
    seen.push(...message.slice(3 + message[2]));
    const at = message.indexOf(head(KIND.call, 2));
    if (at < 0) continue;
    raw.send([head(KIND.reply, 1), message[at + 1]], ["done"]);
    break;
  }
  assert.equal(await again, "done");
  assert.ok(seen.includes("again"), "the name is told again");
  assert.deepEqual(states, ["reconnecting", "open"]);
  await raw.next();
  old.close();
  channel.close();
  raw.close();
  port.close();
});

test("after a goodbye calls that were never taken say so", async () => {
  const { channel, raw, port } = await against({ timeoutMs: 1_000 });
  const taken = rejection(channel.remote.taken());
  await raw.next();
  const { ack } = raw;
  const never = rejection(channel.remote.never());
  await raw.next();
  // Names the last message it took, which is the first call's.
  raw.ack = ack;
  raw.send([head(KIND.goodbye)]);
  assert.equal((await taken).executed, "unknown");
  assert.equal((await never).executed, "no");
  assert.equal(channel.state, "reconnecting");
  const waiting = rejection(channel.remote.meanwhile());
  assert.equal((await channel.closed).code, "connect/timed-out");
  assert.equal((await waiting).code, "call/peer-gone");
  assert.equal((await waiting).executed, "no");
  raw.close();
  port.close();
});

test("a silent peer is gone after three unanswered pings", async () => {
  const { channel, raw, port } = await against({ heartbeatMs: 50, timeoutMs: 1_000 });
  const error = await rejection(channel.remote.hang());
  assert.equal(error.code, "call/peer-gone");
  assert.equal(error.executed, "unknown");
  assert.equal((await channel.closed).code, "connect/timed-out");
  raw.close();
  port.close();
});

test("with reconnect: false a goodbye ends the channel", async () => {
  const { channel, raw, port } = await against({ reconnect: false });
  raw.send([head(KIND.goodbye)]);
  assert.equal((await channel.closed).code, "call/peer-gone");
  raw.close();
  port.close();
});

test("a peer that sleeps is awaited, and its calls go on when it wakes", async () => {
  const { channel, raw, port } = await against();
  const states = [];
  channel.onStateChange((state) => states.push(state));
  const call = channel.remote.slow();
  const [, , , , , , id] = await raw.next();
  raw.send([head(KIND.suspend)]);
  await new Promise((resolve) => setImmediate(resolve));
  raw.send([head(KIND.resume)]);
  raw.send([head(KIND.reply, 1), id], ["awake"]);
  assert.equal(await call, "awake");
  assert.deepEqual(states, ["reconnecting", "open"]);
  channel.close();
  raw.close();
  port.close();
});

for (const [age, version] of [
  ["an older", 0],
  ["a newer", 7],
]) {
  test(`${age} wire version is refused by both numbers`, async () => {
    const told = [];
    const { port1, port2 } = new MessageChannel();
    const connecting = rejection(connect(port1, { name: "n", log: ({ reason }) => told.push(reason) }));
    port2.postMessage(["portcullis", version, "n", 0, "1".repeat(32), ""]);
    const error = await connecting;
    assert.equal(error.code, "connect/refused");
    assert.ok(error.message.includes(`version ${version}, this page 1`), error.message);
    assert.deepEqual(told, [`it speaks wire version ${version}: update the older side`]);
    port1.close();
  });
}

test("bits of capabilities that this side does not know are ignored", async () => {
  for (const capabilities of [8, 0xffffffff]) {
    const { channel, raw, port } = await against({ methods: { add: (a, b) => a + b } }, { capabilities });
    raw.send([head(KIND.name, 1), 0, head(KIND.call, 2), 0, 0], ["add", 1, 2]);
    const answer = await raw.next();
    assert.equal(answer.at(-1), 3);
    channel.close();
    raw.close();
    port.close();
  }
});

const LIVES = [
  ["functions", 1, () => {}],
  ["signals", 2, new AbortController().signal],
  ["signals", 2, AbortSignal.abort()],
  ["streams", 4, (async function* () {})()],
  ["streams", 4, new ReadableStream()],
];

for (const [what, bit, value] of LIVES) {
  test(`a peer that takes no ${what} gets no ${Object.prototype.toString.call(value)}, and one that does gets it`, async () => {
    const why = `the receiver takes no ${what}`;
    for (const capabilities of [7 & ~bit, bit]) {
      const taken = capabilities === bit;
      const { channel, raw, port } = await against(
        { methods: { give: () => ({ it: value }) } },
        { capabilities },
      );
      if (taken) {
        void channel.call("f", [{ it: value }]).catch(() => {});
        let said = await raw.next();
        while (said[2] === 0) said = await raw.next();
        const [, , , , , callHead] = said;
        assert.equal(callHead, head(KIND.call, 1, 1));
      } else {
        const error = await rejection(channel.call("f", [0, { it: value }]));
        assert.equal(error.code, "call/not-cloneable");
        assert.equal(error.path, "args[1].it");
        assert.equal(error.executed, "no");
        assert.equal(error.message, `args[1].it of "f" of the peer cannot cross: ${why}`);
        const refused = { code: "call/not-cloneable", path: "payload.it" };
        assert.throws(() => channel.emit("t", { it: value }), refused);
        assert.throws(() => channel.notify("f", [value]), { code: "call/not-cloneable", path: "args[0]" });
        if (value instanceof ReadableStream) assert.ok(!value.locked, "it was not touched");
        raw.send([head(KIND.name, 1), 0, head(KIND.call, 0), 0, 0], ["give"]);
        // The names of what was refused come first.
        let answer = await raw.next();
        while (answer[3] !== head(KIND.fail, 1)) answer = await raw.next();
        assert.deepEqual(answer.slice(2), [3, head(KIND.fail, 1), 0, 6, [["result.it", why], []]]);
      }
      channel.close();
      raw.close();
      port.close();
    }
  });
}

test("a stream's item that the peer does not take breaks the stream", async () => {
  async function* functions() {
    yield () => {};
  }
  const { channel, raw, port } = await against({ methods: { functions } }, { capabilities: 4 });
  raw.send([head(KIND.name, 1), 0, head(KIND.call, 0), 0, 0], ["functions"]);
  const [, , , replyHead, , , , stream] = await raw.next();
  assert.equal(replyHead, head(KIND.reply, 1, 1));
  raw.send([head(KIND.credit), stream, 1024]);
  const [, , n, resetHead, of, [error]] = await raw.next();
  assert.deepEqual([n, resetHead, of], [2, head(13, 1), stream]);
  assert.equal(error[2], "item of the stream cannot cross: the receiver takes no functions");
  channel.close();
  raw.close();
  port.close();
});

for (const taken of [false, true]) {
  test(`what waits while the peer reloads ${taken ? "leaves" : "fails by name"} if the next one takes ${taken ? "everything" : "no functions"}`, async () => {
    const told = [];
    const log = ({ kind, reason }) => told.push([kind, reason]);
    const { channel, raw, port } = await against({ log, methods: { add: (a, b) => a + b } });
    const away = new Promise((resolve) => channel.onStateChange(resolve));
    raw.send([head(KIND.goodbye)]);
    assert.equal(await away, "reconnecting");
    const call = channel.call("f", [() => {}]);
    channel.notify("f", [() => {}]);
    channel.emit("t", () => {});
    const plain = channel.call("plain", ["x"]);
    const failed = rejection(call);
    await raw.meet({ nonce: `${"0".repeat(31)}2`, capabilities: taken ? 7 : 6 });
    let heads = [];
    let values = [];
    while (!values.includes("x")) {
      const [, , n, ...rest] = await raw.next();
      heads = [...heads, ...rest.slice(0, n)];
      values = [...values, ...rest.slice(n)];
    }
    assert.equal(heads.includes(head(KIND.call, 1, 1)), taken);
    assert.equal(heads.includes(head(KIND.notify, 1, 1)), taken);
    assert.equal(heads.includes(head(KIND.event, 1, 1)), taken);
    if (!taken) {
      const error = await failed;
      assert.equal(error.code, "call/not-cloneable");
      assert.equal(error.executed, "no");
      assert.equal(error.message, 'a value of "f" of the peer cannot cross: the receiver takes no functions');
      const once = ["dropped", "an event or notification was not sent: the receiver takes no functions"];
      assert.deepEqual(told, [once]);
    } else assert.deepEqual(told, []);
    // The call with plain values came whole.
    const at = heads.lastIndexOf(head(KIND.call, 1));
    raw.send([head(KIND.reply, 1), heads[at + 1]], ["done"]);
    assert.equal(await plain, "done");
    channel.close();
    raw.close();
    port.close();
  });
}

test("greetings that are not ours, malformed or of another name are dropped, and the last two are told", async () => {
  const told = [];
  const { port1, port2 } = new MessageChannel();
  const connecting = connect(port1, { name: "mine", log: (event) => told.push(event) });
  for (const noise of [null, 1, "x", [], ["other"], { a: 1 }, { type: "SYN" }, new Map()])
    port2.postMessage(noise);
  port2.postMessage(["portcullis"]);
  port2.postMessage(["portcullis", 1, "theirs", 0, "1".repeat(32), ""]);
  port2.postMessage(["portcullis", 1, "theirs", 0, "2".repeat(32), ""]);
  const raw = new RawPeer(port2, "mine");
  const [channel] = await Promise.all([connecting, raw.meet()]);
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ["refused", "refused"],
  );
  assert.match(told[1].reason, /"theirs".*"mine"/);
  channel.close();
  raw.close();
  port1.close();
});

test("a greeting of the peer that comes late is no news, and the session goes on", async () => {
  const told = [];
  const log = (event) => told.push(event);
  const { channel, raw, port } = await against({ log, methods: { add: (a, b) => a + b } });
  const mine = `${"0".repeat(31)}1`;
  raw.gate.postMessage(["portcullis", 1, "", 0, mine, ""]);
  // Another name's is news, and shows that the one before it has arrived.
  raw.gate.postMessage(["portcullis", 1, "other", 0, mine, ""]);
  while (!told.length) await new Promise((resolve) => setImmediate(resolve));
  assert.match(told[0].reason, /its channel is named "other"/);
  raw.send([head(KIND.name, 1), 0, head(KIND.call, 2), 0, 0], ["add", 1, 2]);
  for (;;) {
    const [, , n, ...rest] = await raw.next();
    if (n !== 2) continue;
    assert.equal(rest[2], 3);
    break;
  }
  assert.equal(told.length, 1);
  channel.close();
  raw.close();
  port.close();
});
