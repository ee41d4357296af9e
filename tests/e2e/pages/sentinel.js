// Tells the server that this script ran, and whether the page still has its opener.
fetch(new URLSearchParams(location.search).get("sink"), {
  method: "POST",
  mode: "no-cors",
  body: window.opener ? "connected" : "severed",
});
