//! A text, what a user has made of it, and what a new version makes of it.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// Lines that occur again and again in any source text: a difference can be read off them in several ways.
const COMMON: &[&[u8]] = &[
    b"",
    b"}",
    b"    }",
    b"\t}",
    b"    Ok(())",
    b"//",
    b"caf\xc3\xa9",
    b"caf\xe9",
    b"a\rb",
    b"======== ",
];

/// Texts that this repository generates, as they are before rendering.
const REAL: &[&str] = &[
    include_str!("../../templates/axum/src/db_postgres/routes.rs"),
    include_str!("../../config/base.yaml"),
    include_str!("../../templates/nestjs/src/db-postgres/postgres.connection.ts"),
];

#[derive(Debug, Clone)]
pub struct Case {
    pub base: Side,
    pub mine: Side,
    pub theirs: Side,
    /// No line of the base is there twice.
    pub is_distinct: bool,
}

#[derive(Debug, Clone)]
pub struct Side {
    pub lines: Vec<Vec<u8>>,
    pub form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ends {
    Lf,
    Crlf,
    /// Of each line by its number.
    Mixed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    pub ends: Ends,
    pub bom: bool,
    /// Without a final newline.
    pub open: bool,
}

impl Form {
    pub const PLAIN: Self = Self {
        ends: Ends::Lf,
        bom: false,
        open: false,
    };
}

impl Side {
    pub fn bytes(&self) -> Vec<u8> {
        let mut text = Vec::new();
        if self.form.bom {
            text.extend_from_slice(b"\xef\xbb\xbf");
        }
        for (number, line) in self.lines.iter().enumerate() {
            text.extend_from_slice(line);
            let is_last = number + 1 == self.lines.len();
            if is_last && self.form.open && !line.is_empty() {
                break;
            }
            text.extend_from_slice(match self.form.ends {
                Ends::Crlf => b"\r\n",
                Ends::Mixed if number % 3 == 1 => b"\r\n",
                _ => b"\n",
            });
        }
        text
    }

    pub fn plain(&self) -> Self {
        Self {
            lines: self.lines.clone(),
            form: Form::PLAIN,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Edit {
    /// Lines that are found nowhere else.
    Insert,
    /// Lines of the common ones.
    Repeat,
    Delete,
    Replace,
    /// To the place so many lines further down.
    Move,
}

/// Whose edit it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Mine,
    Theirs,
    Both,
}

type Step = (Who, Edit, u16, usize);

fn form() -> impl Strategy<Value = Form> {
    let ends = prop_oneof![6 => Just(Ends::Lf), 3 => Just(Ends::Crlf), 1 => Just(Ends::Mixed)];
    (ends, prop::bool::weighted(0.1), prop::bool::weighted(0.2))
        .prop_map(|(ends, bom, open)| Form { ends, bom, open })
}

fn step() -> impl Strategy<Value = Step> {
    (
        select(vec![
            Who::Mine,
            Who::Theirs,
            Who::Mine,
            Who::Theirs,
            Who::Both,
        ]),
        select(vec![
            Edit::Insert,
            Edit::Repeat,
            Edit::Delete,
            Edit::Replace,
            Edit::Move,
        ]),
        any::<u16>(),
        1..4usize,
    )
}

pub fn cases() -> impl Strategy<Value = Case> {
    let distinct = (0..40usize).prop_map(|count| {
        let lines = (0..count).map(|number| format!("line {number}").into_bytes());
        (lines.collect::<Vec<_>>(), true)
    });
    let repeated = vec((0..COMMON.len() + 3, 0..6usize), 0..40).prop_map(|picks| {
        let lines = picks
            .into_iter()
            .map(|(pick, number)| match COMMON.get(pick) {
                Some(line) => line.to_vec(),
                None => format!("line {number}").into_bytes(),
            });
        (lines.collect::<Vec<_>>(), false)
    });
    let real = select(REAL).prop_map(|text| {
        let lines = text.lines().map(|line| line.as_bytes().to_vec());
        (lines.collect::<Vec<_>>(), false)
    });
    let text = prop_oneof![2 => distinct, 2 => repeated, 1 => real];
    (text, vec(step(), 0..8), form(), form(), form()).prop_map(
        |((lines, is_distinct), steps, base, mine, theirs)| {
            let made = |form, who| Side {
                lines: edited(&lines, &steps, who, is_distinct),
                form,
            };
            Case {
                mine: made(mine, Who::Mine),
                theirs: made(theirs, Who::Theirs),
                base: Side {
                    lines: lines.clone(),
                    form: base,
                },
                is_distinct,
            }
        },
    )
}

fn edited(base: &[Vec<u8>], steps: &[Step], who: Who, is_distinct: bool) -> Vec<Vec<u8>> {
    let mut lines = base.to_vec();
    for (number, (whose, edit, place, count)) in steps.iter().enumerate() {
        if *whose != who && *whose != Who::Both {
            continue;
        }
        let place = usize::from(*place) % (lines.len() + 1);
        let end = (place + count).min(lines.len());
        let own = |part: usize| format!("{whose:?} {number}.{part}").into_bytes();
        let new = (0..*count).map(own);
        match edit {
            Edit::Insert => drop(lines.splice(place..place, new)),
            Edit::Replace => drop(lines.splice(place..end, new)),
            Edit::Delete => drop(lines.drain(place..end)),
            // Would make a distinct line of the base a common one.
            Edit::Repeat | Edit::Move if is_distinct => {}
            Edit::Repeat => {
                let line = COMMON[(place + count) % COMMON.len()].to_vec();
                lines.splice(place..place, std::iter::repeat_n(line, *count));
            }
            Edit::Move => {
                let moved: Vec<_> = lines.drain(place..end).collect();
                let to = (place + 2 * count).min(lines.len());
                lines.splice(to..to, moved);
            }
        }
    }
    lines
}
