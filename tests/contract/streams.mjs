// Iterables and streams, both ways, as slow as their reader.

/** A producer that says how far it is, on the far side. */
function serve(kit) {
  const { state } = kit;
  kit.accept({
    methods: {
      async *count(to) {
        try {
          for (let n = 1; n <= to; n += 1) {
            state.made = n;
            yield n;
          }
          return "done";
        } finally {
          kit.report("finished");
        }
      },
      async *broken() {
        yield 1;
        throw new RangeError("broke");
      },
      made: () => state.made,
      async sum(items) {
        let sum = 0;
        for await (const item of items) sum += item;
        return sum;
      },
      async first(items) {
        for await (const item of items) return item;
      },
      stream: (to) => {
        let n = 0;
        return new ReadableStream({
          pull(controller) {
            if (n === to) controller.close();
            else controller.enqueue(++n);
          },
          cancel(reason) {
            kit.report(`cancelled: ${reason?.message ?? reason}`);
          },
        });
      },
      async total(stream) {
        let sum = 0;
        const reader = stream.getReader();
        for (let part = await reader.read(); !part.done; part = await reader.read()) sum += part.value;
        return [stream instanceof ReadableStream, sum];
      },
      async *bytes(count, size) {
        for (let n = 0; n < count; n += 1) {
          state.made = n + 1;
          yield new Uint8Array(size).fill(n);
        }
      },
      async *endless() {
        try {
          for (let n = 0; ; n += 1) {
            state.made = n;
            yield n;
          }
        } finally {
          kit.report("finished");
        }
      },
      nothing() {},
    },
  });
}

async function all(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

export const streams = {
  "an async generator as a result": async (w) => {
    const { channel, far } = await w.pair({}, serve);
    w.same(await all(await channel.remote.count(5)), [1, 2, 3, 4, 5]);
    w.equal(await far.next(), "finished");
    w.same(await all(await channel.remote.count(0)), []);
  },

  "nothing is produced before somebody reads": async (w) => {
    const { channel } = await w.pair({}, serve);
    await channel.remote.count(3);
    w.equal(await channel.remote.made(), undefined);
  },

  "its return value arrives": async (w) => {
    const { channel } = await w.pair({}, serve);
    const iterator = (await channel.remote.count(1))[Symbol.asyncIterator]();
    w.same(await iterator.next(), { value: 1, done: false });
    w.same(await iterator.next(), { value: "done", done: true });
    w.equal((await iterator.next()).done, true);
  },

  "leaving a for await early ends the producer": async (w) => {
    const { channel, far } = await w.pair({}, serve);
    for await (const n of await channel.remote.endless()) {
      if (n === 3) break;
    }
    w.equal(await far.next(), "finished");
  },

  "an error of the producer arrives after its items": async (w) => {
    const { channel } = await w.pair({}, serve);
    const items = [];
    const reading = (async () => {
      for await (const item of await channel.remote.broken()) items.push(item);
    })();
    await w.rejects(reading, { name: "RangeError", message: /broke/ });
    w.same(items, [1]);
  },

  "an async iterable as an argument, also deep inside": async (w) => {
    const { channel } = await w.pair({}, serve);
    const items = async function* () {
      yield 1;
      yield 2;
      yield 3;
    };
    w.equal(await channel.remote.sum(items()), 6);
    w.equal(await channel.remote.sum({ [Symbol.asyncIterator]: items }), 6);
  },

  "a reader that leaves ends the caller's generator": async (w) => {
    const { channel } = await w.pair({}, serve);
    const ended = w.deferred();
    const items = async function* () {
      try {
        for (let n = 1; ; n += 1) yield n;
      } finally {
        ended.resolve();
      }
    };
    w.equal(await channel.remote.first(items()), 1);
    await ended.promise;
  },

  "a ReadableStream as a result": async (w) => {
    const { channel, far } = await w.pair({}, serve);
    const stream = await channel.remote.stream(4);
    w.ok(stream instanceof ReadableStream);
    const reader = stream.getReader();
    const items = [];
    for (let part = await reader.read(); !part.done; part = await reader.read()) items.push(part.value);
    w.same(items, [1, 2, 3, 4]);
    const other = (await channel.remote.stream(Number.POSITIVE_INFINITY)).getReader();
    await other.read();
    await other.cancel(new Error("seen enough"));
    w.equal(await far.next(), "cancelled: seen enough", "the source is cancelled with the reason");
  },

  "a ReadableStream as an argument": async (w) => {
    const { channel } = await w.pair({}, serve);
    const stream = new ReadableStream({
      start(controller) {
        for (const item of [1, 2, 3]) controller.enqueue(item);
        controller.close();
      },
    });
    w.same(await channel.remote.total(stream), [true, 6]);
    w.ok(stream.locked, "it has moved");
  },

  "a locked stream cannot cross": async (w) => {
    const { channel } = await w.pair({}, serve);
    const stream = new ReadableStream();
    stream.getReader();
    await w.rejects(channel.remote.total(stream), "call/not-cloneable");
  },

  "a slow reader stops the writer within its window": async (w) => {
    const { channel } = await w.pair({}, serve);
    const size = 64 * 1024;
    const iterator = (await channel.remote.bytes(1000, size))[Symbol.asyncIterator]();
    await iterator.next();
    // Nobody reads on. What the producer makes now is what the window (1 MiB) lets it.
    let made = 0;
    for (let before = -1; made !== before; ) {
      before = made;
      for (let turns = 0; turns < 20; turns += 1) await channel.remote.nothing();
      made = await channel.remote.made();
    }
    w.ok(made * size <= 1.5 * 1024 * 1024, `made while nobody read: ${made * size} bytes`);
    let read = 1;
    for (let part = await iterator.next(); !part.done; part = await iterator.next()) read += 1;
    w.equal(read, 1000, "and then all of it arrives");
  },

  "ten thousand small items in order": async (w) => {
    const { channel } = await w.pair({}, serve);
    let expected = 0;
    for await (const n of await channel.remote.count(10_000)) w.equal(n, ++expected);
    w.equal(expected, 10_000);
  },

  "calls go on beside a stream": async (w) => {
    const { channel } = await w.pair({}, serve);
    const iterator = (await channel.remote.endless())[Symbol.asyncIterator]();
    for (let n = 0; n < 20; n += 1) {
      w.equal((await iterator.next()).value, n);
      await channel.remote.nothing();
    }
    await iterator.return();
  },

  "close ends every stream on both sides": async (w) => {
    const { channel, far } = await w.pair({}, serve);
    const iterator = (await channel.remote.endless())[Symbol.asyncIterator]();
    w.equal((await iterator.next()).value, 0);
    channel.close();
    w.equal(await far.next(), "finished");
    const rest = (async () => {
      while (!(await iterator.next()).done);
    })();
    await w.rejects(rest, "channel/closed");
  },

  "functions and signals travel in items": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      const give = async function* () {
        yield { fn: () => "from an item" };
      };
      kit.accept({ methods: { give } });
    });
    for await (const { fn } of await channel.remote.give()) w.equal(await fn(), "from an item");
  },
};
