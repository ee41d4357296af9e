//! Sites: the table of the HTML standard, and the published list against the one the crate carries.

use portcullis::origin::{Host, Origin};

#[test]
fn sites_are_those_of_the_standard() {
    #[rustfmt::skip]
    let table = [
        // one                           other                              schemeless  same site  why
        ("https://a.example.com",        "https://b.example.com",           true,       true,      "one registrable domain"),
        ("https://example.com",          "https://sub.other.example.com",   true,       true,      "any depth"),
        ("https://example.com",          "https://example.com:8443",        true,       true,      "ports do not count"),
        ("https://example.com",          "http://example.com",              true,       false,     "schemes do"),
        ("https://example.com",          "https://example.org",             false,      false,     "two domains"),
        ("https://notexample.com",       "https://example.com",             false,      false,     "the same end of the text"),
        ("https://a.github.io",          "https://b.github.io",             false,      false,     "anybody may register below github.io"),
        ("https://a.b.github.io",        "https://c.b.github.io",           true,       true,      "below a registered name"),
        ("https://github.io",            "https://a.github.io",             false,      false,     "a suffix has no site with its names"),
        ("https://github.io",            "https://github.io",               true,       true,      "a suffix is one site with itself"),
        ("https://a.co.uk",              "https://b.co.uk",                 false,      false,     "a suffix of two labels"),
        ("http://a.localhost:1",         "http://b.localhost:1",            false,      false,     "localhost is a suffix that the list does not know"),
        ("http://x.a.localhost:1",       "http://y.a.localhost:2",          true,       true,      "below it"),
        ("http://localhost:1",           "http://localhost:2",              true,       true,      "one host"),
        ("http://127.0.0.1:1",           "http://127.0.0.1:2",              true,       true,      "one address"),
        ("http://127.0.0.1",             "http://127.0.0.2",                false,      false,     "two addresses"),
        ("http://[::1]",                 "http://[::2]",                    false,      false,     "two addresses"),
    ];
    for (one, other, schemeless, same, why) in table {
        let (a, b) = (Origin::parse(one).unwrap(), Origin::parse(other).unwrap());
        for (a, b) in [(&a, &b), (&b, &a)] {
            assert_eq!(
                (a.is_schemelessly_same_site(b), a.is_same_site(b)),
                (schemeless, same),
                "{one} {other}: {why}"
            );
        }
    }
}

/// The list's rules, read by the algorithm on its site: the crate must agree with nearly all of them, and
/// with all of those that name who registers names for everybody.
#[test]
fn the_crates_list_agrees_with_the_published_one() {
    let list = include_str!("../vectors/public_suffix_list.dat");
    let icann = list.split("===END ICANN DOMAINS===").next().unwrap();
    let (mut checked, mut differ) = (0, Vec::new());
    for rule in icann.lines().filter(|line| !line.is_empty() && !line.starts_with("//")) {
        // Rules in other scripts need an IDN encoder; wildcards and exceptions are in the table below.
        if !rule.is_ascii() || rule.starts_with(['*', '!']) {
            continue;
        }
        checked += 1;
        if !Host::parse(rule).is_ok_and(Host::is_public_suffix) {
            differ.push(rule);
        }
    }
    assert!(checked > 5000, "{checked}");
    // The crate carries a list of another day.
    assert!(differ.len() * 200 < checked, "{differ:?}");
}

#[test]
fn registrable_domains_follow_wildcards_and_exceptions() {
    #[rustfmt::skip]
    let table = [
        ("example.com",         Some("example.com")),
        ("a.b.example.com",     Some("example.com")),
        ("com",                 None),
        ("b.c.kobe.jp",         Some("b.c.kobe.jp")),
        ("c.kobe.jp",           None),
        ("www.city.kobe.jp",    Some("city.kobe.jp")),
        ("a.unlisted",          Some("a.unlisted")),
        ("unlisted",            None),
        ("xn--85x722f.xn--fiqs8s", Some("xn--85x722f.xn--fiqs8s")),
        ("127.0.0.1",           None),
        ("[::1]",               None),
    ];
    for (host, expected) in table {
        assert_eq!(Host::parse(host).unwrap().registrable_domain(), expected, "{host}");
    }
}

#[test]
fn a_name_below_a_suffix_is_none_and_an_address_never() {
    let is_suffix = |host| Host::parse(host).unwrap().is_public_suffix();
    for suffix in ["com", "co.uk", "github.io", "localhost"] {
        assert!(is_suffix(suffix), "{suffix}");
    }
    for host in ["example.com", "a.co.uk", "a.b.github.io", "a.localhost", "127.0.0.1", "[::1]"] {
        assert!(!is_suffix(host), "{host}");
    }
}
