import { make } from "./element.js";

/**
 * A function that says a line at the top of a short list.
 *
 * @param {HTMLElement} list a `<ul>`
 * @param {number} [most] how many lines are shown
 */
export function speaker(list, most = 5) {
  return (text) => {
    list.prepend(make("li", {}, text));
    while (list.children.length > most) list.lastElementChild?.remove();
  };
}

/** Shows a channel's state in a badge, now and at every change. */
export function followState(badge, channel) {
  const show = (state) => {
    badge.dataset.state = state;
    badge.textContent = state;
  };
  show(channel.state);
  channel.onStateChange(show);
}
