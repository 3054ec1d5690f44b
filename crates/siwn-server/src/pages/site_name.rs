//! What people call a site.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// What people call a site: 1 to 64 characters that can be seen, and spaces between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteName(pub(super) String);

/// Why a text is no name of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a site's name has 1 to 64 characters that can be seen")]
pub struct SiteNameError;

impl FromStr for SiteName {
    type Err = SiteNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim();
        // Marks that turn the direction of a text could make one address look like another.
        let is_hidden = |character: char| {
            character.is_control()
                || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        };
        let is_good = (1..=64).contains(&name.chars().count()) && !name.contains(is_hidden);
        if is_good { Ok(Self(name.to_owned())) } else { Err(SiteNameError) }
    }
}

impl fmt::Display for SiteName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_seen() {
        for good in ["Example", " Example & Söhne <GmbH> ", "例"] {
            assert_eq!(good.parse::<SiteName>().unwrap().to_string(), good.trim());
        }
        for bad in ["", "  ", "a\nb", "a\u{202e}b", "\u{feff}", &"a".repeat(65)] {
            assert_eq!(bad.parse::<SiteName>(), Err(SiteNameError), "{bad:?}");
        }
    }
}
