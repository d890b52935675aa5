use super::View;
use crate::report::Terminal;
use crate::types::{Finding, Level};

/// One workflow command a finding. Clean is said too, as a notice, so that a step that checked nothing cannot look the same.
pub(super) fn print(terminal: Terminal, view: &View) {
    for finding in view.findings {
        terminal.result(command(finding));
    }
    if let Some(problem) = view.problem {
        terminal.result(format!("::error title=rapidkit-pg::{}", data(problem)));
    }
    if view.exit == 0 {
        let text = format!("{} verified", view.looked_at());
        terminal.result(format!("::notice title=rapidkit-pg::{}", data(&text)));
    }
}

fn command(finding: &Finding) -> String {
    let name = match finding.level {
        Level::Finding | Level::Unchecked => "error",
        Level::Warning => "warning",
        Level::Info => "notice",
    };
    let mut text = finding.code.title().to_owned();
    for (name, value) in [
        ("expected", &finding.expected),
        ("actual", &finding.actual),
        ("fix", &finding.fix),
    ] {
        if !value.is_empty() {
            text += &format!("\n{name}: {value}");
        }
    }
    format!(
        "::{name} file={},title={}::{}",
        property(&finding.file()),
        property(&format!("{} {}", finding.code.id(), finding.code.slug())),
        data(&text)
    )
}

/// As the runner unescapes it: `%`, CR and LF.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// In a property `:` and `,` end something, too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::types::Code;

    #[test]
    fn no_name_can_start_a_command_of_its_own() {
        let name = "a%0A::stop-commands::x\n::set-env name=X,y::z\r";
        let finding = Finding::new(Code::Extra, Level::Finding, Path::new(""), name)
            .expected("100%")
            .actual("x\n::warning::y");
        let line = command(&finding);
        assert_eq!(line.lines().count(), 1);
        let (properties, message) = line[2..].split_once("::").unwrap();
        assert!(!properties.contains(char::is_control));
        assert_eq!(properties.matches(',').count(), 1, "{properties}");
        assert!(
            properties.contains("a%250A%3A%3Astop-commands"),
            "{properties}"
        );
        assert!(message.contains("100%25"), "{message}");
    }
}
