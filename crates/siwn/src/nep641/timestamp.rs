//! Points in time as NEP-641 signs them: nanoseconds since the Unix epoch, RFC 3339 as text.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

const NANOS: u64 = 1_000_000_000;
const SECONDS_OF_A_DAY: i64 = 86_400;
/// Digits of a fraction that have a nanosecond of their own.
const FRACTION_DIGITS: usize = 9;
/// The most digits of a fraction that are read.
const MOST_FRACTION_DIGITS: usize = 64;

/// A point in time: whole nanoseconds since the Unix epoch, UTC, from 1970 to 2554.
///
/// As text: RFC 3339, read with any offset and printed in UTC with as many digits as it needs. Two texts can mean the same time.
///
/// ```
/// use siwn::Timestamp;
///
/// let time: Timestamp = "2026-08-05T09:28:00.120+02:00".parse()?;
/// assert_eq!(time.unix_nanos(), 1_785_914_880_120_000_000);
/// assert_eq!(time.to_string(), "2026-08-05T07:28:00.12Z");
/// # Ok::<(), siwn::Rfc3339Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

/// Why a text is no point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Rfc3339Error {
    /// Not the form of RFC 3339, or a day or time that no calendar or clock has. Leap seconds count as such.
    #[error("not a date and time of RFC 3339, as in \"2026-08-05T07:28:00Z\"")]
    Form,
    /// Before 1970, or after 2554-07-21T23:34:33.709551615Z.
    #[error("the time is before 1970 or after 2554")]
    Range,
}

impl Timestamp {
    /// From nanoseconds since the Unix epoch.
    #[must_use]
    pub const fn from_unix_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the Unix epoch.
    #[must_use]
    pub const fn unix_nanos(self) -> u64 {
        self.0
    }

    /// The same without its fraction of a second.
    pub(crate) const fn whole_seconds(self) -> Self {
        Self(self.0 - self.0 % NANOS)
    }
}

impl FromStr for Timestamp {
    type Err = Rfc3339Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut text = Text(text.as_bytes());
        // RFC 3339, section 5.6: T and Z may be in lower case. The space that its note mentions is an application's own choice.
        let (seconds, nanos) = text.date_time().ok_or(Rfc3339Error::Form)?;
        let seconds = u64::try_from(seconds).map_err(|_| Rfc3339Error::Range)?;
        let whole = seconds.checked_mul(NANOS).ok_or(Rfc3339Error::Range)?;
        whole.checked_add(nanos).map(Self).ok_or(Rfc3339Error::Range)
    }
}

/// What is left to read.
struct Text<'a>(&'a [u8]);

impl Text<'_> {
    /// Seconds since the epoch and the nanoseconds beside them.
    fn date_time(&mut self) -> Option<(i64, u64)> {
        let (year, month, day) = (self.number(4)?, self.after(b"-")?.number(2)?, self.after(b"-")?.number(2)?);
        let time = self.after(b"Tt")?;
        let (hour, minute, second) = (time.number(2)?, time.after(b":")?.number(2)?, time.after(b":")?.number(2)?);
        let nanos = time.fraction()?;
        let offset = time.offset()?;
        let real = (1..=12).contains(&month) && (1..=days_of(year, month)).contains(&day);
        if !(real && hour < 24 && minute < 60 && second < 60 && self.0.is_empty()) {
            return None;
        }
        let local = days_since_epoch(year, month, day) * SECONDS_OF_A_DAY + hour * 3600 + minute * 60 + second;
        Some((local - offset, nanos))
    }

    /// A number of exactly that many digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number.iter().try_fold(0, |sum, digit| Some(sum * 10 + i64::from(digit_of(*digit)?)))
    }

    /// What follows one of these characters.
    fn after(&mut self, separators: &[u8]) -> Option<&mut Self> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        separators.contains(first).then_some(self)
    }

    /// Nanoseconds. Further digits are read and have no meaning: the nanosecond is the smallest part that is signed.
    fn fraction(&mut self) -> Option<u64> {
        if self.0.first() != Some(&b'.') {
            return Some(0);
        }
        self.0 = &self.0[1..];
        let length = self.0.iter().take_while(|digit| digit.is_ascii_digit()).count();
        if !(1..=MOST_FRACTION_DIGITS).contains(&length) {
            return None;
        }
        let (digits, rest) = self.0.split_at(length);
        self.0 = rest;
        let padded = digits.iter().copied().chain(std::iter::repeat(b'0')).take(FRACTION_DIGITS);
        padded.into_iter().try_fold(0, |sum, digit| Some(sum * 10 + u64::from(digit_of(digit)?)))
    }

    /// Seconds that the local time is ahead of UTC.
    fn offset(&mut self) -> Option<i64> {
        let (sign, rest) = self.0.split_first()?;
        self.0 = rest;
        let sign = match sign {
            b'Z' | b'z' => return Some(0),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let (hours, minutes) = (self.number(2)?, self.after(b":")?.number(2)?);
        (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
    }
}

fn digit_of(character: u8) -> Option<u8> {
    character.is_ascii_digit().then(|| character - b'0')
}

fn days_of(year: i64, month: i64) -> i64 {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from the year 0 to a day of a year that begins with March, so that a leap day is a year's last.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    const EPOCH: i64 = 719_468;
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    365 * year + leap_days + (153 * month + 2) / 5 + day - 1 - EPOCH
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, nanos) = (self.0 / NANOS, self.0 % NANOS);
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = date_of(days);
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60)?;
        if nanos > 0 {
            write!(f, ".{}", format!("{nanos:09}").trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

/// The date of a day since 1970.
fn date_of(days: u64) -> (u64, u64, u64) {
    const DAYS_OF_400_YEARS: u64 = 146_097;
    let days = days + 719_468;
    let (era, day) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nanos(text: &str) -> Result<u64, Rfc3339Error> {
        text.parse().map(Timestamp::unix_nanos)
    }

    #[test]
    fn the_ends_of_the_range_are_exact() {
        assert_eq!(nanos("1970-01-01T00:00:00Z"), Ok(0));
        assert_eq!(nanos("1969-12-31T23:59:59.999999999Z"), Err(Rfc3339Error::Range));
        assert_eq!(nanos("2554-07-21T23:34:33.709551615Z"), Ok(u64::MAX));
        assert_eq!(nanos("2554-07-21T23:34:33.709551616Z"), Err(Rfc3339Error::Range));
        assert_eq!(nanos("2554-07-21T23:34:34Z"), Err(Rfc3339Error::Range));
        assert_eq!(nanos("9999-12-31T23:59:59Z"), Err(Rfc3339Error::Range));
        assert_eq!(nanos("0000-01-01T00:00:00Z"), Err(Rfc3339Error::Range));
        assert_eq!(Timestamp(u64::MAX).to_string(), "2554-07-21T23:34:33.709551615Z");
    }

    #[test]
    fn the_range_holds_for_the_instant_and_not_for_its_text() {
        assert_eq!(nanos("1969-12-31T23:00:00-01:00"), Ok(0));
        assert_eq!(nanos("1970-01-01T00:59:59+01:00"), Err(Rfc3339Error::Range));
        assert_eq!(nanos("2554-07-22T00:34:33+01:00"), nanos("2554-07-21T23:34:33Z"));
    }

    #[test]
    fn what_rfc_3339_allows_is_read() {
        let expected = Ok(1_786_026_540_250_000_000);
        for text in [
            "2026-08-06T14:29:00.25Z",
            "2026-08-06t14:29:00.25z",
            "2026-08-06T14:29:00.250000000Z",
            "2026-08-06T14:29:00.2500000009Z",
            "2026-08-06T16:29:00.25+02:00",
            "2026-08-06T04:59:00.25-09:30",
            "2026-08-06T14:29:00.25-00:00",
            "2026-08-07T14:28:00.25+23:59",
        ] {
            assert_eq!(nanos(text), expected, "{text}");
        }
    }

    #[test]
    fn what_rfc_3339_does_not_say_is_refused() {
        for text in [
            "",
            "2026-08-06",
            "2026-08-06T14:29:00",
            "2026-08-06T14:29Z",
            "2026-08-06 14:29:00Z",
            "2026-08-06_14:29:00Z",
            "2026-08-06T14:29:00.Z",
            "2026-08-06T14:29:00,5Z",
            "2026-08-06T14:29:00+0200",
            "2026-08-06T14:29:00+24:00",
            "2026-08-06T14:29:00+02:60",
            "2026-08-06T14:29:00\u{2212}02:00",
            "2026-08-06T14:29:00Z ",
            " 2026-08-06T14:29:00Z",
            "+2026-08-06T14:29:00Z",
            "2026-8-6T14:29:00Z",
            "2026-00-06T14:29:00Z",
            "2026-13-06T14:29:00Z",
            "2026-02-29T14:29:00Z",
            "2026-04-31T14:29:00Z",
            "2026-08-00T14:29:00Z",
            "2026-08-06T24:00:00Z",
            "2026-08-06T14:60:00Z",
            "2026-12-31T23:59:60Z",
            "1786026540",
            "٢026-08-06T14:29:00Z",
        ] {
            assert_eq!(nanos(text), Err(Rfc3339Error::Form), "{text}");
        }
        let long = format!("2026-08-06T14:29:00.{}Z", "1".repeat(65));
        assert_eq!(nanos(&long), Err(Rfc3339Error::Form));
    }

    #[test]
    fn every_day_of_the_range_prints_and_reads_back() {
        for day in 0..=u64::MAX / NANOS / 86_400 {
            let time = Timestamp(day * 86_400 * NANOS);
            assert_eq!(time.to_string().parse(), Ok(time));
        }
        assert_eq!(nanos("2000-02-29T00:00:00Z"), Ok(951_782_400 * NANOS));
        assert_eq!(nanos("2100-03-01T00:00:00Z"), Ok(4_107_542_400 * NANOS));
    }
}
