// What crosses, and how: copies, shared references, transfers.

const echo = (kit) => {
  kit.accept({ methods: { echo: (value) => value, type: (value) => Object.prototype.toString.call(value) } });
};

export const values = {
  "every value of structured clone comes back as it went": async (w) => {
    const { channel } = await w.pair({}, echo);
    const list = [
      undefined,
      null,
      true,
      0,
      -0,
      Number.NaN,
      Number.NEGATIVE_INFINITY,
      1.5,
      2n ** 80n,
      "",
      "text\u0000 with \ud800 odd parts",
      [],
      {},
      [1, [2, [3]]],
      { a: { b: [null, undefined] }, "": 1 },
      new Date(1234),
      new Date(Number.NaN),
      /a.b/giu,
      new Map([[{ key: 1 }, new Set([1, "2"])]]),
      new Set([new Map()]),
      new Uint8Array([1, 2, 3]),
      new Float64Array([1.5, Number.NaN]),
      new BigInt64Array([-1n]),
      new Uint8Array([1, 2, 3, 4]).subarray(1, 3),
      new DataView(new ArrayBuffer(4), 1, 2),
      new Uint8Array([9]).buffer,
      Object(7),
      Object("boxed"),
      Object(true),
      new RangeError("an error as a value"),
    ];
    for (const value of list) w.same(await channel.remote.echo(value), value, w.show(value));
  },

  "sparse arrays, extra keys and null prototypes arrive as structured clone has them": async (w) => {
    const { channel } = await w.pair({}, echo);
    const sparse = [1];
    sparse[2] = 3;
    sparse.extra = "kept";
    const back = await channel.remote.echo(sparse);
    w.equal(back.length, 3);
    w.ok(!(1 in back), "the hole is a hole");
    w.equal(back.extra, "kept");
    const bare = Object.assign(Object.create(null), { a: 1 });
    w.same({ ...(await channel.remote.echo(bare)) }, { a: 1 });
    class Point {
      x = 1;
      get y() {
        return 2;
      }
    }
    w.same(await channel.remote.echo(new Point()), { x: 1 }, "a class loses its prototype");
    w.same(
      await channel.remote.echo({
        get read() {
          return 3;
        },
      }),
      { read: 3 },
      "getters are read",
    );
  },

  "keys that pollute stay keys": async (w) => {
    const { channel } = await w.pair({}, echo);
    const hostile = JSON.parse(
      '{"__proto__": {"polluted": 1}, "constructor": {"prototype": 2}, "then": 3, "toJSON": 4}',
    );
    const back = await channel.remote.echo(hostile);
    w.ok(Object.hasOwn(back, "__proto__"), "its own key");
    w.same(Object.getOwnPropertyDescriptor(back, "__proto__").value, { polluted: 1 });
    w.equal(back.then, 3);
    w.equal({}.polluted, undefined);
  },

  "shared and cyclic references keep their identity": async (w) => {
    const { channel } = await w.pair({}, echo);
    const shared = { n: 1 };
    const value = { a: shared, list: [shared, shared] };
    value.self = value;
    const back = await channel.remote.echo(value);
    w.ok(back !== value, "it is a copy");
    w.equal(back.self, back);
    w.equal(back.list[0], back.a);
    w.equal(back.list[1], back.a);
  },

  "identity holds across the arguments of a call": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      kit.accept({ methods: { alike: (a, b) => a === b } });
    });
    const shared = [1];
    w.equal(await channel.remote.alike(shared, shared), true);
    w.equal(await channel.remote.alike([1], [1]), false);
  },

  "values are taken at the call": async (w) => {
    const { channel } = await w.pair({}, echo);
    const box = { n: 1, list: [1] };
    const bytes = new Uint8Array([1]);
    const answers = [
      channel.remote.echo(box),
      channel.remote.echo(bytes),
      channel.remote.echo(new Map([[1, box]])),
    ];
    box.n = 2;
    box.list.push(2);
    bytes[0] = 2;
    const [plain, array, map] = await Promise.all(answers);
    w.same(plain, { n: 1, list: [1] });
    w.same(array, new Uint8Array([1]));
    w.same(map, new Map([[1, { n: 1, list: [1] }]]));
  },

  "a buffer is copied, unless it is marked to move": async (w) => {
    const { channel } = await w.pair({}, echo);
    const copied = new Uint8Array([1, 2, 3]);
    w.same(await channel.remote.echo(copied), new Uint8Array([1, 2, 3]));
    w.equal(copied.byteLength, 3, "the sender keeps it");
    const moved = new Uint8Array([4, 5]);
    const call = channel.call("echo", [moved], { transfer: [moved.buffer] });
    w.equal(moved.byteLength, 0, "gone when the call returns");
    w.same(await call, new Uint8Array([4, 5]));
    const marked = new Uint8Array([6]);
    const second = channel.remote.echo({ deep: [w.portcullis.transfer(marked, [marked.buffer])] });
    w.equal(marked.byteLength, 0);
    w.same(await second, { deep: [new Uint8Array([6])] });
  },

  "results and events move too": async (w) => {
    const { channel, far } = await w.pair({}, (kit) => {
      kit.state.bytes = new Uint8Array([1, 2]);
      const { transfer } = kit.portcullis;
      kit.accept({ methods: { give: () => transfer(kit.state.bytes, [kit.state.bytes.buffer]) } });
    });
    w.same(await channel.remote.give(), new Uint8Array([1, 2]));
    w.equal(await far.run((kit) => kit.state.bytes.byteLength), 0);
    const heard = w.deferred();
    channel.on("bytes", heard.resolve);
    const left = await far.run((kit) => {
      const bytes = new Uint8Array([3]);
      kit.channel.emit("bytes", bytes, { transfer: [bytes.buffer] });
      return bytes.byteLength;
    });
    w.equal(left, 0);
    w.same(await heard.promise, new Uint8Array([3]));
  },

  "a port moves by itself and works": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      kit.accept({
        methods: {
          talk: ({ port }) => {
            port.onmessage = ({ data }) => port.postMessage(data * 2);
          },
        },
      });
    });
    const { port1, port2 } = new MessageChannel();
    await channel.remote.talk({ port: port2 });
    const answer = w.deferred();
    port1.onmessage = ({ data }) => answer.resolve(data);
    port1.postMessage(21);
    w.equal(await answer.promise, 42);
    port1.close();
  },

  "what cannot move or is marked twice fails its own call, and moves nothing": async (w) => {
    const { channel } = await w.pair({}, echo);
    const bytes = new Uint8Array([1]);
    const twice = channel.call("echo", [bytes], { transfer: [bytes.buffer, bytes.buffer] });
    await w.rejects(twice, "call/not-cloneable");
    w.equal(bytes.byteLength, 1, "it stays");
    const gone = new Uint8Array([2]);
    await channel.call("echo", [gone], { transfer: [gone.buffer] });
    const other = new Uint8Array([3]);
    const again = channel.call("echo", [gone, other], { transfer: [gone.buffer, other.buffer] });
    await w.rejects(again, "call/not-cloneable");
    w.equal(other.byteLength, 1, "its neighbour stays");
    await w.rejects(channel.call("echo", [{}], { transfer: [{}] }), "call/not-cloneable");
    w.equal(await channel.remote.echo(1), 1);
  },

  "a value that cannot be cloned is named by its path": async (w) => {
    const { channel } = await w.pair({}, echo);
    const symbol = await w.rejects(channel.remote.echo({ list: [0, Symbol("x")] }), "call/not-cloneable");
    w.ok(/list.*1/.test(symbol.message), symbol.message);
    await w.rejects(channel.remote.echo(new WeakMap()), "call/not-cloneable");
    await w.rejects(channel.remote.echo(Promise.resolve(1)), "call/not-cloneable");
    w.equal(await channel.remote.echo(1), 1);
  },

  "a result that cannot be cloned fails its call with the path": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      kit.accept({ methods: { bad: () => ({ here: [Symbol("x")] }), good: () => 1 } });
    });
    await w.rejects(channel.remote.bad(), { code: "call/not-cloneable", message: /here/ });
    w.equal(await channel.remote.good(), 1);
  },

  "depth is bounded: N levels pass, N+1 do not": async (w) => {
    const { channel } = await w.pair({ limits: { depth: 10 } }, echo);
    const nested = (levels) => {
      let value = 0;
      for (let level = 0; level < levels; level += 1) value = { value };
      return value;
    };
    w.same(await channel.remote.echo(nested(10)), nested(10));
    await w.rejects(channel.remote.echo(nested(11)), "call/not-cloneable");
    await w.rejects(channel.remote.echo(nested(100_000)), "call/not-cloneable");
    w.equal(await channel.remote.echo(1), 1);
  },

  "names are bounded: N characters pass, N+1 do not": async (w) => {
    const { channel } = await w.pair({ limits: { nameLength: 20 } }, echo);
    const fits = await w.rejects(channel.call("x".repeat(20)), "call/method-not-found");
    w.ok(!fits.message.includes("nameLength"), "twenty characters went to the peer");
    await w.rejects(channel.call("x".repeat(21)), { code: "call/method-not-found", message: /nameLength/ });
    w.throws(() => channel.emit("x".repeat(21)), { code: "call/invalid", message: /nameLength/ });
  },

  "a long text and a large buffer cross whole": async (w) => {
    const { channel } = await w.pair({}, (kit) => {
      kit.accept({ methods: { size: (value) => value.length ?? value.byteLength } });
    });
    w.equal(await channel.remote.size("x".repeat(3_000_000)), 3_000_000);
    w.equal(await channel.remote.size(new ArrayBuffer(5_000_000)), 5_000_000);
  },
};
