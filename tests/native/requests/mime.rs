//! The MIME Sniffing standard's own test data against the essence that CORS looks at.

use portcullis::requests::mime::essence;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Row { input: String, output: Option<String> },
    Comment(#[allow(dead_code)] String),
}

#[test]
fn essences_are_those_of_the_standard() {
    let entries: Vec<Entry> = serde_json::from_str(include_str!("../../vectors/mime-types.json")).unwrap();
    let mut count = 0;
    for entry in entries {
        let Entry::Row { input, output } = entry else { continue };
        count += 1;
        let expected = output.as_deref().map(|text| text.split(';').next().unwrap().to_owned());
        assert_eq!(essence(&input), expected, "{input:?}");
    }
    assert_eq!(count, 74);
}
