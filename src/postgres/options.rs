//! How a throwaway server is set up.

use std::path::PathBuf;

/// How a throwaway server is set up. [`Options::default`] serves `demo`.
#[derive(Debug, Clone)]
pub struct Options {
    pub(super) user: String,
    pub(super) password: String,
    pub(super) max_connections: u32,
    pub(super) settings: Vec<(String, String)>,
    pub(super) files: Vec<(String, Vec<u8>)>,
    pub(super) temporary: PathBuf,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            user: "rapidkit".to_owned(),
            password: "throwaway".to_owned(),
            max_connections: 100,
            settings: Vec::new(),
            files: Vec::new(),
            temporary: "/tmp".into(),
        }
    }
}

impl Options {
    /// The superuser's name and password (default `rapidkit`, `throwaway`).
    #[must_use]
    pub fn login(mut self, user: &str, password: &str) -> Self {
        user.clone_into(&mut self.user);
        password.clone_into(&mut self.password);
        self
    }

    /// How many connections the server takes (default 100).
    #[must_use]
    pub fn max_connections(mut self, count: u32) -> Self {
        self.max_connections = count;
        self
    }

    /// A line of `postgresql.conf`, such as `log_statement`, `all`.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A file in the data folder, readable for the server alone, such as a TLS key.
    #[must_use]
    pub fn file(mut self, name: &str, contents: impl Into<Vec<u8>>) -> Self {
        self.files.push((name.to_owned(), contents.into()));
        self
    }

    /// Where the server's folder is made (default `/tmp`). A path that is too long for a Unix
    /// socket, or closed to the server's user, is passed over.
    #[must_use]
    pub fn temporary(mut self, folder: impl Into<PathBuf>) -> Self {
        self.temporary = folder.into();
        self
    }
}
