//! The playground: the page at `/`, for people who explore the API.
//!
//! There are two. The full page is an editor that is built with npm from `web/`. The plain page, in
//! `plain/`, needs no build: it runs queries, and is embedded in every binary. `build/` decides
//! whether there is a full page, and embeds the files of both. This crate knows no HTTP.

use std::io::{self, Read};

use flate2::read::GzDecoder;

include!(concat!(env!("OUT_DIR"), "/sites.rs"));

/// A page with its scripts and styles.
#[derive(Debug)]
pub struct Site {
    page: &'static str,
    /// The files that the page loads from `/playground/`, next to the page.
    pub assets: &'static [Asset],
}

/// A script, a style or a text. Its name contains a hash of its content, unless it
/// [changes](Asset::is_immutable).
#[derive(Debug)]
pub struct Asset {
    /// Its name in `/playground/`.
    pub name: &'static str,
    /// Its content, compressed with gzip.
    pub gzip: &'static [u8],
}

/// Somebody whom everybody may sign in as, because this is a demo.
#[derive(Clone, Debug)]
pub struct DemoSignIn {
    /// The name to sign in with.
    pub username: String,
    /// The password, which is public.
    pub password: &'static str,
    /// What the user may do, in a word.
    pub role: &'static str,
    /// The name of the user's workspace.
    pub workspace: &'static str,
}

/// The page that this binary was built with: the full one, unless npm could not build it.
#[must_use]
pub fn best() -> &'static Site {
    FULL.as_ref().unwrap_or(&PLAIN)
}

/// The page that every binary has.
#[must_use]
pub fn plain() -> &'static Site {
    &PLAIN
}

/// Whether this binary has the full page.
#[must_use]
pub fn is_full() -> bool {
    FULL.is_some()
}

impl Site {
    /// The HTML of the page. Styles that the editor adds carry the `nonce`. The first of `sign_ins`
    /// is signed in when the page opens.
    #[must_use]
    pub fn page(&self, nonce: &str, sign_ins: &[DemoSignIn]) -> String {
        let sign_ins: Vec<String> = sign_ins
            .iter()
            .map(|one| [&one.username, one.password, one.role, one.workspace].join("\t"))
            .collect();
        self.page
            .replace("%NONCE%", nonce)
            .replace("%DEMO%", &escape(&sign_ins.join("\n")))
    }

    /// The asset of this name.
    #[must_use]
    pub fn asset(&self, name: &str) -> Option<&'static Asset> {
        self.assets.iter().find(|asset| asset.name == name)
    }
}

impl Asset {
    /// The media type, by the end of the name.
    #[must_use]
    pub fn content_type(&self) -> &'static str {
        match self.name.rsplit_once('.') {
            Some((_, "js")) => "text/javascript; charset=utf-8",
            Some((_, "css")) => "text/css; charset=utf-8",
            Some((_, "svg")) => "image/svg+xml",
            _ => "text/plain; charset=utf-8",
        }
    }

    /// Whether another content would have another name, so that browsers can keep this one.
    #[must_use]
    pub fn is_immutable(&self) -> bool {
        self.name.contains('-')
    }

    /// The content without compression, for the few clients that cannot read it otherwise.
    ///
    /// # Errors
    /// If the compressed content is damaged.
    pub fn decompressed(&self) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        GzDecoder::new(self.gzip).read_to_end(&mut content)?;
        Ok(content)
    }
}

/// Escapes a text for an HTML attribute.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The full page of CI must load quickly over a slow line.
    const MAX_BYTES: usize = 400 * 1024;

    #[test]
    fn pages_load_their_own_assets_and_nothing_else() {
        for site in [plain(), best()] {
            let page = site.page("the-nonce", &[]);
            for part in page.split("=\"").skip(1) {
                let value = part.split('"').next().unwrap();
                if let Some(name) = value.strip_prefix("./playground/") {
                    assert!(site.asset(name).is_some(), "{name}");
                }
                assert!(!value.contains("//"), "{value}");
            }
            assert!(!page.contains("<style"), "{page}");
            assert!(!page.contains("<script>"), "{page}");
        }
        // The plain page adds no styles, so it needs none.
        assert_eq!(
            best().page("the-nonce", &[]).contains("the-nonce"),
            is_full()
        );
    }

    #[test]
    fn scripts_are_small_and_can_be_decompressed() {
        let mut total = 0;
        for asset in best().assets {
            assert!(!asset.decompressed().unwrap().is_empty());
            total += asset.gzip.len();
        }
        assert!(total < MAX_BYTES, "{total} bytes");
    }

    #[test]
    fn sign_ins_are_escaped() {
        let page = plain().page(
            "",
            &[DemoSignIn {
                username: "a\"b".to_owned(),
                password: "c&d",
                role: "admin",
                workspace: "<e>",
            }],
        );
        assert!(
            page.contains("data-demo=\"a&quot;b\tc&amp;d\tadmin\t&lt;e>\""),
            "{page}"
        );
    }
}
