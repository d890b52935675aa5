//! Thousands of cases put to `ssh-keygen -Y verify` and to us. What we accept it must accept; what it alone accepts must be
//! one of the differences that are documented, and is counted by its reason.

use std::collections::BTreeMap;

use rapidkit_pg::signature::{
    AllowedSigners, Namespace, Principal, Revoked, SignatureError, Timestamp, Trust, ValidityDate,
    verify,
};
use sha1::{Digest, Sha1};
use sha2::Sha256;

use crate::envelopes::{CHANGES, Given};
use crate::fixture::{Key, LOCK, MESSAGE, MODULE, NOON, PRINCIPAL, Random, krl, say};
use crate::keygen::{Keygen, Question};

const CASES: usize = 2000;

const PRINCIPALS: &[&str] = &[
    PRINCIPAL,
    PRINCIPAL,
    PRINCIPAL,
    "dev@example.org",
    "a",
    "ci bot@example.org",
    "Release@example.org",
    "*@example.org",
    "release@example.org,dev@example.org",
    "!a",
];

const PATTERNS: &[&str] = &[
    PRINCIPAL,
    PRINCIPAL,
    "*@example.org",
    "*",
    "r?lease@*",
    "rel*e@*.org",
    "dev@example.org",
    "!dev@example.org",
    "!release@*",
    "!*",
    "!!a",
    "RELEASE@example.org",
    "ci bot@example.org",
    "?",
    "**a**",
    "",
];

const NAMESPACES: &[&str] = &[
    LOCK,
    LOCK,
    MODULE,
    "rapidkit-*",
    "rapidkit-lock-v1,rapidkit-module-v1",
    "git,file",
    "!rapidkit-lock-v1,*",
    "*,!rapidkit-module-v?",
    "rapidkit-lock-v1\\\"",
    "a b",
    "",
];

/// Offsets from the time asked for, in seconds.
const OFFSETS: &[i64] = &[
    0,
    1,
    -1,
    3600,
    -3600,
    12 * 3600,
    -12 * 3600,
    13 * 3600,
    -13 * 3600,
    14 * 3600,
    -14 * 3600,
    86_400,
    -86_400,
    3 * 86_400,
    -3 * 86_400,
    400 * 86_400,
    -400 * 86_400,
];

const ODD_DATES: &[&str] = &[
    "20260230Z",
    "20260431",
    "20261125240000Z",
    "20261125235960Z",
    "2026112512Z",
    "x",
    "",
    "19690101Z",
    "19700101Z",
    "19700102Z",
    "20261125 Z",
    "2026 1 1Z",
    "99991231Z",
];

const ODD_OPTIONS: &[&str] = &[
    "cert-authority",
    "no-touch-required",
    "verify-required",
    "namespaces",
    "namespaces=git",
    "namespaces=\"git",
    "valid-after=20260101Z",
    "x=\"y\"",
    ",",
    "cert-authority,",
    "Cert-Authority,namespaces=\"*\"",
    ",,namespaces=\"*\"",
    "namespaces=\"*\",namespaces=\"*\"",
    "NAMESPACES=\"*\"",
];

const ODD_LINES: &[&str] = &[
    "",
    "#",
    "  \t",
    "a",
    "* ssh-ed25519",
    "* ssh-ed25519 AAAA",
    "\"*",
    "* namespaces=\"x",
    "\r",
    "* ssh-rsa AAAAB3NzaC1yc2E=",
    "* nothing at all",
];

const ZONES: &[&str] = &[
    "UTC",
    "Pacific/Kiritimati",
    "Etc/GMT+12",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Pacific/Apia",
];

fn written(unix: i64) -> String {
    Timestamp::from_unix(unix)
        .to_string()
        .replace(['-', ':', 'T'], "")
}

struct Case {
    line_key: usize,
    changed: &'static str,
    signature: Vec<u8>,
    message: Vec<u8>,
    namespace: Namespace,
    principal: Option<&'static str>,
    signers: String,
    revoked: Option<Vec<u8>>,
    now: i64,
    zone: &'static str,
}

struct Pool {
    keys: Vec<Key>,
    others: Vec<String>,
    revoked: Vec<Vec<u8>>,
}

impl Pool {
    fn new(keygen: &Keygen) -> Self {
        let keys = vec![
            Key::software(1),
            Key::software(2),
            Key::software(3),
            Key::hardware(4, "ssh:"),
            Key::hardware(4, "ssh:elsewhere"),
            Key::hardware(5, "ssh:"),
        ];
        let mut revoked = vec![
            b"# none\n".to_vec(),
            Vec::new(),
            b"\r\n".to_vec(),
            krl(&[]),
            krl(&[(5, &[])]),
            krl(&[(1, &[Vec::new(), Vec::new()])]),
            krl(&[(255, &[b"x".to_vec()])]),
        ];
        for key in &keys {
            let line = key.line();
            revoked.push(format!("{line}\n").into_bytes());
            revoked.push(format!("# comment\n\n\t {line} comment\r\n").into_bytes());
            revoked.push(format!("{}\n{line}", keys[2].line()).into_bytes());
            revoked.push(format!("nonsense\n{line}").into_bytes());
            revoked.push(keygen.krl(&format!("{line}\n")));
            revoked.push(keygen.krl(&format!("sha1: {line}\n")));
            revoked.push(keygen.krl(&format!("sha256: {line}\n")));
            revoked.push(krl(&[
                (3, &[Sha1::digest(key.blob()).to_vec()]),
                (5, &[Sha256::digest(b"x").to_vec()]),
            ]));
            let mut short = krl(&[(2, &[key.blob()])]);
            short.pop();
            revoked.push(short);
        }
        Self {
            keys,
            others: vec![keygen.key("rsa", "rsa"), keygen.key("ecdsa", "ecdsa")],
            revoked,
        }
    }

    fn patterns(&self, random: &mut Random) -> String {
        let count = if random.percent(60) {
            1
        } else {
            1 + random.below(3)
        };
        let list: Vec<&str> = (0..count)
            .map(|_| {
                if random.percent(70) {
                    PRINCIPAL
                } else {
                    *random.pick(PATTERNS)
                }
            })
            .collect();
        let list = list.join(",");
        match random.below(10) {
            0..3 => format!("\"{list}\""),
            3 if list.len() > 2 && list.is_ascii() => format!("{}\"{}\"", &list[..2], &list[2..]),
            _ => list,
        }
    }

    fn date(&self, random: &mut Random, now: i64) -> String {
        if random.percent(6) {
            return (*random.pick(ODD_DATES)).to_owned();
        }
        let full = written(now + random.pick(OFFSETS));
        let digits = &full[..*random.pick(&[8, 12, 14, 14])];
        format!(
            "{digits}{}",
            random.pick(&["Z", "Z", "Z", "z", "UTC", "", "", ""])
        )
    }

    fn options(&self, random: &mut Random, now: i64) -> String {
        let mut options = Vec::new();
        if random.percent(30) {
            options.push(format!("namespaces=\"{}\"", random.pick(NAMESPACES)));
        }
        // Mostly a window around the time asked for, else anything.
        if random.percent(35) {
            let date = if random.percent(60) {
                written(now - 3 * 86_400)
            } else {
                self.date(random, now)
            };
            options.push(format!("valid-after=\"{date}\""));
        }
        if random.percent(35) {
            let date = if random.percent(60) {
                written(now + 3 * 86_400)
            } else {
                self.date(random, now)
            };
            options.push(format!("valid-before=\"{date}\""));
        }
        if random.percent(3) {
            let at = random.below(options.len() + 1);
            options.insert(at, (*random.pick(ODD_OPTIONS)).to_owned());
        }
        options.join(",")
    }

    fn line(&self, random: &mut Random, key: &Key, now: i64) -> String {
        if random.percent(2) {
            return (*random.pick(ODD_LINES)).to_owned();
        }
        let key = match random.below(20) {
            0 => random.pick(&self.others).clone(),
            1..4 => random.pick(&self.keys).line(),
            _ => key.line(),
        };
        let blank = *random.pick(&[" ", " ", " ", "\t", "  "]);
        let options = self.options(random, now);
        let options = if options.is_empty() {
            options
        } else {
            options + blank
        };
        let lead = *random.pick(&["", "", "", " ", "\t"]);
        let comment = *random.pick(&["", " comment", " a # b \"c", "\t"]);
        format!(
            "{lead}{}{blank}{options}{key}{comment}",
            self.patterns(random)
        )
    }

    fn case(&self, random: &mut Random) -> Case {
        let line_key = random.below(self.keys.len());
        let key = &self.keys[line_key];
        let now = NOON + i64::try_from(random.below(4 * 86_400)).unwrap() - 2 * 86_400;
        let namespace = *random.pick(&[Namespace::Lock, Namespace::Lock, Namespace::Module]);
        let signed_for = if random.percent(92) {
            namespace.as_str()
        } else {
            *random.pick(&[LOCK, MODULE, "git", "file"])
        };
        let hash = *random.pick(&["sha512", "sha256"]);
        let mut message = MESSAGE.to_vec();
        let parts = key.sign(&message, signed_for, hash);
        let mut signature = parts.file();
        let mut changed = "unchanged";
        if random.percent(30) {
            let (name, change) = random.pick(CHANGES);
            let given = Given {
                parts: &parts,
                key,
                message: &message,
            };
            signature = change(&given, random);
            changed = name;
        }
        if random.percent(5) {
            let at = random.below(message.len());
            message[at] ^= 1;
        }
        let ending = *random.pick(&["\n", "\n", "\n", "\r\n"]);
        let mut signers = String::new();
        for _ in 0..=random.below(4) {
            signers += &self.line(random, key, now);
            signers += ending;
        }
        if random.percent(10) {
            signers = signers.trim_end().to_owned();
        }
        Case {
            line_key,
            changed,
            signature,
            message,
            namespace,
            principal: random.percent(75).then(|| *random.pick(PRINCIPALS)),
            signers,
            revoked: random
                .percent(25)
                .then(|| random.pick(&self.revoked).clone()),
            now,
            zone: random.pick::<&str>(ZONES),
        }
    }
}

/// Why we refuse.
enum Refusal {
    Signers(rapidkit_pg::types::Problem),
    Revoked(rapidkit_pg::types::Problem),
    Signature(SignatureError),
}

fn ours(case: &Case) -> Result<Principal, Refusal> {
    let signers =
        AllowedSigners::parse("allowed_signers", &case.signers).map_err(Refusal::Signers)?;
    let revoked = match &case.revoked {
        None => Revoked::default(),
        Some(bytes) => Revoked::parse("revoked", bytes).map_err(Refusal::Revoked)?,
    };
    let principal = case.principal.map(|principal| principal.parse().unwrap());
    let trust = Trust {
        signers: &signers,
        revoked: &revoked,
        principal: principal.as_ref(),
        now: Timestamp::from_unix(case.now),
    };
    verify(&case.message, &case.signature, case.namespace, &trust)
        .map(|signer| signer.principal)
        .map_err(Refusal::Signature)
}

fn theirs(keygen: &Keygen, case: &Case, signers: &str, principal: &str) -> bool {
    keygen.accepts(&Question {
        message: &case.message,
        signature: &case.signature,
        namespace: case.namespace.as_str(),
        principal,
        signers,
        revoked: case.revoked.as_deref(),
        now: &written(case.now),
        zone: case.zone,
    })
}

fn has_no_zone(date: &ValidityDate) -> bool {
    !date.as_written().to_ascii_uppercase().ends_with(['Z', 'C'])
}

/// The documented difference that a refusal of ours is, where `ssh-keygen` accepts; `None` if it is none.
fn difference(keygen: &Keygen, case: &Case, principal: &str, refusal: &Refusal) -> Option<String> {
    match refusal {
        Refusal::Signers(problem) => {
            let text = problem.to_string();
            let blanks = text.contains("expected YYYYMMDD") && case.signers.contains("2026 1 1Z");
            if blanks || text.contains("no such day") || text.contains("before 1971") {
                return Some(
                    "allowed signers: a date with blanks, in no calendar, or before 1971".into(),
                );
            }
            // It must have passed over the line we stumbled upon, and not have used it.
            let line = problem.location.as_ref()?.line_column().0;
            let without: String = case
                .signers
                .split_inclusive('\n')
                .enumerate()
                .filter(|(index, _)| index + 1 != line)
                .map(|(_, line)| line)
                .collect();
            theirs(keygen, case, &without, principal)
                .then(|| "allowed signers: a malformed line, which ssh-keygen passes over".into())
        }
        Refusal::Revoked(problem) => Some(problem.message.clone()),
        Refusal::Signature(SignatureError::Malformed(error)) => {
            (case.changed != "unchanged").then(|| {
                let error = error.to_string();
                let error = error.split(" at byte ").next().unwrap_or_default();
                format!("signature file, {}: {error}", case.changed)
            })
        }
        Refusal::Signature(SignatureError::UserAbsent { .. }) => {
            Some(format!("signature file, {}", case.changed))
        }
        Refusal::Signature(SignatureError::Bad { .. }) => (case.changed
            == "a scalar that is not reduced")
            .then(|| format!("signature file, {}", case.changed)),
        Refusal::Signature(SignatureError::NotYetValid {
            valid_after: date, ..
        })
        | Refusal::Signature(SignatureError::Expired {
            valid_before: date, ..
        }) => has_no_zone(date)
            .then(|| "allowed signers: a date without a time zone, near its end".into()),
        Refusal::Signature(_) => None,
    }
}

#[test]
fn what_we_accept_ssh_keygen_accepts() {
    let cases = std::env::var("RAPIDKIT_CROSSCHECK")
        .ok()
        .map_or(CASES, |count| count.parse().unwrap());
    let keygen = Keygen::new();
    let pool = Pool::new(&keygen);
    let mut random = Random(20_261_125);
    let (mut both, mut neither) = (0, 0);
    let mut only_theirs: BTreeMap<String, usize> = BTreeMap::new();
    let mut accepted_with = [0usize; 6];
    let mut refusals: BTreeMap<&str, usize> = BTreeMap::new();
    for number in 0..cases {
        let case = pool.case(&mut random);
        let told = || {
            format!(
                "case {number}: {} for {:?} at {} in {}, principal {:?}\n{}",
                case.changed,
                case.namespace,
                written(case.now),
                case.zone,
                case.principal,
                case.signers
            )
        };
        match ours(&case) {
            Ok(principal) => {
                assert!(
                    theirs(&keygen, &case, &case.signers, principal.as_str()),
                    "we accept what ssh-keygen refuses: {}",
                    told()
                );
                both += 1;
                accepted_with[case.line_key] += 1;
            }
            Err(refusal) => {
                let principal = case.principal.unwrap_or(PRINCIPAL);
                *refusals
                    .entry(match &refusal {
                        Refusal::Signers(_) => "allowed signers unreadable",
                        Refusal::Revoked(_) => "revoked keys unreadable",
                        Refusal::Signature(error) => match error {
                            SignatureError::Malformed(_) => "malformed",
                            SignatureError::WrongNamespace { .. } => "wrong namespace",
                            SignatureError::Bad { .. } => "bad signature",
                            SignatureError::UserAbsent { .. } => "not touched",
                            SignatureError::Revoked { .. } => "revoked",
                            SignatureError::UnknownKey { .. } => "unknown key",
                            SignatureError::WrongPrincipal { .. } => "wrong principal",
                            SignatureError::NamespaceNotAllowed { .. } => "namespace not allowed",
                            SignatureError::NotYetValid { .. } => "not yet valid",
                            SignatureError::Expired { .. } => "expired",
                        },
                    })
                    .or_default() += 1;
                if theirs(&keygen, &case, &case.signers, principal) {
                    let difference = difference(&keygen, &case, principal, &refusal);
                    let reason = match &refusal {
                        Refusal::Signers(problem) | Refusal::Revoked(problem) => {
                            problem.to_string()
                        }
                        Refusal::Signature(error) => error.to_string(),
                    };
                    let Some(difference) = difference else {
                        panic!(
                            "ssh-keygen accepts, and no difference is documented: {reason}: {}",
                            told()
                        );
                    };
                    *only_theirs.entry(difference).or_default() += 1;
                } else {
                    neither += 1;
                }
            }
        }
    }
    let only: usize = only_theirs.values().sum();
    say(&format!(
        "cross-check: {cases} cases; both accept {both}, both refuse {neither}, only ssh-keygen accepts {only}, only we accept 0"
    ));
    say(&format!(
        "accepted by key: {accepted_with:?}; refused: {refusals:?}"
    ));
    for (difference, count) in &only_theirs {
        say(&format!("only ssh-keygen accepts: {count} × {difference}"));
    }
    if cases >= CASES {
        assert!(
            both >= 300 && neither >= 300,
            "the cases have become one-sided"
        );
        assert!(
            accepted_with.iter().all(|count| *count >= 20),
            "{accepted_with:?}"
        );
        assert_eq!(refusals.len(), 12, "a reason never came up: {refusals:?}");
    }
}
