//! Replays every corpus file on stable: what the fuzzer once found stays found.

use std::{fs, path::Path};

/// What is in a target's corpus, by the names of the files: a folder has an order of its own on each machine.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let entries = fs::read_dir(folder).expect("a corpus folder");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("a file")).collect()
}

#[test]
fn every_corpus_file_passes() {
    for (name, target) in portcullis_fuzz::TARGETS {
        let seeds = corpus(name);
        assert!(!seeds.is_empty(), "{name} has a corpus");
        for seed in seeds {
            target(&seed);
        }
    }
}

/// A quick search without a fuzzer: seeds with bytes changed, the same ones in every run.
#[test]
fn changed_corpus_files_pass() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for (name, target) in portcullis_fuzz::TARGETS {
        for seed in corpus(name) {
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
