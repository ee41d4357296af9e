// Says back what it is told, to who said it.
self.addEventListener("message", (event) => event.source.postMessage(event.data));
