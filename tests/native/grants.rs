//! Grants of the storage hub: who may do what to which keys.

use portcullis::origin::{Origin, OriginError};
use portcullis::storage::{GrantError, Grants, KeyPattern, Right, Rights};

const ALL: [Right; 5] = [Right::Get, Right::Set, Right::Remove, Right::List, Right::Watch];

#[test]
fn key_patterns_cover_only_what_they_name() {
    #[rustfmt::skip]
    let table = [
        // pattern    key              covered why
        ("*",         "cart.1",        true,   "all keys"),
        ("*",         "",              true,   "all keys"),
        ("cart.*",    "cart.1",        true,   "below the name"),
        ("cart.*",    "cart.a.b",      true,   "any depth"),
        ("cart.*",    "cart",          false,  "the name itself"),
        ("cart.*",    "cart.",         false,  "nothing behind the dot"),
        ("cart.*",    "cartridge",     false,  "a longer name"),
        ("cart.*",    "cart-1",        false,  "no dot"),
        ("cart.*",    "my.cart.1",     false,  "not at the begin"),
        ("cart.*",    "Cart.1",        false,  "another case"),
        ("a.b.*",     "a.b.c",         true,   "a name of two parts"),
        ("a.b.*",     "a.c",           false,  "another part"),
        ("theme",     "theme",         true,   "one key"),
        ("theme",     "theme.dark",    false,  "below one key"),
        ("theme",     "them",          false,  "a shorter key"),
        ("__proto__", "__proto__",     true,   "a key is only a text"),
    ];
    for (pattern, key, covered, why) in table {
        assert_eq!(KeyPattern::parse(pattern).unwrap().covers(key), covered, "{pattern} {key:?}: {why}");
    }
}

#[test]
fn texts_that_are_no_key_patterns_are_refused() {
    let long = "a".repeat(1025);
    for text in
        ["", ".*", "**", "*.cart", "ca*rt", "cart*", "cart.*.x", "cart.**", "*.*", "a\nb", "a\0", &long]
    {
        assert_eq!(KeyPattern::parse(text), Err(GrantError::BadKeys), "{text:?}");
    }
    assert!(KeyPattern::parse(&long[1..]).is_ok());
}

#[test]
fn rights_are_bits_that_are_all_known() {
    assert_eq!(Rights::from_bits(0), None);
    assert_eq!(Rights::from_bits(32), None);
    assert_eq!(Rights::from_bits(256), None, "no bit is cut off");
    assert_eq!(Rights::from_bits(31), Some(Rights::ALL));
    for (bits, right) in
        [(1, Right::Get), (2, Right::Set), (4, Right::Remove), (8, Right::List), (16, Right::Watch)]
    {
        assert_eq!(Rights::from_bits(bits), Some(Rights::of(&[right])));
        for other in ALL {
            assert_eq!(Rights::of(&[right]).hold(Rights::of(&[other])), right == other);
        }
    }
    assert!(Rights::of(&[Right::Get, Right::Set]).hold(Rights::of(&[Right::Get])));
    assert!(!Rights::of(&[Right::Get]).hold(Rights::of(&[Right::Get, Right::Set])));
}

#[test]
fn what_no_grant_covers_is_denied() {
    let grants = Grants::parse([
        ("https://shop.example", "cart.*", 1 | 2),
        ("https://shop.example", "theme", 1),
        ("https://*.partner.example", "cart.*", 8),
    ])
    .unwrap();
    #[rustfmt::skip]
    let table = [
        ("https://shop.example",       "cart.1", Right::Get,    true,  "granted"),
        ("https://shop.example",       "cart.1", Right::Set,    true,  "granted"),
        ("https://shop.example",       "cart.1", Right::Remove, false, "another right"),
        ("https://shop.example",       "cart.1", Right::List,   false, "another page's right"),
        ("https://shop.example",       "theme",  Right::Get,    true,  "the second grant"),
        ("https://shop.example",       "theme",  Right::Set,    false, "the first grant's right, the second's key"),
        ("https://shop.example",       "secret", Right::Get,    false, "no grant's key"),
        ("https://a.partner.example",  "cart.1", Right::List,   true,  "a pattern of origins"),
        ("https://a.partner.example",  "cart.1", Right::Get,    false, "another right"),
        ("https://partner.example",    "cart.1", Right::List,   false, "the apex"),
        ("http://shop.example",        "cart.1", Right::Get,    false, "in the clear"),
        ("https://shop.example:8443",  "cart.1", Right::Get,    false, "another port"),
        ("https://shop.example.evil.test", "cart.1", Right::Get, false, "a longer host"),
    ];
    for (origin, key, right, allowed, why) in table {
        let origin = Origin::parse(origin).unwrap();
        assert_eq!(grants.allow(&origin, key, right), allowed, "{origin} {key} {right:?}: {why}");
    }
    let nobody = Grants::default();
    assert!(ALL.iter().all(|&right| !nobody.allow(
        &Origin::parse("https://shop.example").unwrap(),
        "cart.1",
        right
    )));
}

#[test]
fn the_first_wrong_grant_is_named() {
    let good = ("https://shop.example", "cart.*", 1);
    let fault = |bad| {
        Grants::parse([good, bad]).map_err(|invalid| (invalid.index, invalid.error, invalid.error.code()))
    };
    let expect = |error: GrantError, code| Err((1, error, code));
    assert_eq!(fault(("*", "a", 1)), expect(GrantError::BadOrigin(OriginError::TooWide), "origin/too-wide"));
    assert_eq!(
        fault(("null", "a", 1)),
        expect(GrantError::BadOrigin(OriginError::NullPattern), "origin/invalid")
    );
    assert_eq!(fault(("https://a.example", "a*", 1)), expect(GrantError::BadKeys, "call/invalid"));
    assert_eq!(fault(("https://a.example", "a", 0)), expect(GrantError::BadRights, "call/invalid"));
}
