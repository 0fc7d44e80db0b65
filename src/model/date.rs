//! Seconds since 1970 as the dates that reports show, in UTC.

/// The last second that is written with four digits of a year.
const LAST: i64 = 253_402_300_799;

/// The day, as `2024-12-31`. Seconds before 1970 are its first day, those after 9999 its last.
pub fn day(seconds: i64) -> String {
    // Civil date from days, after Howard Hinnant's published algorithm.
    let days = seconds.clamp(0, LAST) / 86_400 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The second, as RFC 3339.
pub fn second(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or(LAST).min(LAST);
    let rest = seconds % 86_400;
    format!("{}T{:02}:{:02}:{:02}Z", day(seconds), rest / 3_600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::{day, second};

    #[test]
    fn seconds_become_dates() {
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(951_782_400), "2000-02-29");
        assert_eq!(day(1_735_689_599), "2024-12-31");
        assert_eq!(day(-5), "1970-01-01");
        assert_eq!(day(i64::MAX), "9999-12-31");
        assert_eq!(second(0), "1970-01-01T00:00:00Z");
        assert_eq!(second(951_827_696), "2000-02-29T12:34:56Z");
        assert_eq!(second(1_795_270_000), "2026-11-21T14:06:40Z");
        assert_eq!(second(u64::MAX), "9999-12-31T23:59:59Z");
    }
}
