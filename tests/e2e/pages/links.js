// The ways in which two realms can be linked, for the contract that holds over all of them.
//
// A link starts the far realm and answers with `guest` (to steer it), `accept` (a function that runs there: it sets
// `kit.accept`) with its `args`, and `connect(options)` for this side.

/** Sets `kit.accept` for a far side that has a peer to connect to. */
const acceptFrom = (kit, peer, fixed) => {
  const target = { parent: () => parent, opener: () => opener, self: () => self }[peer];
  kit.accept = (options) => {
    // The case has its own time.
    const patient = { timeoutMs: 0, ...fixed, ...options };
    kit.accepted = kit.portcullis.connect(target(), patient).then((channel) => {
      kit.channel = channel;
      return channel;
    });
    return kit.accepted;
  };
};

/** Sets `kit.accept` for a worker that its clients find. */
const acceptInHub = (kit, _peer, fixed) => {
  kit.accept = (options) => {
    kit.accepted = new Promise((resolve) => {
      kit.hub = kit.portcullis.createHub({ ...fixed, ...options });
      kit.hub.on("connect", (channel) => {
        kit.channel = channel;
        resolve(channel);
      });
    });
    return kit.accepted;
  };
};

let names = 0;

/** Guests that serve a whole suite: a channel of a name of its own for each case is enough. */
const kept = new Map();

async function once(key, start) {
  if (!kept.has(key)) kept.set(key, await start());
  return kept.get(key);
}

/** Channel names that no case has used. */
const freshName = () => `case ${++names}`;

export const frame = (origin) => async (t) => {
  const guest = await once(`frame ${origin}`, () => t.keeping().frame({ origin: t.origins[origin] }));
  const name = freshName();
  return {
    guest,
    accept: acceptFrom,
    args: ["parent", { allowedOrigins: t.origins.host, name }],
    connect: (options) => t.connect(guest.element, { allowedOrigins: t.origins[origin], name, ...options }),
  };
};

export async function popup(t) {
  const guest = await once("popup", () => t.keeping().popup({ origin: t.origins.guest }).open());
  const name = freshName();
  return {
    guest,
    accept: acceptFrom,
    args: ["opener", { allowedOrigins: t.origins.host, name }],
    connect: (options) => t.connect(guest.popup, { allowedOrigins: t.origins.guest, name, ...options }),
  };
}

/** An opaque page has one handshake, so each case has its own. */
export async function opaque(t) {
  const guest = await t.frame({ origin: t.origins.guest, attributes: { sandbox: "allow-scripts" } });
  return {
    guest,
    accept: acceptFrom,
    args: ["parent", { allowedOrigins: t.origins.host }],
    connect: (options) => t.connect(guest.element, { opaque: true, ...options }),
  };
}

export async function worker(t) {
  const guest = await once("worker", () => t.keeping().worker());
  const name = freshName();
  return {
    guest,
    accept: acceptFrom,
    args: ["self", { name }],
    connect: (options) => t.connect(guest.worker, { name, ...options }),
  };
}

export async function shared(t) {
  const guest = await once("shared", () => t.keeping().worker({ shared: true }));
  const name = freshName();
  return {
    guest,
    accept: acceptInHub,
    args: [undefined, { name }],
    connect: (options) => t.connect(guest.connection(), { name, ...options }),
  };
}

export async function service(t) {
  const guest = await once("service", () => t.keeping().serviceWorker());
  const name = freshName();
  return {
    guest,
    accept: acceptInHub,
    args: [undefined, { name }],
    connect: (options) => t.connect(guest.worker, { name, ...options }),
  };
}

/** A bare port, whose other end a worker holds. */
export async function port(t) {
  const guest = await once("port", () => t.keeping().worker());
  const { port1, port2 } = new MessageChannel();
  await guest.give(port2);
  return {
    guest,
    accept: (kit, fixed) => {
      const end = kit.given.shift();
      kit.accept = (options) => {
        kit.accepted = kit.portcullis.connect(end, { ...fixed, ...options }).then((channel) => {
          kit.channel = channel;
          return channel;
        });
        return kit.accepted;
      };
    },
    args: [{}],
    connect: (options) => t.connect(port1, options),
  };
}

/** Two pages that a third one introduces: this one, and a frame inside the frame that both trust. */
export async function introduced(t) {
  const { middle, guest, line } = await once("introduced", () => introducer(t));
  const name = freshName();
  await middle.run((kit, name) => {
    const { up, down } = kit.lasting;
    kit.portcullis.introduce(up, down, { name }).catch((error) => kit.report(String(error)));
  }, name);
  return {
    guest,
    accept: (kit, fixed) => {
      kit.accept = (options) => {
        kit.accepted = kit.portcullis
          .acceptIntroduction(kit.lasting.line, { timeoutMs: 0, ...fixed, ...options })
          .then((channel) => {
            kit.channel = channel;
            return channel;
          });
        return kit.accepted;
      };
    },
    args: [{ allowedOrigins: t.origins.host, name }],
    connect: async (options) => {
      const allowedOrigins = t.origins.guest;
      const patient = { allowedOrigins, name, timeoutMs: 0, ...options };
      return t.closing(await t.portcullis.acceptIntroduction(line, patient));
    },
  };
}

async function introducer(t) {
  const world = t.keeping();
  const middle = await world.frame({ origin: t.origins.partner });
  const guest = world.frameLater({ origin: t.origins.guest, later: true });
  const address = guest.address({ origin: t.origins.guest });
  await middle.run(
    (kit, src, host, origin) => {
      const frame = document.createElement("iframe");
      frame.src = src;
      document.body.append(frame);
      const up = kit.portcullis.connect(parent, { allowedOrigins: host, timeoutMs: 0 });
      const down = kit.portcullis.connect(frame, { allowedOrigins: origin, timeoutMs: 0 });
      kit.lasting.lines = Promise.all([up, down]).then(([up, down]) =>
        Object.assign(kit.lasting, { up, down }),
      );
    },
    address,
    t.origins.host,
    t.origins.guest,
  );
  await guest.ready;
  await guest.run(async (kit, origin) => {
    kit.lasting.line = await kit.portcullis.connect(parent, { allowedOrigins: origin, timeoutMs: 0 });
  }, t.origins.partner);
  const line = await t.portcullis.connect(middle.element, {
    allowedOrigins: t.origins.partner,
    timeoutMs: 0,
  });
  await middle.run(async (kit) => {
    await kit.lasting.lines;
  });
  return { middle, guest, line };
}
