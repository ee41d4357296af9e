//! JSONP against the table shared with TypeScript.

use portcullis::requests::jsonp::{CallbackName, JsonpError, frame_policy, request_url, wrap};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    callbacks: Vec<Callback>,
    urls: Vec<Address>,
    policies: Vec<Policy>,
    scripts: Vec<Wrapped>,
}

#[derive(Deserialize)]
struct Callback {
    name: String,
    ok: bool,
    why: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    url: String,
    query: String,
    callback_param: String,
    expected: String,
    why: String,
}

#[derive(Deserialize)]
struct Policy {
    url: String,
    expected: String,
    why: String,
}

#[derive(Deserialize)]
struct Wrapped {
    json: String,
    body: String,
    why: String,
}

fn table() -> Table {
    serde_json::from_str(include_str!("../../vectors/jsonp.json")).unwrap()
}

/// The text, or the name of the error.
fn outcome(result: Result<String, JsonpError>) -> String {
    result.unwrap_or_else(|error| match error {
        JsonpError::BadUrl(_) => "BadUrl".to_owned(),
        _ => format!("{error:?}"),
    })
}

#[test]
fn only_plain_words_are_callbacks() {
    for Callback { name, ok, why } in table().callbacks {
        assert_eq!(CallbackName::parse(&name).is_ok(), ok, "{name:?}: {why}");
    }
}

#[test]
fn the_callback_joins_the_address_or_the_address_is_refused() {
    let callback = CallbackName::parse("cb").unwrap();
    for Address { url, query, callback_param, expected, why } in table().urls {
        assert_eq!(outcome(request_url(&url, &query, &callback_param, callback)), expected, "{url}: {why}");
    }
}

#[test]
fn the_frame_may_load_one_host_only() {
    for Policy { url, expected, why } in table().policies {
        assert_eq!(outcome(frame_policy(&url, "sha256-x")), expected, "{url}: {why}");
    }
}

#[test]
fn a_script_calls_its_callback_with_safe_text() {
    let callback = CallbackName::parse("cb").unwrap();
    for Wrapped { json, body, why } in table().scripts {
        assert_eq!(wrap(callback, &json).body, body, "{why}");
    }
}

#[test]
fn a_script_is_sent_with_the_headers_that_keep_it_a_script() {
    let headers = wrap(CallbackName::parse("cb").unwrap(), "1").headers;
    for expected in [
        ("content-type", "application/javascript; charset=utf-8"),
        ("x-content-type-options", "nosniff"),
        ("content-disposition", "attachment; filename=\"f.txt\""),
    ] {
        assert!(headers.contains(&expected), "{expected:?}");
    }
}

proptest! {
    #[test]
    fn a_wrapped_text_decodes_to_itself(text in "\\PC{0,20}|[<>/!\u{2028}\u{2029}a-z-]{0,20}") {
        let json = serde_json::to_string(&text).unwrap();
        let body = wrap(CallbackName::parse("cb").unwrap(), &json).body;
        prop_assert!(!body.contains(['<', '\u{2028}', '\u{2029}']), "{}", body);
        let json = body.strip_prefix("/**/typeof cb===\"function\"&&cb(").and_then(|rest| rest.strip_suffix(");"));
        prop_assert_eq!(serde_json::from_str::<String>(json.unwrap()).unwrap(), text);
    }

    #[test]
    fn an_address_with_a_callback_is_the_address_a_url_parser_reads(
        path in "/[a-z/]{0,8}", query in proptest::option::of("[a-z0-9=&%]{0,12}"), name in "[a-z]{1,4}", value in "\\PC{0,8}",
    ) {
        let url = query.map_or_else(|| format!("https://api.example{path}"), |query| format!("https://api.example{path}?{query}"));
        let params = url::form_urlencoded::Serializer::new(String::new()).append_pair(&name, &value).finish();
        let made = request_url(&url, &params, "callback", CallbackName::parse("cb").unwrap()).unwrap();
        let mut expected = url::Url::parse(&url).unwrap();
        expected.query_pairs_mut().append_pair(&name, &value).append_pair("callback", "cb");
        let pairs = |text: &str| {
            let url = url::Url::parse(text).unwrap();
            url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect::<Vec<_>>()
        };
        prop_assert_eq!(pairs(&made), pairs(expected.as_str()));
    }
}
