import { element, setText, size } from "./dom.js";
import type { InspectedEvent, Inspection } from "./inspection.js";
import { rowOf, updateRow } from "./row.js";
import { STYLE } from "./style.js";

const NAME = "portcullis-inspector";
/** Rows shown; the record holds more. */
const ROWS = 200;
/** Milliseconds between two looks at the record while it changes. */
const PACE = 60;
/** Milliseconds between two announcements. */
const QUIET = 1_500;

const HOUSEKEEPING = /^(open|name|release|credit|ping|pong|lost|suspend|resume)$/;
/** What "Show" offers, and what of the record each means. */
const VIEWS: Record<string, (entry: InspectedEvent) => boolean> = {
  "All but housekeeping": ({ kind, frame = "" }) => kind === "state" || !HOUSEKEEPING.test(frame),
  Calls: ({ frame = "" }) => /^(call|reply|fail|cancel|notify)$/.test(frame),
  Events: ({ frame }) => frame === "event",
  Streams: ({ frame = "" }) => /^(item|end|reset|credit|stop)$/.test(frame),
  "Failures and refusals": ({ kind, fate = "" }) => /^(refused|dropped)$/.test(kind) || fate.includes("/"),
  "Every frame": () => true,
};
const COUNTED = [
  ["calls", "Calls"],
  ["answered", "Answered"],
  ["failed", "Failed"],
  ["oneWay", "One-way"],
  ["refused", "Refused"],
  ["dropped", "Dropped"],
] as const;

/** In a worker or in Node there is no such class, and no element either. */
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;
let sheet: CSSStyleSheet | undefined;

declare global {
  interface HTMLElementTagNameMap {
    "portcullis-inspector": PortcullisInspector;
  }
}

/** Defines the element, once, where there are elements. */
export function defineElement(): void {
  if (globalThis.customElements && !customElements.get(NAME))
    customElements.define(NAME, PortcullisInspector);
}

/**
 * `<portcullis-inspector>`: shows an {@link Inspection}, newest first, with pause, filters and export.
 *
 * Its height is bounded by the custom property `--portcullis-inspector-height`; its colours follow `color-scheme`.
 */
export class PortcullisInspector extends Base {
  #inspection: Inspection | undefined;
  #stop: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #quiet: ReturnType<typeof setTimeout> | undefined;
  #sayings: string[] = [];
  #url: string | undefined;
  /** What was announced of the record already. */
  #told: InspectedEvent | undefined;
  readonly #rows = new WeakMap<InspectedEvent, HTMLTableRowElement>();
  readonly #view = element("select");
  readonly #find = element("input", { type: "search", placeholder: "method, origin, reason, code" });
  readonly #values = element("input", { type: "checkbox" });
  readonly #pause = element("button", { type: "button", ariaPressed: "false" }, "Pause");
  readonly #counts = COUNTED.map(() => element("dd", {}, "0"));
  readonly #table = element("table");
  readonly #body = element("tbody");
  readonly #empty = element("p", { className: "empty" });
  readonly #foot = element("span");
  readonly #bytes = element("span");
  readonly #status = element("p", { className: "hidden", role: "status", ariaLive: "polite" });

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLE);
    }
    root.adoptedStyleSheets = [sheet];
    this.#view.append(...Object.keys(VIEWS).map((name) => element("option", {}, name)));
    const clear = element("button", { type: "button" }, "Clear");
    const save = element("button", { type: "button" }, "Export JSON");
    this.#pause.addEventListener("click", () => this.#setPaused());
    clear.addEventListener("click", () => {
      this.#inspection?.clear();
      this.#say("Timeline cleared");
    });
    save.addEventListener("click", () => this.#export());
    this.#values.addEventListener("change", () => {
      if (this.#inspection) this.#inspection.values = this.#values.checked;
      this.#say(this.#values.checked ? "Values are kept from now on" : "Values are no longer kept");
    });
    for (const control of [this.#view, this.#find]) {
      control.addEventListener("input", () => {
        this.#render();
        this.#say(this.#foot.textContent ?? "");
      });
    }
    const bar = element("div", { className: "bar", role: "group", ariaLabel: "Inspector controls" });
    bar.append(
      this.#pause,
      clear,
      save,
      element("label", {}, "Show ", this.#view),
      element("label", { className: "find" }, "Find ", this.#find),
      element("label", {}, this.#values, " Values"),
    );
    const counts = element("dl");
    counts.append(
      ...COUNTED.map(([key, name], index) =>
        element(
          "div",
          { className: key === "failed" || key === "refused" || key === "dropped" ? "alarm" : "" },
          element("dt", {}, name),
          this.#counts[index] as Node,
        ),
      ),
    );
    const head = element("tr");
    for (const [name, className = ""] of [
      ["Time", "time"],
      ["Way"],
      ["Kind"],
      ["Peer", "peer"],
      ["Method or reason", "what"],
      ["Latency", "number"],
      ["Size", "number"],
      ["Fate"],
    ] as const) {
      head.append(element("th", { scope: "col", className }, name));
    }
    this.#table.append(
      element("caption", { className: "hidden" }, "Frames that crossed, newest first"),
      element("thead", {}, head),
      this.#body,
    );
    const scroll = element("div", {
      className: "scroll",
      role: "region",
      ariaLabel: "Timeline",
      tabIndex: 0,
    });
    scroll.append(this.#table, this.#empty);
    const foot = element("p", { className: "foot" }, this.#foot, this.#bytes);
    const section = element("section", { ariaLabel: "Channel inspector" });
    section.append(bar, counts, scroll, foot, this.#status);
    root.append(section);
  }

  /** What is shown. */
  get inspection(): Inspection | undefined {
    return this.#inspection;
  }

  set inspection(inspection: Inspection | undefined) {
    this.#inspection = inspection;
    this.#told = inspection?.entries.at(-1);
    this.#follow();
  }

  connectedCallback(): void {
    // What was set before the element was defined is a property of its own that hides the setter.
    const early = Object.getOwnPropertyDescriptor(this, "inspection");
    if (early) {
      Reflect.deleteProperty(this, "inspection");
      this.inspection = early.value as Inspection;
    } else this.#follow();
  }

  disconnectedCallback(): void {
    this.#follow();
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = undefined;
  }

  /** Listens while there is something to show and somewhere to show it. */
  #follow(): void {
    this.#stop?.();
    this.#stop = undefined;
    clearTimeout(this.#timer);
    clearTimeout(this.#quiet);
    this.#timer = this.#quiet = undefined;
    if (!this.#inspection || !this.isConnected) return;
    this.#stop = this.#inspection.onChange(() => {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#render();
        this.#announce();
      }, PACE);
    });
    this.#render();
  }

  #setPaused(): void {
    const inspection = this.#inspection;
    if (!inspection) return;
    inspection.paused = !inspection.paused;
    this.#render();
    this.#say(inspection.paused ? "Paused: nothing new is kept" : "Going on");
  }

  #export(): void {
    if (!this.#inspection) return;
    if (this.#url) URL.revokeObjectURL(this.#url);
    const text = JSON.stringify(this.#inspection, null, 2);
    this.#url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    const link = element("a", { href: this.#url, download: "portcullis.json" });
    link.click();
    this.#say("Exported");
  }

  #render(): void {
    const inspection = this.#inspection;
    if (!inspection) return;
    const { entries, counters, paused, since } = inspection;
    const shown = this.#chosen(entries);
    let at: ChildNode | null = this.#body.firstChild;
    for (const entry of shown) {
      let row = this.#rows.get(entry);
      if (!row) {
        row = rowOf(entry, since);
        this.#rows.set(entry, row);
      }
      updateRow(row, entry);
      if (row === at) at = at.nextSibling;
      else this.#body.insertBefore(row, at);
    }
    while (at) {
      const next: ChildNode | null = at.nextSibling;
      at.remove();
      at = next;
    }
    for (const [index, [key]] of COUNTED.entries()) {
      const count = this.#counts[index] as HTMLElement;
      setText(count, counters[key].toLocaleString());
      count.parentElement?.toggleAttribute("data-none", counters[key] === 0);
    }
    this.#table.toggleAttribute("data-many", inspection.channels > 1);
    this.#values.checked = inspection.values;
    this.#pause.setAttribute("aria-pressed", String(paused));
    setText(this.#pause, paused ? "Resume" : "Pause");
    this.#empty.hidden = shown.length > 0;
    setText(this.#empty, entries.length ? "Nothing fits the filter." : "Nothing has crossed yet.");
    const missed = counters.missed ? `, ${counters.missed.toLocaleString()} not kept while paused` : "";
    const latest = shown.length === ROWS ? `the latest ${ROWS}` : String(shown.length);
    setText(this.#foot, `${latest} of ${entries.length.toLocaleString()} shown${missed}`);
    setText(this.#bytes, `${size(counters.bytesOut)} out, ${size(counters.bytesIn)} in`);
  }

  /** The newest entries that fit what is asked for, newest first. */
  #chosen(entries: readonly InspectedEvent[]): InspectedEvent[] {
    const fits = VIEWS[this.#view.value] as (entry: InspectedEvent) => boolean;
    const text = this.#find.value.trim().toLowerCase();
    const chosen: InspectedEvent[] = [];
    for (let i = entries.length - 1; i >= 0 && chosen.length < ROWS; i--) {
      const entry = entries[i] as InspectedEvent;
      if (!fits(entry)) continue;
      const { frame, method, origin, channel, reason, fate, kind } = entry;
      if (
        text &&
        ![frame, method, origin, channel, reason, fate, kind].join(" ").toLowerCase().includes(text)
      )
        continue;
      chosen.push(entry);
    }
    return chosen;
  }

  /** Says what a listener must know without looking: refusals and changes of state, not every frame. */
  #announce(): void {
    const entries = this.#inspection?.entries ?? [];
    const from = this.#told ? entries.lastIndexOf(this.#told) + 1 : 0;
    this.#told = entries.at(-1);
    let refused = 0;
    for (const { kind, frame, origin } of entries.slice(from)) {
      if (kind === "state") this.#say(`${origin || "The channel"} is ${frame}`);
      else if (kind === "refused" || kind === "dropped") refused += 1;
    }
    if (refused) this.#say(refused === 1 ? "One message refused" : `${refused} messages refused`);
  }

  /** Speaks at once after a pause, else together with what else came meanwhile. */
  #say(text: string): void {
    this.#sayings.push(text);
    if (this.#quiet !== undefined) return;
    const speak = (): void => {
      this.#quiet = undefined;
      if (!this.#sayings.length) return;
      setText(this.#status, this.#sayings.splice(0).slice(-3).join(". "));
      this.#quiet = setTimeout(speak, QUIET);
    };
    speak();
  }
}
