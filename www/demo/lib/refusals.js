import { Crossings } from "./crossings.js";
import { short } from "./places.js";

/** The list of what was refused, and by whose gate. */
export class Refusals {
  #list;
  #count;
  #total = 0;

  /**
   * @param {HTMLElement} list an `<ol>`
   * @param {HTMLElement} count shows how many causes there were
   */
  constructor(list, count) {
    this.#list = new Crossings(list, { empty: "Nobody has tried yet." });
    this.#count = count;
  }

  /**
   * @param {string} gate the origin whose gate refused it
   * @param {{ kind: string, origin: string, reason?: string }} event as a channel's `log` reports it, once per cause
   */
  add(gate, { kind, origin, reason }) {
    if (kind !== "refused" && kind !== "dropped") return;
    this.#total += 1;
    this.#count.textContent = this.#total === 1 ? "1 cause" : `${this.#total} causes`;
    this.#list.add({ kind: "refused", what: `${short(origin)} → ${short(gate)}`, why: reason });
  }
}
