//! Which media type a client wants its answer in.

use axum::http::{HeaderMap, header};

/// The media types of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// `application/json`: the status says little, as older clients take any other than 200 for a
    /// failure of the network.
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

    fn essence(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphqlResponse => "application/graphql-response+json",
        }
    }

    /// Whether a request takes its answer as server-sent events.
    pub fn takes_events(headers: &HeaderMap) -> bool {
        let values = headers.get_all(header::ACCEPT).iter();
        values
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(Range::read)
            .any(|range| {
                range.quality > 0.0 && range.essence.eq_ignore_ascii_case("text/event-stream")
            })
    }

    /// The type that a request wants most, if it is one of ours. Whoever names none gets JSON, as
    /// does who likes both equally and names neither.
    ///
    /// Source: RFC 9110, section 12.5.1.
    pub fn wanted(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(header::ACCEPT);
        if values.iter().next().is_none() {
            return Some(Self::Json);
        }
        let ranges: Vec<Range> = values
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(Range::read)
            .collect();
        let quality = |media_type: Self| {
            let matching = ranges
                .iter()
                .filter(|range| range.matches(media_type.essence()));
            // The most specific range counts, whatever the others say.
            let most_specific = matching.max_by_key(|range| range.specificity());
            most_specific.map_or((0.0, 0), |range| (range.quality, range.specificity()))
        };
        let (json, graphql) = (quality(Self::Json), quality(Self::GraphqlResponse));
        if graphql.0 > 0.0 && graphql > json {
            Some(Self::GraphqlResponse)
        } else if json.0 > 0.0 {
            // Both named, and both as much: the one that says more.
            let both_named = graphql.1 == 2 && json.1 == 2 && graphql.0 >= json.0;
            Some(if both_named {
                Self::GraphqlResponse
            } else {
                Self::Json
            })
        } else {
            None
        }
    }
}

/// One of the ranges in `Accept`.
struct Range<'a> {
    essence: &'a str,
    quality: f32,
}

impl<'a> Range<'a> {
    fn read(text: &'a str) -> Option<Self> {
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
                // Answers are in UTF-8 only.
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

    fn specificity(&self) -> u8 {
        match self.essence {
            "*/*" => 0,
            range if range.ends_with("/*") => 1,
            _ => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(accept: &str) -> Option<MediaType> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().unwrap());
        MediaType::wanted(&headers)
    }

    #[test]
    fn the_type_is_the_one_wanted_most() {
        use MediaType::{GraphqlResponse, Json};

        assert_eq!(MediaType::wanted(&HeaderMap::new()), Some(Json));
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
            assert_eq!(wanted(accept), expected, "{accept}");
        }
    }
}
