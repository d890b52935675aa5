use std::path::{Path, PathBuf};

use super::{shell_word, shown, shown_text};

/// How much a finding weighs.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing; never a reason to fail.
    Info,
    /// A finding in a release, where it fails.
    Warning,
    /// Something is not as it must be: exit code 1.
    Finding,
    /// It could not be checked: exit code 2.
    Unchecked,
}

macro_rules! codes {
    ($($name:ident $id:literal $slug:literal $title:literal)*) => {
        /// What a finding is about. Identifiers are stable: one that is no longer used is never given away again.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $title] $name),* }

        impl Code {
            /// Every code, in the order of identifiers.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// `RK0301`
            pub fn id(self) -> &'static str {
                match self { $(Self::$name => $id),* }
            }

            /// `vendor-changed`
            pub fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug),* }
            }

            /// One sentence without a full stop.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title),* }
            }
        }
    };
}

codes! {
    LockMissing "RK0101" "lock-missing" "the project has no lock"
    LockNotCanonical "RK0102" "lock-not-canonical" "the lock is not what rapidkit-pg writes"
    LockConflict "RK0103" "lock-conflict" "the lock holds conflict markers of a merge"
    LockFormat "RK0104" "lock-format" "the lock's format is not known"
    LockEmpty "RK0105" "lock-empty" "the lock records nothing"
    LockUnreadable "RK0106" "lock-unreadable" "the lock cannot be read"
    LockCore "RK0107" "lock-core" "the lock and the project differ on whether RapidKit Core manages it too"
    Unsigned "RK0201" "unsigned" "there is no signature"
    BadSignature "RK0202" "bad-signature" "the signature does not verify"
    UntrustedSigner "RK0203" "untrusted-signer" "the signer is not trusted"
    RevokedSigner "RK0204" "revoked-signer" "the signer's key is revoked"
    SignerNotValidNow "RK0205" "signer-not-valid-now" "the signer's key has expired or is not valid yet"
    WrongNamespace "RK0206" "wrong-namespace" "the signature was made for another purpose"
    TrustInside "RK0207" "trust-inside" "the trust file, or that of revoked keys, lies inside what is verified"
    SignatureNotChecked "RK0208" "signature-not-checked" "there is a signature, and no trust file to check it with"
    VendorChanged "RK0301" "vendor-changed" "a vendor file was changed"
    VendorMissing "RK0302" "vendor-missing" "a vendor file is missing"
    Extra "RK0303" "extra" "something lies under .rapidkit/ that the lock does not record"
    VendorExecutable "RK0304" "vendor-executable" "a vendor file is executable"
    VendorNotAFile "RK0305" "vendor-not-a-file" "something else stands in a vendor file's place"
    VendorLineEndings "RK0306" "vendor-line-endings" "the line endings of a vendor file were converted"
    Unreadable "RK0307" "unreadable" "something cannot be read"
    NotOurs "RK0308" "not-ours" "what other tools keep under .rapidkit/ was not checked"
    SumsMissing "RK0401" "sums-missing" "the module has no readable module.sums"
    SumsMismatch "RK0402" "sums-mismatch" "a file of the module differs from module.sums"
    VersionDrift "RK0403" "version-drift" "what is generated changed and the version did not"
    DriftedLock "RK0404" "drifted-lock" "the lock was written from a module that had drifted"
    OtherContent "RK0405" "other-content" "the lock names this version of the module with another content"
    ModuleInvalid "RK0406" "module-invalid" "the module is not valid"
    SumsVersion "RK0407" "sums-version" "module.sums is of another module or version than module.yaml"
    RenderDiffers "RK0501" "render-differs" "the answers and the module give other bytes"
    RenderOther "RK0502" "render-other" "the answers and the module give other files"
    FactsDiffer "RK0503" "facts-differ" "the project is no longer what it was generated for"
    NotRendered "RK0504" "not-rendered" "not re-rendered: this is another version of the module"
    CannotRender "RK0505" "cannot-render" "the recorded answers cannot be rendered"
    GeneratedChanged "RK0601" "generated-changed" "a generated file is not as the lock accepted it"
    GeneratedMissing "RK0602" "generated-missing" "a generated file is missing"
    BlockMissing "RK0603" "block-missing" "what was put into a file is gone or was changed"
    BlockDoubled "RK0604" "block-doubled" "what was put into a file is there more than once"
    SeedMissing "RK0605" "seed-missing" "a file that was created once is missing"
    GeneratedExecutable "RK0606" "generated-executable" "a generated file's executable bit changed"
    GeneratedNotAFile "RK0607" "generated-not-a-file" "something else stands in a generated file's place"
    GeneratedReturned "RK0608" "generated-returned" "a generated file is back that the lock accepted as removed"
    Downgrade "RK0701" "downgrade" "the version is lower than in the baseline"
    SameVersionOtherContent "RK0702" "same-version-other-content" "the module changed since the baseline and its version did not"
    NoBaseline "RK0703" "no-baseline" "the baseline cannot be read"
    Vanished "RK0704" "vanished" "what was verified at the baseline is no longer there"
    Interrupted "RK0801" "interrupted" "an interrupted run has to be finished"
    LeftOver "RK0802" "left-over" "an interrupted run left its staging"
    Waiting "RK0803" "waiting" "an upgrade waits for its conflicts to be resolved"
    UnsafePath "RK0901" "unsafe-path" "a recorded path is not safe"
    Secret "RK0902" "secret" "a secret is recorded"
    TemplateFails "RK1001" "template-fails" "a template cannot be rendered"
    OutputInvalid "RK1002" "output-invalid" "what a template gives does not parse"
    UndeclaredVariable "RK1003" "undeclared-variable" "a template reads what nothing declares"
    UnusedAnswer "RK1004" "unused-answer" "an answer changes nothing"
    NoChangelogEntry "RK1005" "no-changelog-entry" "the changelog has no entry for the version"
    PageMissing "RK1006" "page-missing" "a page of the documentation is missing or empty"
    HookUndocumented "RK1007" "hook-undocumented" "a runtime hook is not documented"
    HookAbsent "RK1008" "hook-absent" "a runtime hook is not in the code"
    ModuleSecret "RK1009" "module-secret" "a secret stands in the module"
    HookWithoutEffect "RK1010" "hook-without-effect" "a runtime hook was not seen to work"
}

/// One thing that is not as it should be, or worth knowing. Its texts can be printed as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub code: Code,
    pub level: Level,
    /// The project's or module's root, from where the command was started.
    pub root: String,
    /// Below the root.
    pub path: String,
    /// What is right, one line.
    pub expected: String,
    /// What was found, one line.
    pub actual: String,
    /// The command that mends it, run where this command was, or what to do by hand.
    pub fix: String,
    place: PathBuf,
}

impl Finding {
    /// A finding about `path` below `root`.
    pub fn new(code: Code, level: Level, root: &Path, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        let named = |path: &Path| match shown(path) {
            text if text.is_empty() => ".".to_owned(),
            text => text,
        };
        Self {
            code,
            level,
            root: named(root),
            path: named(path),
            expected: String::new(),
            actual: String::new(),
            fix: String::new(),
            place: root.join(path),
        }
    }

    /// What is right.
    #[must_use]
    pub fn expected(mut self, text: impl AsRef<str>) -> Self {
        self.expected = shown_text(text.as_ref());
        self
    }

    /// What was found.
    #[must_use]
    pub fn actual(mut self, text: impl AsRef<str>) -> Self {
        self.actual = shown_text(text.as_ref());
        self
    }

    /// The command that mends it.
    #[must_use]
    pub fn fix(mut self, command: impl Into<String>) -> Self {
        self.fix = command.into();
        self
    }

    /// The command that mends it, with the path as its last word.
    #[must_use]
    pub fn fix_path(mut self, command: &str) -> Self {
        self.fix = format!("{command} {}", shell_word(&self.place));
        self
    }

    /// A `rapidkit-pg` command that mends it, run in the root; after the one that was given, if one was.
    #[must_use]
    pub fn fix_here(mut self, root: &Path, arguments: &str) -> Self {
        let here = match root.as_os_str().is_empty() || root == Path::new(".") {
            true => String::new(),
            false => format!("-C {} ", shell_word(root)),
        };
        // What comes first, if anything does.
        let first = match self.fix.is_empty() {
            true => String::new(),
            false => format!("{} && ", self.fix),
        };
        self.fix = format!("{first}rapidkit-pg {here}{arguments}");
        self
    }

    /// The file that the finding is about as a relative URI.
    pub fn uri(&self) -> String {
        let mut uri = String::new();
        for byte in self.place.as_os_str().as_encoded_bytes() {
            match byte {
                byte if byte.is_ascii_alphanumeric() || b"-._~/".contains(byte) => {
                    uri.push(char::from(*byte));
                }
                byte => uri += &format!("%{byte:02X}"),
            }
        }
        if uri.is_empty() { ".".to_owned() } else { uri }
    }

    /// The file that the finding is about, as printed, from where the command was started.
    pub fn file(&self) -> String {
        match shown(&self.place) {
            text if text.is_empty() => ".".to_owned(),
            text => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_sorted_and_unique() {
        let ids: Vec<&str> = Code::ALL.iter().map(|code| code.id()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]), "{ids:?}");
        let mut slugs: Vec<&str> = Code::ALL.iter().map(|code| code.slug()).collect();
        slugs.sort_unstable();
        assert!(slugs.windows(2).all(|pair| pair[0] < pair[1]), "{slugs:?}");
    }
}
