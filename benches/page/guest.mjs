/** The guest page: offers the methods through the library under test (`./serve.js`, bundled per library). */
import { serve } from "library";
import { methods } from "./methods.mjs";

const query = new URLSearchParams(location.search);
const origin = query.get("host");
let witness;
if (query.has("witness")) {
  const { port1, port2 } = new MessageChannel();
  parent.postMessage("witness", origin, [port2]);
  witness = port1;
}
serve({ origin, methods: methods(witness) });
