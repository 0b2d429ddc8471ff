//! Parsers of setting values, whose errors say what is allowed.

use std::{fmt, net::SocketAddr, ops::RangeInclusive, str::FromStr, time::Duration};

use axum::http::{HeaderName, HeaderValue};
use tracing_subscriber::filter::Targets;
use url::Url;

/// A parser of whole numbers in this range.
pub fn number(range: RangeInclusive<u32>) -> impl Fn(&str) -> Result<u32, String> + Clone {
    move |text| {
        text.parse()
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                let (least, most) = (range.start(), range.end());
                format!("must be a whole number from {least} to {most}")
            })
    }
}

/// Parses a duration such as `12h` or `1m 30s`.
pub fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| {
        "must be a number with a unit, such as 500ms, 10s, 30m, 12h or 1m 30s".to_owned()
    })
}

/// Parses a duration that must not be zero.
pub fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("must be longer than zero".to_owned()),
        duration => Ok(duration),
    }
}

/// Parses an IP address with a port.
pub fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        "must be an IP address with a port, such as 127.0.0.1:8000, 0.0.0.0:8000 or [::1]:8000"
            .to_owned()
    })
}

/// Parses the name of a header.
pub fn header_name(text: &str) -> Result<HeaderName, String> {
    text.parse()
        .map_err(|_| "must be the name of a header, such as X-Forwarded-For".to_owned())
}

/// Parses the base URL of a collector, to which the paths of its signals are added.
pub fn collector(text: &str) -> Result<Url, String> {
    let is_http = |url: &Url| matches!(url.scheme(), "http" | "https");
    Url::parse(text)
        .ok()
        .filter(|url| is_http(url) && url.query().is_none() && url.fragment().is_none())
        .ok_or_else(|| {
            "must be a URL that begins with http:// or https://, such as http://localhost:4318"
                .to_owned()
        })
}

/// Checks a log filter. The result is its text, because a parsed filter cannot be cloned.
pub fn log_filter(text: &str) -> Result<String, String> {
    text.parse::<Targets>()
        .map(|_| text.to_owned())
        .map_err(|error| {
            format!("{error}; use a level (error, warn, info, debug, trace) or target=level pairs")
        })
}

/// Web origins, in the form that browsers send in `Origin`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(pub Vec<HeaderValue>);

impl FromStr for Origins {
    type Err = String;

    /// Parses a comma-separated list, which may be empty.
    fn from_str(text: &str) -> Result<Self, String> {
        let origins = text
            .split(',')
            .map(str::trim)
            .filter(|text| !text.is_empty());
        origins.map(origin).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Origins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let origins: Vec<&str> = self.0.iter().filter_map(|it| it.to_str().ok()).collect();
        f.write_str(&origins.join(","))
    }
}

fn origin(text: &str) -> Result<HeaderValue, String> {
    let is_origin = Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https") && url.origin().ascii_serialization() == text
    });
    is_origin
        .then(|| HeaderValue::from_str(text).ok())
        .flatten()
        .ok_or_else(|| {
            format!(
                "{text} is not a web origin, which is a scheme, a host and, unless it is the default, \
                 a port, such as https://app.example.com"
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rejected_with_what_is_allowed() {
        let cost = number(4..=31);
        assert_eq!((cost("4"), cost("31")), (Ok(4), Ok(31)));
        for wrong in ["", "3", "32", "-1", "4.5", "many", "99999999999"] {
            let allowed = Err("must be a whole number from 4 to 31".to_owned());
            assert_eq!(cost(wrong), allowed, "{wrong}");
        }
    }

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        assert!(positive_duration("0s").unwrap_err().contains("longer"));
        for wrong in ["", "12", "h", "twelve hours", "1 fortnight"] {
            let error = positive_duration(wrong).unwrap_err();
            assert!(error.contains("such as 500ms"), "{wrong}: {error}");
        }
    }

    #[test]
    fn collectors_are_reached_over_http() {
        for good in [
            "http://localhost:4318",
            "http://[::1]:4318/otlp/",
            "https://otel.example",
        ] {
            assert!(collector(good).is_ok(), "{good}");
        }
        for wrong in [
            "",
            "localhost:4318",
            "grpc://localhost:4317",
            "http://",
            "http://localhost:4318?tenant=a",
        ] {
            let error = collector(wrong).unwrap_err();
            assert!(error.contains("begins with http://"), "{wrong}: {error}");
        }
    }

    #[test]
    fn origins_are_separated_by_commas() {
        let origins: Origins = "https://a.example, http://localhost:3000".parse().unwrap();
        assert_eq!(
            origins.to_string(),
            "https://a.example,http://localhost:3000"
        );
        assert_eq!("".parse(), Ok(Origins::default()));
        for wrong in [
            "a.example",
            "https://a.example/",
            "*",
            "ftp://a.example",
            "null",
        ] {
            let error = wrong.parse::<Origins>().unwrap_err();
            assert!(error.contains("is not a web origin"), "{error}");
        }
    }
}
