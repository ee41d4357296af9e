import { make } from "./element.js";

const ARROWS = { out: "→", in: "←", refused: "⊘", note: "·" };
const clock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hour12: false,
});

/** The list of what crossed between two pages, newest first. */
export class Crossings {
  #list;
  #limit;
  #empty;

  /**
   * @param {HTMLElement} list an `<ol>`
   * @param {{ limit?: number, empty?: string }} [options]
   */
  constructor(list, { limit = 60, empty = "Nothing has crossed yet." } = {}) {
    this.#list = list;
    this.#limit = limit;
    this.#empty = empty;
    list.classList.add("crossings");
    list.setAttribute("role", "log");
    list.tabIndex = 0;
    this.clear();
  }

  /**
   * @param {{ kind: "out" | "in" | "refused" | "note", what: string, why?: string, took?: number | string }} crossing
   */
  add({ kind, what, why, took }) {
    const words = { out: "sent", in: "received", refused: "refused", note: "" };
    const row = make(
      "li",
      { "data-kind": kind },
      make("time", {}, clock.format(new Date())),
      make("span", { class: "way", title: words[kind] }, ARROWS[kind]),
      make(
        "span",
        { class: "what" },
        make("code", {}, what),
        why ? make("span", { class: "why" }, why) : null,
      ),
      make("span", { class: "took" }, typeof took === "number" ? milliseconds(took) : took),
    );
    this.#list.querySelector(".empty")?.remove();
    this.#list.prepend(row);
    while (this.#list.children.length > this.#limit) this.#list.lastElementChild?.remove();
    return row;
  }

  clear() {
    this.#list.replaceChildren(make("li", { class: "empty" }, this.#empty));
  }
}

/** A duration, short. */
export function milliseconds(value) {
  if (value < 1) return `${Math.round(value * 1000)} µs`;
  if (value < 100) return `${value.toFixed(1)} ms`;
  return value < 10_000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(1)} s`;
}

/** A value as a reader of a log wants it: one line, not too long. */
export function brief(value, most = 90) {
  let text;
  if (typeof value === "string") text = JSON.stringify(value);
  else if (typeof value === "function") text = "ƒ";
  else if (value instanceof Error) text = `${value.name}: ${value.message}`;
  else if (value && typeof value === "object") text = briefObject(value);
  else text = String(value);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function briefObject(value) {
  try {
    return JSON.stringify(value) ?? Object.prototype.toString.call(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}
