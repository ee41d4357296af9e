import { connect } from "/dist/index.js";
import { find } from "../lib/element.js";
import { origin } from "../lib/places.js";
import { followState, speaker } from "../lib/spoken.js";

const say = speaker(find("spoken"));

const PIECE = 64 * 1024;

const channel = await connect(window.parent, {
  allowedOrigins: origin("host"),
  timeoutMs: 0,
  methods: {
    blob,
    async *numbers(count) {
      let given = 0;
      try {
        while (given < count) {
          given += 1;
          yield given;
        }
      } finally {
        say(given === count ? `gave all ${count} numbers` : `the reader left after ${given} numbers`);
      }
    },
    async *failing(after) {
      for (let item = 1; item <= after; item += 1) yield item;
      throw new RangeError("the well is dry");
    },
    async sum(numbers) {
      let total = 0;
      for await (const number of numbers) total += number;
      say("summed what the page sent");
      return total;
    },
  },
});
followState(find("state"), channel);

/** So many bytes, made only as they are pulled. */
function blob(bytes) {
  let written = 0;
  return new ReadableStream(
    {
      pull(controller) {
        const size = Math.min(PIECE, bytes - written);
        written += size;
        controller.enqueue(new Uint8Array(size));
        show(written);
        channel.emit("written", written);
        if (written === bytes) {
          controller.close();
          say("wrote it all");
        }
      },
      cancel(reason) {
        say(`stopped at ${Math.round(written / PIECE)} pieces: ${reason}`);
      },
    },
    { highWaterMark: 0 },
  );
}

function show(written) {
  find("written").textContent = `${(written / 1024 / 1024).toFixed(2)} MiB`;
  find("pieces").textContent = Math.ceil(written / PIECE).toLocaleString();
}
