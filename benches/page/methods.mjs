/** What every guest offers. `witness` is the harness' own port: it tells the host what was received, past the library. */
export function methods(witness) {
  let produced = [];
  if (witness) {
    witness.onmessage = () => {
      witness.postMessage({ produced });
      produced = [];
    };
  }
  return {
    echo: (value) => value,

    *items(count) {
      for (let index = 0; index < count; index++) yield index;
    },

    /** Each chunk carries its index in its first byte; the moment of its making is kept for `peakBuffered`. */
    *chunks(count, bytes) {
      for (let index = 0; index < count; index++) {
        const chunk = new Uint8Array(bytes);
        chunk[0] = index;
        produced.push(performance.timeOrigin + performance.now());
        yield chunk;
      }
    },

    event: (payload) => witness?.postMessage(payload),
  };
}
