//! How the pages look: a few values, each of a type of its own, so that nothing but them ever stands in a style.

mod color;
mod font;
mod ground;
mod style;

use std::str::FromStr;

use thiserror::Error;

use self::color::{Color, READABLE};
use self::font::Font;
use self::ground::{DARK, Ground, LIGHT, SUNKEN};

/// How the login page looks, as in `accent=#7a1fa2, radius=4, font=serif`.
///
/// Values are `accent`, `background`, `card` and the same with `_dark` (`#rrggbb`), `radius` (pixels, up to 24), `font` (`system`,
/// `serif`, `mono`, `rounded`) and `scheme` (`auto`, `light`, `dark`). A background on which people could not read is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Theme {
    accent: Pair,
    background: Pair,
    card: Pair,
    radius: Option<u8>,
    font: Option<Font>,
    scheme: Scheme,
}

/// Why a text is no theme.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ThemeError {
    /// No name, or no value.
    #[error("a theme is written NAME=VALUE, as in accent=#7a1fa2")]
    Form,
    /// A name that means nothing.
    #[error("there is nothing called {0:?}: a theme has accent, background, card, the same with _dark, radius, font and scheme")]
    Name(String),
    /// A value that stands there twice.
    #[error("{0} stands there twice")]
    Twice(String),
    /// A value that is none.
    #[error("{name}: {problem}")]
    Value {
        /// Of what.
        name: String,
        /// What it should be.
        problem: &'static str,
    },
    /// A colour on which nobody could read.
    #[error("{name}: text on it has a contrast of {contrast}, and 4.5 is the least; choose a {better} colour")]
    Unreadable {
        /// Of what.
        name: &'static str,
        /// From 1 to 21.
        contrast: String,
        /// What to choose.
        better: &'static str,
    },
    /// A value of the scheme that is never shown.
    #[error("{0} is never seen, for scheme shows the other one")]
    Unseen(&'static str),
}

/// A colour by day, and one by night.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Pair {
    light: Option<Color>,
    dark: Option<Color>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Scheme {
    #[default]
    Auto,
    Light,
    Dark,
}

impl FromStr for Theme {
    type Err = ThemeError;

    /// Reads values with commas between them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (mut theme, mut seen) = (Self::default(), Vec::new());
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').ok_or(ThemeError::Form)?;
            let (name, value) = (name.trim(), value.trim());
            if seen.contains(&name) {
                return Err(ThemeError::Twice(name.into()));
            }
            seen.push(name);
            theme.set(name, value)?;
        }
        theme.check()?;
        Ok(theme)
    }
}

impl Theme {
    fn set(&mut self, name: &str, value: &str) -> Result<(), ThemeError> {
        let wrong = |problem| ThemeError::Value { name: name.into(), problem };
        let colour = || value.parse().map(Some).map_err(wrong);
        match name {
            "accent" => self.accent.light = colour()?,
            "accent_dark" => self.accent.dark = colour()?,
            "background" => self.background.light = colour()?,
            "background_dark" => self.background.dark = colour()?,
            "card" => self.card.light = colour()?,
            "card_dark" => self.card.dark = colour()?,
            "radius" => self.radius = Some(radius(value).map_err(wrong)?),
            "font" => self.font = Some(value.parse().map_err(wrong)?),
            "scheme" => self.scheme = value.parse().map_err(wrong)?,
            _ => return Err(ThemeError::Name(name.chars().take(40).collect())),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), ThemeError> {
        let Self { accent, background, card, scheme, .. } = self;
        for (name, pair) in [("accent", accent), ("background", background), ("card", card)] {
            if *scheme == Scheme::Dark && pair.light.is_some() {
                return Err(ThemeError::Unseen(name));
            }
        }
        for (name, pair) in [("accent_dark", accent), ("background_dark", background), ("card_dark", card)] {
            if *scheme == Scheme::Light && pair.dark.is_some() {
                return Err(ThemeError::Unseen(name));
            }
        }
        readable("background", background.light, &LIGHT)?;
        readable("background_dark", background.dark, &DARK)?;
        // What is sunken into a card is nearer to the text.
        readable("card", card.light, &LIGHT)?;
        readable("card_dark", card.dark, &DARK)
    }
}

/// The quiet text is what is hardest to read.
fn readable(name: &'static str, color: Option<Color>, ground: &Ground) -> Result<(), ThemeError> {
    let Some(color) = color else { return Ok(()) };
    let contrast = color.contrast(ground.quiet).min(color.mixed(ground.text, SUNKEN).contrast(ground.quiet));
    if contrast >= READABLE {
        return Ok(());
    }
    Err(ThemeError::Unreadable { name, contrast: format!("{contrast:.1}"), better: ground.better })
}

fn radius(text: &str) -> Result<u8, &'static str> {
    text.parse().ok().filter(|radius| *radius <= 24).ok_or("is a number of pixels from 0 to 24")
}

impl FromStr for Scheme {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "light" => Ok(Self::Light),
            "dark" => Ok(Self::Dark),
            _ => Err("is auto, light or dark"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::color::WHITE;
    use super::*;

    fn css(text: &str) -> String {
        text.parse::<Theme>().unwrap().css().unwrap_or_default()
    }

    fn error(text: &str) -> String {
        text.parse::<Theme>().unwrap_err().to_string()
    }

    #[test]
    fn nothing_said_is_nothing_changed() {
        for text in ["", " , ", "scheme=auto"] {
            assert_eq!(css(text), "", "{text}");
        }
    }

    #[test]
    fn values_become_variables_and_nothing_else() {
        assert_eq!(
            css("radius=10, font=mono, scheme=dark"),
            concat!(
                ":root {\n  color-scheme: dark;\n  --radius: 10px;\n  --card-radius: 16px;\n",
                "  --font: ui-monospace, SFMono-Regular, Menlo, Consolas, \"Liberation Mono\", monospace;\n}\n"
            )
        );
        let accent = css("accent=#7a1fa2,accent_dark=#d7a8ee");
        assert!(accent.contains("--accent: light-dark(#7a1fa2, #d7a8ee);"), "{accent}");
        assert!(accent.contains("--accent-text: light-dark(#ffffff, #000000);"), "{accent}");
        assert!(!accent.contains("--page") && !accent.contains("--card"), "{accent}");
        assert!(css("background=#fff").contains("--page: light-dark(#ffffff, #121311);"));
    }

    #[test]
    fn an_accent_that_is_hard_to_read_is_changed_where_it_is_text() {
        let yellow = css("accent=#ffd400");
        assert!(yellow.contains("--accent: light-dark(#ffd400, #ffd400);"), "{yellow}");
        let ink = yellow.split("--accent-ink: light-dark(").nth(1).unwrap();
        let (light, dark) = ink.split_once(", ").unwrap();
        assert!(light.parse::<Color>().unwrap().contrast(WHITE) >= READABLE, "{yellow}");
        assert_eq!(dark.split(')').next().unwrap(), "#ffd400", "by night it can be read as it is");
    }

    #[test]
    fn nothing_but_the_values_is_taken() {
        for (text, words) in [
            ("accent", "a theme is written NAME=VALUE"),
            ("colour=#fff", "there is nothing called \"colour\""),
            ("accent=red", "accent: a colour is written"),
            ("accent=#fff;} body{display:none", "accent: a colour is written"),
            ("radius=99", "radius: is a number of pixels"),
            ("radius=-1", "radius: is a number of pixels"),
            ("radius=1px", "radius: is a number of pixels"),
            ("font=Comic Sans", "font: is system"),
            ("font=serif;}</style>", "font: is system"),
            ("scheme=blue", "scheme: is auto"),
            ("radius=1,radius=2", "radius stands there twice"),
            ("scheme=dark,accent=#fff", "accent is never seen"),
            ("scheme=light,card_dark=#000", "card_dark is never seen"),
        ] {
            assert!(error(text).starts_with(words), "{text}: {}", error(text));
        }
    }

    #[test]
    fn a_background_on_which_nobody_could_read_is_refused() {
        assert_eq!(
            error("background=#003366"),
            "background: text on it has a contrast of 1.9, and 4.5 is the least; choose a lighter colour"
        );
        assert!(error("card_dark=#ffffff").ends_with("choose a darker colour"));
        assert!(error("card=#999").starts_with("card: "));
    }
}
