//! Dates of `allowed_signers`, to the second, against `ssh-keygen` in many time zones.

use rapidkit_pg::signature::{Namespace, Timestamp, Trust, verify};

use crate::fixture::{Key, LOCK, MESSAGE, NOON, PRINCIPAL, Random, nobody_revoked, say, signers};
use crate::keygen::{Keygen, Question};

/// From where a day comes first to where it comes last; half of them change their clocks.
const ZONES: &[&str] = &[
    "Pacific/Kiritimati",
    "Pacific/Auckland",
    "Asia/Kathmandu",
    "Europe/Dublin",
    "UTC",
    "America/New_York",
    "Pacific/Honolulu",
    "Etc/GMT+12",
];

/// `YYYYMMDDHHMMSSZ`.
fn written(unix: i64) -> String {
    Timestamp::from_unix(unix)
        .to_string()
        .replace(['-', ':', 'T'], "")
}

/// What ours and theirs say with this option at this time.
fn judge(keygen: &Keygen, option: &str, now: i64, zone: &str) -> (bool, bool) {
    let key = Key::software(1);
    let text = format!("{PRINCIPAL} {option} {}\n", key.line());
    let signature = key.sign(MESSAGE, LOCK, "sha512").file();
    let trust = Trust {
        signers: &signers(&text),
        revoked: &nobody_revoked(),
        principal: None,
        now: Timestamp::from_unix(now),
    };
    let ours = verify(MESSAGE, &signature, Namespace::Lock, &trust).is_ok();
    let theirs = keygen.accepts(&Question {
        message: MESSAGE,
        signature: &signature,
        namespace: LOCK,
        principal: PRINCIPAL,
        signers: &text,
        revoked: None,
        now: &written(now),
        zone,
    });
    (ours, theirs)
}

#[test]
fn local_dates_so_near_that_somewhere_no_time_is_left_are_never_valid() {
    let keygen = Keygen::new();
    let (noon, hour) = (1_795_608_000, 3_600);
    let local = |at: i64| written(at).trim_end_matches('Z').to_owned();
    // It begins at noon of the last zone, and ends at that of the first: the same moment.
    let (after, before) = (local(noon), local(noon + 26 * hour));
    let option = format!("valid-after=\"{after}\",valid-before=\"{before}\"");
    let now = noon + 12 * hour;
    assert_eq!(judge(&keygen, &option, now, "UTC"), (false, true));
}

#[test]
fn dates_in_utc_are_read_alike_to_the_second() {
    let keygen = Keygen::new();
    let mut random = Random(3);
    let mut asked = 0;
    for _ in 0..60 {
        // 1971 to 2099, whole days, minutes and seconds.
        let at = 86_400 * (366 + i64::try_from(random.below(47_000)).unwrap());
        let (at, digits) = match random.below(3) {
            0 => (at, 8),
            1 => (at + 60 * i64::try_from(random.below(1440)).unwrap(), 12),
            _ => (at + i64::try_from(random.below(86_400)).unwrap(), 14),
        };
        let date = format!(
            "{}{}",
            &written(at)[..digits],
            random.pick(&["Z", "z", "UTC"])
        );
        for (option, offset, expected) in [
            ("valid-after", -1, false),
            ("valid-after", 0, true),
            ("valid-before", 0, true),
            ("valid-before", 1, false),
        ] {
            let zone = random.pick::<&str>(ZONES);
            let judged = judge(&keygen, &format!("{option}=\"{date}\""), at + offset, zone);
            assert_eq!(judged, (expected, expected), "{option} {date} {offset}");
            asked += 1;
        }
    }
    say(&format!(
        "dates in UTC: {asked} asked at their very ends, all judged alike"
    ));
}

/// Never more generous than `ssh-keygen` anywhere, and no stricter than the strictest place needs.
#[test]
fn dates_without_a_zone_count_in_the_strictest() {
    let keygen = Keygen::new();
    let hour = 3600;
    let (mut alike, mut stricter) = (0, 0);
    // Noon of a day in November and of one in July.
    for noon in [NOON, NOON - 137 * 86_400] {
        let date = &written(noon)[..14];
        for zone in ZONES {
            for offset in [-15, -14, -13, -5, 0, 1, 5, 11, 12, 13] {
                for second in [-1, 0, 1] {
                    let now = noon + offset * hour + second;
                    for option in ["valid-after", "valid-before"] {
                        let option = format!("{option}=\"{date}\"");
                        match judge(&keygen, &option, now, zone) {
                            (true, false) => {
                                panic!(
                                    "ours is more generous: {option} at {} in {zone}",
                                    written(now)
                                )
                            }
                            (false, true) => stricter += 1,
                            _ => alike += 1,
                        }
                    }
                }
            }
        }
        // At both ends of the world the edge is exactly theirs.
        for (option, zone, edge, before, after) in [
            ("valid-after", "Etc/GMT+12", 12 * hour, false, true),
            (
                "valid-before",
                "Pacific/Kiritimati",
                -14 * hour + 1,
                true,
                false,
            ),
        ] {
            let option = format!("{option}=\"{date}\"");
            assert_eq!(
                judge(&keygen, &option, noon + edge - 1, zone),
                (before, before)
            );
            assert_eq!(judge(&keygen, &option, noon + edge, zone), (after, after));
        }
    }
    say(&format!(
        "dates without a zone: {} asked in {} time zones, {alike} alike, {stricter} where ours is stricter, 0 where it is more generous",
        alike + stricter,
        ZONES.len()
    ));
    assert!(stricter > 0);
}
