// A classic script: in a sandboxed frame a module of the page's own host is a cross-origin one.
// The simplest POST there is: no preflight protects the server from it.
fetch(new URLSearchParams(location.search).get("url") ?? "", {
  method: "POST",
  mode: "no-cors",
  body: "forged",
}).then(
  () => parent.postMessage("something came back that I may not read", "*"),
  ({ message }) => parent.postMessage(message, "*"),
);
