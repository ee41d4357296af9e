import { connect, transfer } from "/dist/index.js";
import { origin } from "../lib/places.js";

addEventListener("message", (event) => {
  if (event.source === window.parent && event.origin === origin("host") && event.data === "bench")
    serve(event.ports[0]);
});

await connect(window.parent, {
  allowedOrigins: origin("host"),
  timeoutMs: 0,
  methods: {
    add: (a, b) => a + b,
    give: (buffer) => transfer(buffer, [buffer]),
    async *items(count) {
      for (let item = 1; item <= count; item += 1) yield item;
    },
  },
});

/** The reference: the same work, by hand. */
function serve(port) {
  port.onmessage = ({ data }) => {
    const { what, id } = data;
    if (what === "add") port.postMessage({ id, value: data.a + data.b });
    else if (what === "batch")
      port.postMessage({ id, value: data.calls.map(([call, a, b]) => [call, a + b]) });
    else if (what === "give") port.postMessage({ id, value: data.buffer }, [data.buffer]);
    else if (what === "items") {
      for (let item = 1; item <= data.count; item += 1) port.postMessage({ item });
    }
  };
  port.postMessage("ready");
}
