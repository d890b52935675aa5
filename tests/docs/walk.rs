//! A page whose commands are executed in its order, in one session.

use crate::page::{Part, page};
use crate::session::Session;
use crate::usage::answered;

/// Executes the blocks `sh,ROLE` of the page, each of which must end with the exit code that its value says (0 without),
/// and holds what is said after them against what they printed. How many were executed.
pub fn walk(path: &str, role: &str, session: &Session) -> usize {
    let role = format!("sh,{role}");
    let (mut executed, mut said) = (0, (String::new(), String::new()));
    for part in page(path).parts {
        let Part::Block(block) = part else { continue };
        if block.kind() == role {
            let expected: i32 = match block.value.as_str() {
                "" => 0,
                value => value
                    .parse()
                    .unwrap_or_else(|_| panic!("{block}: exit code?")),
            };
            let output = session.run(&block.text);
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            said = (text(&output.stdout), text(&output.stderr));
            assert_eq!(
                output.status.code(),
                Some(expected),
                "{block}\n$ {}\n{}{}",
                block.text,
                said.0,
                said.1
            );
            executed += 1;
        } else if block.language == "text" && block.role == "contains" {
            answered(&block, &block.text, &said);
        }
    }
    executed
}
