//! Blocks between markers in a dotenv file, the one format here that has no syntax to find a block by.

/// The text of `file` with `body` between markers at its end; the file's line endings are kept. `None` if a block of
/// this name is there already.
pub fn add_block(file: &str, name: &str, body: &str) -> Option<String> {
    if file.lines().any(|line| line.trim_end() == begin(name)) {
        return None;
    }
    let newline = if file.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = file.to_owned();
    if !text.is_empty() {
        if !text.ends_with('\n') {
            text += newline;
        }
        text += newline;
    }
    for line in block(name, body).lines() {
        text += line;
        text += newline;
    }
    Some(text)
}

/// `file` without the block of this name and the blank line before it; `None` if its markers are not there once each.
pub fn without_block(file: &str, name: &str) -> Option<String> {
    let block = current(file, name)?;
    let count = block.matches('\n').count();
    let all: Vec<&str> = file.split_inclusive('\n').collect();
    let first = lines(file).iter().position(|line| *line == begin(name))?;
    let blank = first > 0 && all[first - 1].trim().is_empty();
    let (before, rest) = (&all[..first - usize::from(blank)], &all[first + count..]);
    Some([before, rest].concat().concat())
}

/// `file` with `block` in place of its block of this name, in the file's line endings; `None` if its markers are not there
/// once each.
pub fn replace_block(file: &str, name: &str, block: &str) -> Option<String> {
    let old = current(file, name)?.matches('\n').count();
    let first = lines(file).iter().position(|line| *line == begin(name))?;
    let newline = if file.contains("\r\n") { "\r\n" } else { "\n" };
    let all: Vec<&str> = file.split_inclusive('\n').collect();
    let block = block.replace('\n', newline);
    Some(all[..first].concat() + &block + &all[first + old..].concat())
}

/// `body` without the settings that `file` makes already: a second one would win over the user's, or lose.
pub fn without_set(body: &str, file: &str) -> String {
    let set: Vec<&str> = file.lines().filter_map(name).collect();
    body.split_inclusive('\n')
        .filter(|line| name(line).is_none_or(|name| !set.contains(&name)))
        .collect()
}

/// A file in which the settings of one of RapidKit Core's modules are silenced.
#[derive(Debug, PartialEq, Eq)]
pub struct Silenced {
    pub text: String,
    /// The names that are set to more than a placeholder: these were left alone.
    pub left: Vec<String>,
}

/// `file` with the placeholders (`NAME=${NAME:-default}`) that RapidKit Core put in for a module commented out; `None` if it
/// put in nothing.
pub fn without_placeholders(file: &str, module: &str) -> Option<Silenced> {
    let marker = format!(":{module}_env_defaults:");
    let is_marker = |line: &str, end: &str| {
        line.starts_with("# <<<inject:") && line.contains(&format!("{marker}{end}>>>"))
    };
    let mut silenced = Silenced {
        text: String::with_capacity(file.len()),
        left: Vec::new(),
    };
    let (mut inside, mut found) = (false, false);
    for line in file.split_inclusive('\n') {
        if is_marker(line, "start") || is_marker(line, "end") {
            inside = is_marker(line, "start");
            found = true;
        } else if let Some((name, value)) = name(line).zip(line.split_once('=')).filter(|_| inside)
        {
            match value.1.trim().starts_with(&format!("${{{name}:-")) {
                true => silenced.text += "# ",
                false => silenced.left.push(name.to_owned()),
            }
        }
        silenced.text += line;
    }
    found.then_some(silenced)
}

/// What a setting is set to, without quotes.
pub fn value(file: &str, wanted: &str) -> Option<String> {
    let line = file.lines().find(|line| name(line) == Some(wanted))?;
    let (_, value) = line.split_once('=')?;
    Some(value.trim().trim_matches(['"', '\'']).to_owned())
}

/// The name that a line gives a value to.
fn name(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let (name, _) = line
        .strip_prefix("export ")
        .unwrap_or(line)
        .split_once('=')?;
    Some(name.trim()).filter(|name| !name.starts_with('#'))
}

/// How often the block stands in `file` as it was written, line endings aside. A block has none but line feeds.
pub fn count(file: &str, block: &str) -> usize {
    let file = lines(file);
    let block: Vec<&str> = match block.strip_suffix('\n') {
        Some(block) => block.split('\n').collect(),
        None => return 0,
    };
    file.windows(block.len())
        .filter(|window| *window == block)
        .count()
}

/// The lines without their ends, of which some editors make `\r\r\n`.
fn lines(file: &str) -> Vec<&str> {
    file.lines()
        .map(|line| line.trim_end_matches('\r'))
        .collect()
}

/// The block of this name as it stands, if its markers are there once each and in order.
pub fn current(file: &str, name: &str) -> Option<String> {
    let lines = lines(file);
    let only = |marker: String| {
        let mut at = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| **line == marker);
        let (first, _) = at.next()?;
        at.next().is_none().then_some(first)
    };
    let (first, last) = (only(begin(name))?, only(end(name))?);
    let block = lines.get(first..=last).filter(|block| block.len() > 1)?;
    Some(block.join("\n") + "\n")
}

/// The block with its markers. Carriage returns at the ends of lines are left out: they would not be read back.
pub fn block(name: &str, body: &str) -> String {
    let lines = body.trim_end().lines();
    let body: String = lines
        .flat_map(|line| [line.trim_end_matches('\r'), "\n"])
        .collect();
    format!("{}\n{body}{}\n", begin(name), end(name))
}

fn begin(name: &str) -> String {
    format!("# >>> {name}")
}

fn end(name: &str) -> String {
    format!("# <<< {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_of_one_module_are_silenced() {
        let block = |name: &str, body: &str| {
            format!(
                "# <<<inject:module-env:{name}:start>>>\n{body}# <<<inject:module-env:{name}:end>>>\n"
            )
        };
        let other = block("logging_env", "A=${A:-1}\n");
        let mine = "# About\n\nB=${B:-1}\r\nC=2\n";
        let file = format!(
            "B=${{B:-0}}\n{other}{}B=${{B:-3}}\n",
            block("db_env_defaults", mine)
        );
        let silenced = without_placeholders(&file, "db").unwrap();
        assert_eq!(silenced.text, file.replace("B=${B:-1}", "# B=${B:-1}"));
        assert_eq!(silenced.left, ["C"]);
        assert_eq!(without_placeholders(&silenced.text, "db"), Some(silenced));
        assert_eq!(without_placeholders(&file, "logging"), None);
    }

    #[test]
    fn the_rest_of_the_file_is_kept() {
        assert_eq!(
            add_block("", "db", "A=1\n").unwrap(),
            "# >>> db\nA=1\n# <<< db\n"
        );
        assert_eq!(
            add_block("X=1", "db", "A=1").unwrap(),
            "X=1\n\n# >>> db\nA=1\n# <<< db\n"
        );
        assert_eq!(
            add_block("X=1\r\n", "db", "A=1\nB=2\n").unwrap(),
            "X=1\r\n\r\n# >>> db\r\nA=1\r\nB=2\r\n# <<< db\r\n"
        );
    }

    #[test]
    fn a_block_is_cut_out_by_its_markers() {
        for file in ["", "X=1\n", "X=1\r\n"] {
            let with = add_block(file, "db", "A=1").unwrap();
            assert_eq!(without_block(&with, "db").unwrap(), file);
            let more = with.replace("A=1", "A=2") + "Y=1\n";
            assert_eq!(without_block(&more, "db").unwrap(), format!("{file}Y=1\n"));
            let newer = replace_block(&more, "db", &block("db", "A=3")).unwrap();
            assert_eq!(newer, more.replace("A=2", "A=3"));
        }
        assert_eq!(without_block("# >>> db\n", "db"), None);
    }

    #[test]
    fn what_is_set_already_is_not_set_again() {
        let body = "# A=0\nA=1\nB=2\n";
        assert_eq!(without_set(body, "X=1\n# B=3\n"), body);
        assert_eq!(without_set(body, "export A = 5\r\n"), "# A=0\nB=2\n");
    }

    #[test]
    fn a_second_time_changes_nothing() {
        let once = add_block("X=1\r\n", "db", "A=1").unwrap();
        assert_eq!(add_block(&once, "db", "A=1"), None);
        assert_eq!(count(&once, &block("db", "A=1")), 1);
        assert_eq!(count(&once, &block("db", "A=2")), 0);
        let odd = "\r\r\nA=1\r\r\n";
        let with = add_block("", "db", odd).unwrap();
        assert_eq!(count(&with, &block("db", odd)), 1);
        assert_eq!(current(&once, "db"), Some(block("db", "A=1")));
        assert_eq!(
            current(&once.replace("A=1", "A=2"), "db"),
            Some(block("db", "A=2"))
        );
        assert_eq!(current(&format!("{once}{once}"), "db"), None);
        assert_eq!(current("# <<< db\n# >>> db\n", "db"), None);
        let twice = once.replace("\r\n", "\r\r\n");
        assert_eq!(current(&twice, "db"), Some(block("db", "A=1")));
        assert_eq!(count(&twice, &block("db", "A=1")), 1);
        assert_eq!(count(&once, &block("db", "A=1").replace('\n', "\r\n")), 0);
        assert_eq!(count(&once, ""), 0);
    }
}
