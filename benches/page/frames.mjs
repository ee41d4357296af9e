/** Guest frames of a host page. */
const query = new URLSearchParams(location.search);
const guestOrigin = query.get("guest");
const library = location.pathname.split("/")[1];
const stamp = query.get("v") ?? "";

/** A frame that shows `page` of the guest's origin, just put into the document. */
export function frame(page, parameters = {}) {
  const element = document.createElement("iframe");
  const search = new URLSearchParams({ host: location.origin, v: stamp, ...parameters });
  element.src = `${guestOrigin}/${library}/${page}?${search}`;
  document.body.append(element);
  return element;
}

/** Resolves when the frame has loaded. */
export function loaded(element) {
  return new Promise((resolve) => element.addEventListener("load", resolve, { once: true }));
}

/** The port past the library that a guest with `witness` in its address offers. */
function witnessOf(element) {
  return new Promise((resolve) => {
    const listen = (event) => {
      if (event.source !== element.contentWindow || event.data !== "witness") return;
      removeEventListener("message", listen);
      resolve(event.ports[0]);
    };
    addEventListener("message", listen);
  });
}

/** A new frame, connected by the library and proved by one answer. */
export async function connected(connect, { witness = false } = {}) {
  const element = frame("guest.html", witness ? { witness: "" } : {});
  const port = witness ? witnessOf(element) : undefined;
  const peer = await connect({ frame: element, origin: guestOrigin });
  if ((await peer.echo(7)) !== 7) throw new Error("the first answer is wrong");
  return {
    element,
    peer,
    witness: await port,
    remove() {
      peer.close?.();
      element.remove();
    },
  };
}
