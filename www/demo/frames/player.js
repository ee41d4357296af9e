import { acceptIntroduction, connect } from "/dist/index.js";
import { find, showState } from "../lib/element.js";
import { origin, short } from "../lib/places.js";
import { followState } from "../lib/spoken.js";

const RALLY = 2_000;
const side = location.hostname.startsWith("left") ? "left" : "right";
const opposite = side === "left" ? "right" : "left";
let strokes = 0;
let shown = 0;

find("name").textContent = `The ${side} player`;
let other;
const channel = await connect(window.parent, {
  allowedOrigins: origin("host"),
  timeoutMs: 0,
  methods: { serve: () => other?.remote.play(RALLY).catch(say) },
});
showState(find("state"), "waiting", "alone");

other = await acceptIntroduction(channel, {
  allowedOrigins: origin(opposite),
  timeoutMs: 0,
  methods: {
    /** Plays the ball back until the rally is over. */
    play(left) {
      strokes += 1;
      if (left > 0) other.remote.play(left - 1).catch(say);
    },
  },
});
followState(find("state"), other);
find("other").textContent = `A port straight to ${short(other.origin)}.`;

requestAnimationFrame(function show() {
  find("strokes").textContent = strokes.toLocaleString();
  find("court").classList.toggle("here", strokes % 2 === 1);
  requestAnimationFrame(show);
});
setInterval(() => {
  find("rate").textContent = (strokes - shown).toLocaleString();
  shown = strokes;
}, 1_000);

function say(error) {
  find("other").textContent = error.message;
}
