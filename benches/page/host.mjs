/** The host page: keeps connected frames and takes samples when the harness asks. */
import { connected } from "./frames.mjs";
import * as library from "./library.js";
import { samples } from "./samples.mjs";

const frames = [];

globalThis.bench = {
  /** Frames connected in all. */
  async grow(count) {
    while (frames.length < count) frames.push(await connected(library.connect, { witness: true }));
    return frames.length;
  },

  sample(name, options) {
    const [first] = frames;
    return samples[name](
      { ...first, frames, connect: library.connect, broadcast: library.broadcast },
      options,
    );
  },
};
