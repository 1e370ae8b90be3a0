//! What both peers' JSON needs: strings written without allocation, and fields read leniently.

use std::fmt::{self, Write as _};
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::ser::Serializer;

/// Appends a text as a JSON string with its quotes.
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|letter: char| letter < ' ' || letter == '"' || letter == '\\') {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            control => push_display(out, format_args!("\\u{control:04x}")),
        }
        // All of these are one byte long.
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
    out.push('"');
}

/// Appends anything that displays, without an intermediate text.
pub(crate) fn push_display(out: &mut String, value: impl fmt::Display) {
    write!(out, "{value}").expect("writing to a String does not fail");
}

/// A counter as a number or as a decimal text; whatever else stands there is no counter, and no fault either.
pub(crate) fn counter<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    from.deserialize_any(Scalar).map(|scalar| match scalar {
        Found::Count(count) => Some(count),
        Found::True | Found::Length(_) | Found::Other => None,
    })
}

/// A flag; missing, `null` and whatever is not a flag are `false`.
pub(crate) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    from.deserialize_any(Scalar)
        .map(|scalar| matches!(scalar, Found::True))
}

/// A length of time as `"9.5s"`; whatever else stands there is none.
pub(crate) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    from.deserialize_any(Scalar).map(|scalar| match scalar {
        Found::Length(length) => Some(length),
        Found::Count(_) | Found::True | Found::Other => None,
    })
}

/// A value, or its default for `null`, as protocol buffers have it.
pub(crate) fn or_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(from).map(Option::unwrap_or_default)
}

/// An empty object that means "yes" by being there.
pub(crate) fn presence<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    struct Presence;

    impl<'de> Visitor<'de> for Presence {
        type Value = bool;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<bool, A::Error> {
            skip_map(map).map(|()| true)
        }

        fn visit_unit<E: Error>(self) -> Result<bool, E> {
            Ok(false)
        }
    }

    from.deserialize_any(Presence)
}

/// Writes a [`presence`].
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
pub(crate) fn write_presence<S: Serializer>(_: &bool, serializer: S) -> Result<S::Ok, S::Error> {
    use serde::ser::SerializeMap as _;
    serializer.serialize_map(Some(0))?.end()
}

/// Writes a length of time as `"9.5s"`.
#[expect(clippy::ref_option, reason = "serde passes references")]
pub(crate) fn write_duration<S: Serializer>(
    length: &Option<Duration>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match length {
        None => serializer.serialize_none(),
        Some(length) => {
            let mut text = format!("{}.{:09}", length.as_secs(), length.subsec_nanos());
            text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
            text.push('s');
            serializer.serialize_str(&text)
        }
    }
}

/// Whether a flag is left out when writing.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
pub(crate) const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// `"9.5s"` as a length of time, with at most nine decimals; a negative one is zero.
fn parse_duration(text: &str) -> Option<Duration> {
    let text = text.strip_suffix('s')?;
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text),
    };
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    if decimals.is_empty() || decimals.len() > 9 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let seconds = parse_count(whole)?;
    let nanoseconds = format!("{decimals:0<9}").parse().ok()?;
    let length = Duration::new(seconds, nanoseconds);
    Some(if negative { Duration::ZERO } else { length })
}

/// A decimal number without sign.
fn parse_count(text: &str) -> Option<u64> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

/// What a lenient field turned out to be.
enum Found {
    Count(u64),
    Length(Duration),
    True,
    Other,
}

/// Takes any value and never fails on its own account.
struct Scalar;

impl<'de> Visitor<'de> for Scalar {
    type Value = Found;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Found, E> {
        Ok(Found::Count(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Found, E> {
        Ok(u64::try_from(number).map_or(Found::Other, Found::Count))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Found, E> {
        // 5.0 is a count; above 2⁵³ a float has lost digits and is none.
        let is_count = number.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(&number);
        Ok(if is_count {
            Found::Count(number as u64)
        } else {
            Found::Other
        })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Found, E> {
        let count = parse_count(text).map(Found::Count);
        let found = count.or_else(|| parse_duration(text).map(Found::Length));
        Ok(found.unwrap_or(Found::Other))
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Found, E> {
        Ok(if flag { Found::True } else { Found::Other })
    }

    fn visit_unit<E: Error>(self) -> Result<Found, E> {
        Ok(Found::Other)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Found, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Found::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Found, A::Error> {
        skip_map(map).map(|()| Found::Other)
    }
}

fn skip_map<'de, A: MapAccess<'de>>(mut map: A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_what_serde_json_writes() {
        let every_control: String = (0..0x20_u8).map(char::from).collect();
        for text in [
            "",
            "turn3:7",
            "\"",
            "\\\\",
            "a\"b\\c\n",
            "é€😀\u{7f}\u{2028}",
            &every_control,
        ] {
            let mut out = String::new();
            push_string(&mut out, text);
            let back: String = serde_json::from_str(&out).expect("a JSON string");
            assert_eq!(back, text);
        }
    }

    #[test]
    fn durations_of_protocol_buffers() {
        let seconds = |text| parse_duration(text).map(|length| length.as_secs_f64());
        assert_eq!(seconds("50s"), Some(50.0));
        assert_eq!(seconds("9.5s"), Some(9.5));
        assert_eq!(seconds("0.000000001s"), Some(1e-9));
        assert_eq!(seconds("-1s"), Some(0.0));
        for text in ["", "s", "50", "5 s", "1.s", "1.0000000001s", "+1s", "1e3s"] {
            // A text without seconds is empty digits, which is no number either.
            assert_eq!(seconds(text), None, "{text}");
        }
    }

    #[test]
    fn counters_are_numbers_or_texts() {
        let count = |text: &str| counter(&mut serde_json::Deserializer::from_str(text)).ok();
        for text in ["5", "\"5\"", "5.0"] {
            assert_eq!(count(text), Some(Some(5)), "{text}");
        }
        for text in [
            "null",
            "-1",
            "\"x\"",
            "{\"a\":[1]}",
            "[1]",
            "true",
            "1e300",
            "\"\"",
        ] {
            assert_eq!(count(text), Some(None), "{text}");
        }
    }
}
