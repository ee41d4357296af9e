//! Beacons against the table shared with TypeScript.

use portcullis::requests::beacon::{
    Arrival, Batch, BeaconError, Body, Fit, ImageData, MAX_BODY_BYTES, Outgoing, Payload, Via, Wish, decode,
    image_url,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Table {
    plans: Vec<Plan>,
    fits: Vec<FitRow>,
    images: Vec<Image>,
    arrivals: Vec<ArrivalRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plan {
    via: String,
    body: String,
    body_bytes: u32,
    image_url_bytes: u32,
    max_url_bytes: u32,
    in_flight_bytes: u32,
    leaving: bool,
    referrer_policy: bool,
    no_send_beacon: bool,
    expected: String,
    why: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FitRow {
    count: u32,
    event_bytes: u32,
    next: u32,
    max_count: u32,
    max_bytes: f64,
    expected: String,
    why: String,
}

#[derive(Deserialize)]
struct Image {
    url: String,
    data: String,
    pairs: bool,
    expected: String,
    why: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ArrivalRow {
    method: String,
    query: Option<String>,
    content_type: Option<String>,
    body: String,
    expected: Expected,
    why: String,
}

#[derive(Debug, Default, Deserialize, PartialEq)]
#[serde(default)]
struct Expected {
    kind: String,
    text: String,
    fields: Vec<(String, String)>,
}

fn table() -> Table {
    serde_json::from_str(include_str!("../../vectors/beacons.json")).unwrap()
}

#[test]
fn a_beacon_goes_the_way_that_fits() {
    for row in table().plans {
        let outgoing = Outgoing {
            wish: match row.via.as_str() {
                "auto" => Wish::Auto,
                "fetch" => Wish::Fetch,
                "image" => Wish::Image,
                "sendBeacon" => Wish::SendBeacon,
                other => panic!("{other}"),
            },
            body: match row.body.as_str() {
                "bytes" => Body::Bytes,
                "text" => Body::Text,
                "typed" => Body::Typed,
                other => panic!("{other}"),
            },
            body_bytes: row.body_bytes,
            image_url_bytes: row.image_url_bytes,
            max_url_bytes: row.max_url_bytes,
            in_flight_bytes: row.in_flight_bytes,
            leaving: row.leaving,
            own_referrer_policy: row.referrer_policy,
            no_send_beacon: row.no_send_beacon,
        };
        let way = match outgoing.plan() {
            Ok(Via::Fetch) => "fetch",
            Ok(Via::Image) => "image",
            Ok(Via::PlainFetch) => "plainFetch",
            Ok(Via::SendBeacon) => "sendBeacon",
            Err(BeaconError::OverBudget) => "over-budget",
            Err(BeaconError::TooLarge) => "too-large",
            Err(BeaconError::Unfit) => "invalid",
            other => panic!("{other:?}"),
        };
        assert_eq!(way, row.expected, "{}", row.why);
    }
}

#[test]
fn sizes_beyond_counting_are_refused() {
    let outgoing =
        Outgoing { leaving: true, body_bytes: 1, in_flight_bytes: u32::MAX, ..Outgoing::default() };
    assert_eq!(Outgoing { image_url_bytes: 1, ..outgoing }.plan(), Err(BeaconError::OverBudget));
    assert_eq!(Batch { count: u32::MAX, event_bytes: u32::MAX }.fit(1, 10, 1000), Fit::FlushFirst);
    assert_eq!(Batch::default().fit(u32::MAX, 10, 1000), Fit::Never);
}

#[test]
fn an_event_joins_a_batch_that_has_room() {
    for row in table().fits {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the table has whole numbers"
        )]
        let fit = Batch { count: row.count, event_bytes: row.event_bytes }.fit(
            row.next,
            row.max_count,
            row.max_bytes as u32,
        );
        let fit = match fit {
            Fit::Fits => "fits",
            Fit::FlushFirst => "flush-first",
            Fit::Never => "never",
            other => panic!("{other:?}"),
        };
        assert_eq!(fit, row.expected, "{}", row.why);
    }
}

#[test]
fn a_batch_knows_the_length_of_its_json() {
    for events in [vec![], vec!["1"], vec!["1", "{\"a\":2}", "\"x\""]] {
        let batch = Batch {
            count: u32::try_from(events.len()).unwrap(),
            event_bytes: events.iter().map(|event| u32::try_from(event.len()).unwrap()).sum(),
        };
        assert_eq!(batch.bytes() as usize, format!("[{}]", events.join(",")).len());
    }
}

#[test]
fn data_joins_the_address_of_an_image() {
    for Image { url, data, pairs, expected, why } in table().images {
        let image = if pairs { ImageData::Pairs(&data) } else { ImageData::Text(&data) };
        let made = image_url(&url, image).unwrap_or_else(|error| match error {
            BeaconError::BadUrl(_) => "BadUrl".to_owned(),
            _ => format!("{error:?}"),
        });
        assert_eq!(made, expected, "{why}");
    }
}

#[test]
fn a_server_reads_what_a_page_sent() {
    for row in table().arrivals {
        let arrival = Arrival {
            method: &row.method,
            query: row.query.as_deref(),
            content_type: row.content_type.as_deref(),
            body: row.body.as_bytes(),
        };
        let found = match decode(&arrival) {
            Ok(Payload::Empty) => Expected { kind: "empty".to_owned(), ..Expected::default() },
            Ok(Payload::Text(text)) => Expected { kind: "text".to_owned(), text, ..Expected::default() },
            Ok(Payload::Fields(fields)) => {
                Expected { kind: "fields".to_owned(), fields, ..Expected::default() }
            }
            Ok(other) => panic!("{other:?}"),
            Err(error) => Expected { kind: format!("{error:?}"), ..Expected::default() },
        };
        assert_eq!(found, row.expected, "{}", row.why);
    }
}

#[test]
fn a_body_is_read_up_to_its_limit() {
    let read = |bytes: usize| {
        let body = vec![b'a'; bytes];
        decode(&Arrival { method: "POST", body: &body, ..Arrival::default() }).map(|_| ())
    };
    assert_eq!(read(MAX_BODY_BYTES), Ok(()));
    assert_eq!(read(MAX_BODY_BYTES + 1), Err(BeaconError::TooLarge));
    let arrival = Arrival { method: "POST", body: b"\xff", ..Arrival::default() };
    assert_eq!(decode(&arrival), Err(BeaconError::Malformed));
}

#[test]
fn one_field_of_an_image_is_text_only_under_the_name_for_it() {
    let read = |query| decode(&Arrival { method: "GET", query: Some(query), ..Arrival::default() });
    let field = ("other".to_owned(), "a b".to_owned());
    assert_eq!(read("other=a+b"), Ok(Payload::Fields(vec![field])));
    let text = image_url("https://a.example/", ImageData::Text("a b")).unwrap();
    assert_eq!(read(text.split_once('?').unwrap().1), Ok(Payload::Text("a b".to_owned())));
}
