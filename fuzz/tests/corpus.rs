//! Replays every corpus file on stable: what the fuzzer once found stays found.

use std::{fs, path::Path};

#[test]
fn every_corpus_file_passes() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for (name, target) in portcullis_fuzz::TARGETS {
        let files: Vec<_> = fs::read_dir(corpus.join(name)).expect("a corpus folder").collect();
        assert!(!files.is_empty(), "{name} has a corpus");
        for file in files {
            target(&fs::read(file.expect("an entry").path()).expect("a file"));
        }
    }
}

/// A quick search without a fuzzer: seeds with bytes changed, the same ones in every run.
#[test]
fn changed_corpus_files_pass() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for (name, target) in portcullis_fuzz::TARGETS {
        for file in fs::read_dir(corpus.join(name)).expect("a corpus folder") {
            let seed = fs::read(file.expect("an entry").path()).expect("a file");
            for _ in 0..500 {
                let mut data = seed.clone();
                for _ in 0..=next() % 8 {
                    let at = usize::try_from(next() % (data.len() as u64 + 1)).expect("small");
                    match next() % 3 {
                        0 if at < data.len() => data[at] = next().to_le_bytes()[0],
                        1 if at < data.len() => drop(data.remove(at)),
                        _ => data.insert(at, next().to_le_bytes()[0]),
                    }
                }
                target(&data);
            }
        }
    }
}
