//! A theme as a style sheet.

use std::fmt::Write as _;

use super::color::{BLACK, Color, WHITE};
use super::ground::{DARK, EDGE, Ground, LIGHT, LINE, SUNKEN};
use super::{Pair, Scheme, Theme};

impl Theme {
    /// What a page says to the browser before it has the style.
    pub(in crate::pages) const fn schemes(&self) -> &'static str {
        match self.scheme {
            Scheme::Auto => "light dark",
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        }
    }

    /// The picture of the browser's tab, in the accent's colour: an address that holds it.
    pub(in crate::pages) fn icon(&self) -> String {
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
    pub(in crate::pages) fn css(&self) -> Option<String> {
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
