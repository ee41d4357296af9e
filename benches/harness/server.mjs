/** Serves the pages from memory, on two ports: two ports of one host are two origins of one site. */
import { createServer } from "node:http";

const shell = (script, search) =>
  `<!doctype html><meta charset="utf-8"><title>bench</title><body><script type="module" src="${script}${search}"></script>`;

const pages = { "host.html": "host.js", "cold.html": "cold.js", "guest.html": "guest.js" };

/** `files` maps "/library/file.js" to its text. The returned addresses are functions of site and library. */
export async function serve(files) {
  const answer = (request, response) => {
    const url = new URL(request.url, "http://localhost");
    const [, library, file] = url.pathname.split("/");
    const send = (type, body) => {
      // A page whose address carries a stamp is meant to come cold, its scripts too.
      const cache = url.searchParams.get("v") ? "no-store" : "max-age=3600";
      response.writeHead(200, { "content-type": `${type}; charset=utf-8`, "cache-control": cache }).end(body);
    };
    if (file === "empty.html") return send("text/html", "<!doctype html><title>empty</title>");
    if (file in pages) return send("text/html", shell(pages[file], url.search.replaceAll('"', "%22")));
    const script = files.get(`/${library}/${file}`) ?? files.get(`/${file}`);
    if (script !== undefined) return send("text/javascript", script);
    response.writeHead(404).end();
  };
  const servers = [createServer(answer), createServer(answer)];
  await Promise.all(
    servers.map((server) => new Promise((resolve) => server.listen(0, "127.0.0.1", resolve))),
  );
  const [first, second] = servers.map((server) => server.address().port);

  return {
    /** The host page of a library. Every tab has sites of its own, so that no two share a process. */
    host(page, library, site, round, stamp = "") {
      const slug = `${library.name} ${round}`
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, "-")
        .replaceAll(/^-|-$/g, "");
      const guest =
        site === "same"
          ? `http://${slug}-host.localhost:${second}`
          : `http://${slug}-guest.localhost:${first}`;
      return `http://${slug}-host.localhost:${first}/${library.module}/${page}?${new URLSearchParams({ guest, v: stamp })}`;
    },
    close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}
