import { make } from "./element.js";

const PAGES = [
  {
    title: "Channels",
    pages: [
      { file: "./", title: "Overview", about: "A live channel, and a frame that is refused." },
      { file: "streams.html", title: "Streams", about: "A slow reader stops the writer within its window." },
      {
        file: "callbacks.html",
        title: "Callbacks and aborts",
        about: "Functions and abort signals cross as live counterparts.",
      },
      { file: "hub.html", title: "Hub", about: "Many frames, one meeting point, rights by topic." },
      {
        file: "siblings.html",
        title: "Siblings",
        about: "Two frames get a direct port through a page both trust.",
      },
      {
        file: "reconnect.html",
        title: "Reconnect",
        about: "Reload, navigate or remove the frame, and see what becomes of calls.",
      },
    ],
  },
  {
    title: "One-shot transports",
    pages: [
      {
        file: "policy.html",
        title: "Same-origin policy",
        about: "What a page may not do to another origin, tried out.",
      },
      {
        file: "jsonp.html",
        title: "JSONP",
        about: "Script injection, kept in a frame that can touch nothing.",
      },
      {
        file: "beacons.html",
        title: "Beacons",
        about: "Reports that outlive the page, and what each way carries.",
      },
      { file: "cors.html", title: "CORS", about: "Predict the preflight, read the verdict, find the cause." },
      {
        file: "proxy.html",
        title: "Proxy routes",
        about: "One route table for the page, the server and nginx.",
      },
      {
        file: "window-name.html",
        title: "window.name",
        about: "The old way through a hidden frame, without the old holes.",
      },
      {
        file: "domain.html",
        title: "document.domain",
        about: "Judged by its effect, with the reason when it has none.",
      },
      {
        file: "storage.html",
        title: "Storage",
        about: "Another origin's storage, by its consent and key by key.",
      },
    ],
  },
  {
    title: "Measure",
    pages: [
      {
        file: "benchmark.html",
        title: "Benchmark",
        about: "In your browser: calls, streams and buffers beside the bare port.",
      },
    ],
  },
];

const THEMES = ["system", "light", "dark"];

/** Puts the navigation before the page's own content. */
export function buildShell() {
  document.body.classList.add("page");
  const main = document.querySelector("main");
  if (main) main.id = "main";
  const side = make("div", { class: "side" });
  const menu = make("button", { class: "menu", "aria-expanded": "false" }, "Menu");
  menu.addEventListener("click", () => {
    menu.setAttribute("aria-expanded", String(side.classList.toggle("open")));
  });
  side.append(
    make("a", { class: "brand", href: "./" }, gateSign(), "Portcullis"),
    menu,
    make("nav", { "aria-label": "Playground" }, ...PAGES.map(group)),
    make("div", { class: "foot" }, make("span", {}, "Playground"), themeButton()),
  );
  document.body.prepend(make("a", { class: "skip button", href: "#main" }, "Skip to the page"), side);
}

/** The pages of the playground for the overview's tiles, without the overview itself. */
export function otherPages() {
  return PAGES.flatMap((part) => part.pages).filter(({ file }) => file !== "./");
}

function group({ title, pages }) {
  const here = location.pathname.split("/").pop() || "./";
  const item = ({ file, title: name }) => {
    const current = file === here || (file === "./" && here === "index.html");
    return make("li", {}, make("a", { href: file, "aria-current": current ? "page" : null }, name));
  };
  return make("section", {}, make("h2", {}, title), make("ul", {}, ...pages.map(item)));
}

function gateSign() {
  const svg = "http://www.w3.org/2000/svg";
  const sign = document.createElementNS(svg, "svg");
  sign.setAttribute("viewBox", "0 0 24 24");
  sign.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg, "path");
  path.setAttribute(
    "d",
    "M4 21V10a8 8 0 0 1 16 0v11M8 4v13l-1.5 2M12 2v16.5L12 21M16 4v13l1.5 2M4 10h16M4 15.5h16",
  );
  path.setAttribute("fill", "none");
  path.setAttribute("stroke", "currentColor");
  path.setAttribute("stroke-width", "1.8");
  path.setAttribute("stroke-linecap", "round");
  path.setAttribute("stroke-linejoin", "round");
  sign.append(path);
  return sign;
}

function themeButton() {
  const { theme } = globalThis;
  const button = make("button", { title: "Colours of the page" }, theme.choice);
  button.addEventListener("click", () => {
    theme.choose(THEMES[(THEMES.indexOf(theme.choice) + 1) % THEMES.length]);
    button.textContent = theme.choice;
  });
  return button;
}
