import { make } from "./element.js";

/**
 * What came of a trial.
 *
 * @typedef {{ state: "good" | "refused" | "note", text: string }} Outcome
 */

/**
 * A list of things to try, each with its button and its outcome.
 *
 * @param {HTMLElement} place what the list is put into
 * @param {Array<{ title: string, about: string, run(): Promise<Outcome> | Outcome }>} trials
 * @param {{ crossed?: import("./crossings.js").Crossings }} [options] where outcomes are written down as well
 * @returns {() => Promise<void>} tries them all, one after the other
 */
export function showTrials(place, trials, { crossed } = {}) {
  const rows = trials.map((trial) => row(trial, crossed));
  place.classList.add("trials");
  place.append(...rows.map(({ element }) => element));
  return async () => {
    for (const { attempt } of rows) await attempt();
  };
}

/** An outcome out of what was thrown. */
export function refusal(error) {
  return { state: "refused", text: `${error.code ?? error.name}: ${error.message}` };
}

/** One trial and its row. */
function row({ title, about, run }, crossed) {
  const output = make("output", { class: "outcome", hidden: true });
  const button = make("button", {}, "Try");
  const attempt = async () => {
    button.disabled = true;
    output.hidden = false;
    output.dataset.state = "waiting";
    output.textContent = "…";
    const start = performance.now();
    const { state, text } = await outcomeOf(run);
    const took = performance.now() - start;
    output.dataset.state = state;
    output.textContent = text;
    button.disabled = false;
    crossed?.add({ kind: state === "refused" ? "refused" : "out", what: title, why: text, took });
  };
  button.addEventListener("click", attempt);
  const head = make("div", {}, make("h3", {}, title), make("p", { class: "note" }, about));
  return { element: make("article", {}, head, button, output), attempt };
}

async function outcomeOf(run) {
  try {
    return await run();
  } catch (error) {
    return refusal(error);
  }
}
