// A frame written in Rust and a page written in JavaScript understand each other.

/** The Rust frame of another origin, and a channel to it from this page. */
async function rustFrame(t, methods = {}) {
  const guest = await t.frame({ origin: t.origins.guest });
  await guest.runModule("rust.js", "start", t.origins.host);
  const channel = await t.connect(guest.element, { allowedOrigins: t.origins.guest, methods });
  return { guest, channel };
}

export const cases = {
  "a page calls methods written in Rust": async (t) => {
    const { channel } = await rustFrame(t);
    t.equal(channel.origin, t.origins.guest);
    t.equal(await channel.remote.add(1, 2), 3);
    t.equal(await channel.remote.area({ width: 3, height: 2.5 }), 7.5);
    t.same(await channel.remote.order(12.5), { id: 7, total: 12.5 });
    t.equal(await channel.remote.forget(), undefined);
  },

  "a thousand calls at once are answered, each by its own answer": async (t) => {
    const { channel } = await rustFrame(t);
    const sums = await Promise.all(Array.from({ length: 1000 }, (_, i) => channel.remote.add(i, 1)));
    t.ok(
      sums.every((sum, i) => sum === i + 1),
      "every answer belongs to its call",
    );
  },

  "what a Rust handler refuses arrives with name and message": async (t) => {
    const { channel } = await rustFrame(t);
    const error = await t.rejects(channel.remote.add(2 ** 31 - 1, 1), "call/threw");
    t.equal(error.name, "RangeError");
    t.ok(error.message.includes("too large"), error.message);
    const wrong = await t.rejects(channel.remote.add("one", 2), "call/threw");
    t.equal(wrong.name, "TypeError");
    await t.rejects(channel.call("subtract", [2, 1]), "call/method-not-found");
    t.equal(await channel.remote.add(1, 1), 2, "and the next call works");
  },

  "a result of limits.queued_bytes crosses, one character more fails its call by name": async (t) => {
    const { channel } = await rustFrame(t);
    const repeat = (times) => channel.call("repeat", ["x", times], { timeoutMs: 120_000 });
    const most = 64 << 20;
    t.equal((await repeat(most)).length, most);
    const error = await t.rejects(repeat(most + 1), "call/not-cloneable");
    t.equal(error.path, "result");
    t.ok(error.message.includes("limits.queued_bytes (67108864)"), error.message);
    t.equal(await channel.remote.add(1, 2), 3, "and the next call works");
  },

  "a Rust stream is an async iterable here, and ends early when the reader does": async (t) => {
    const { channel } = await rustFrame(t);
    const all = [];
    for await (const number of await channel.remote.count_to(5)) all.push(number);
    t.same(all, [1, 2, 3, 4, 5]);
    let last = 0;
    for await (const number of await channel.remote.count_to(1_000_000)) {
      last = number;
      if (number === 10) break;
    }
    t.equal(last, 10);
  },

  "a function or signal for a Rust frame is refused by name, and streams still cross": async (t) => {
    const { channel } = await rustFrame(t);
    for (const [what, live] of [
      ["functions", () => {}],
      ["signals", new AbortController().signal],
    ]) {
      const error = await t.rejects(channel.call("area", [{ width: live, height: 1 }]), "call/not-cloneable");
      t.equal(error.path, "args[0].width");
      t.ok(error.message.endsWith(`the receiver takes no ${what}`), error.message);
      t.throws(() => channel.emit("question", live), "call/not-cloneable");
    }
    let left = 0;
    const rows = async function* () {
      try {
        yield 1;
      } finally {
        left++;
      }
    };
    const stream = await t.rejects(
      channel.call("area", [{ width: rows(), height: 1 }]),
      "call/not-cloneable",
    );
    t.equal(stream.path, "args[0]");
    t.ok(stream.message.endsWith("the receiver takes streams only as results"), stream.message);
    t.equal(left, 0, "it never ran");
    const all = [];
    for await (const number of await channel.remote.count_to(3)) all.push(number);
    t.same(all, [1, 2, 3]);
    t.equal(await channel.remote.add(1, 2), 3, "and the next call works");
  },

  "a Rust frame listens to events, calls back, reads a stream and emits": async (t) => {
    const { channel } = await rustFrame(t, {
      double: (number) => number * 2,
      async *rows(count) {
        for (let row = 1; row <= count; row += 1) yield row;
      },
    });
    const answer = new Promise((resolve) => channel.on("answer", resolve));
    // The frame listens before it answers its first call: its handlers and listeners come with connect.
    t.equal(await channel.remote.add(0, 0), 0);
    channel.emit("question", 21);
    t.same(await answer, [42, 6]);
  },

  "a Rust frame that is removed fails the calls in flight": async (t) => {
    const { guest, channel } = await rustFrame(t, { double: () => new Promise(() => {}) });
    t.equal(await channel.remote.add(1, 1), 2);
    guest.element.remove();
    t.equal((await channel.closed).code, "call/peer-gone");
    await t.rejects(channel.remote.add(1, 1), "channel/closed");
  },
};
