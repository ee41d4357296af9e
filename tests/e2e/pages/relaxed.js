// The other page of a relaxed pair: does what its address says.

const here = new URLSearchParams(location.search);
const domain = here.get("domain");
const { relaxDomain, connectRelaxed } = await import(`/dist/${here.get("entry")}.js`);

if (here.get("do") === "relax") relaxDomain(domain);
if (here.get("do") === "connect") {
  await import(`/dist/${here.get("channel")}.js`);
  for (const name of (here.get("names") ?? "").split(",")) {
    const channel = await connectRelaxed(parent, {
      domain,
      name,
      timeoutMs: 25_000,
      methods: {
        add: (a, b) => a + b,
        who: () => ({ name, origin: self.origin, domain: document.domain }),
        throws: () => {
          throw new RangeError("too far");
        },
      },
    });
    channel.emit("ready", { transport: channel.transport, origin: channel.origin }, { retain: true });
  }
}
parent.postMessage({ relaxed: "done" }, "*");
