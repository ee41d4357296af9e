/**
 * Makes an element. Text becomes text nodes only: nothing that a peer says is ever parsed as HTML,
 * and the pages run under Trusted Types without a policy of their own.
 *
 * @param {string} name
 * @param {Record<string, unknown>} [properties] DOM properties; names with a dash become attributes,
 *   functions named `on…` become listeners
 * @param {...(Node | string | number | null | undefined)} children
 */
export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on") && typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (key === "class") element.className = String(value);
    else if (key.includes("-") || !(key in element))
      element.setAttribute(key, value === true ? "" : String(value));
    else element[key] = value;
  }
  element.append(...children.filter((child) => child !== null && child !== undefined).map(asNode));
  return element;
}

/** The element with this id; a page whose script and markup disagree fails loudly. */
export function find(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no element #${id}`);
  return element;
}

/** Shows a state, in words and for the style sheet. */
export function showState(badge, state, text = state) {
  badge.dataset.state = state;
  badge.textContent = text;
}

/** Shows what came of something. */
export function showOutcome(output, state, text) {
  output.dataset.state = state;
  output.textContent = text;
}

function asNode(child) {
  return child instanceof Node ? child : document.createTextNode(String(child));
}
