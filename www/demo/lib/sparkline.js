const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 240;
const HEIGHT = 48;

/** The last few measurements as a line, drawn without any style that a strict policy forbids. */
export class Sparkline {
  #values = [];
  #size;
  #line;
  #area;
  #root;

  /**
   * @param {HTMLElement} place what the drawing replaces the content of
   * @param {{ size?: number, label?: string }} [options]
   */
  constructor(place, { size = 60, label = "recent measurements" } = {}) {
    this.#size = size;
    this.#root = draw("svg", {
      class: "sparkline",
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": label,
    });
    this.#area = draw("path", { class: "area" });
    this.#line = draw("path", { class: "line" });
    this.#root.append(this.#area, this.#line);
    place.replaceChildren(this.#root);
  }

  push(value) {
    this.#values.push(value);
    if (this.#values.length > this.#size) this.#values.shift();
    this.#draw();
  }

  clear() {
    this.#values = [];
    this.#draw();
  }

  /** The middle one of the values shown; NaN before the first. */
  get median() {
    return [...this.#values].sort((a, b) => a - b)[this.#values.length >> 1] ?? Number.NaN;
  }

  get least() {
    return Math.min(...this.#values);
  }

  #draw() {
    // One slow outlier must not press the rest flat: the scale follows the 95th percentile.
    const sorted = [...this.#values].sort((a, b) => a - b);
    const top = (sorted[Math.floor(sorted.length * 0.95)] ?? 1) * 1.35 || 1;
    const x = (index) => (WIDTH * index) / Math.max(1, this.#size - 1);
    const y = (value) => HEIGHT - 3 - (HEIGHT - 8) * Math.min(1, value / top);
    const points = this.#values.map((value, index) => `${x(index).toFixed(1)} ${y(value).toFixed(1)}`);
    const line = points.length ? `M${points.join("L")}` : "";
    this.#line.setAttribute("d", line);
    this.#area.setAttribute(
      "d",
      points.length > 1 ? `${line}L${x(points.length - 1).toFixed(1)} ${HEIGHT}L0 ${HEIGHT}Z` : "",
    );
  }
}

function draw(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
