//! Letters in a window's name, and what the asking page makes of them.

use portcullis::requests::window_name::{Letter, Step, WindowNameError};
use proptest::prelude::*;

const NONCE: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "ffffffffffffffffffffffffffffffff";

fn request(data: &'static str) -> Letter<'static> {
    Letter::Request { nonce: NONCE, return_path: "/blank?a=1", data }
}

#[test]
fn letters_read_as_they_were_written() {
    for letter in [
        request("{\"a\":1}"),
        request(""),
        request("two\nlines\n"),
        Letter::Response { nonce: NONCE, data: "[1,2]" },
        Letter::Failed { nonce: NONCE, data: "\"no\"" },
    ] {
        let text = letter.write(1000).unwrap();
        assert_eq!(Letter::read(&text, 1000), Ok(letter), "{text:?}");
    }
}

#[test]
fn the_wire_is_what_the_protocol_says() {
    assert_eq!(request("1").write(1000).unwrap(), format!("portcullis/1 request {NONCE} /blank?a=1\n1"));
    let response = Letter::Response { nonce: NONCE, data: "1" };
    assert_eq!(response.write(1000).unwrap(), format!("portcullis/1 response {NONCE}\n1"));
}

#[test]
fn hostile_names_are_refused() {
    #[rustfmt::skip]
    let table = [
        ("",                                                        "no name"),
        ("x",                                                       "another user's name"),
        ("{\"json\":1}",                                            "another library's name"),
        ("portcullis/1",                                            "the tag alone"),
        ("portcullis/1 request 0123456789abcdef0123456789abcdef /", "no data line"),
        ("portcullis/2 request 0123456789abcdef0123456789abcdef /\n1", "another version"),
        ("PORTCULLIS/1 request 0123456789abcdef0123456789abcdef /\n1", "another case"),
        (" portcullis/1 request 0123456789abcdef0123456789abcdef /\n1", "a space before"),
        ("portcullis/1 request 0123456789ABCDEF0123456789abcdef /\n1", "a nonce in upper case"),
        ("portcullis/1 request 0123456789abcdef0123456789abcde /\n1", "a nonce that is too short"),
        ("portcullis/1 request  /\n1",                              "no nonce"),
        ("portcullis/1 eval 0123456789abcdef0123456789abcdef /\n1", "another kind"),
        ("portcullis/1 request 0123456789abcdef0123456789abcdef\n1", "no return path"),
        ("portcullis/1 request 0123456789abcdef0123456789abcdef / x\n1", "a word too many"),
        ("portcullis/1 response 0123456789abcdef0123456789abcdef /\n1", "an answer with a path"),
        ("portcullis/1 request 0123456789abcdef0123456789abcdef //evil.example\n1", "a host as the return path"),
        ("portcullis/1 request 0123456789abcdef0123456789abcdef /\\evil.example\n1", "a host as the return path"),
        ("portcullis/1 request 0123456789abcdef0123456789abcdef \\\\evil.example\n1", "a host as the return path"),
        ("portcullis/1 request 0123456789abcdef0123456789abcdef https://evil.example/\n1", "an address as the return path"),
        ("portcullis/1 request 0123456789abcdef0123456789abcdef javascript:alert(1)\n1", "a script as the return path"),
        ("portcullis/1 request 0123456789abcdef0123456789abcdef blank\n1", "a relative return path"),
        ("portcullis/1 request 0123456789abcdef0123456789abcdef /\t/evil.example\n1", "a tab, which a URL parser drops"),
        ("portcullis/1 request 0123456789abcdef0123456789abcdef /\u{e9}\n1", "not ASCII"),
        ("portcullis/1 request 0123456789abcdef0123456789abcdef /a#b\n1", "a fragment"),
        ("portcullis/1 request 0123456789abcdef0123456789abcdef /\r\n1", "a carriage return"),
    ];
    for (name, why) in table {
        assert_eq!(Letter::read(name, 1000), Err(WindowNameError::Malformed), "{name:?}: {why}");
    }
    // The control: one of them without its fault.
    assert!(Letter::read("portcullis/1 request 0123456789abcdef0123456789abcdef /\n1", 1000).is_ok());
}

#[test]
fn what_could_not_be_read_is_not_written() {
    let write = |nonce, return_path| Letter::Request { nonce, return_path, data: "1" }.write(1000);
    assert_eq!(write(NONCE, "//evil.example"), Err(WindowNameError::Malformed));
    assert_eq!(write(NONCE, ""), Err(WindowNameError::Malformed));
    assert_eq!(write(NONCE, "/a b"), Err(WindowNameError::Malformed));
    assert_eq!(write("short", "/"), Err(WindowNameError::Malformed));
    assert_eq!(write(NONCE, &format!("/{}", "a".repeat(2047))).map(|_| ()), Err(WindowNameError::TooLarge));
    let write =
        |return_path: &str| Letter::Request { nonce: NONCE, return_path, data: "" }.write(10_000).map(|_| ());
    assert_eq!(write(&format!("/{}", "a".repeat(2047))), Ok(()));
    assert_eq!(write(&format!("/{}", "a".repeat(2048))), Err(WindowNameError::Malformed));
}

#[test]
fn a_letter_has_a_limit() {
    let text = request("12345").write(1000).unwrap();
    assert_eq!(request("12345").write(text.len()).as_deref(), Ok(text.as_str()));
    assert_eq!(request("12345").write(text.len() - 1), Err(WindowNameError::TooLarge));
    assert!(Letter::read(&text, text.len()).is_ok());
    assert_eq!(Letter::read(&text, text.len() - 1), Err(WindowNameError::TooLarge));
    assert_eq!(WindowNameError::TooLarge.code(), "window-name/too-large");
    assert_eq!(WindowNameError::Malformed.code(), "window-name/malformed");
}

#[test]
fn only_the_answer_to_the_own_question_counts() {
    let name = |letter: Letter<'_>| letter.write(1000).unwrap();
    #[rustfmt::skip]
    let table = [
        (name(Letter::Response { nonce: NONCE, data: "[1]" }),  Ok(Step::Settle("[1]")),              "the answer"),
        (name(Letter::Failed { nonce: NONCE, data: "\"x\"" }),  Ok(Step::Fail("\"x\"")),              "the other page failed"),
        (name(request("1")),                                    Ok(Step::Wait),                       "nobody answered yet"),
        (name(Letter::Response { nonce: OTHER, data: "[1]" }),  Err(WindowNameError::Malformed),      "another exchange's answer"),
        (name(Letter::Failed { nonce: OTHER, data: "[1]" }),    Err(WindowNameError::Malformed),      "another exchange's failure"),
        (String::new(),                                         Err(WindowNameError::Malformed),      "somebody emptied it"),
        ("evil".to_owned(),                                     Err(WindowNameError::Malformed),      "somebody else wrote it"),
        ("x".repeat(1001),                                      Err(WindowNameError::TooLarge),       "somebody filled it"),
    ];
    for (name, expected, why) in table {
        assert_eq!(Step::read(&name, NONCE, 1000), expected, "{why}");
    }
    let other = name(Letter::Request { nonce: OTHER, return_path: "/", data: "" });
    assert_eq!(
        Step::read(&other, NONCE, 1000),
        Err(WindowNameError::Malformed),
        "another exchange's question"
    );
}

proptest! {
    #[test]
    fn data_of_any_kind_comes_back(data in "(?s).{0,40}") {
        let text = Letter::Response { nonce: NONCE, data: &data }.write(1000).unwrap();
        prop_assert_eq!(Step::read(&text, NONCE, 1000), Ok(Step::Settle(data.as_str())));
    }

    #[test]
    fn no_name_leads_to_another_host(name in "portcullis/1 request 0123456789abcdef0123456789abcdef [ -~\t]{0,12}\n1") {
        if let Ok(Letter::Request { return_path, .. }) = Letter::read(&name, 1000) {
            let url = url::Url::parse("https://app.example/x").unwrap().join(return_path).unwrap();
            prop_assert_eq!(url.origin().ascii_serialization(), "https://app.example");
        }
    }
}
