use std::fmt::Write as _;

use super::View;
use crate::report::Terminal;
use crate::types::{Finding, Level};

/// A test suite a root, a test case a finding; a clean root has one that passed.
pub(super) fn print(terminal: Terminal, view: &View) {
    terminal.result(render(view).trim_end());
}

fn render(view: &View) -> String {
    let mut roots: Vec<&str> = Vec::new();
    let checked = view.checked.iter().map(|checked| checked.root);
    for root in checked.chain(view.findings.iter().map(|finding| finding.root.as_str())) {
        if !roots.contains(&root) {
            roots.push(root);
        }
    }
    let mut suites = String::new();
    let mut totals = [0; 3];
    for root in roots {
        let findings: Vec<&Finding> = view
            .findings
            .iter()
            .filter(|finding| finding.root == root)
            .collect();
        let of = |level| {
            findings
                .iter()
                .filter(|finding| finding.level == level)
                .count()
        };
        let counts = [
            findings.len().max(1),
            of(Level::Finding),
            of(Level::Unchecked),
        ];
        for (total, count) in totals.iter_mut().zip(counts) {
            *total += count;
        }
        // Writing to a String cannot fail.
        let _ = writeln!(
            suites,
            "  <testsuite name=\"{}\"{}>",
            escaped(root),
            attributes(counts)
        );
        if findings.is_empty() {
            let _ = writeln!(
                suites,
                "    <testcase classname=\"{}\" name=\"verified\"/>",
                escaped(root)
            );
        }
        for finding in findings {
            case(&mut suites, finding);
        }
        suites += "  </testsuite>\n";
    }
    if let Some(problem) = view.problem {
        totals = [1, 0, 1];
        let name = format!("rapidkit-pg {}", view.command);
        let _ = writeln!(
            suites,
            "  <testsuite name=\"{name}\"{}>\n    <testcase classname=\"{name}\" name=\"checked\">\n      \
             <error message=\"{}\"/>\n    </testcase>\n  </testsuite>",
            attributes(totals),
            escaped(problem)
        );
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"rapidkit-pg {}\"{}>\n{suites}</testsuites>\n",
        view.command,
        attributes(totals)
    )
}

fn attributes([tests, failures, errors]: [usize; 3]) -> String {
    format!(" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\"")
}

fn case(out: &mut String, finding: &Finding) {
    let name = format!("{} {}", finding.code.id(), finding.path);
    let details = format!(
        "expected: {}\nactual: {}\nfix: {}",
        finding.expected, finding.actual, finding.fix
    );
    let _ = writeln!(
        out,
        "    <testcase classname=\"{}\" name=\"{}\">",
        escaped(&finding.root),
        escaped(&name)
    );
    let element = match finding.level {
        Level::Finding => "failure",
        Level::Unchecked => "error",
        // Passed, with what there is to know.
        Level::Warning | Level::Info => "system-out",
    };
    let message = match element {
        "system-out" => String::new(),
        _ => format!(
            " type=\"{}\" message=\"{}\"",
            finding.code.slug(),
            escaped(finding.code.title())
        ),
    };
    let _ = writeln!(
        out,
        "      <{element}{message}>{}</{element}>",
        escaped(&details)
    );
    out.push_str("    </testcase>\n");
}

/// Findings hold no control characters; these two are no XML either.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&apos;",
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
