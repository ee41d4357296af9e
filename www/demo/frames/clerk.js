import { connect } from "/dist/index.js";
import { find } from "../lib/element.js";
import { origin } from "../lib/places.js";
import { followState, speaker } from "../lib/spoken.js";

const say = speaker(find("spoken"));

const since = new Date().toLocaleTimeString();
const shift = new URLSearchParams(location.search).get("shift") ?? "early";
let served = 0;

find("name").textContent = `A clerk of the ${shift} shift`;
find("since").textContent = since;

const channel = await connect(window.parent, {
  allowedOrigins: origin("host"),
  timeoutMs: 0,
  methods: {
    async serve(number, ms) {
      say(`#${number}: started`);
      this.signal.addEventListener("abort", () => say(`#${number}: the caller has gone`));
      await new Promise((done) => setTimeout(done, ms));
      served += 1;
      find("served").textContent = String(served);
      say(`#${number}: done`);
      return `by the clerk on duty since ${since}`;
    },
  },
});
followState(find("state"), channel);
