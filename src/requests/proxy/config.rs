use alloc::string::{String, ToString};

use super::{Route, Routes};
use crate::text::pieces;

/// For which program a configuration is written.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ConfigKind {
    /// A Caddyfile snippet, for a site block.
    Caddy,
    /// An nginx snippet, for a `server` block.
    Nginx,
    /// A JavaScript module whose default export is Vite's `server.proxy`.
    Vite,
}

/// A raw request path that could be read in two ways, in the words that PCRE, RE2 and JavaScript share.
const AMBIGUOUS: &str =
    r"^[^?]*(?:[^!-~]|\x5c|//|%(?:2e|2f|5c|7f|[01][0-9a-f]|25[0-9a-f][0-9a-f])|/\.\.?(?:;|%3b|/|\?|$))";

// In the templates: %p the local folder, %s the same without its last slash, %o the upstream's origin,
// %f its folder, %g the same without its last slash, %q, %x and %y as %p, %o and %g in a regular expression,
// %a the expression above, %n the route's number.

const NGINX_HEAD: &str = "# Made by portcullis from its route table: include it inside a server block.\n";
const NGINX: &str = r#"
location ^~ %p {
    if ($request_uri ~* "%a") { return 400; }
    # Only pages of this origin may call: no foreign Origin, no sandboxed page (null), no other site.
    set $portcullis_caller "$request_method $http_sec_fetch_site $http_origin|$scheme://$http_host";
    if ($portcullis_caller !~ "^(?:[A-Z]+ (?:same-origin|none)? ([^|]+)\|\1|[A-Z]+ (?:same-origin|none) \|.*|(?:GET|HEAD)  \|.*)$") { return 403; }
    add_header Vary Origin always;
    proxy_pass %o%f;
    proxy_http_version 1.1;
    proxy_ssl_server_name on;
    proxy_ssl_verify on;
    proxy_ssl_trusted_certificate /etc/ssl/certs/ca-certificates.crt;
    # The upstream is another party: it gets none of this site's cookies, and sets none.
    proxy_set_header Host $proxy_host;
    proxy_set_header Connection "";
    proxy_set_header Cookie "";
    proxy_set_header Origin "";
    proxy_hide_header Set-Cookie;
    # A redirect is mapped back into this folder or refused.
    absolute_redirect off;
    proxy_redirect off;
    proxy_intercept_errors on;
    error_page 301 302 303 = @portcullis_see_%n;
    error_page 307 308 = @portcullis_again_%n;
}
location @portcullis_see_%n {
    absolute_redirect off;
    add_header Vary Origin always;
    set $portcullis_to "//";
    if ($upstream_http_location ~ "^(?:%x)?%y(/.*)$") { set $portcullis_to $1; }
    if ($portcullis_to ~* "%a") { return 502; }
    return 302 %s$portcullis_to;
}
location @portcullis_again_%n {
    absolute_redirect off;
    add_header Vary Origin always;
    set $portcullis_to "//";
    if ($upstream_http_location ~ "^(?:%x)?%y(/.*)$") { set $portcullis_to $1; }
    if ($portcullis_to ~* "%a") { return 502; }
    return 307 %s$portcullis_to;
}
"#;

const CADDY_HEAD: &str = "# Made by portcullis from its route table: import it inside a site block.\n";
const CADDY: &str = r#"
@portcullis_%n path_regexp ^%q
handle @portcullis_%n {
	route {
		@portcullis_path_%n vars_regexp {http.request.orig_uri} (?i)%a
		respond @portcullis_path_%n 400
		header +Vary Origin
		# Only pages of this origin may call: no foreign Origin, no sandboxed page (null), no other site.
		@portcullis_caller_%n expression `({http.request.header.Origin} != "" && {http.request.header.Origin} != {http.request.scheme} + "://" + {http.request.hostport}) || !({http.request.header.Sec-Fetch-Site} in ["", "same-origin", "none"]) || ({http.request.header.Origin} == "" && {http.request.header.Sec-Fetch-Site} == "" && !({http.request.method} in ["GET", "HEAD"]))`
		respond @portcullis_caller_%n 403
		uri strip_prefix %s
		rewrite * %g{http.request.uri}
		reverse_proxy %o {
			# The upstream is another party: it gets none of this site's cookies, and sets none.
			header_up Host {upstream_hostport}
			header_up -Cookie
			header_up -Origin
			header_down -Set-Cookie
			# A redirect is mapped back into this folder or refused.
			@portcullis_redirect_%n status 301 302 303 307 308
			handle_response @portcullis_redirect_%n {
				route {
					@portcullis_foreign_%n not vars_regexp to {http.reverse_proxy.header.Location} ^(?:%x)?%y(/.*)$
					respond @portcullis_foreign_%n 502
					@portcullis_bad_%n vars_regexp {http.regexp.to.1} (?i)%a
					respond @portcullis_bad_%n 502
					redir * %s{http.regexp.to.1} {http.reverse_proxy.status_code}
				}
			}
		}
	}
}
"#;

const VITE_HEAD: &str = r"// Made by portcullis from its route table: server: { proxy } (and preview: { proxy }) of vite.config.js.
const ambiguous = new RegExp(String.raw`";
const VITE_BODY: &str = r#"`, "i");

function refusal(req) {
  if (ambiguous.test(req.url)) return 400;
  const { origin, "sec-fetch-site": site } = req.headers;
  const own = `${req.socket.encrypted ? "https" : "http"}://${req.headers.host ?? req.headers[":authority"]}`;
  // Only pages of this origin may call: no foreign Origin, no sandboxed page (null), no other site.
  if (origin !== undefined && origin !== own) return 403;
  if (site !== undefined && site !== "same-origin" && site !== "none") return 403;
  return origin === undefined && site === undefined && !/^(GET|HEAD)$/.test(req.method) ? 403 : 0;
}

function route(prefix, origin, folder) {
  return {
    target: origin,
    changeOrigin: true,
    rewrite: (path) => folder + path.slice(prefix.length),
    bypass(req, res) {
      const status = refusal(req);
      if (!status) return undefined;
      res?.writeHead(status, { Vary: "Origin" }).end();
      return false;
    },
    configure(proxy) {
      // The upstream is another party: it gets none of this site's cookies, and sets none.
      proxy.on("proxyReq", (out) => {
        out.removeHeader("cookie");
        out.removeHeader("origin");
      });
      proxy.on("proxyRes", (answer) => {
        answer.headers.vary = answer.headers.vary ? `${answer.headers.vary}, Origin` : "Origin";
        delete answer.headers["set-cookie"];
        // A redirect is mapped back into this folder or refused.
        const to = answer.headers.location;
        if (to === undefined) return;
        const path = to.startsWith(`${origin}/`) ? to.slice(origin.length) : to;
        if (path.startsWith(folder) && !ambiguous.test(path)) {
          answer.headers.location = prefix + path.slice(folder.length);
        } else {
          delete answer.headers.location;
          answer.statusCode = 502;
        }
      });
    },
  };
}

export default {
"#;
const VITE: &str = "  \"%p\": route(\"%p\", \"%o\", \"%f\"),\n";
const VITE_TAIL: &str = "};\n";

impl Routes {
    /// The table as a configuration: the same prefixes, the same refusals of paths, callers and redirects.
    #[must_use]
    pub fn to_config(&self, kind: ConfigKind) -> String {
        let (head, each, tail) = match kind {
            ConfigKind::Caddy => ([CADDY_HEAD, "", ""], CADDY, ""),
            ConfigKind::Nginx => ([NGINX_HEAD, "", ""], NGINX, ""),
            ConfigKind::Vite => ([VITE_HEAD, AMBIGUOUS, VITE_BODY], VITE, VITE_TAIL),
        };
        let mut out = head.concat();
        for (number, route) in self.iter().enumerate() {
            push(&mut out, each, route, &number.to_string());
        }
        out.push_str(tail);
        out
    }
}

/// Fills a template. Origins, folders and prefixes are made of letters that need no quoting anywhere.
fn push(out: &mut String, template: &str, route: &Route, number: &str) {
    let (prefix, origin, folder) = (route.prefix(), route.upstream().as_str(), route.folder());
    let mut parts = pieces(template, b'%');
    out.push_str(parts.next().unwrap_or(""));
    for part in parts {
        match part.as_bytes().first() {
            Some(b'a') => out.push_str(AMBIGUOUS),
            Some(b'f') => out.push_str(folder),
            Some(b'g') => out.push_str(without_slash(folder)),
            Some(b'n') => out.push_str(number),
            Some(b'o') => out.push_str(origin),
            Some(b'p') => out.push_str(prefix),
            Some(b'q') => push_quoted(out, prefix),
            Some(b's') => out.push_str(without_slash(prefix)),
            Some(b'x') => push_quoted(out, origin),
            Some(b'y') => push_quoted(out, without_slash(folder)),
            _ => {}
        }
        out.push_str(part.get(1..).unwrap_or(""));
    }
}

fn without_slash(folder: &str) -> &str {
    folder.strip_suffix('/').unwrap_or(folder)
}

fn push_quoted(out: &mut String, text: &str) {
    for c in text.chars() {
        if matches!(c, '.' | '[' | ']') {
            out.push('\\');
        }
        out.push(c);
    }
}
