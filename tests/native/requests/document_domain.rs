//! Who may share a domain, and what an attempt came to.

use portcullis::origin::Origin;
use portcullis::requests::document_domain::{
    Attempt, DomainError, Outcome, Sign, may_relax, may_share, same_origin_domain,
};

#[test]
fn a_host_may_take_itself_and_the_domains_above_it() {
    use DomainError::{IpAddress, NoName, NotAbove, PublicSuffix};
    #[rustfmt::skip]
    let table = [
        // host              wanted             expected            why
        ("a.example.test",   "example.test",    Ok(()),             "the domain above"),
        ("x.a.example.test", "example.test",    Ok(()),             "two labels above"),
        ("a.example.test",   "a.example.test",  Ok(()),             "itself"),
        ("127.0.0.1",        "127.0.0.1",       Ok(()),             "an address is equal to itself"),
        ("[::1]",            "[::1]",           Ok(()),             "an address is equal to itself"),
        ("localhost",        "localhost",       Ok(()),             "a single label is equal to itself"),
        ("a.example.test",   "test",            Err(PublicSuffix),  "a suffix of one label"),
        ("a.localhost",      "localhost",       Err(PublicSuffix),  "a suffix of one label"),
        ("a.example.test",   "b.example.test",  Err(NotAbove),      "a sibling"),
        ("example.test",     "a.example.test",  Err(NotAbove),      "below"),
        ("aexample.test",    "example.test",    Err(NotAbove),      "the same end of the text"),
        ("a.example.test",   "other.test",      Err(NotAbove),      "another domain"),
        ("127.0.0.1",        "0.0.1",           Err(NoName),        "part of an address"),
        ("127.0.0.1",        "127.0.0.2",       Err(IpAddress),     "another address"),
        ("a.example.test",   "127.0.0.1",       Err(IpAddress),     "an address"),
        ("127.0.0.1",        "example.test",    Err(IpAddress),     "an address has no domain"),
        ("a.example.test",   "example.test.",   Err(NoName),        "a final dot is another domain"),
        ("a.example.test",   ".test",           Err(NoName),        "an empty label"),
        ("a.example.test",   "",                Err(NoName),        "nothing"),
        ("a.example.test",   "EXAMPLE.test",    Err(NoName),        "upper case"),
        ("a.example.test",   "example.test:80", Err(NoName),        "a port"),
    ];
    for (host, wanted, expected, why) in table {
        assert_eq!(may_relax(host, wanted), expected, "{host} {wanted}: {why}");
    }
}

#[test]
fn two_hosts_share_only_what_is_above_both() {
    assert_eq!(may_share("a.example.test", "b.example.test", "example.test"), Ok(()));
    assert_eq!(may_share("a.example.test", "example.test", "example.test"), Ok(()));
    assert_eq!(may_share("a.example.test", "b.other.test", "example.test"), Err(DomainError::NotAbove));
    assert_eq!(may_share("b.other.test", "a.example.test", "example.test"), Err(DomainError::NotAbove));
    assert_eq!(may_share("a.example.test", "b.other.test", "test"), Err(DomainError::PublicSuffix));
}

/// The table of the HTML standard, section "Origins".
#[test]
fn pages_script_each_other_as_the_standard_says() {
    #[rustfmt::skip]
    let table = [
        (("https://example.org", None),                 ("https://example.org", None),                 true),
        (("https://example.org:314", None),             ("https://example.org:420", None),             false),
        (("https://example.org:314", Some("example.org")), ("https://example.org:420", Some("example.org")), true),
        (("https://example.org", None),                 ("https://example.org", Some("example.org")),  false),
        (("https://example.org", Some("example.org")),  ("http://example.org", Some("example.org")),   false),
        (("https://a.example.org", Some("example.org")), ("https://b.example.org", Some("example.org")), true),
    ];
    for ((one, its), (other, theirs), expected) in table {
        let (one, other) = (Origin::parse(one).unwrap(), Origin::parse(other).unwrap());
        assert_eq!(
            same_origin_domain((&one, its), (&other, theirs)),
            expected,
            "{one} {its:?} {other} {theirs:?}"
        );
        assert_eq!(same_origin_domain((&other, theirs), (&one, its)), expected);
    }
}

#[test]
fn an_attempt_is_judged_by_its_effect() {
    let it = Attempt {
        host: "a.example.test",
        wanted: "example.test",
        after: "example.test",
        ..Attempt::default()
    };
    #[rustfmt::skip]
    let table = [
        (it,                                                              Outcome::Relaxed, "it reads as wanted"),
        (Attempt { after: "a.example.test", ..it },                       Outcome::NoOp,    "nothing changed"),
        (Attempt { origin_keyed: Sign::Yes, ..it },                       Outcome::NoOp,    "the browser says that it is keyed by origin"),
        (Attempt { origin_keyed: Sign::No, ..it },                        Outcome::Relaxed, "the browser says that it is not"),
        (Attempt { host: "example.test", origin_keyed: Sign::Yes, ..it }, Outcome::NoOp,    "the own host reads the same either way"),
        (Attempt { reached: Sign::Yes, ..it },                            Outcome::Relaxed, "the other page can be reached"),
        (Attempt { reached: Sign::Yes, origin_keyed: Sign::Yes, ..it },   Outcome::Relaxed, "an effect that is seen outweighs a sign"),
        (Attempt { reached: Sign::No, ..it },                             Outcome::NoOp,    "the other page cannot be reached"),
        (Attempt { threw: true, ..it },                                   Outcome::Refused, "the setter threw"),
        (Attempt { opaque: true, ..it },                                  Outcome::Refused, "a sandboxed page"),
        (Attempt { wanted: "test", after: "test", ..it },                 Outcome::Refused, "the rule forbids it"),
    ];
    for (attempt, expected, why) in table {
        let (outcome, reason) = attempt.verdict();
        assert_eq!(outcome, expected, "{why}");
        assert!(!reason.is_empty());
    }
    assert!(Attempt { after: "a.example.test", ..it }.verdict().1.contains("Origin-Agent-Cluster: ?0"));
}
