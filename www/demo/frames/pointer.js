import { connect } from "/dist/index.js";
import { find, make } from "../lib/element.js";
import { origin } from "../lib/places.js";

const STEP = 0.05;
const FADE_MS = 4_000;
const name = location.hostname.split(".")[0];
const field = find("field");
const others = new Map();
const own = { name, x: 0.5, y: 0.5 };

field.addEventListener("pointermove", (event) => {
  const box = field.getBoundingClientRect();
  move((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
});
field.addEventListener("keydown", (event) => {
  const by = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[
    event.key
  ];
  if (!by) return;
  event.preventDefault();
  move(own.x + by[0], own.y + by[1]);
});

let channel;
try {
  channel = await connect(window.parent, { allowedOrigins: origin("host"), timeoutMs: 8_000 });
  find("said").textContent = `${name} is in`;
  channel.on("pointer", showOther);
  channel.on("colour", (hue) => {
    document.documentElement.style.setProperty("--hue", String(hue));
    find("said").textContent = `the hub says: hue ${hue}`;
  });
} catch (error) {
  find("said").textContent = `${error.code}: nobody answered`;
}

function move(x, y) {
  own.x = Math.min(1, Math.max(0, x));
  own.y = Math.min(1, Math.max(0, y));
  place(name, own, true);
  if (channel?.state === "open") channel.emit("pointer", own);
}

function showOther(pointer) {
  if (pointer?.name !== name) place(String(pointer.name).slice(0, 20), pointer, false);
}

function place(who, { x, y }, mine) {
  let dot = others.get(who);
  if (!dot) {
    dot = make("span", { class: mine ? "dot mine" : "dot" }, who);
    others.set(who, dot);
    field.append(dot);
  }
  dot.style.setProperty("--x", String(Number(x)));
  dot.style.setProperty("--y", String(Number(y)));
  dot.classList.remove("old");
  clearTimeout(dot.fading);
  dot.fading = setTimeout(() => dot.classList.add("old"), FADE_MS);
}
