//! Splices that are gathered file by file, and written so that a formatted file stays formatted.

use std::collections::BTreeMap;
use std::ops::Range;

use tree_sitter::Node;

use crate::edit::rust::{At, Place, Program, Source, callee, edit, keep};
use crate::edit::splice::{Splice, indent, line_start, spliced, step};
use crate::edit::tree::ancestors;
use crate::types::{Block, FileEdit, Problem};

/// The edits of a program's files as they come together.
pub struct Drafts<'p> {
    program: &'p Program,
    files: BTreeMap<usize, Draft>,
}

#[derive(Default)]
struct Draft {
    /// Splices of whole lines and statements.
    splices: Vec<Splice>,
    /// Splices inside expressions.
    inner: Vec<Splice>,
    /// Method chains with such splices, which are laid out anew.
    chains: Vec<Range<usize>>,
    blocks: Vec<Block>,
}

impl<'p> Drafts<'p> {
    /// No edits yet.
    pub fn new(program: &'p Program) -> Self {
        Self {
            program,
            files: BTreeMap::new(),
        }
    }

    /// Records what was put in. Servers that exclude each other may have the same block, each its own.
    pub fn block(&mut self, file: usize, name: &str, text: impl Into<String>) {
        let blocks = &mut self.files.entry(file).or_default().blocks;
        blocks.push(Block {
            name: name.to_owned(),
            text: text.into(),
        });
    }

    /// Makes a splice.
    pub fn splice(&mut self, file: usize, splice: Splice) {
        self.files.entry(file).or_default().splices.push(splice);
    }

    /// Puts `before` and `after` around an expression.
    pub fn wrap(&mut self, at: At, before: String, after: &str) {
        let span = at.node.byte_range();
        let draft = self.files.entry(at.file).or_default();
        draft.chains.extend(whole_chain(at.node));
        draft.inner.push(Splice::insert(span.start, before));
        draft.inner.push(Splice::insert(span.end, after));
    }

    /// Puts a method call behind an expression, on a line of its own where the chain is written so.
    pub fn link(&mut self, after: At<'p>, call: &str) {
        let text = &self.program.source(after).text;
        let node = after.node;
        let end = node.end_byte();
        let last_dot = match callee(self.program, after) {
            Some((function, _)) if function.node.kind() == "field_expression" => {
                function.node.child_by_field_name("field").map(|field| {
                    text[..field.start_byte()]
                        .trim_end()
                        .len()
                        .saturating_sub(1)
                })
            }
            _ => None,
        };
        let own_line = |at: usize| text[line_start(text, at)..at].trim().is_empty();
        // What follows the expression may be on a line of its own: `.await` below `axum::serve(…)`.
        let rest = &text[end..];
        let next = rest.trim_start();
        let below = end + rest.len() - next.len();
        let follows = next.starts_with('.') && text[end..below].contains('\n');
        let line = last_dot
            .filter(|dot| own_line(*dot))
            .or(follows.then_some(below));
        let text = match line {
            Some(line) => format!("\n{}{call}", indent(text, line)),
            None => call.to_owned(),
        };
        let draft = self.files.entry(after.file).or_default();
        draft.chains.extend(whole_chain(node));
        draft.inner.push(Splice::insert(end, text));
    }

    /// Puts lines before a statement and the comment above it.
    pub fn before(&mut self, at: At, name: &str, lines: &str) {
        let text = &self.program.source(at).text;
        let mut first = at.node;
        while let Some(before) = first.prev_sibling() {
            let gap = text.get(before.end_byte()..first.start_byte());
            let apart = gap.is_none_or(|gap| gap.matches('\n').count() > 1);
            let comment = matches!(
                before.kind(),
                "line_comment" | "block_comment" | "attribute_item"
            );
            let line = line_start(text, before.start_byte());
            let alone = text[line..before.start_byte()].trim().is_empty();
            if !comment || apart || !alone {
                break;
            }
            first = before;
        }
        let start = line_start(text, first.start_byte());
        let shares_line = !text[start..first.start_byte()].trim().is_empty();
        let splice = if shares_line {
            let line = lines.replace('\n', " ");
            Splice::insert(first.start_byte(), format!("{line} "))
        } else {
            let indent = indent(text, first.start_byte());
            let body: String = lines
                .lines()
                .map(|line| format!("{indent}{line}\n"))
                .collect();
            let above = text[..start].trim_end_matches([' ', '\t']);
            let blank_above = above.ends_with("\n\n") || above.ends_with("\r\n\r\n");
            let apart = if blank_above || first != at.node {
                "\n"
            } else {
                ""
            };
            Splice::insert(start, format!("{body}{apart}"))
        };
        self.splice(at.file, splice);
        self.block(at.file, name, lines);
    }

    /// Makes all splices.
    ///
    /// # Errors
    /// A result that would not parse: a bug of this program.
    pub fn finish(self) -> Result<Vec<FileEdit>, Problem> {
        let mut edits = Vec::new();
        for (file, draft) in self.files {
            let source = &self.program.sources[file];
            let splices = draft.splices_of(source);
            edits.push(edit(source, &splices, draft.blocks)?);
        }
        edits.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(edits)
    }
}

impl Draft {
    fn splices_of(&self, source: &Source) -> Vec<Splice> {
        let text = &source.text;
        let all = &self.chains;
        let holds = |o: &Range<usize>, c: &Range<usize>| o.start <= c.start && c.end <= o.end;
        let mut outermost: Vec<&Range<usize>> = all
            .iter()
            .filter(|c| !all.iter().any(|o| o != *c && holds(o, c)))
            .collect();
        outermost.dedup();
        let outside = |s: &&Splice| !outermost.iter().any(|c| holds(c, &s.span));
        let mut splices = self.splices.clone();
        splices.extend(self.inner.iter().filter(outside).cloned());
        for span in outermost {
            let moved: Vec<Splice> = self
                .inner
                .iter()
                .filter(|s| holds(span, &s.span))
                .map(|s| Splice {
                    span: s.span.start - span.start..s.span.end - span.start,
                    text: s.text.clone(),
                })
                .collect();
            let old = &text[span.clone()];
            let new = spliced(old, &moved);
            let edge = |at: usize| -> String {
                let here = splices.iter().filter(|s| s.span == (at..at));
                here.map(|s| s.text.as_str()).collect()
            };
            let (lead, tail) = (edge(span.start), edge(span.end));
            if let Some(splice) = opened(text, span, [&lead, &new, &tail]) {
                splices.retain(|s| {
                    s.span != (span.start..span.start) && s.span != (span.end..span.end)
                });
                splices.push(splice);
                continue;
            }
            let laid = laid_out(text, span, &new);
            // rustfmt opens the block of an `if` or `match` on a line of its own below a chain of several lines.
            let opens =
                text[span.end..].starts_with(" {") && laid.contains('\n') && !old.contains('\n');
            splices.push(Splice {
                span: span.clone(),
                text: laid,
            });
            if opens {
                splices.push(Splice {
                    span: span.end..span.end + 1,
                    text: format!("\n{}", indent(text, span.start)),
                });
            }
        }
        splices
    }
}

/// A chain that is alone in a block on one line, `{ chain }`, and too long for it now or no longer alone: the block on
/// lines of its own. What is new is the text before the chain, the chain, and the text behind it.
fn opened(text: &str, span: &Range<usize>, [lead, new, tail]: [&str; 3]) -> Option<Splice> {
    let before = text[..span.start].strip_suffix("{ ")?.len() + 1;
    let after = text[span.end..].strip_prefix(" }")?;
    let line = line_start(text, span.start);
    let rest = after.find('\n').unwrap_or(after.len());
    let width = text[line..span.start].chars().count()
        + new.chars().count()
        + 2
        + after[..rest].trim_end().chars().count();
    let alone = lead.is_empty() && tail.is_empty();
    if alone && (new.contains('\n') || width <= 100) {
        return None;
    }
    let outer = indent(text, span.start);
    let inner = format!("{outer}{}", step(text));
    let place = Place {
        indent: columns(&inner),
        column: columns(&inner) + lead.chars().count(),
        trailing: usize::from(!tail.is_empty()),
    };
    let laid = keep(&text[span.clone()], new, place);
    let laid = if outer.contains('\t') {
        leading(&laid, ' ', "\t")
    } else {
        laid
    };
    let tail = tail.replace(&format!("\n{outer}"), &format!("\n{inner}"));
    Some(Splice {
        span: before..span.end + 1,
        text: format!("\n{inner}{lead}{laid}{tail}\n{outer}"),
    })
}

/// The width of white space before a line.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if c == '\t' { 4 } else { 1 }).sum()
}

/// A chain that takes the place of `span`, laid out by rustfmt's rules if what it replaces is.
fn laid_out(text: &str, span: &Range<usize>, new: &str) -> String {
    let tabs = indent(text, span.start).contains('\t');
    let spaces = |s: &str| {
        let s = s.replace("\r\n", "\n");
        if tabs { leading(&s, '\t', "    ") } else { s }
    };
    let line = line_start(text, span.start);
    let place = Place {
        indent: columns(indent(text, span.start)),
        column: columns(&text[line..span.start]),
        trailing: 1,
    };
    let laid = keep(&spaces(&text[span.clone()]), &spaces(new), place);
    if tabs {
        leading(&laid, ' ', "\t")
    } else {
        laid
    }
}

/// The text with the white space before every line but the first written otherwise: each tab as four spaces, or each
/// four spaces as a tab.
fn leading(text: &str, from: char, to: &str) -> String {
    let width = if from == ' ' { 4 } else { 1 };
    let mut lines = text.split('\n');
    let mut result = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let rest = line.trim_start_matches(from);
        let count = line.len() - rest.len();
        result.push('\n');
        result.push_str(&to.repeat(count / width));
        result.push_str(&line[..count % width]);
        result.push_str(rest);
    }
    result
}

/// The whole method chain, as far out as it goes, that a node is in.
fn whole_chain(node: Node) -> Option<Range<usize>> {
    let mut chain = None;
    for at in std::iter::once(node).chain(ancestors(node)) {
        match at.kind() {
            "call_expression" | "await_expression" | "try_expression" => {
                chain = Some(at.byte_range());
            }
            "field_expression" | "arguments" | "generic_function" => {}
            // A closure that is nothing but a chain is laid out with the call that takes it.
            "closure_expression" => {
                let body = at.child_by_field_name("body");
                if body.is_none_or(|body| body.kind() == "block") {
                    break;
                }
            }
            _ if at == node => {}
            _ => break,
        }
    }
    chain
}

/// The end of a statement and of a comment on its line.
pub fn comment_end(text: &str, at: usize) -> usize {
    let line = text[at..].find('\n').map_or(text.len(), |n| at + n);
    let rest = text[at..line].trim_end();
    if rest.trim_start().starts_with("//") {
        at + rest.len()
    } else {
        at
    }
}
