// A frame that serves its parent on its own, however often it is loaded. The address says whom, and which one it is.
// Two files and no more, since some cases load hundreds of these.

const parameters = new URLSearchParams(location.search);

portcullis.connect(parent, {
  allowedOrigins: parameters.get("host"),
  heartbeatMs: Number(parameters.get("heartbeat")),
  timeoutMs: 100_000,
  methods: {
    add: (a, b) => a + b,
    never: () => new Promise(() => {}),
    which: () => Number(parameters.get("which")),
  },
});
