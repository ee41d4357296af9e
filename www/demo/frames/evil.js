import { find, make } from "../lib/element.js";

/** The greeting's parts as docs/protocol.md lays them down. */
const TAG = "portcullis";
const VERSION = 1;
const [HELLO, WELCOME, READY, , OFFER] = [0, 1, 2, 3, 4];
const FLOOD = 500;

let posted = 0;
let answers = 0;

const ATTACKS = [
  ["Say hello as the desk", () => tell(window.parent, greeting(HELLO))],
  ["Welcome a host that never asked", () => tell(window.parent, greeting(WELCOME, nonce()))],
  ["Hand over a port", () => tell(window.parent, greeting(READY, nonce()), port())],
  ["Offer a port as a sandboxed page", () => tell(window.parent, greeting(OFFER), port())],
  ["Forge new rates", () => tell(window.parent, [1, 0, 3, 5, 0, 1, { EUR: 1, CHF: 0.01 }])],
  ["Speak to the desk as its host", () => tell(window.parent.frames[0], greeting(HELLO))],
  [`All of it, ${FLOOD} times`, flood],
];

find("attacks").append(
  ...ATTACKS.map(([name, attack]) => make("button", { class: "danger", onclick: attack }, name)),
);
addEventListener("message", () => {
  answers += 1;
  show();
});

// In the place of a page that has just left, it does not wait to be asked.
if (location.search === "?eager") tell(window.parent, greeting(HELLO));

function flood() {
  for (let turn = 0; turn < FLOOD; turn += 1) ATTACKS[turn % (ATTACKS.length - 1)]?.[1]();
}

function tell(target, message, transfer = []) {
  target.postMessage(message, "*", transfer);
  posted += 1;
  show();
}

function greeting(kind, yours = "") {
  return [TAG, VERSION, "", kind, nonce(), yours];
}

function port() {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    answers += 1;
    show();
  };
  return [port2];
}

function nonce() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");
}

function show() {
  find("posted").textContent = posted.toLocaleString();
  find("answers").textContent = answers.toLocaleString();
}
