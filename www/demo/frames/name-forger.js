import { page } from "../lib/places.js";

// It has read the question, and knows where the asker's blank page is; the secret in its answer is a guess.
window.name = window.name.replace(/[0-9a-f]{32}/, "0".repeat(32));
location.replace(page("host", "frames/blank.html"));
