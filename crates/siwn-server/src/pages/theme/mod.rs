//! How the pages look: a few values, each of a type of its own, so that nothing but them ever stands in a style.

mod color;

use std::fmt::Write as _;
use std::str::FromStr;

use thiserror::Error;

use self::color::{BLACK, Color, READABLE, WHITE};

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Font {
    System,
    Serif,
    Mono,
    Rounded,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Scheme {
    #[default]
    Auto,
    Light,
    Dark,
}

/// What the style sheet of the pages has by itself. A test holds them against each other.
struct Ground {
    page: Color,
    card: Color,
    text: Color,
    quiet: Color,
    accent: Color,
    better: &'static str,
}

const LIGHT: Ground = Ground {
    page: Color([0xf6, 0xf6, 0xf3]),
    card: WHITE,
    text: Color([0x19, 0x1a, 0x17]),
    quiet: Color([0x5b, 0x5d, 0x55]),
    accent: Color([0x00, 0x69, 0x4f]),
    better: "lighter",
};

const DARK: Ground = Ground {
    page: Color([0x12, 0x13, 0x11]),
    card: Color([0x1b, 0x1c, 0x1a]),
    text: Color([0xec, 0xed, 0xe8]),
    quiet: Color([0xa7, 0xaa, 0xa0]),
    accent: Color([0x5f, 0xd3, 0xac]),
    better: "darker",
};

/// Hundredths of the text's colour in what is drawn on a card.
const SUNKEN: u16 = 5;
const LINE: u16 = 15;
const EDGE: u16 = 55;

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

    /// What a page says to the browser before it has the style.
    pub(super) const fn schemes(&self) -> &'static str {
        match self.scheme {
            Scheme::Auto => "light dark",
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        }
    }

    /// The picture of the browser's tab, in the accent's colour: an address that holds it.
    pub(super) fn icon(&self) -> String {
        let accent = self.accent.light.or(self.accent.dark).unwrap_or(LIGHT.accent);
        let (fill, stroke) = (accent.to_string(), accent.text_on_it().to_string());
        format!(
            "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' \
             rx='4' fill='%23{}'/%3E%3Cpath d='M4 8.5l3 3 5-7' fill='none' stroke='%23{}' stroke-width='2' \
             stroke-linecap='round' stroke-linejoin='round'/%3E%3C/svg%3E",
            &fill[1..],
            &stroke[1..]
        )
    }

    /// The style sheet that stands behind the pages' own; none where there is nothing to say.
    pub(super) fn css(&self) -> Option<String> {
        if *self == Self::default() {
            return None;
        }
        let mut css = format!(":root {{\n  color-scheme: {};\n", self.schemes());
        for (name, color) in self.colours() {
            let _ = writeln!(css, "  --{name}: {color};");
        }
        if let Some(radius) = self.radius {
            let _ = writeln!(css, "  --radius: {radius}px;\n  --card-radius: {}px;", u16::from(radius) * 8 / 5);
        }
        if let Some(font) = self.font {
            let _ = writeln!(css, "  --font: {};", font.stack());
        }
        css.push_str("}\n");
        Some(css)
    }

    /// The variables of colours, each with what it is by day and by night.
    fn colours(&self) -> Vec<(&'static str, String)> {
        let (light, dark) = (self.shades(&LIGHT), self.shades(&DARK));
        let both = light.into_iter().zip(dark);
        let is_said = |pair: &Pair| pair.light.is_some() || pair.dark.is_some();
        let is_wanted = |name: &str| match name {
            "page" => is_said(&self.background),
            "card" | "sunken" | "line" | "edge" => is_said(&self.card),
            _ => is_said(&self.accent) || is_said(&self.card),
        };
        both.filter(|((name, _), _)| is_wanted(name))
            .map(|((name, light), (_, dark))| (name, format!("light-dark({light}, {dark})")))
            .collect()
    }

    fn shades(&self, ground: &Ground) -> [(&'static str, Color); 10] {
        let is_light = ground.better == LIGHT.better;
        let of = |pair: &Pair| if is_light { pair.light } else { pair.dark };
        let page = of(&self.background).unwrap_or(ground.page);
        let card = of(&self.card).unwrap_or(ground.card);
        // Who names one accent means it for both.
        let accent = of(&self.accent).or(self.accent.light).or(self.accent.dark).unwrap_or(ground.accent);
        let soft = card.mixed(accent, 12);
        let accent_text = accent.text_on_it();
        let away = if accent_text == WHITE { BLACK } else { WHITE };
        [
            ("page", page),
            ("card", card),
            ("sunken", card.mixed(ground.text, SUNKEN)),
            ("line", card.mixed(ground.text, LINE)),
            ("edge", card.mixed(ground.text, EDGE)),
            ("accent", accent),
            ("accent-text", accent_text),
            ("accent-hover", accent.mixed(away, 10)),
            ("accent-soft", soft),
            ("accent-ink", accent.readable_on(&[card, soft, page], ground.text)),
        ]
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

impl FromStr for Font {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "system" => Ok(Self::System),
            "serif" => Ok(Self::Serif),
            "mono" => Ok(Self::Mono),
            "rounded" => Ok(Self::Rounded),
            _ => Err("is system, serif, mono or rounded"),
        }
    }
}

impl Font {
    /// Fonts that machines have: none is loaded.
    const fn stack(self) -> &'static str {
        match self {
            Self::System => "system-ui, -apple-system, \"Segoe UI\", Roboto, \"Noto Sans\", \"Liberation Sans\", sans-serif",
            Self::Serif => "ui-serif, Charter, \"Iowan Old Style\", \"Noto Serif\", \"Liberation Serif\", Georgia, serif",
            Self::Mono => "ui-monospace, SFMono-Regular, Menlo, Consolas, \"Liberation Mono\", monospace",
            Self::Rounded => "ui-rounded, \"SF Pro Rounded\", Quicksand, Nunito, \"Arial Rounded MT Bold\", system-ui, sans-serif",
        }
    }
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

    #[test]
    fn the_style_sheet_has_the_same_colours() {
        let sheet = include_str!("../files/page.css");
        let pairs = |ground: &Ground| [ground.page, ground.card, ground.text, ground.quiet, ground.accent];
        for (name, (light, dark)) in
            ["page", "card", "text", "quiet", "accent"].iter().zip(pairs(&LIGHT).into_iter().zip(pairs(&DARK)))
        {
            let line = format!("--{name}: light-dark({light}, {dark});");
            assert!(sheet.contains(&line), "{line}");
        }
    }
}
