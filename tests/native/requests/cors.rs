//! CORS against the table shared with TypeScript.

use portcullis::origin::AllowList;
use portcullis::requests::cors::{
    Asked, CorsPolicy, Credentials, Exchange, Headers, InvalidRequest, Page, Probe, Reasons, Request,
    Response, Symptoms,
};
use serde::Deserialize;

type Lines = Vec<(String, String)>;

#[derive(Deserialize)]
struct Table {
    requests: Vec<RequestRow>,
    invalid: Vec<InvalidRow>,
    exchanges: Vec<ExchangeRow>,
    failures: Vec<FailureRow>,
    policies: Vec<PolicyRow>,
}

#[derive(Deserialize)]
struct RequestRow {
    url: String,
    page: String,
    method: String,
    headers: Lines,
    streaming: bool,
    kind: String,
    reasons: Vec<String>,
    why: String,
}

#[derive(Deserialize)]
struct InvalidRow {
    url: String,
    page: String,
    method: String,
    headers: Lines,
    expected: String,
    why: String,
}

#[derive(Deserialize)]
struct Preflight {
    status: u16,
    headers: Lines,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExchangeRow {
    url: String,
    page: String,
    method: String,
    headers: Lines,
    credentials: String,
    response: Lines,
    preflight: Option<Preflight>,
    final_url: Option<String>,
    code: Option<String>,
    reasons: Vec<String>,
    exposed: Option<Vec<String>>,
    max_age: Option<u32>,
    why: String,
}

#[derive(Deserialize)]
struct FailureRow {
    url: String,
    page: String,
    method: String,
    headers: Lines,
    credentials: String,
    probe: String,
    signs: Vec<String>,
    code: String,
    reasons: Vec<String>,
    text: Option<String>,
    why: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicyRow {
    origins: Vec<String>,
    any: bool,
    methods: Vec<String>,
    request_headers: Vec<String>,
    exposed: Vec<String>,
    credentials: bool,
    max_age: u32,
    origin: Option<String>,
    method: String,
    request_method: Option<String>,
    asks: Option<String>,
    decision: String,
    headers: Lines,
    why: String,
}

fn table() -> Table {
    serde_json::from_str(include_str!("../../vectors/cors.json")).unwrap()
}

fn lines(headers: &Lines) -> String {
    headers.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n")
}

fn credentials(text: &str) -> Credentials {
    match text {
        "include" => Credentials::Include,
        "omit" => Credentials::Omit,
        "same-origin" => Credentials::SameOrigin,
        other => panic!("{other}"),
    }
}

fn names(reasons: &Reasons) -> Vec<String> {
    let lines: Vec<&str> = reasons.lines().split('\n').skip(1).collect();
    assert_eq!(lines.len(), reasons.whys().len(), "one sentence for each reason");
    assert!(lines.iter().all(|line| !line.is_empty()));
    reasons.whys().iter().map(|why| format!("{why:?}")).collect()
}

fn name_of(error: InvalidRequest) -> &'static str {
    assert_eq!(error.code(), "cors/invalid");
    match error {
        InvalidRequest::BadHeaderName => "BadHeaderName",
        InvalidRequest::BadHeaderValue => "BadHeaderValue",
        InvalidRequest::BadMethod => "BadMethod",
        InvalidRequest::BadPage => "BadPage",
        InvalidRequest::BadUrl(_) => "BadUrl",
        InvalidRequest::ForbiddenMethod => "ForbiddenMethod",
        other => panic!("{other:?}"),
    }
}

#[test]
fn requests_are_simple_or_asked_for_with_each_reason() {
    for row in table().requests {
        let headers = lines(&row.headers);
        let request = Request {
            url: &row.url,
            method: &row.method,
            headers: Headers::of_lines(&headers),
            credentials: Credentials::SameOrigin,
            streaming: row.streaming,
        };
        let class = request.classify(Page::parse(&row.page).unwrap()).unwrap();
        let found = (class.kind.as_str(), names(&class.reasons));
        assert_eq!(found, (row.kind.as_str(), row.reasons), "{}: {:?}", row.why, row.headers);
    }
}

#[test]
fn what_fetch_would_throw_for_is_refused() {
    for row in table().invalid {
        let headers = lines(&row.headers);
        let classify = || {
            let request = Request {
                url: &row.url,
                method: &row.method,
                headers: Headers::of_lines(&headers),
                credentials: Credentials::Omit,
                streaming: false,
            };
            request.classify(Page::parse(&row.page)?)
        };
        assert_eq!(classify().map_err(name_of).unwrap_err(), row.expected, "{}", row.why);
    }
}

#[test]
fn a_preflight_names_its_headers_sorted_and_in_lower_case() {
    let request = Request {
        url: "https://api.example/",
        method: "GET",
        headers: Headers::of_lines("X-B: 1\nAccept: (\nX-A: 1\nx-b: 2\nAccept: ok"),
        credentials: Credentials::Omit,
        streaming: false,
    };
    assert_eq!(request.classify(Page::OPAQUE).unwrap().unsafe_headers, "accept,x-a,x-b");
}

#[test]
fn answers_are_judged_as_the_standard_does() {
    for row in table().exchanges {
        let (headers, response) = (lines(&row.headers), lines(&row.response));
        let preflight = row.preflight.as_ref().map(|answer| (answer.status, lines(&answer.headers)));
        let exchange = Exchange {
            request: Request {
                url: &row.url,
                method: &row.method,
                headers: Headers::of_lines(&headers),
                credentials: credentials(&row.credentials),
                streaming: false,
            },
            response: Response { status: 200, headers: Headers::of_lines(&response) },
            preflight: preflight
                .as_ref()
                .map(|(status, headers)| Response { status: *status, headers: Headers::of_lines(headers) }),
            final_url: row.final_url.as_deref(),
        };
        let told = exchange.explain(Page::parse(&row.page).unwrap()).unwrap();
        let found = (told.code.map(|code| code.code().to_owned()), names(&told.reasons), told.max_age);
        assert_eq!(found, (row.code, row.reasons, row.max_age), "{}", row.why);
        assert_eq!(told.allowed(), told.code.is_none());
        if let Some(exposed) = row.exposed {
            assert_eq!(told.exposed, exposed, "{}", row.why);
        }
        if !told.allowed() {
            assert!(told.exposed.is_empty(), "{}", row.why);
        }
    }
}

#[test]
fn credentials_are_one_of_three_words() {
    for (text, expected) in [
        ("include", Ok(Credentials::Include)),
        ("omit", Ok(Credentials::Omit)),
        ("same-origin", Ok(Credentials::SameOrigin)),
        ("inlcude", Err(InvalidRequest::BadCredentials)),
        ("Include", Err(InvalidRequest::BadCredentials)),
        ("", Err(InvalidRequest::BadCredentials)),
    ] {
        assert_eq!(Credentials::parse(text), expected, "{text:?}");
    }
}

#[test]
fn a_failed_fetch_is_told_as_far_as_a_page_can_know() {
    for row in table().failures {
        let headers = lines(&row.headers);
        let request = Request {
            url: &row.url,
            method: &row.method,
            headers: Headers::of_lines(&headers),
            credentials: credentials(&row.credentials),
            streaming: false,
        };
        let sign = |name: &str| row.signs.iter().any(|sign| sign == name);
        let signs = Symptoms {
            probe: match row.probe.as_str() {
                "answered" => Probe::Answered,
                "failed" => Probe::Failed,
                "none" => Probe::NotMade,
                "redirected" => Probe::Redirected,
                other => panic!("{other}"),
            },
            timed_out: sign("timedOut"),
            redirect_error: sign("redirectError"),
            offline: sign("offline"),
            blocked_by_policy: sign("blockedByPolicy"),
        };
        let told = request.diagnose(Page::parse(&row.page).unwrap(), &signs).unwrap();
        assert_eq!((told.code.code(), names(&told.reasons)), (row.code.as_str(), row.reasons), "{}", row.why);
        if let Some(text) = row.text {
            assert_eq!(told.reasons.lines().split('\n').nth(1).unwrap(), text, "{}", row.why);
        }
    }
}

#[test]
fn a_policy_answers_with_the_headers_of_its_table() {
    fn texts(list: &[String]) -> Vec<&str> {
        list.iter().map(String::as_str).collect()
    }
    for row in table().policies {
        let origins = AllowList::parse(texts(&row.origins), row.any).unwrap();
        let policy = CorsPolicy::new(origins)
            .methods(&texts(&row.methods))
            .request_headers(&texts(&row.request_headers))
            .exposed_headers(&texts(&row.exposed))
            .credentials(row.credentials)
            .max_age(row.max_age);
        let answer = policy.answer(&Asked {
            origin: row.origin.as_deref(),
            method: &row.method,
            request_method: row.request_method.as_deref(),
            request_headers: row.asks.as_deref(),
        });
        let headers: Lines =
            answer.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        assert_eq!((format!("{:?}", answer.decision), headers), (row.decision, row.headers), "{}", row.why);
        let preflight = row.method == "OPTIONS" && row.origin.is_some() && row.request_method.is_some();
        assert_eq!(answer.preflight, preflight, "{}", row.why);
    }
}

/// What the policy promises, the browser's own decision confirms.
#[test]
fn pages_that_a_policy_allows_pass_the_browsers_check() {
    let mut checked = 0;
    for row in table().policies.into_iter().filter(|row| row.origin.is_some() && row.method != "OPTIONS") {
        let origins = AllowList::parse(row.origins.iter().map(String::as_str), row.any).unwrap();
        let policy = CorsPolicy::new(origins).credentials(row.credentials);
        let page = row.origin.unwrap();
        let answer = policy.answer(&Asked { origin: Some(&page), method: "GET", ..Asked::default() });
        let headers = answer
            .headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect::<Vec<_>>()
            .join("\n");
        let Ok(page) = Page::parse(&page) else { continue };
        let credentials = if row.credentials && !row.any { Credentials::Include } else { Credentials::Omit };
        let request = Request {
            url: "https://api.example/",
            method: "GET",
            headers: Headers::default(),
            credentials,
            streaming: false,
        };
        let response = Response { status: 200, headers: Headers::of_lines(&headers) };
        let told = Exchange { request, response, preflight: None, final_url: None }.explain(page).unwrap();
        if page != Page::UNKNOWN {
            assert_eq!(told.allowed(), answer.allowed(), "{}", row.why);
            checked += 1;
        }
    }
    assert!(checked > 10);
}
