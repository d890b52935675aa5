//! Inputs that nobody would write: samples with a few changes.

use proptest::prelude::*;

/// A change of some bytes. Places are parts of 65,536.
#[derive(Debug, Clone)]
enum Edit {
    Flip(u16, u8),
    Set(u16, u8),
    Insert(u16, usize),
    Remove(u16, u8),
    Repeat(u16, u8, u8),
    Cut(u16),
}

fn edit(words: usize) -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => (any::<u16>(), 0..8u8).prop_map(|(at, bit)| Edit::Flip(at, bit)),
        3 => (any::<u16>(), any::<u8>()).prop_map(|(at, byte)| Edit::Set(at, byte)),
        3 => (any::<u16>(), 0..words).prop_map(|(at, word)| Edit::Insert(at, word)),
        2 => (any::<u16>(), any::<u8>()).prop_map(|(at, count)| Edit::Remove(at, count)),
        1 => (any::<u16>(), any::<u8>(), 1..9u8).prop_map(|(at, count, times)| Edit::Repeat(at, count, times)),
        1 => any::<u16>().prop_map(Edit::Cut),
    ]
}

fn apply(bytes: &mut Vec<u8>, edit: &Edit, words: &[&[u8]]) {
    let place = |at: u16| usize::from(at) * bytes.len() / 65_536;
    let to = |at: usize, count: u8| (at + usize::from(count)).min(bytes.len());
    match *edit {
        Edit::Flip(at, bit) => {
            let at = place(at);
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << bit;
            }
        }
        Edit::Set(at, value) => {
            let at = place(at);
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
        }
        Edit::Insert(at, word) => {
            let at = place(at);
            bytes.splice(at..at, words[word].iter().copied());
        }
        Edit::Remove(at, count) => {
            let at = place(at);
            bytes.drain(at..to(at, count));
        }
        Edit::Repeat(at, count, times) => {
            let at = place(at);
            let part = bytes[at..to(at, count)].repeat(usize::from(times));
            bytes.splice(at..at, part);
        }
        Edit::Cut(at) => bytes.truncate(place(at)),
    }
}

/// Any bytes, or one of the samples with up to eight changes.
pub fn mutated(
    samples: Vec<Vec<u8>>,
    words: &'static [&'static [u8]],
) -> impl Strategy<Value = Vec<u8>> + use<> {
    let edits = prop::collection::vec(edit(words.len()), 0..8);
    let changed = (0..samples.len(), edits).prop_map(move |(sample, edits)| {
        let mut bytes = samples[sample].clone();
        for edit in &edits {
            apply(&mut bytes, edit, words);
        }
        bytes
    });
    prop_oneof![
        1 => prop::collection::vec(any::<u8>(), 0..200),
        12 => changed,
    ]
}

/// As [`mutated`], for readers of text.
pub fn mutated_text(
    samples: &[&str],
    words: &'static [&'static [u8]],
) -> impl Strategy<Value = String> + use<> {
    let samples = samples
        .iter()
        .map(|text| text.as_bytes().to_vec())
        .collect();
    mutated(samples, words).prop_map(|bytes| match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}
