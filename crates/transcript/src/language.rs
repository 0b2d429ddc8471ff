//! The languages of transcripts: codes, and the names that Whisper writes instead.

use crate::{
    MAX_LANGUAGE_LENGTH,
    error::{LineError, excerpt},
};

/// The names of languages in Whisper, in alphabetical order, with their codes.
const NAMES: [(&str, &str); 112] = [
    ("afrikaans", "af"),
    ("albanian", "sq"),
    ("amharic", "am"),
    ("arabic", "ar"),
    ("armenian", "hy"),
    ("assamese", "as"),
    ("azerbaijani", "az"),
    ("bashkir", "ba"),
    ("basque", "eu"),
    ("belarusian", "be"),
    ("bengali", "bn"),
    ("bosnian", "bs"),
    ("breton", "br"),
    ("bulgarian", "bg"),
    ("burmese", "my"),
    ("cantonese", "yue"),
    ("castilian", "es"),
    ("catalan", "ca"),
    ("chinese", "zh"),
    ("croatian", "hr"),
    ("czech", "cs"),
    ("danish", "da"),
    ("dutch", "nl"),
    ("english", "en"),
    ("estonian", "et"),
    ("faroese", "fo"),
    ("finnish", "fi"),
    ("flemish", "nl"),
    ("french", "fr"),
    ("galician", "gl"),
    ("georgian", "ka"),
    ("german", "de"),
    ("greek", "el"),
    ("gujarati", "gu"),
    ("haitian", "ht"),
    ("haitian creole", "ht"),
    ("hausa", "ha"),
    ("hawaiian", "haw"),
    ("hebrew", "he"),
    ("hindi", "hi"),
    ("hungarian", "hu"),
    ("icelandic", "is"),
    ("indonesian", "id"),
    ("italian", "it"),
    ("japanese", "ja"),
    ("javanese", "jv"),
    ("kannada", "kn"),
    ("kazakh", "kk"),
    ("khmer", "km"),
    ("korean", "ko"),
    ("lao", "lo"),
    ("latin", "la"),
    ("latvian", "lv"),
    ("letzeburgesch", "lb"),
    ("lingala", "ln"),
    ("lithuanian", "lt"),
    ("luxembourgish", "lb"),
    ("macedonian", "mk"),
    ("malagasy", "mg"),
    ("malay", "ms"),
    ("malayalam", "ml"),
    ("maltese", "mt"),
    ("mandarin", "zh"),
    ("maori", "mi"),
    ("marathi", "mr"),
    ("moldavian", "ro"),
    ("moldovan", "ro"),
    ("mongolian", "mn"),
    ("myanmar", "my"),
    ("nepali", "ne"),
    ("norwegian", "no"),
    ("nynorsk", "nn"),
    ("occitan", "oc"),
    ("panjabi", "pa"),
    ("pashto", "ps"),
    ("persian", "fa"),
    ("polish", "pl"),
    ("portuguese", "pt"),
    ("punjabi", "pa"),
    ("pushto", "ps"),
    ("romanian", "ro"),
    ("russian", "ru"),
    ("sanskrit", "sa"),
    ("serbian", "sr"),
    ("shona", "sn"),
    ("sindhi", "sd"),
    ("sinhala", "si"),
    ("sinhalese", "si"),
    ("slovak", "sk"),
    ("slovenian", "sl"),
    ("somali", "so"),
    ("spanish", "es"),
    ("sundanese", "su"),
    ("swahili", "sw"),
    ("swedish", "sv"),
    ("tagalog", "tl"),
    ("tajik", "tg"),
    ("tamil", "ta"),
    ("tatar", "tt"),
    ("telugu", "te"),
    ("thai", "th"),
    ("tibetan", "bo"),
    ("turkish", "tr"),
    ("turkmen", "tk"),
    ("ukrainian", "uk"),
    ("urdu", "ur"),
    ("uzbek", "uz"),
    ("valencian", "ca"),
    ("vietnamese", "vi"),
    ("welsh", "cy"),
    ("yiddish", "yi"),
    ("yoruba", "yo"),
];

/// Reads the code of a language, such as `en` or `pt-BR`, or its English name. Nothing but
/// whitespace is `None`. Subtags that do not fit into [`MAX_LANGUAGE_LENGTH`] are left out.
///
/// # Errors
/// If it is neither.
pub fn check_language(code: &str) -> Result<Option<String>, LineError> {
    let code = code.trim();
    if code.is_empty() {
        return Ok(None);
    }
    let lower = code.to_ascii_lowercase();
    if let Ok(index) = NAMES.binary_search_by_key(&lower.as_str(), |(name, _)| name) {
        return Ok(Some(NAMES[index].1.to_owned()));
    }
    let code = code.replace('_', "-");
    let mut tags = code.split('-');
    let language = tags.next().unwrap_or_default();
    let is_language = (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_subtag = |tag: &str| {
        (1..=8).contains(&tag.len()) && tag.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    if !is_language || !tags.clone().all(is_subtag) {
        return Err(LineError::Language(excerpt(&code)));
    }
    let mut fitting = language.to_owned();
    for tag in tags {
        if fitting.len() + 1 + tag.len() > MAX_LANGUAGE_LENGTH {
            break;
        }
        fitting.push('-');
        fitting.push_str(tag);
    }
    Ok(Some(fitting))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_become_codes() {
        assert!(NAMES.is_sorted());
        for (name, code) in NAMES {
            assert_eq!(check_language(name).unwrap().as_deref(), Some(code));
        }
        let code = |text| check_language(text).unwrap();
        assert_eq!(code(" English\n").as_deref(), Some("en"));
        assert_eq!(code("Azerbaijani").as_deref(), Some("az"));
    }

    #[test]
    fn codes_are_kept_and_fit() {
        let code = |text| check_language(text).unwrap();
        assert_eq!(code(" "), None);
        assert_eq!(code("en").as_deref(), Some("en"));
        assert_eq!(code("en_us").as_deref(), Some("en-us"));
        assert_eq!(code("zh-Hant-TW").as_deref(), Some("zh-Hant-TW"));
        assert_eq!(code("zh-Hant-TW-x-own").as_deref(), Some("zh-Hant-TW"));
        for odd in [
            "klingon",
            "x",
            "en-",
            "e1",
            "日本語",
            "unknown",
            "en-waytoolong",
        ] {
            assert!(check_language(odd).is_err(), "{odd}");
        }
    }
}
