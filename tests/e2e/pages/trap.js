// Keeps every message from the first moment on, and tells the server that it does.
window.trapped = [];
addEventListener("message", ({ data, ports }) =>
  window.trapped.push({ text: JSON.stringify(data), ports: ports.length }),
);
fetch(new URLSearchParams(location.search).get("sink"), { method: "POST", mode: "no-cors", body: "set" });
