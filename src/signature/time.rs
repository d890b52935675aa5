//! Instants, and the dates of `valid-after` and `valid-before`.

use std::fmt;
use std::time::{Duration, SystemTime};

/// Seconds since 1970 in UTC. Verification never asks the clock: its caller says what time it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// An instant by its Unix time.
    pub const fn from_unix(seconds: i64) -> Self {
        Self(seconds)
    }

    /// The instant as Unix time.
    pub const fn as_unix(self) -> i64 {
        self.0
    }

    fn plus(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds))
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        let seconds = |duration: Duration| i64::try_from(duration.as_secs()).unwrap_or(i64::MAX);
        Self(match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => seconds(since),
            Err(before) => -seconds(before.duration()),
        })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(DAY));
        let second = self.0.rem_euclid(DAY);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }
}

/// Which end of the time for which a key is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    After,
    Before,
}

/// A date of an `allowed_signers` file: `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, then perhaps `Z` or `UTC`.
///
/// Without either suffix, `ssh-keygen` reads it in the time zone of the machine it runs on, and so says "expired" on one
/// machine and "good" on the next. Here such a date counts in whichever of the world's time zones (UTC-12 to UTC+14)
/// makes the key's time **shortest**: `valid-after` begins when the date has come everywhere, `valid-before` ends when it
/// has come anywhere. So the answer is the same on all machines, and never "valid" where `ssh-keygen` would say otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValidityDate {
    text: String,
    /// Read as if it were in UTC.
    nominal: Timestamp,
    end: End,
    utc: bool,
}

/// Text that is no such date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    #[error("expected YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, with a `Z` for UTC")]
    Form,
    #[error("there is no such day or time")]
    NoSuchDay,
    /// OpenSSH reads what lies before 1970 as a time in the far future.
    #[error("the year is before 1971")]
    TooEarly,
}

const DAY: i64 = 86_400;
/// UTC-12: where a date comes last.
const WESTMOST: i64 = 12 * 3600;
/// UTC+14: where it comes first.
const EASTMOST: i64 = 14 * 3600;

impl ValidityDate {
    /// Reads a date.
    ///
    /// # Errors
    /// Text of another form, a day that is in no calendar, and years before 1971.
    pub fn parse(text: &str, end: End) -> Result<Self, DateError> {
        let bytes = text.as_bytes();
        let (digits, utc) = match bytes {
            [digits @ .., b'z' | b'Z'] => (digits, true),
            [digits @ .., b'u' | b'U', b't' | b'T', b'c' | b'C'] => (digits, true),
            digits => (digits, false),
        };
        if ![8, 12, 14].contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
            return Err(DateError::Form);
        }
        let number = |from: usize, to: usize| {
            digits
                .get(from..to)
                .unwrap_or_default()
                .iter()
                .fold(0, |value, digit| value * 10 + i64::from(digit - b'0'))
        };
        let (year, month, day) = (number(0, 4), number(4, 6), number(6, 8));
        let (hour, minute, second) = (number(8, 10), number(10, 12), number(12, 14));
        let days = days_from_civil(year, month, day);
        if civil_from_days(days) != (year, month, day) || hour > 23 || minute > 59 || second > 59 {
            return Err(DateError::NoSuchDay);
        }
        if year < 1971 {
            return Err(DateError::TooEarly);
        }
        Ok(Self {
            text: text.to_owned(),
            nominal: Timestamp(days * DAY + hour * 3600 + minute * 60 + second),
            end,
            utc,
        })
    }

    /// The instant it counts as.
    pub fn instant(&self) -> Timestamp {
        match (self.utc, self.end) {
            (true, _) => self.nominal,
            (false, End::After) => self.nominal.plus(WESTMOST),
            (false, End::Before) => self.nominal.plus(-EASTMOST),
        }
    }

    /// The instant that it is at the most generous reading.
    fn generous(&self) -> Timestamp {
        match (self.utc, self.end) {
            (true, _) => self.nominal,
            (false, End::After) => self.nominal.plus(-EASTMOST),
            (false, End::Before) => self.nominal.plus(WESTMOST),
        }
    }

    /// Whether no time is left between two dates, wherever `ssh-keygen` runs; it refuses such a line.
    pub fn leaves_nothing(after: &Self, before: &Self) -> bool {
        if after.utc == before.utc {
            before.nominal <= after.nominal
        } else {
            before.generous() <= after.generous()
        }
    }

    /// The date as it is written in the file.
    pub fn as_written(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ValidityDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.utc {
            self.nominal.fmt(f)
        } else {
            write!(
                f,
                "{} (`{}` names no time zone, so the strictest counts; write `{}Z`)",
                self.instant(),
                self.text,
                self.text
            )
        }
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar, for any month from 0 to 99 and day from 0 to 99.
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> i64 {
        ValidityDate::parse(text, End::After)
            .unwrap()
            .instant()
            .as_unix()
    }

    #[test]
    fn dates_are_instants() {
        assert_eq!(utc("20261125Z"), 1_795_564_800);
        assert_eq!(utc("202611251234z"), 1_795_564_800 + 45_240);
        assert_eq!(utc("20261125123456UTC"), 1_795_564_800 + 45_296);
        assert_eq!(utc("20000229Z"), 951_782_400);
        assert_eq!(
            Timestamp::from_unix(951_782_401).to_string(),
            "2000-02-29T00:00:01Z"
        );
        assert_eq!(Timestamp::from_unix(-1).to_string(), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn every_day_of_four_centuries_is_read_back() {
        for days in 365..365 + 146_097 {
            let (year, month, day) = civil_from_days(days);
            let text = format!("{year:04}{month:02}{day:02}Z");
            assert_eq!(utc(&text), days * DAY);
        }
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for (text, expected) in [
            ("", DateError::Form),
            ("Z", DateError::Form),
            ("2026112", DateError::Form),
            ("2026112512Z", DateError::Form),
            ("2026 1 5", DateError::Form),
            ("+0261125", DateError::Form),
            ("20261125ZZ", DateError::Form),
            ("20260229", DateError::NoSuchDay),
            ("21000229", DateError::NoSuchDay),
            ("20261301", DateError::NoSuchDay),
            ("20260001", DateError::NoSuchDay),
            ("20260100", DateError::NoSuchDay),
            ("20260431", DateError::NoSuchDay),
            ("202601012400", DateError::NoSuchDay),
            ("202601012360", DateError::NoSuchDay),
            ("20260101235960", DateError::NoSuchDay),
            ("19701231", DateError::TooEarly),
            ("19690101Z", DateError::TooEarly),
        ] {
            assert_eq!(
                ValidityDate::parse(text, End::After),
                Err(expected),
                "{text}"
            );
        }
    }

    #[test]
    fn a_date_without_a_zone_makes_the_window_shorter() {
        let after = ValidityDate::parse("20261125", End::After).unwrap();
        let before = ValidityDate::parse("20261125", End::Before).unwrap();
        assert_eq!(after.instant().to_string(), "2026-11-25T12:00:00Z");
        assert_eq!(before.instant().to_string(), "2026-11-24T10:00:00Z");
    }
}
