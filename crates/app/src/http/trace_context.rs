//! The trace that a request belongs to, as its sender says (W3C Trace Context).

use std::fmt;

use actix_web::http::header::{HeaderMap, HeaderName};

/// The header field of the trace.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// A trace: 32 hexadecimal digits, not all of them 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceId(pub u128);

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

/// A span of a trace: 16 hexadecimal digits, not all of them 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpanId(pub u64);

impl fmt::Display for SpanId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// The trace of a request, and the span of its sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace.
    pub trace_id: TraceId,
    /// The span of the sender.
    pub parent_id: SpanId,
    /// Whether the sender may have recorded it.
    pub is_sampled: bool,
}

impl TraceParent {
    /// The trace that the one `traceparent` field names. A malformed one is as none, as the standard has it (section 3.2.2).
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let mut fields = headers.get_all(TRACEPARENT);
        let field = fields.next().filter(|_| fields.next().is_none())?;
        Self::read(field.to_str().ok()?.trim())
    }

    /// Of a version that is later than ours the parts that we know are taken, and what may follow is not looked at.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(5, '-');
        let mut part = |digits| parts.next().filter(|part| part.len() == digits).and_then(hexadecimal);
        let (version, trace_id, parent_id, flags) = (part(2)?, part(32)?, part(16)?, part(2)?);
        let is_known = version != 0xff && (version > 0 || parts.next().is_none());
        let (trace_id, parent_id) = (TraceId(trace_id), SpanId(u64::try_from(parent_id).ok()?));
        let names_both = trace_id != TraceId(0) && parent_id != SpanId(0);
        (is_known && names_both).then_some(Self { trace_id, parent_id, is_sampled: flags & 1 == 1 })
    }
}

/// The number of these digits, of which the letters are in lower case.
fn hexadecimal(digits: &str) -> Option<u128> {
    let are_digits = digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    are_digits.then(|| u128::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn reads_what_a_sender_says() {
        let read = TraceParent::read(GOOD).unwrap();
        assert_eq!(read.trace_id.to_string(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(read.parent_id.to_string(), "b7ad6b7169203331");
        assert!(read.is_sampled);
        assert!(!TraceParent::read(&GOOD.replace("-01", "-fe")).unwrap().is_sampled);
    }

    #[test]
    fn takes_what_it_knows_of_a_later_version() {
        for later in ["cc", "01", "fe"].map(|version| GOOD.replacen("00", version, 1)) {
            assert_eq!(TraceParent::read(&later), TraceParent::read(GOOD), "{later}");
            assert_eq!(TraceParent::read(&format!("{later}-what-else")), TraceParent::read(GOOD), "{later}");
            assert_eq!(TraceParent::read(&format!("{later}.what-else")), None, "{later}");
        }
    }

    #[test]
    fn what_is_malformed_is_as_none() {
        for malformed in [
            "",
            "nonsense",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "0-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
        ] {
            assert_eq!(TraceParent::read(malformed), None, "{malformed}");
        }
    }

    #[test]
    fn two_of_them_are_as_none() {
        let mut headers = HeaderMap::new();
        headers.append(TRACEPARENT, HeaderValue::from_static(GOOD));
        assert!(TraceParent::of(&headers).is_some());
        headers.append(TRACEPARENT, HeaderValue::from_static(GOOD));
        assert_eq!(TraceParent::of(&headers), None);
    }
}
