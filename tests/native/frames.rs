use portcullis::channel::Nonce;
use portcullis::channel::frame::{EXPORT, Frame, Kind, LIVE, MAX_LIVES, Malformed, RETAIN, pairs_of};
use proptest::prelude::*;

/// How many words follow the first, which flags are allowed, and the least and greatest count.
#[rustfmt::skip]
const SHAPES: [(Kind, usize, u32, u32, u32); 22] = [
    (Kind::Open,    6, 0,             0, 0),
    (Kind::Name,    1, 0,             1, 1),
    (Kind::Call,    2, LIVE | EXPORT, 0, 0xffff),
    (Kind::Notify,  1, LIVE | EXPORT, 0, 0xffff),
    (Kind::Event,   1, LIVE | RETAIN, 0, 1),
    (Kind::Reply,   1, LIVE,          0, 1),
    (Kind::Fail,    2, 0,             0, 1),
    (Kind::Cancel,  1, 0,             0, 1),
    (Kind::Release, 2, 0,             0, 0),
    (Kind::Abort,   1, 0,             0, 1),
    (Kind::Item,    2, LIVE,          0, 1),
    (Kind::End,     1, 0,             0, 1),
    (Kind::Reset,   1, 0,             0, 1),
    (Kind::Credit,  2, 0,             0, 0),
    (Kind::Stop,    1, 0,             0, 1),
    (Kind::Ping,    1, 0,             0, 0),
    (Kind::Pong,    1, 0,             0, 0),
    (Kind::Lost,    1, 0,             0, 0),
    (Kind::Suspend, 0, 0,             0, 0),
    (Kind::Resume,  0, 0,             0, 0),
    (Kind::Goodbye, 0, 0,             0, 0),
    (Kind::Close,   1, 0,             0, 1),
];

fn decode(words: &[u32]) -> Result<Vec<Frame<'_>>, Malformed> {
    let mut rest = words;
    let mut frames = Vec::new();
    while let Some(frame) = Frame::decode(&mut rest)? {
        frames.push(frame);
    }
    Ok(frames)
}

#[test]
fn the_table_of_shapes_has_every_kind() {
    let kinds: Vec<Kind> = SHAPES.iter().map(|shape| shape.0).collect();
    assert_eq!(kinds, Kind::ALL.iter().map(|&(kind, _)| kind).collect::<Vec<_>>());
}

#[test]
fn a_frame_has_exactly_the_words_of_its_kind() {
    for (kind, fixed, _, least, _) in SHAPES {
        let mut words = vec![kind.number() | least << 16];
        words.extend((1..=fixed).map(|n| u32::try_from(n).unwrap()));
        let frames = decode(&words).unwrap();
        assert_eq!(frames.len(), 1);
        assert_eq!(frames[0].kind, kind);
        words.pop();
        assert_eq!(decode(&words).is_ok(), words.is_empty(), "{kind:?} one word short");
    }
}

#[test]
fn a_count_is_taken_up_to_its_limit_and_not_one_above() {
    for (kind, fixed, _, least, most) in SHAPES {
        for (count, fits) in [(least, true), (most, true), (most + 1, false), (least.wrapping_sub(1), false)]
        {
            if count > 0xffff {
                continue;
            }
            let mut words = vec![kind.number() | count << 16];
            words.resize(1 + fixed, 0);
            assert_eq!(decode(&words).is_ok(), fits, "{kind:?} with {count}");
        }
    }
}

#[test]
fn a_flag_that_a_kind_has_not_is_refused() {
    for (kind, fixed, flags, least, _) in SHAPES {
        for bit in 0..8 {
            let flag = 1 << bit;
            let mut words = vec![kind.number() | flag << 8 | least << 16];
            words.resize(1 + fixed, 0);
            if flag == LIVE {
                words.extend([1, 1, 5]);
            }
            assert_eq!(decode(&words).is_ok(), flags & flag != 0, "{kind:?} with flag {flag}");
        }
    }
}

#[test]
fn live_values_are_taken_up_to_their_limit_and_not_one_above() {
    for (pairs, fits) in [(0, false), (1, true), (MAX_LIVES, true), (MAX_LIVES + 1, false), (u32::MAX, false)]
    {
        let mut words = vec![Kind::Reply.number() | LIVE << 8 | 1 << 16, 7, pairs];
        words.extend((0..pairs.min(MAX_LIVES + 1)).flat_map(|id| [1, id]));
        assert_eq!(decode(&words).is_ok(), fits, "{pairs}");
    }
    for (kind, fits) in [(6, true), (7, false), (u32::MAX, false)] {
        let words = [Kind::Reply.number() | LIVE << 8 | 1 << 16, 7, 1, kind, 0];
        assert_eq!(decode(&words).is_ok(), fits, "live kind {kind}");
    }
}

#[test]
fn the_words_of_an_opening_are_those_of_the_document() {
    let mut words = Vec::new();
    Frame::open(1, 0, Nonce([1, 2, 3, 4])).encode(&mut words);
    assert_eq!(words, [1, 1, 0, 1, 2, 3, 4]);
}

prop_compose! {
    fn any_frame()(shape in 0..SHAPES.len(), words in any::<[u32; 6]>(), bits in any::<u32>(), count in any::<u32>(),
                   lives in prop::collection::vec((0_u32..7, any::<u32>()), 0..5))
        -> (Kind, u32, u32, [u32; 6], Vec<u32>) {
        let (kind, fixed, allowed, least, most) = SHAPES[shape];
        let mut words = words;
        for word in words.iter_mut().skip(fixed) {
            *word = 0;
        }
        let lives: Vec<u32> = lives.into_iter().flat_map(|(kind, id)| [kind, id]).collect();
        let lives = if allowed & LIVE == 0 { Vec::new() } else { lives };
        (kind, bits & allowed & !LIVE, least + count % (most - least + 1), words, lives)
    }
}

proptest! {
    #[test]
    fn frames_back_to_back_come_back_as_they_were(frames in prop::collection::vec(any_frame(), 0..20)) {
        let frames: Vec<Frame<'_>> = frames
            .iter()
            .map(|(kind, flags, count, words, lives)| Frame {
                kind: *kind, flags: *flags, count: *count, words: *words, lives,
            })
            .collect();
        let mut words = Vec::new();
        for frame in &frames {
            frame.encode(&mut words);
        }
        prop_assert_eq!(decode(&words).unwrap(), frames);
    }

    #[test]
    fn arbitrary_words_are_refused_or_mean_what_they_are(words in prop::collection::vec(
        prop_oneof![any::<u32>(), 0_u32..24, (0_u32..24, 0_u32..8, 0_u32..3).prop_map(|(k, f, c)| k | f << 8 | c << 16)],
        0..60,
    )) {
        if let Ok(frames) = decode(&words) {
            let mut again = Vec::new();
            for frame in &frames {
                prop_assert_eq!(pairs_of(frame.lives).count() * 2, frame.lives.len());
                frame.encode(&mut again);
            }
            prop_assert_eq!(again, words);
        }
    }
}
