import { Crossings } from "./crossings.js";
import { short } from "./places.js";

/** What each reason means, in a sentence for a visitor. */
const MEANINGS = {
  WrongSource: "It came from a window that this gate is not bound to.",
  OriginNotAllowed: "Its origin is not on the list.",
  OpaqueOrigin: "It comes from a page without an origin of its own.",
  Untrusted: "A script made the event up; no window sent it.",
  WrongVersion: "It speaks another version of the protocol.",
  WrongChannel: "Nobody here listens on a channel of that name.",
  WrongNonce: "It does not know the secret of this handshake.",
  Malformed: "It is not shaped like anything the protocol knows.",
  TooLarge: "It is larger than the limits allow.",
};

/** The list of refused messages, with the number of them. */
export class Refusals {
  #list;
  #count;
  #total = 0;

  constructor(list, count) {
    this.#list = new Crossings(list, { empty: "Nobody has tried yet." });
    this.#count = count;
  }

  /**
   * @param {string} gate the origin whose gate refused it
   * @param {import("/dist/index.js").InspectorEvent} event as the channel's `log` reports it
   */
  add(gate, event) {
    if (event.type !== "refused") return;
    this.#total += 1;
    this.#count.textContent = `${this.#total} refused`;
    this.#list.add({
      kind: "refused",
      what: `${short(event.origin)} → ${short(gate)}`,
      why: `${event.reason}: ${MEANINGS[event.reason] ?? event.message ?? ""}`,
    });
  }
}
