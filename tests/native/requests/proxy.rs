//! Proxy routes against the table shared with TypeScript, and against the URL standard's test data.

use portcullis::requests::proxy::{Caller, ConfigKind, ProxyError, Routes, check_caller};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    tables: Vec<RoutesRow>,
    resolves: Vec<ResolveRow>,
    rewrites: Vec<RewriteRow>,
    redirects: Vec<RedirectRow>,
    callers: Vec<CallerRow>,
}

#[derive(Deserialize)]
struct RoutesRow {
    routes: Vec<(String, String)>,
    expected: String,
    index: Option<usize>,
    why: String,
}

#[derive(Deserialize)]
struct ResolveRow {
    path: String,
    expected: String,
    why: String,
}

#[derive(Deserialize)]
struct RewriteRow {
    url: String,
    expected: String,
    why: String,
}

#[derive(Deserialize)]
struct RedirectRow {
    location: String,
    expected: String,
    why: String,
}

#[derive(Deserialize)]
struct CallerRow {
    own: String,
    method: String,
    origin: Option<String>,
    site: Option<String>,
    expected: String,
    why: String,
}

fn table() -> Table {
    serde_json::from_str(include_str!("../../vectors/routes.json")).unwrap()
}

/// The routes that all paths, addresses and redirects of the table are tried on.
fn routes() -> Routes {
    Routes::parse([
        ("/api/", "https://api.example/v1/"),
        ("/special/", "https://api.example/v1/special/"),
        ("/api/deep/", "https://deep.example/"),
    ])
    .unwrap()
}

fn name_of(error: ProxyError) -> String {
    match error {
        ProxyError::BadUpstream(_) => "BadUpstream".to_owned(),
        ProxyError::BadUrl(_) => "BadUrl".to_owned(),
        _ => format!("{error:?}"),
    }
}

#[test]
fn tables_are_taken_or_refused_with_the_entry() {
    for RoutesRow { routes, expected, index, why } in table().tables {
        let parsed =
            Routes::parse(routes.iter().map(|(prefix, upstream)| (prefix.as_str(), upstream.as_str())));
        let found = match &parsed {
            Ok(_) => ("ok".to_owned(), None),
            Err(invalid) => (name_of(invalid.error), Some(invalid.index)),
        };
        assert_eq!(found, (expected, index), "{why}");
    }
}

#[test]
fn local_paths_lead_into_their_upstream_or_nowhere() {
    let routes = routes();
    for ResolveRow { path, expected, why } in table().resolves {
        let found = routes.resolve(&path).map_or_else(name_of, |target| target.url);
        assert_eq!(found, expected, "{path:?}: {why}");
    }
}

#[test]
fn upstream_addresses_have_one_local_path_or_none() {
    let routes = routes();
    for RewriteRow { url, expected, why } in table().rewrites {
        assert_eq!(routes.rewrite(&url).unwrap_or_else(name_of), expected, "{url:?}: {why}");
    }
}

#[test]
fn redirects_stay_in_the_folder_or_are_refused() {
    let routes = routes();
    let target = routes.resolve("/api/a/b").unwrap();
    for RedirectRow { location, expected, why } in table().redirects {
        assert_eq!(target.redirect(&location).unwrap_or_else(name_of), expected, "{location:?}: {why}");
    }
}

#[test]
fn only_pages_of_the_own_origin_may_call() {
    for row in table().callers {
        let caller = Caller {
            own_origin: &row.own,
            origin: row.origin.as_deref(),
            fetch_site: row.site.as_deref(),
            method: &row.method,
        };
        let found = check_caller(&caller).map_or_else(|denied| format!("{denied:?}"), |()| "ok".to_owned());
        assert_eq!(found, row.expected, "{}", row.why);
    }
}

#[test]
fn the_code_says_whether_a_route_is_missing_or_wrong() {
    let code = |path| routes().resolve(path).map(|_| ()).map_err(ProxyError::code);
    assert_eq!(code("/nowhere"), Err("proxy/no-route"));
    assert_eq!(code("/api/%2e%2e/"), Err("proxy/invalid"));
}

/// Whatever is asked, a URL parser (which normalises) still finds itself inside the upstream's folder.
#[test]
fn the_url_standards_inputs_never_leave_the_upstream() {
    let rows: Vec<serde_json::Value> =
        serde_json::from_str(include_str!("../../vectors/urltestdata.json")).unwrap();
    let routes = routes();
    let base = routes.resolve("/api/a/b").unwrap();
    let (mut resolved, mut redirected) = (0, 0);
    for input in rows.iter().filter_map(|row| row.get("input")).filter_map(serde_json::Value::as_str) {
        for path in [format!("/api/{input}"), format!("/api{input}"), input.to_owned()] {
            if let Ok(target) = routes.resolve(&path) {
                assert_inside(&target.url, "https://api.example", "/v1/");
                assert_eq!(routes.rewrite(&target.url).as_deref(), Ok(path.split('#').next().unwrap()));
                resolved += 1;
            }
        }
        for location in [input.to_owned(), format!("/v1/{input}"), format!("https://api.example/v1/{input}")]
        {
            if let Ok(local) = base.redirect(&location) {
                // The browser resolves what the server sends, and so does the upstream's own client.
                assert_inside(&format!("https://app.example{local}"), "https://app.example", "/api/");
                let meant = url::Url::parse(&base.url).unwrap().join(&location).unwrap();
                assert_inside(meant.as_str(), "https://api.example", "/v1/");
                redirected += 1;
            }
        }
    }
    assert!(
        resolved > 50 && redirected > 50,
        "{resolved} {redirected}: the test must not pass for want of cases"
    );
}

fn assert_inside(text: &str, origin: &str, folder: &str) {
    let url = url::Url::parse(text).unwrap();
    assert_eq!(url.origin().ascii_serialization(), origin, "{text}");
    assert!(url.path().starts_with(folder), "{text}");
    // Nothing was normalised away: what is sent is what was checked.
    let path = |text: &str| text.split(['#', '?']).next().unwrap().to_owned();
    assert_eq!(path(url.as_str()), path(text), "{text}");
}

#[test]
fn configurations_hold_each_route_longest_prefix_first() {
    #[rustfmt::skip]
    let table = [
        // program            what each route is found by                          how a page of another origin is met
        (ConfigKind::Caddy,   ["path_regexp ^/api/deep/\n", "path_regexp ^/api/\n"], "respond @portcullis_caller_0 403"),
        (ConfigKind::Vite,    ["\"/api/deep/\": route(", "\"/api/\": route("],       "? 403 : 0"),
        (ConfigKind::Nginx,   ["location ^~ /api/deep/ {", "location ^~ /api/ {"],   "{ return 403; }"),
    ];
    for (kind, [deep, shallow], refusal) in table {
        let text = routes().to_config(kind);
        let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{kind:?}: {part}"));
        assert!(at(deep) < at(shallow), "{kind:?}");
        at(refusal);
        at("https://api.example");
        assert!(text.is_ascii() && !text.contains("%p") && !text.contains("%o"), "{kind:?}");
    }
}

#[test]
fn of_routes_that_share_an_upstream_the_longest_folder_names_the_address() {
    let pairs = [("/all/", "https://api.example/"), ("/v1/", "https://api.example/v1/")];
    let [shallow, deep] = pairs;
    for pairs in [[shallow, deep], [deep, shallow]] {
        let routes = Routes::parse(pairs).unwrap();
        assert_eq!(routes.rewrite("https://api.example/v1/x").as_deref(), Ok("/v1/x"), "{pairs:?}");
        assert_eq!(routes.rewrite("https://api.example/v2/x").as_deref(), Ok("/all/v2/x"), "{pairs:?}");
    }
    // Of two that are the same there the longer local folder comes first, as it does for a path.
    let same = [("/a/", "https://api.example/"), ("/longer/", "https://api.example/")];
    assert_eq!(Routes::parse(same).unwrap().rewrite("https://api.example/x").as_deref(), Ok("/longer/x"));
}

/// What a route's lines say, word by word: a part that is missing would send a request elsewhere.
#[test]
fn configurations_name_the_folders_on_both_sides() {
    let routes = Routes::parse([("/api/", "https://api.example/v1/")]).unwrap();
    let table = [
        (ConfigKind::Nginx, "location ^~ /api/ {"),
        (ConfigKind::Nginx, "proxy_pass https://api.example/v1/;"),
        (ConfigKind::Nginx, "return 302 /api$portcullis_to;"),
        (ConfigKind::Nginx, r#"if ($request_uri ~* "^[^?]*(?:[^!-~]|\x5c|//|"#),
        (ConfigKind::Caddy, "uri strip_prefix /api\n"),
        (ConfigKind::Caddy, "rewrite * /v1{http.request.uri}"),
        (ConfigKind::Caddy, "redir * /api{http.regexp.to.1}"),
        (ConfigKind::Caddy, r"{http.request.orig_uri} (?i)^[^?]*(?:[^!-~]|\x5c|//|"),
        (ConfigKind::Vite, r#""/api/": route("/api/", "https://api.example", "/v1/"),"#),
        (ConfigKind::Vite, r"String.raw`^[^?]*(?:[^!-~]|\x5c|//|"),
    ];
    for (kind, part) in table {
        let text = routes.to_config(kind);
        assert!(text.contains(part), "{kind:?}: {part}\n{text}");
    }
}

#[test]
fn configurations_quote_both_sides_in_expressions() {
    let routes = Routes::parse([("/a.b/", "https://api.example/v1.2/")]).unwrap();
    for kind in [ConfigKind::Caddy, ConfigKind::Nginx] {
        assert!(routes.to_config(kind).contains(r"^(?:https://api\.example)?/v1\.2(/.*)$"), "{kind:?}");
    }
    let caddy = routes.to_config(ConfigKind::Caddy);
    assert!(caddy.contains("path_regexp ^/a\\.b/\n"), "{caddy}");
    assert!(caddy.contains("strip_prefix /a.b\n"), "no expression\n{caddy}");
}

proptest! {
    #[test]
    fn what_resolves_rewrites_back(path in "/(api|special|api/deep)/[a-z0-9./;%?=~-]{0,20}") {
        let routes = routes();
        if let Ok(target) = routes.resolve(&path) {
            // Two routes may share an upstream; then the longer folder names the path.
            let local = routes.rewrite(&target.url).unwrap();
            prop_assert_eq!(routes.resolve(&local).unwrap().url, target.url);
        }
    }

    #[test]
    fn no_mixture_of_dots_and_escapes_leaves_the_folder(
        parts in proptest::collection::vec(
            prop_oneof![
                Just("."), Just(".."), Just("/"), Just("%2e"), Just("%2E"), Just("%2f"), Just("\\"), Just("%5c"),
                Just("%25"), Just(";"), Just("%3b"), Just("a"), Just("?"), Just("#"), Just("%"), Just("\t"),
            ],
            0..8,
        ),
    ) {
        let path = format!("/api/{}", parts.concat());
        if let Ok(target) = routes().resolve(&path) {
            assert_inside(&target.url, "https://api.example", "/v1/");
            // A server that decodes once more, or drops parameters, sees no way up either.
            let path = target.url.split('?').next().unwrap();
            let decoded = url::form_urlencoded::parse(path.replace('+', "%2B").as_bytes())
                .map(|(name, _)| name.into_owned()).collect::<String>();
            let up = decoded.split(['/', '\\']).any(|segment| matches!(segment.split(';').next(), Some("." | "..")));
            prop_assert!(!up, "{}", decoded);
        }
    }
}
