// A JSONP answer that leaves instead of answering.
location.href = new URL(document.currentScript.src).searchParams.get("to");
