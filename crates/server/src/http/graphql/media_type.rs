//! Content negotiation: which media type a client wants the response in.

use axum::http::{HeaderMap, header};

/// The media types of responses that are not event streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json`: the status says little, because older clients take every status other
    /// than 200 for a network failure.
    Json,
    /// `application/graphql-response+json`: the status says whether the request was executed.
    GraphqlResponse,
}

impl MediaType {
    /// The value of `Content-Type`.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }

    /// The media type without parameters.
    fn essence(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphqlResponse => "application/graphql-response+json",
        }
    }

    /// Whether a request accepts server-sent events.
    pub fn accepts_events(headers: &HeaderMap) -> bool {
        ranges(headers).any(|range| {
            range.quality > 0.0 && range.essence.eq_ignore_ascii_case("text/event-stream")
        })
    }

    /// The supported type that a request prefers, or `None` if it accepts neither. A request
    /// without `Accept` gets JSON, and so does one that names neither type and accepts both
    /// equally.
    ///
    /// Source: RFC 9110, section 12.5.1.
    pub fn preferred(headers: &HeaderMap) -> Option<Self> {
        if !headers.contains_key(header::ACCEPT) {
            return Some(Self::Json);
        }
        let ranges: Vec<Range> = ranges(headers).collect();
        let json = Preference::of(Self::Json, &ranges);
        let graphql = Preference::of(Self::GraphqlResponse, &ranges);
        // If both are named with the same quality, the type with the more precise status wins.
        let both_named = json.is_named() && graphql.is_named();
        let graphql_wins = graphql > json || (both_named && graphql.quality >= json.quality);
        if graphql.is_accepted() && graphql_wins {
            Some(Self::GraphqlResponse)
        } else if json.is_accepted() {
            Some(Self::Json)
        } else {
            None
        }
    }
}

/// How much a client wants a media type. The order of the fields is the order in which two
/// preferences are compared.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
struct Preference {
    quality: f32,
    specificity: Specificity,
}

impl Preference {
    /// The preference that the most specific matching range gives, whatever the others say.
    fn of(media_type: MediaType, ranges: &[Range]) -> Self {
        let matching = ranges
            .iter()
            .filter(|range| range.matches(media_type.essence()));
        let most_specific = matching.max_by_key(|range| range.specificity());
        most_specific.map_or(Self::NONE, |range| Self {
            quality: range.quality,
            specificity: range.specificity(),
        })
    }

    /// No range matches.
    const NONE: Self = Self {
        quality: 0.0,
        specificity: Specificity::Anything,
    };

    fn is_accepted(self) -> bool {
        self.quality > 0.0
    }

    fn is_named(self) -> bool {
        self.specificity == Specificity::Named
    }
}

/// How precisely a range in `Accept` names a media type, from the least precise on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Specificity {
    /// `*/*`
    Anything,
    /// `application/*`
    Family,
    /// `application/json`
    Named,
}

/// One of the media ranges in `Accept`.
struct Range<'a> {
    essence: &'a str,
    quality: f32,
}

/// The media ranges that a request accepts, without the malformed ones.
fn ranges(headers: &HeaderMap) -> impl Iterator<Item = Range<'_>> {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(Range::parse)
}

impl<'a> Range<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let essence = parts.next().filter(|it| it.contains('/'))?;
        let mut quality = 1.0;
        for parameter in parts {
            let (name, value) = parameter.split_once('=')?;
            if name.trim().eq_ignore_ascii_case("q") {
                quality = value.trim().parse().ok()?;
            } else if name.trim().eq_ignore_ascii_case("charset")
                && !value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
            {
                // Responses are in UTF-8 only.
                return None;
            }
        }
        Some(Self { essence, quality })
    }

    fn matches(&self, essence: &str) -> bool {
        self.essence == "*/*"
            || self.essence.eq_ignore_ascii_case("application/*")
            || self.essence.eq_ignore_ascii_case(essence)
    }

    fn specificity(&self) -> Specificity {
        match self.essence {
            "*/*" => Specificity::Anything,
            range if range.ends_with("/*") => Specificity::Family,
            _ => Specificity::Named,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preferred(accept: &str) -> Option<MediaType> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        MediaType::preferred(&headers)
    }

    #[test]
    fn the_preferred_type_is_chosen() {
        use MediaType::{GraphqlResponse, Json};

        assert_eq!(MediaType::preferred(&HeaderMap::new()), Some(Json));
        for (accept, expected) in [
            ("*/*", Some(Json)),
            ("application/*", Some(Json)),
            ("application/json", Some(Json)),
            ("Application/JSON; charset=UTF-8", Some(Json)),
            ("application/graphql-response+json", Some(GraphqlResponse)),
            (
                "application/graphql-response+json, application/json;q=0.9",
                Some(GraphqlResponse),
            ),
            (
                "application/json, application/graphql-response+json",
                Some(GraphqlResponse),
            ),
            (
                "application/graphql-response+json;q=0.1, application/json",
                Some(Json),
            ),
            (
                "text/html, application/graphql-response+json, */*;q=0.1",
                Some(GraphqlResponse),
            ),
            ("application/json;q=0, */*", Some(GraphqlResponse)),
            ("text/html", None),
            ("application/json;q=0", None),
            ("application/json; charset=latin1", None),
            ("nonsense", None),
        ] {
            assert_eq!(preferred(accept), expected, "{accept}");
        }
    }
}
