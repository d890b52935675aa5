/// Passwords that are no secret, as everybody writes them where one goes; in lower case, letters only.
const PLACEHOLDERS: [&str; 16] = [
    "changeit",
    "changeme",
    "changethis",
    "dbpass",
    "dbpassword",
    "example",
    "mypassword",
    "mysecretpassword",
    "pass",
    "passwd",
    "password",
    "placeholder",
    "postgres",
    "pwd",
    "secret",
    "yourpassword",
];

/// Whether a text holds a URL with a password that is no placeholder, or a private key.
pub fn holds_secret(text: &str) -> bool {
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY-----") {
        return true;
    }
    text.match_indices("://").any(|(at, _)| {
        let rest = &text[at + 3..];
        let rest = rest
            .find(|c: char| c.is_whitespace() || c == '"')
            .map_or(rest, |end| &rest[..end]);
        let authority = rest.find(['/', '?']).map_or(rest, |end| &rest[..end]);
        let credentials = authority.rsplit_once('@').map(|(before, _)| before);
        let in_authority = credentials
            .and_then(|credentials| credentials.split_once(':'))
            .is_some_and(|(user, password)| !is_placeholder(user, password));
        let query = rest.split_once('?').map_or("", |(_, query)| query);
        let mut parameters = query.split('&').filter_map(|pair| pair.split_once('='));
        in_authority
            || parameters.any(|(name, value)| name == "password" && !is_placeholder("", value))
    })
}

/// Whether a password stands for one: a word that everybody takes, a variable's name, the user's own name.
fn is_placeholder(user: &str, password: &str) -> bool {
    let letters: String = password.chars().filter(char::is_ascii_alphabetic).collect();
    let is_word = PLACEHOLDERS.contains(&letters.to_lowercase().as_str())
        && password
            .chars()
            .all(|c| c.is_ascii_alphabetic() || "-_".contains(c));
    let is_variable = ["***", "@env:", "${", "<", "{"]
        .iter()
        .any(|start| password.starts_with(start));
    password.is_empty() || password == user || is_word || is_variable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_with_a_password_are_seen() {
        for text in [
            "postgres://app:hunter2@db/x",
            "DATABASE_URL=\"postgresql://a:b@[::1]:5432/x\"",
            "postgres://db/x?sslmode=require&password=hunter2",
            "postgres://app:password1@db/x",
            "postgres://app:$hunter2@db/x",
            "url('postgres://app:a@db/x')",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
        ] {
            assert!(holds_secret(text), "{text}");
        }
        for text in [
            "",
            "postgres://db/x",
            "postgres://app@db/x",
            "postgres://***:***@db/x",
            "postgres://postgres:postgres@localhost/shop",
            "postgres://app:app@db/x",
            "postgres://USER:YOUR_PASSWORD@HOST/x",
            "postgres://app:CHANGE-ME@db/x",
            "postgres://app:<password>@db/x",
            "postgres://app:${DB_PASSWORD}@db/x",
            "postgres://app:@env:DB_PASSWORD@db/x",
            "postgres://db/x?password=changeme&sslmode=require",
            "https://example.org/a:b@c",
        ] {
            assert!(!holds_secret(text), "{text}");
        }
    }
}
