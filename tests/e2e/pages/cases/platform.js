// What only a browser has, as values: copied, moved by itself, moved where it is marked, or refused with its path.

/** A frame of another site that gives back what it gets, and says of what class it was there. */
async function echoing(t) {
  const guest = await t.frame({ origin: t.origins.guest });
  await guest.run((kit, host) => {
    const classOf = (value) => Object.prototype.toString.call(value).slice(8, -1);
    kit.portcullis.connect(parent, {
      allowedOrigins: host,
      timeoutMs: 0,
      methods: {
        echo: (value) => value,
        classOf: ({ held }) => classOf(held),
        width: ({ held }) => held.width,
        write: async ({ held }, text) => {
          const writer = held.getWriter();
          await writer.write(text);
          await writer.close();
        },
      },
    });
  }, t.origins.host);
  return t.connect(guest.element, { allowedOrigins: t.origins.guest });
}

export const cases = {
  "an OffscreenCanvas moves by itself, or its call fails alone": async (t) => {
    t.ok(t.fact("offscreenCanvas"), "where an engine has none, there is nothing to send");
    const { remote } = await echoing(t);
    const canvas = new OffscreenCanvas(3, 2);
    const width = remote.width({ held: canvas });
    t.equal(canvas.width, 0, "it is here no more");
    if (t.fact("offscreenCanvasToOtherSite") === "message") t.equal(await width, 3);
    else await t.rejects(width, "call/not-cloneable");
    t.equal(await remote.echo(1), 1, "the channel goes on");
  },

  "an ImageBitmap is copied, moves where it is marked, or its call fails alone": async (t) => {
    const { remote } = await echoing(t);
    const bitmap = await createImageBitmap(new ImageData(2, 1));
    const crosses = t.fact("imageBitmapToOtherSite") === "message";
    const settles = async (width) =>
      crosses ? t.equal(await width, 2) : t.rejects(width, "call/not-cloneable");
    await settles(remote.width({ held: bitmap }));
    t.equal(bitmap.width, 2, "a copy went");
    await settles(remote.width(t.portcullis.transfer({ held: bitmap }, [bitmap])));
    t.equal(bitmap.width, 0, "it is here no more");
    await t.rejects(remote.width({ held: bitmap }), { code: "call/not-cloneable", message: /held.*closed/ });
    t.equal(await remote.echo(1), 1, "the channel goes on");
  },

  "blobs, files, pictures and keys come back whole": async (t) => {
    const { remote } = await echoing(t);
    const blob = await remote.echo(new Blob(["a", "b"], { type: "text/x" }));
    t.same([blob.constructor, blob.type, await blob.text()], [Blob, "text/x", "ab"]);
    const file = await remote.echo(new File(["c"], "name.txt", { lastModified: 5 }));
    t.same([file.constructor, file.name, file.lastModified, await file.text()], [File, "name.txt", 5, "c"]);
    const picture = await remote.echo(new ImageData(new Uint8ClampedArray([1, 2, 3, 4]), 1));
    t.same([picture.constructor, picture.width, [...picture.data]], [ImageData, 1, [1, 2, 3, 4]]);
    const made = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const key = await remote.echo(made);
    t.same([key.constructor, key.extractable, key.usages], [CryptoKey, false, ["sign"]]);
    t.ok((await crypto.subtle.sign("HMAC", key, new Uint8Array(1))).byteLength === 32, "it signs");
  },

  "a ReadableStream is found by itself in every engine, a writable one is named by its path": async (t) => {
    const { remote } = await echoing(t);
    const source = new ReadableStream({
      start(controller) {
        controller.enqueue("through");
        controller.close();
      },
    });
    t.equal(await remote.classOf({ held: source }), "ReadableStream");
    const transform = new TransformStream();
    for (const held of [transform, transform.writable])
      await t.rejects(remote.classOf({ held }), { code: "call/not-cloneable", message: /held/ });
  },

  "a writable stream moves where it is marked and the engine can": async (t) => {
    const channel = await echoing(t);
    const written = [];
    let held;
    // The far end has done its part before everything is here.
    const closed = new Promise((close) => {
      held = new WritableStream({ write: (text) => void written.push(text), close });
    });
    const call = channel.call("write", [{ held }, "there"], { transfer: [held] });
    if (t.fact("readableStreamMoves") === "fine") {
      await Promise.all([call, closed]);
      t.same(written, ["there"]);
    } else await t.rejects(call, "call/not-cloneable");
    t.equal(await channel.remote.echo(1), 1, "the channel goes on");
  },
};
