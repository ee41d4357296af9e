/** post-robot with its documented "secure message channel": window and domain on both sides. Values cross as JSON text. */
import postRobot from "@krakenjs/post-robot";

export async function connect({ frame, origin }) {
  const send = (name, value, options) =>
    postRobot.send(frame.contentWindow, name, { value }, { domain: origin, ...options });
  return {
    echo: (value) => send("echo", value).then((event) => event.data.value),
    event: (payload) => send("event", payload, { fireAndForget: true }),
  };
}

export function serve({ origin, methods }) {
  const only = { window: parent, domain: origin };
  postRobot.on("echo", only, (event) => ({ value: methods.echo(event.data.value) }));
  postRobot.on("event", only, (event) => methods.event(event.data.value));
}
