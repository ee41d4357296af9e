/** The cold page: nothing of the library is loaded until the sample is taken; an empty frame keeps the guest's process alive. */
import { connected, frame, loaded } from "./frames.mjs";

const script = `./library.js${location.search}`;
const kept = loaded(frame("empty.html"));

globalThis.bench = {
  async grow() {
    await kept;
  },

  async sample() {
    const start = performance.now();
    const { connect } = await import(script);
    await connected(connect);
    return { ms: performance.now() - start, operations: 1 };
  },
};
