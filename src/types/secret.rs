/// Whether a text holds a URL with a password, or a private key.
pub fn holds_secret(text: &str) -> bool {
    if text.contains("-----BEGIN") && text.contains("PRIVATE KEY-----") {
        return true;
    }
    text.match_indices("://").any(|(at, _)| {
        let rest = &text[at + 3..];
        let authority = rest
            .find(|c: char| c == '/' || c == '?' || c.is_whitespace() || c == '"')
            .map_or(rest, |end| &rest[..end]);
        let credentials = authority.rsplit_once('@').map(|(before, _)| before);
        let in_authority = credentials
            .and_then(|credentials| credentials.split_once(':'))
            .is_some_and(|(_, password)| !password.is_empty() && !password.starts_with("***"));
        in_authority || rest.contains("?password=") || rest.contains("&password=")
    })
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
            "-----BEGIN OPENSSH PRIVATE KEY-----",
        ] {
            assert!(holds_secret(text), "{text}");
        }
        for text in [
            "",
            "postgres://db/x",
            "postgres://app@db/x",
            "postgres://***:***@db/x",
            "https://example.org/a:b@c",
        ] {
            assert!(!holds_secret(text), "{text}");
        }
    }
}
