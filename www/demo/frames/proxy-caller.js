// A classic script: in a sandboxed frame a module of the page's own host is a cross-origin one.
const path = new URLSearchParams(location.search).get("path") ?? "/";
const tell = (state, text) => parent.postMessage({ state, text }, "*");

// The simplest POST there is: no preflight protects the server from it.
fetch(path, { method: "POST", mode: "no-cors", body: "forged" }).then(
  () => {
    // The answer is opaque here; the readable one says what the server made of it.
    fetch(path, { method: "POST", body: "forged" }).then(
      async (answer) => tell("good", `${answer.status} ${await answer.text()}`),
      () => tell("refused", "the request was made, and the server let nothing of its answer be read"),
    );
  },
  (error) => tell("refused", error.message),
);
