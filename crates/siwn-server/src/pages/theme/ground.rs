//! The ground that a theme changes.

use super::color::{Color, WHITE};

/// What the style sheet of the pages has by itself. A test holds them against each other.
pub(super) struct Ground {
    pub(super) page: Color,
    pub(super) card: Color,
    pub(super) text: Color,
    pub(super) quiet: Color,
    pub(super) accent: Color,
    pub(super) better: &'static str,
}

pub(super) const LIGHT: Ground = Ground {
    page: Color([0xf6, 0xf6, 0xf3]),
    card: WHITE,
    text: Color([0x19, 0x1a, 0x17]),
    quiet: Color([0x5b, 0x5d, 0x55]),
    accent: Color([0x00, 0x69, 0x4f]),
    better: "lighter",
};

pub(super) const DARK: Ground = Ground {
    page: Color([0x12, 0x13, 0x11]),
    card: Color([0x1b, 0x1c, 0x1a]),
    text: Color([0xec, 0xed, 0xe8]),
    quiet: Color([0xa7, 0xaa, 0xa0]),
    accent: Color([0x5f, 0xd3, 0xac]),
    better: "darker",
};

/// Hundredths of the text's colour in what is drawn on a card.
pub(super) const SUNKEN: u16 = 5;
pub(super) const LINE: u16 = 15;
pub(super) const EDGE: u16 = 55;

#[cfg(test)]
mod tests {
    use super::*;

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
