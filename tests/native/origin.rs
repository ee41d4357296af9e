//! Origins, patterns and allow-lists against the tables shared with TypeScript, and their properties.

use portcullis::origin::{AllowList, InvalidEntry, Origin, OriginError, OriginPattern};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    origins: Vec<Row>,
    patterns: Vec<Row>,
    matches: Vec<Match>,
}

#[derive(Deserialize)]
struct Row {
    text: String,
    expected: String,
    why: String,
}

#[derive(Deserialize)]
struct Match {
    pattern: String,
    origin: String,
    /// `None`: the text is no origin at all.
    matches: Option<bool>,
    why: String,
}

fn table() -> Table {
    serde_json::from_str(include_str!("../vectors/origins.json")).unwrap()
}

fn outcome<T>(result: Result<T, OriginError>) -> String {
    result.map_or_else(|error| format!("{error:?}"), |_| "ok".to_owned())
}

#[test]
fn texts_are_origins_or_refused_with_the_reason() {
    for Row { text, expected, why } in table().origins {
        let parsed = Origin::parse(&text);
        if let Ok(origin) = &parsed {
            assert_eq!(origin.as_str(), text, "{why}");
        }
        assert_eq!(outcome(parsed), expected, "{text:?}: {why}");
    }
}

#[test]
fn texts_are_patterns_or_refused_with_the_reason() {
    for Row { text, expected, why } in table().patterns {
        assert_eq!(outcome(OriginPattern::parse(&text)), expected, "{text:?}: {why}");
    }
}

#[test]
fn patterns_mean_only_their_origins() {
    for Match { pattern, origin, matches, why } in table().matches {
        let list = AllowList::parse([pattern.as_str()], false).unwrap();
        let found = Origin::parse(&origin).ok().map(|origin| list.allows(&origin));
        assert_eq!(found, matches, "{pattern} and {origin:?}: {why}");
    }
}

#[test]
fn an_origin_tells_its_parts() {
    #[rustfmt::skip]
    let table = [
        // text                        scheme   host             port        loopback
        ("https://shop.example",       "https", "shop.example",  None,       false),
        ("http://shop.example:8080",   "http",  "shop.example",  Some(8080), false),
        ("http://[::1]:3000",          "http",  "[::1]",         Some(3000), true),
        ("http://[2001:db8::1]",       "http",  "[2001:db8::1]", None,       false),
        ("http://127.8.9.1",           "http",  "127.8.9.1",     None,       true),
        ("http://localhost",           "http",  "localhost",     None,       true),
        ("http://a.localhost:1",       "http",  "a.localhost",   Some(1),    true),
        ("http://127.evil.example",    "http",  "127.evil.example", None,    false),
        ("http://notlocalhost",        "http",  "notlocalhost",  None,       false),
    ];
    for (text, scheme, host, port, loopback) in table {
        let origin = Origin::parse(text).unwrap();
        assert_eq!((origin.scheme(), origin.host().as_str(), origin.port()), (scheme, host, port), "{text}");
        assert_eq!(origin.host().is_loopback(), loopback, "{text}");
    }
}

#[test]
fn a_list_names_its_first_wrong_entry() {
    let list = ["https://a.example", "https://b.example/", "*"];
    let expected = InvalidEntryOf { index: 1, error: OriginError::HasPath };
    assert_eq!(AllowList::parse(list, false).map_err(InvalidEntryOf::from), Err(expected));
    assert_eq!(
        AllowList::parse(["https://a.example", "*"], false).map_err(InvalidEntryOf::from),
        Err(InvalidEntryOf { index: 1, error: OriginError::TooWide })
    );
}

#[derive(Debug, PartialEq)]
struct InvalidEntryOf {
    index: usize,
    error: OriginError,
}

impl From<InvalidEntry> for InvalidEntryOf {
    fn from(entry: InvalidEntry) -> Self {
        Self { index: entry.index, error: entry.error }
    }
}

#[test]
fn only_a_lone_origin_is_the_exact_one() {
    let exact = |entries: &[&str], any| {
        let list = AllowList::parse(entries.iter().copied(), any).unwrap();
        list.exact().map(|origin| origin.as_str().to_owned())
    };
    assert_eq!(exact(&["https://a.example"], false).as_deref(), Some("https://a.example"));
    assert_eq!(exact(&["https://a.example", "https://b.example"], false), None);
    assert_eq!(exact(&["https://*.a.example"], false), None);
    assert_eq!(exact(&["https://a.example", "*"], true), None);
    assert_eq!(exact(&[], false), None);
}

#[test]
fn any_origin_is_taken_only_when_asked_for() {
    let anyone = AllowList::parse(["*"], true).unwrap();
    let origin = Origin::parse("https://stranger.example").unwrap();
    assert!(anyone.allows(&origin) && !anyone.is_empty());

    let nobody = AllowList::parse([], true).unwrap();
    assert!(!nobody.allows(&origin) && nobody.is_empty());
    assert_eq!(AllowList::parse(["https://*"], true).unwrap_err().error, OriginError::TooWide);
    assert_eq!(AllowList::parse(["null"], true).unwrap_err().error, OriginError::NullPattern);
}

#[test]
fn every_error_has_its_own_number_and_a_documented_code() {
    let all = [
        OriginError::BadHost,
        OriginError::BadPort,
        OriginError::BadScheme,
        OriginError::BadWildcard,
        OriginError::HasPath,
        OriginError::NullPattern,
        OriginError::Opaque,
        OriginError::TooWide,
    ];
    for (at, error) in all.into_iter().enumerate() {
        assert_eq!(error.number() as usize, at + 1);
        assert!(["origin/invalid", "origin/opaque", "origin/too-wide"].contains(&error.code()));
        assert_eq!(error.to_string(), error.reason());
    }
}

fn origin_text() -> impl Strategy<Value = String> {
    let host = prop_oneof![
        4 => "[a-z][a-z0-9_-]{0,9}(\\.[a-z][a-z0-9-]{0,9}){0,3}",
        1 => any::<[u8; 4]>().prop_map(|[a, b, c, d]| format!("{a}.{b}.{c}.{d}")),
        1 => any::<[u16; 8]>().prop_map(canonical_ipv6),
        1 => proptest::array::uniform8(0_u16..3).prop_map(canonical_ipv6),
    ];
    (prop_oneof!["http", "https"], host, proptest::option::of(1024_u16..)).prop_map(|(scheme, host, port)| {
        port.map_or_else(|| format!("{scheme}://{host}"), |port| format!("{scheme}://{host}:{port}"))
    })
}

/// The standard library compresses as the URL standard does, but writes mapped IPv4 with dots.
fn canonical_ipv6(pieces: [u16; 8]) -> String {
    let text = std::net::Ipv6Addr::from(pieces).to_string();
    if text.contains('.') { "[::1]".to_owned() } else { format!("[{text}]") }
}

proptest! {
    #[test]
    fn parsing_is_a_fixpoint(text in origin_text()) {
        let origin = Origin::parse(&text).unwrap();
        prop_assert_eq!(origin.as_str(), &text);
        prop_assert_eq!(Origin::parse(origin.as_str()).unwrap(), origin);
    }

    #[test]
    fn any_text_is_refused_or_kept_as_it_is(text in "(https?://)?[ -~]{0,24}") {
        if let Ok(origin) = Origin::parse(&text) {
            prop_assert_eq!(origin.as_str(), text);
        }
    }

    #[test]
    fn a_parser_of_urls_agrees_on_every_accepted_text(text in "https?://[a-z0-9.:\\[\\]x_-]{1,20}") {
        // Whether an encoded IDN label decodes is left to the platform.
        if !text.contains("xn--") && Origin::parse(&text).is_ok() {
            let url = url::Url::parse(&text).unwrap();
            prop_assert_eq!(url.origin().ascii_serialization(), text);
        }
    }

    #[test]
    fn an_ipv6_address_is_taken_exactly_as_a_parser_of_urls_writes_it(text in "[0-2:]{2,17}") {
        let text = format!("http://[{text}]");
        let canonical = url::Url::parse(&text).is_ok_and(|url| url.origin().ascii_serialization() == text);
        prop_assert_eq!(Origin::parse(&text).is_ok(), canonical);
    }

    #[test]
    fn an_ipv6_address_of_any_length_is_taken_exactly_as_a_parser_of_urls_writes_it(
        pieces in proptest::collection::vec("0|0|1|", 1..10)
    ) {
        let text = format!("http://[{}]", pieces.join(":"));
        let canonical = url::Url::parse(&text).is_ok_and(|url| url.origin().ascii_serialization() == text);
        prop_assert_eq!(Origin::parse(&text).is_ok(), canonical);
    }

    #[test]
    fn one_changed_byte_is_another_origin(text in origin_text(), at in any::<prop::sample::Index>(), byte: u8) {
        let list = AllowList::parse([text.as_str()], false).unwrap();
        let mut bytes = text.clone().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        let changed = String::from_utf8_lossy(&bytes);
        prop_assert!(!Origin::parse(&changed).is_ok_and(|origin| list.allows(&origin)), "{}", changed);
    }

    #[test]
    fn a_wildcard_keeps_apex_scheme_port_and_lookalikes_out(
        base in "[a-z][a-z0-9-]{0,8}\\.[a-z]{2,5}",
        sub in "[a-z0-9][a-z0-9-]{0,8}(\\.[a-z0-9]{1,5}){0,2}",
        port in 1024_u16..65_535,
    ) {
        let list = AllowList::parse([format!("https://*.{base}:{port}").as_str()], false).unwrap();
        let allows = |text: String| list.allows(&Origin::parse(&text).unwrap());
        let inside = format!("https://{sub}.{base}:{port}");
        prop_assert!(allows(inside));
        let next = port + 1;
        for outside in [
            format!("https://{base}:{port}"),
            format!("http://{sub}.{base}:{port}"),
            format!("https://{sub}.{base}"),
            format!("https://{sub}.{base}:{next}"),
            format!("https://{sub}{base}:{port}"),
            format!("https://{sub}-{base}:{port}"),
            format!("https://{sub}.{base}.evil.test:{port}"),
            format!("https://{sub}.{base}x:{port}"),
        ] {
            prop_assert!(!allows(outside));
        }
    }
}
