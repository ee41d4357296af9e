//! What errors and verdicts say: a code that callers may match, and a text for people.

use core::error::Error;
use portcullis::origin::{AllowList, Origin, OriginError};
use portcullis::requests::beacon::BeaconError;
use portcullis::requests::cors::{Credentials, Headers, InvalidRequest, Page, Request};
use portcullis::requests::document_domain::{DomainError, Outcome};
use portcullis::requests::jsonp::JsonpError;
use portcullis::requests::proxy::{CallerDenied, ProxyError, Routes};
use portcullis::requests::window_name::WindowNameError;
use portcullis::requests::{HttpUrl, UrlError};
use std::collections::HashSet;

/// Claims that each error has the code beside it, and a text of its own that it is displayed as.
fn say_what_is_wrong<E: Error + Copy>(
    errors: &[(E, &str)],
    code: impl Fn(E) -> &'static str,
    reason: impl Fn(E) -> &'static str,
) {
    let mut texts = HashSet::new();
    for &(error, expected) in errors {
        assert_eq!(code(error), expected, "{error:?}");
        assert_eq!(error.to_string(), reason(error), "{error:?}");
        assert!(reason(error).split(' ').count() > 2, "{error:?} says too little: {error}");
        assert!(texts.insert(reason(error)), "{error:?} says what another one says: {error}");
    }
}

#[test]
fn every_error_of_an_address_has_its_code_and_a_text_of_its_own() {
    const URL: UrlError = UrlError::HasUser;
    say_what_is_wrong(
        &[
            (OriginError::BadHost, "origin/invalid"),
            (OriginError::BadPort, "origin/invalid"),
            (OriginError::BadScheme, "origin/invalid"),
            (OriginError::BadWildcard, "origin/invalid"),
            (OriginError::HasPath, "origin/invalid"),
            (OriginError::NullPattern, "origin/invalid"),
            (OriginError::Opaque, "origin/opaque"),
            (OriginError::TooWide, "origin/too-wide"),
        ],
        OriginError::code,
        OriginError::reason,
    );
    say_what_is_wrong(
        &[UrlError::BadCharacter, UrlError::BadHost, UrlError::BadScheme, URL].map(|error| (error, "")),
        |_| "",
        UrlError::reason,
    );
    say_what_is_wrong(
        &[
            (BeaconError::BadUrl(URL), "beacon/invalid"),
            (BeaconError::Malformed, "beacon/invalid"),
            (BeaconError::OverBudget, "beacon/too-large"),
            (BeaconError::TooLarge, "beacon/too-large"),
            (BeaconError::Unfit, "beacon/invalid"),
        ],
        BeaconError::code,
        BeaconError::reason,
    );
    say_what_is_wrong(
        &[
            InvalidRequest::BadHeaderName,
            InvalidRequest::BadHeaderValue,
            InvalidRequest::BadMethod,
            InvalidRequest::BadPage,
            InvalidRequest::BadUrl(URL),
            InvalidRequest::ForbiddenMethod,
        ]
        .map(|error| (error, "cors/invalid")),
        InvalidRequest::code,
        InvalidRequest::reason,
    );
    say_what_is_wrong(
        &[
            DomainError::IpAddress,
            DomainError::NoName,
            DomainError::NotAbove,
            DomainError::Opaque,
            DomainError::PublicSuffix,
        ]
        .map(|error| (error, "domain/refused")),
        DomainError::code,
        DomainError::reason,
    );
}

#[test]
fn every_error_of_a_transport_has_its_code_and_a_text_of_its_own() {
    const URL: UrlError = UrlError::HasUser;
    say_what_is_wrong(
        &[
            JsonpError::BadCallback,
            JsonpError::BadParameter,
            JsonpError::BadUrl(URL),
            JsonpError::HostWithoutPolicy,
            JsonpError::ParameterTaken,
        ]
        .map(|error| (error, "jsonp/invalid")),
        JsonpError::code,
        JsonpError::reason,
    );
    say_what_is_wrong(
        &[
            CallerDenied::ForeignOrigin,
            CallerDenied::NoProof,
            CallerDenied::NullOrigin,
            CallerDenied::OtherSite,
        ]
        .map(|error| (error, "")),
        |_| "",
        CallerDenied::reason,
    );
    say_what_is_wrong(
        &[
            (ProxyError::BadCharacter, "proxy/invalid"),
            (ProxyError::BadEscape, "proxy/invalid"),
            (ProxyError::BadPrefix, "proxy/invalid"),
            (ProxyError::BadUrl(URL), "proxy/invalid"),
            (ProxyError::DotSegment, "proxy/invalid"),
            (ProxyError::DuplicatePrefix, "proxy/invalid"),
            (ProxyError::EmptySegment, "proxy/invalid"),
            (ProxyError::EncodedSeparator, "proxy/invalid"),
            (ProxyError::ForeignRedirect, "proxy/invalid"),
            (ProxyError::NoRoute, "proxy/no-route"),
            (ProxyError::PlainUpstream, "proxy/invalid"),
            (ProxyError::UpstreamNotFolder, "proxy/invalid"),
        ],
        ProxyError::code,
        ProxyError::reason,
    );
    say_what_is_wrong(
        &[
            (WindowNameError::Malformed, "window-name/malformed"),
            (WindowNameError::TooLarge, "window-name/too-large"),
        ],
        WindowNameError::code,
        WindowNameError::reason,
    );
}

#[test]
fn an_entry_of_a_table_is_named_by_its_number() {
    let list = AllowList::parse(["https://a.example", "null"], false);
    assert_eq!(list.unwrap_err().to_string(), "entry 1 would name every sandboxed frame");
    let routes = Routes::parse([("/a/", "https://a.example/"), ("/a/", "https://b.example/")]);
    assert_eq!(routes.unwrap_err().to_string(), "route 1 is routed twice");
}

#[test]
fn an_origin_is_shown_as_its_text() {
    let origin = Origin::parse("https://a.example:8443").unwrap();
    let text: &str = origin.as_ref();
    assert_eq!((text, origin.to_string().as_str()), ("https://a.example:8443", "https://a.example:8443"));
}

#[test]
fn outcomes_of_relaxing_have_the_names_of_the_documentation() {
    let names = [Outcome::NoOp, Outcome::Refused, Outcome::Relaxed].map(Outcome::as_str);
    assert_eq!(names, ["no-op", "refused", "relaxed"]);
}

#[test]
fn an_address_is_refused_for_what_is_wrong_with_it() {
    #[rustfmt::skip]
    let table = [
        ("https://user@a.example/",   UrlError::HasUser),
        ("https://u:p@a.example/",    UrlError::HasUser),
        ("https://a*.example/",       UrlError::BadHost),
        ("https:///path",             UrlError::BadHost),
        ("ftp://a.example/",          UrlError::BadScheme),
        ("https://a.example/\n",      UrlError::BadCharacter),
    ];
    for (text, expected) in table {
        assert_eq!(HttpUrl::parse(text).map(|_| ()), Err(expected), "{text:?}");
    }
}

#[test]
fn reasons_are_shown_a_line_each() {
    let request = Request {
        url: "https://api.example/",
        method: "PUT",
        headers: Headers::default(),
        credentials: Credentials::Omit,
        streaming: false,
    };
    let reasons = request.classify(Page::parse("https://app.example").unwrap()).unwrap().reasons;
    let shown = reasons.to_string();
    assert_eq!(shown, reasons.lines().trim_start());
    assert!(shown.contains("PUT"), "{shown}");
}
