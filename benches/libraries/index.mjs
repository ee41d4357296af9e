/**
 * The rows: what is compared, under which name, and what it does not do. `lacks` names cases without a sensible use of the
 * library; `less` says what a figure should be read with. `page` is the smallest page that connects and makes one call.
 */
const acceptPort = `const port = await new Promise((resolve) => addEventListener("message", (event) => {
  if (event.source === frame.contentWindow && event.origin === origin) resolve(event.ports[0]);
}));`;

const noStreams = { stream: "no streams", "slow-reader": "no streams" };
const jsonText = { transfer: "values cross as JSON text" };

export const libraries = [
  {
    name: "raw",
    kind: "reference",
    less: "no check of origins, no deadlines, no errors, no limits",
    page: `${acceptPort}
let last = 0; const pending = new Map();
port.onmessage = ({ data: [id, value] }) => { pending.get(id)(value); pending.delete(id); };
const call = (value) => new Promise((resolve) => { pending.set(++last, resolve); port.postMessage([last, value]); });
console.log(await call(1));`,
  },
  {
    name: "raw again",
    module: "raw",
    kind: "reference",
    less: "the same code: its distance from 1 is the noise",
  },
  { name: "rawbatch", kind: "reference", less: "as raw" },
  {
    name: "portcullis",
    kind: "ours",
    page: `import { connect } from "portcullis";
const { remote } = await connect(frame, { allowedOrigins: origin });
console.log(await remote.add(1, 2));`,
  },
  {
    name: "portcullis/no-wasm",
    module: "portcullis-no-wasm",
    kind: "ours",
    page: `import { connect } from "portcullis/no-wasm";
const { remote } = await connect(frame, { allowedOrigins: origin });
console.log(await remote.add(1, 2));`,
  },
  {
    name: "Comlink",
    module: "comlink",
    package: "comlink",
    kind: "peer",
    lacks: noStreams,
    less: "over a bare port: no handshake, no check of origins, no deadlines",
    page: `import * as Comlink from "comlink";
${acceptPort}
console.log(await Comlink.wrap(port).add(1, 2));`,
  },
  {
    name: "Comlink (window)",
    module: "comlink-window",
    package: "comlink",
    kind: "peer",
    lacks: noStreams,
    less: "the caller checks no origin; no deadlines; waits for load",
    page: `import * as Comlink from "comlink";
await new Promise((resolve) => frame.addEventListener("load", resolve));
console.log(await Comlink.wrap(Comlink.windowEndpoint(frame.contentWindow, self, origin)).add(1, 2));`,
  },
  {
    name: "Penpal",
    module: "penpal",
    package: "penpal",
    kind: "peer",
    lacks: noStreams,
    less: "no deadlines unless asked for",
    page: `import { connect, WindowMessenger } from "penpal";
const messenger = new WindowMessenger({ remoteWindow: frame.contentWindow, allowedOrigins: [origin] });
console.log(await (await connect({ messenger }).promise).add(1, 2));`,
  },
  {
    name: "post-robot",
    package: "@krakenjs/post-robot",
    kind: "peer",
    lacks: { ...noStreams, ...jsonText },
    page: `import postRobot from "@krakenjs/post-robot";
console.log((await postRobot.send(frame.contentWindow, "add", [1, 2], { domain: origin })).data);`,
  },
  {
    name: "capnweb",
    package: "capnweb",
    kind: "peer",
    less: "over a bare port: no handshake, no check of origins, no deadlines; buffers are copied",
    page: `import { newMessagePortRpcSession } from "capnweb";
${acceptPort}
console.log(await newMessagePortRpcSession(port).add(1, 2));`,
  },
  {
    name: "birpc",
    package: "birpc",
    kind: "peer",
    lacks: noStreams,
    less: "over a bare port: no handshake, no check of origins; buffers are copied",
    page: `import { createBirpc } from "birpc";
${acceptPort}
const remote = createBirpc({}, { post: (data) => port.postMessage(data), on: (listener) => { port.onmessage = (event) => listener(event.data); } });
console.log(await remote.add(1, 2));`,
  },
  {
    name: "@quilted/threads",
    module: "quilted-threads",
    package: "@quilted/threads",
    kind: "peer",
    less: "over a bare port: no handshake, no check of origins, no deadlines; streams ask for one item at a time",
    page: `import { ThreadMessagePort } from "@quilted/threads";
${acceptPort}
const { add } = ThreadMessagePort.import(port);
port.start();
console.log(await add(1, 2));`,
  },
  {
    name: "framebus",
    package: "framebus",
    kind: "peer",
    lacks: { ...noStreams, ...jsonText },
    less: "a bus: no errors, no deadlines; waits for load",
    page: `import Framebus from "framebus";
const bus = new Framebus({ origin, verifyDomain: (url) => new URL(url).origin === origin, targetFrames: [frame] });
await new Promise((resolve) => frame.addEventListener("load", resolve));
console.log(await bus.emitAsPromise("add", { a: 1, b: 2 }));`,
  },
].map((library) => ({ module: library.name, lacks: {}, less: "", ...library }));
