//! Lays out calls and method chains as rustfmt does, so that a formatted project stays formatted.

use std::sync::Arc;

use tree_sitter::Node;

use super::source::Source;
use super::tokens::tokens;
use crate::edit::splice::{self, line_start};
use crate::edit::tree::named_children;
use crate::types::ProjectPath;

/// rustfmt's defaults.
const MAX_WIDTH: usize = 100;
const CHAIN_WIDTH: usize = 60;
const CALL_WIDTH: usize = 60;
const STEP: usize = 4;

/// Where an expression stands.
#[derive(Clone, Copy)]
pub struct Place {
    /// Columns of the line's indentation.
    pub indent: usize,
    /// Column of the expression's first character.
    pub column: usize,
    /// Characters that follow on its last line.
    pub trailing: usize,
}

/// `new` in rustfmt's layout, if `old` is; else `new` as it is.
pub fn keep(old: &str, new: &str, place: Place) -> String {
    match (expression(old, place), expression(new, place)) {
        (Some(was), Some(is)) if was == old => is,
        _ => new.to_owned(),
    }
}

/// An expression laid out; `None` if the text is no single expression.
fn expression(text: &str, place: Place) -> Option<String> {
    const BEFORE: &str = "fn f() { ";
    let wrapped = format!("{BEFORE}{text} }}");
    let source = Source::parse(ProjectPath::root(), Arc::from(wrapped));
    if source.errors() > 0 {
        return None;
    }
    let node = source
        .root()
        .descendant_for_byte_range(BEFORE.len(), BEFORE.len() + text.len())?;
    let whole = node.byte_range() == (BEFORE.len()..BEFORE.len() + text.len());
    let printer = Printer {
        source: &source,
        start: BEFORE.len(),
        indent: place.indent,
    };
    whole.then(|| printer.print(node, place))
}

struct Printer<'s> {
    source: &'s Source,
    /// Where the expression starts in the source, and the columns its first line is indented by.
    start: usize,
    indent: usize,
}

/// One `.name(…)`, `.await` or `?` of a chain.
struct Link<'t> {
    /// `.name::<T>`, `.await`, `?`.
    head: String,
    arguments: Option<Node<'t>>,
}

impl<'s> Printer<'s> {
    fn print(&self, node: Node<'s>, place: Place) -> String {
        let (root, links) = self.chain(node);
        if links.is_empty() {
            return self.root(root, place);
        }
        self.lay_chain(root, &links, place)
    }

    fn root(&self, node: Node<'s>, place: Place) -> String {
        let call = (node.kind() == "call_expression")
            .then(|| node.child_by_field_name("function"))
            .flatten()
            .zip(node.child_by_field_name("arguments"));
        match call {
            Some((function, arguments)) => {
                let head = self.source.slice(function);
                let column = place.column + width(head);
                format!("{head}{}", self.call(arguments, Place { column, ..place }))
            }
            None => self.verbatim(node, place.indent),
        }
    }

    /// A node as it is written, its lines moved with the line that it now begins on.
    fn verbatim(&self, node: Node<'s>, indent: usize) -> String {
        let text = self.source.slice(node);
        if !text.contains('\n') {
            return text.to_owned();
        }
        let line = line_start(&self.source.text, node.start_byte());
        let was = if line < self.start {
            self.indent
        } else {
            width(splice::indent(&self.source.text, node.start_byte()))
        };
        // Lines that begin inside a string are not white space to change.
        let inside: Vec<_> = tokens(text)
            .into_iter()
            .filter(|t| text[t.clone()].contains('\n'))
            .collect();
        let mut moved = String::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let fixed = at == 0 || inside.iter().any(|t| t.start < at && at < t.end);
            let blank = line.trim().is_empty();
            let spaces = line.len() - line.trim_start_matches(' ').len();
            if fixed || blank {
                moved.push_str(line);
            } else {
                moved.push_str(&" ".repeat((spaces + indent).saturating_sub(was)));
                moved.push_str(&line[spaces..]);
            }
            at += line.len();
        }
        moved
    }

    fn chain(&self, node: Node<'s>) -> (Node<'s>, Vec<Link<'s>>) {
        let mut links = Vec::new();
        let mut at = node;
        loop {
            let first = named_children(at).first().copied();
            let next = match at.kind() {
                "await_expression" => first.map(|n| (n, ".await".to_owned(), None)),
                "try_expression" => first.map(|n| (n, "?".to_owned(), None)),
                "call_expression" => self.method(at),
                _ => None,
            };
            let Some((inner, head, arguments)) = next else {
                break;
            };
            links.push(Link { head, arguments });
            at = inner;
        }
        links.reverse();
        (at, links)
    }

    fn method(&self, call: Node<'s>) -> Option<(Node<'s>, String, Option<Node<'s>>)> {
        let function = call.child_by_field_name("function")?;
        let (field, generics) = match function.kind() {
            "generic_function" => (
                function.child_by_field_name("function")?,
                function.child_by_field_name("type_arguments"),
            ),
            _ => (function, None),
        };
        if field.kind() != "field_expression" {
            return None;
        }
        let name = self.source.slice(field.child_by_field_name("field")?);
        let generics = generics.map_or("", |n| self.source.slice(n));
        let turbofish = if generics.is_empty() { "" } else { "::" };
        Some((
            field.child_by_field_name("value")?,
            format!(".{name}{turbofish}{generics}"),
            call.child_by_field_name("arguments"),
        ))
    }

    fn link(&self, link: &Link<'s>, place: Place) -> String {
        match link.arguments {
            Some(arguments) => {
                let column = place.column + width(&link.head);
                format!(
                    "{}{}",
                    link.head,
                    self.call(arguments, Place { column, ..place })
                )
            }
            None => link.head.clone(),
        }
    }

    fn flat(&self, link: &Link<'s>) -> String {
        let arguments = link.arguments.map_or("", |n| self.source.slice(n));
        format!("{}{arguments}", link.head)
    }

    fn lay_chain(&self, root: Node<'s>, links: &[Link<'s>], place: Place) -> String {
        let flat_root = self.flat_root(root);
        let one_line: String = std::iter::once(flat_root)
            .chain(links.iter().map(|link| self.flat_link(link)))
            .collect();
        let children = links.iter().filter(|link| link.head != "?").count();
        let budget = if children == 1 {
            MAX_WIDTH
        } else {
            CHAIN_WIDTH
        };
        let fits = place.column + width(&one_line) + place.trailing <= MAX_WIDTH;
        if !one_line.contains('\n')
            && width(&one_line) <= budget
            && fits
            && self.calls_fit(root, links)
        {
            return one_line;
        }
        // The arguments of a call that is alone behind its root hang on the root's line, unless the call fits on a line
        // of its own.
        let head = self.flat_root(root);
        if let ([only], false) = (links, head.contains('\n')) {
            let below = place.indent + STEP + width(&self.flat_link(only)) + place.trailing;
            if only.arguments.is_some() && (below > MAX_WIDTH || !self.calls_fit(root, links)) {
                let column = place.column + width(&head);
                return format!("{head}{}", self.link(only, Place { column, ..place }));
            }
        }
        let mut text = self.root(
            root,
            Place {
                trailing: 0,
                ..place
            },
        );
        let block = text.contains('\n');
        let indent = place.indent + if block { 0 } else { STEP };
        let mut glued = !block && width(&text) <= STEP;
        for link in links {
            let tries = link.head == "?";
            if !(glued || tries) {
                text.push('\n');
                text.push_str(&" ".repeat(indent));
            }
            let column = last_line(&text);
            text.push_str(&self.link(
                link,
                Place {
                    indent,
                    column,
                    trailing: 0,
                },
            ));
            glued = glued && tries;
        }
        text
    }

    /// A root on one line: arguments that stand on lines of their own are put together.
    fn flat_root(&self, root: Node<'s>) -> String {
        let arguments = root.child_by_field_name("arguments");
        match (root.kind(), root.child_by_field_name("function"), arguments) {
            ("call_expression", Some(function), Some(arguments)) => {
                format!(
                    "{}{}",
                    self.source.slice(function),
                    self.flat_arguments(arguments)
                )
            }
            _ => self.source.slice(root).to_owned(),
        }
    }

    fn flat_link(&self, link: &Link<'s>) -> String {
        match link.arguments {
            Some(arguments) => format!("{}{}", link.head, self.flat_arguments(arguments)),
            None => self.flat(link),
        }
    }

    fn flat_arguments(&self, arguments: Node<'s>) -> String {
        let parts: Vec<String> = named_children(arguments)
            .into_iter()
            .map(|n| {
                let (root, links) = self.chain(n);
                let links = links.iter().map(|link| self.flat_link(link));
                std::iter::once(self.flat_root(root)).chain(links).collect()
            })
            .collect();
        format!("({})", parts.join(", "))
    }

    /// Whether no call in the chain is wider than rustfmt lets arguments be.
    fn calls_fit(&self, root: Node<'s>, links: &[Link<'s>]) -> bool {
        let own = root.child_by_field_name("arguments");
        let all = own
            .into_iter()
            .chain(links.iter().filter_map(|link| link.arguments));
        all.into_iter()
            .all(|n| width(&self.flat_arguments(n)) <= CALL_WIDTH + 2)
    }

    /// The parameters of a closure and the chain that it evaluates to, if that is all of its body.
    fn closure(&self, node: Node<'s>) -> Option<(&'s str, Node<'s>)> {
        let body = node
            .child_by_field_name("body")
            .filter(|_| node.kind() == "closure_expression")?;
        let head = &self.source.text[node.start_byte()..body.start_byte()];
        (!self.chain(body).1.is_empty()).then_some((head, body))
    }

    /// A closure as the only argument: its chain on the line, or in a block of its own.
    fn closure_alone(&self, head: &str, body: Node<'s>, place: Place) -> String {
        let column = place.column + 1 + width(head);
        let trailing = place.trailing + 1;
        let line = self.print(
            body,
            Place {
                indent: place.indent,
                column,
                trailing,
            },
        );
        if !line.contains('\n') {
            return format!("({head}{line})");
        }
        let indent = place.indent + STEP;
        let laid = self.print(
            body,
            Place {
                indent,
                column: indent,
                trailing: 0,
            },
        );
        let (inner, outer) = (" ".repeat(indent), " ".repeat(place.indent));
        format!("({head}{{\n{inner}{laid}\n{outer}}})")
    }

    fn call(&self, arguments: Node<'s>, place: Place) -> String {
        let flat = self.flat_arguments(arguments);
        let fits = place.column + width(&flat) + place.trailing <= MAX_WIDTH;
        let parts = named_children(arguments);
        if !flat.contains('\n') && fits && width(&flat) <= CALL_WIDTH + 2 || parts.is_empty() {
            return flat;
        }
        if let [only] = parts.as_slice()
            && let Some((head, body)) = self.closure(*only)
        {
            return self.closure_alone(head, body, place);
        }
        // A closure or block as the last argument hangs on the line; how rustfmt lays that out is not repeated here.
        let is_chain = |n: &Node<'s>| !self.chain(*n).1.is_empty();
        if flat.contains('\n') && !parts.last().is_some_and(is_chain) {
            return self.verbatim(arguments, place.indent);
        }
        let indent = place.indent + STEP;
        let mut text = "(\n".to_owned();
        for part in parts {
            text.push_str(&" ".repeat(indent));
            text.push_str(&self.print(
                part,
                Place {
                    indent,
                    column: indent,
                    trailing: 1,
                },
            ));
            text.push_str(",\n");
        }
        text.push_str(&" ".repeat(place.indent));
        text.push(')');
        text
    }
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn last_line(text: &str) -> usize {
    width(text.rsplit('\n').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place {
        indent: 4,
        column: 4,
        trailing: 1,
    };

    #[test]
    fn what_rustfmt_would_write_is_left_alone() {
        for text in [
            "axum::serve(listener, app).await.unwrap()",
            "axum::serve(listener, app.merge(db_postgres::router()))\n        .with_graceful_shutdown(db_postgres::shutdown_signal())\n        .await\n        .unwrap()",
            "axum::serve(\n        listener,\n        app.into_make_service_with_connect_info::<SocketAddr>(),\n    )\n    .await?",
            "axum::serve(\n        listener,\n        app.merge(db_postgres::router())\n            .into_make_service_with_connect_info::<SocketAddr>(),\n    )\n    .await",
        ] {
            assert_eq!(expression(text, PLACE).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_moved_keeps_its_shape() {
        let old = "Router::new()\n        .route(\n            \"/\",\n            get(|| async {\n                hello\n            }),\n        )\n        .route(\"/x\", get(x))\n        .into_make_service()";
        let (router, rest) = old.split_at(old.rfind("\n        .into").unwrap());
        let new = format!("ours().fallback({router}){rest}");
        assert_eq!(
            keep(old, &new, PLACE),
            "ours()\n        .fallback(\n            Router::new()\n                .route(\n                    \"/\",\n                    get(|| async {\n                        hello\n                    }),\n                )\n                .route(\"/x\", get(x)),\n        )\n        .into_make_service()"
        );
    }

    #[test]
    fn a_closure_that_grows_gets_a_block() {
        let old = "HttpServer::new(|| App::new().route(\"/\", web::get().to(hello)))\n        .bind(a)?\n        .run()\n        .await";
        let new = old.replace("App::new()", "App::new().configure(db_postgres::configure)");
        assert_eq!(
            keep(old, &new, PLACE),
            "HttpServer::new(|| {\n        App::new()\n            .configure(db_postgres::configure)\n            .route(\"/\", web::get().to(hello))\n    })\n    .bind(a)?\n    .run()\n    .await"
        );
    }

    #[test]
    fn odd_layout_stays_odd() {
        let old = "axum::serve( listener,app ).await";
        assert_eq!(
            keep(old, "axum::serve( listener,app.x() ).await", PLACE),
            "axum::serve( listener,app.x() ).await"
        );
    }
}
