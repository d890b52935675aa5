//! What a merge must give, whatever the texts.

use rapidkit_pg::plan::{Merged, has_markers};

use crate::cases::{Ends, Form, Side};
use crate::{merged, run, say};

/// With no edit the new version, in the user's line ends; with no new version the user's text; of the same text twice that
/// text; and what came out does not change when it is merged again.
#[test]
fn identities() {
    let cases = run(400, |case| {
        let [base, mine, theirs] = [&case.base, &case.mine, &case.theirs].map(Side::bytes);

        assert_eq!(merged(&base, &mine, &base), Merged::Clean(mine.clone()));
        assert_eq!(merged(&base, &mine, &mine), Merged::Clean(mine.clone()));
        assert_eq!(merged(&mine, &mine, &mine), Merged::Clean(mine.clone()));

        let Merged::Clean(taken) = merged(&base, &base, &theirs) else {
            panic!("a conflict without an edit");
        };
        let ends = ends(&base);
        let expected = match ends {
            Some(b"\n") => lf(&theirs),
            Some(_) => crlf(&theirs),
            // Several kinds of ends, or none: each line has its own.
            None => taken.clone(),
        };
        assert_eq!(taken, expected);
        assert_eq!(lf(&taken), lf(&theirs));

        match merged(&base, &mine, &theirs) {
            Merged::Clean(once) => {
                assert_eq!(merged(&theirs, &once, &theirs), Merged::Clean(once.clone()));
                assert!(!has_markers(&once));
            }
            Merged::Conflicted { text, conflicts } => {
                assert!(has_markers(&text));
                assert!(!conflicts.is_empty());
                for conflict in conflicts {
                    assert!(conflict.lines.start >= 1);
                    assert!(conflict.lines.start <= conflict.lines.end);
                    assert!(conflict.lines.end <= case.mine.lines.len() + 1);
                }
            }
        }
    });
    say(&format!(
        "merge, identities: {cases} cases, each held against five"
    ));
}

/// Line ends, byte order mark and final newline are the user's where the user has a choice of his own.
#[test]
fn form() {
    let cases = run(400, |case| {
        let [base, mine, theirs] = [&case.base, &case.mine, &case.theirs].map(Side::bytes);
        let (text, is_clean) = match merged(&base, &mine, &theirs) {
            Merged::Clean(text) => (text, true),
            Merged::Conflicted { text, .. } => (text, false),
        };
        match ends(&mine) {
            Some(b"\n") => assert_eq!(lf(&text), text),
            Some(_) => assert_eq!(crlf(&text), text),
            None => {}
        }
        let expected = |what: fn(&[u8]) -> bool| {
            let [base, mine, theirs] = [&base, &mine, &theirs].map(|text| what(text));
            if mine == base { theirs } else { mine }
        };
        let has_bom = |text: &[u8]| text.starts_with(b"\xef\xbb\xbf");
        assert_eq!(has_bom(&text), expected(has_bom));
        let is_open =
            |text: &[u8]| !text.is_empty() && text != b"\xef\xbb\xbf" && !text.ends_with(b"\n");
        // A last line that is empty cannot lack its end.
        let last_is_empty = text.ends_with(b"\n\n") || text.ends_with(b"\n\r\n");
        if is_clean && !text.is_empty() && !has_bom(&text) && !last_is_empty {
            assert_eq!(is_open(&text), expected(is_open));
        }
    });
    say(&format!(
        "merge, form: {cases} cases: line ends, byte order mark and final newline kept in each"
    ));
}

#[test]
fn marker_lines() {
    for text in [
        "<<<<<<< yours\n",
        "a\n||||||| 1.0.0\nb",
        "a\r\n>>>>>>> 1.1.0\r\n",
        "a\n>>>>>>>",
        "\u{feff}<<<<<<< yours\n",
    ] {
        assert!(has_markers(text.as_bytes()), "{text:?}");
    }
    for text in [
        "",
        "Title\n=======\n",
        "========\n",
        " <<<<<<< yours\n",
        "<<<<<<<< yours\n",
        "<<<<<< yours\n",
        "a <<<<<<< yours\n",
        "<<<<<<<yours\n",
        "<<<<<<|\n",
    ] {
        assert!(!has_markers(text.as_bytes()), "{text:?}");
    }
}

#[test]
fn a_conflict_as_it_is_written() {
    let base = b"one\ntwo\nthree\n";
    let mine = b"one\r\n2\r\nthree\r\nfour";
    let theirs = b"zero\none\nTWO\nthree\n";
    let Merged::Conflicted { text, conflicts } = merged(base, mine, theirs) else {
        panic!("no conflict");
    };
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "zero\r\none\r\n<<<<<<< yours\r\n2\r\n||||||| 1.0.0\r\ntwo\r\n=======\r\nTWO\r\n>>>>>>> 1.1.0\r\nthree\r\nfour"
    );
    assert_eq!(conflicts.len(), 1);
    assert_eq!(conflicts[0].lines, 2..3);
}

/// The new version has no final newline any more, but what is last now is an empty line of the user's.
#[test]
fn an_empty_last_line_stays() {
    assert_eq!(
        merged(b"a\nb\n", b"a\n\n", b"a\nb"),
        Merged::Clean(b"a\n\n".to_vec())
    );
}

/// The one kind of line end that a text has.
fn ends(text: &[u8]) -> Option<&'static [u8]> {
    let all = text.iter().filter(|byte| **byte == b'\n').count();
    let crlf = text.windows(2).filter(|pair| pair == b"\r\n").count();
    match (all, crlf) {
        (0, _) => None,
        (_, 0) => Some(b"\n"),
        _ if all == crlf => Some(b"\r\n"),
        _ => None,
    }
}

fn lf(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in text {
        if *byte == b'\n' && out.last() == Some(&b'\r') {
            out.pop();
        }
        out.push(*byte);
    }
    out
}

fn crlf(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for byte in lf(text) {
        if byte == b'\n' {
            out.push(b'\r');
        }
        out.push(byte);
    }
    out
}

/// The forms that the cases have are those that are meant.
#[test]
fn forms_of_the_cases() {
    let side = |ends| Side {
        lines: ["a", "b", "c"]
            .map(|line| line.as_bytes().to_vec())
            .to_vec(),
        form: Form {
            ends,
            bom: true,
            open: true,
        },
    };
    assert_eq!(side(Ends::Lf).bytes(), b"\xef\xbb\xbfa\nb\nc");
    assert_eq!(side(Ends::Crlf).bytes(), b"\xef\xbb\xbfa\r\nb\r\nc");
    assert_eq!(side(Ends::Mixed).bytes(), b"\xef\xbb\xbfa\nb\r\nc");
}
