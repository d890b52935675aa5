//! Blocks in dotenv files.

use rapidkit_pg::edit::dotenv::{add_block, block, count, current};

use crate::inputs::mutated_text;
use crate::run::run;

const WORDS: &[&[u8]] = &[
    b"\n",
    b"\r\n",
    b"\r",
    b" ",
    b"#",
    b"=",
    b"\"",
    b"# >>> db\n",
    b"# <<< db\n",
    b"# >>> db\r\n",
    b"# <<< db ",
    b"\xef\xbb\xbf",
    b"\xc3\xa9",
    b"\0",
    b"A=1\n",
    b"export ",
    b"# >>> other\n",
];

#[test]
fn dotenv() {
    let files = [
        "",
        "X=1",
        "X=1\n",
        "X=1\r\nY=\"a\r\nb\"\r\n",
        "# >>> db\nA=1\n# <<< db\n",
        "X=1\n\n# >>> db\nA=2\n# <<< db\nY=2\n",
    ];
    let strategy = (
        mutated_text(&files, WORDS),
        mutated_text(&["A=1\n", "A=1\nB=2"], WORDS),
    );
    run("dotenv", 10_000, strategy, |(file, body)| {
        let ours = block("db", body);
        let stood = count(file, &ours);
        let now = current(file, "db");
        if let Some(now) = &now {
            assert!(count(file, now) >= 1, "{now:?}");
        }
        let Some(text) = add_block(file, "db", body) else {
            assert!(file.contains("# >>> db"));
            return false;
        };
        // What the user wrote stays, byte for byte.
        assert!(text.starts_with(file.as_str()));
        assert!(count(&text, &ours) > stood);
        assert_eq!(add_block(&text, "db", body), None);
        true
    });
}
