//! Colours, and whether people can read what stands on them.

use std::fmt;
use std::str::FromStr;

/// What WCAG 2.2 asks for between text and its background (1.4.3).
pub(super) const READABLE: f64 = 4.5;

pub(super) const BLACK: Color = Color([0; 3]);
pub(super) const WHITE: Color = Color([255; 3]);

/// Red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Color(pub(super) [u8; 3]);

impl FromStr for Color {
    type Err = &'static str;

    /// Reads `#rgb` or `#rrggbb`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let digits: Option<Vec<u8>> = text.strip_prefix('#').and_then(|rest| rest.bytes().map(digit).collect());
        match digits.as_deref() {
            Some(&[r, g, b]) => Ok(Self([r * 17, g * 17, b * 17])),
            Some(&[r1, r2, g1, g2, b1, b2]) => Ok(Self([r1 * 16 + r2, g1 * 16 + g2, b1 * 16 + b2])),
            _ => Err("a colour is written #rrggbb or #rgb"),
        }
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Color {
    /// This colour with so many hundredths of another.
    pub(super) fn mixed(self, other: Self, hundredths: u16) -> Self {
        let part = |one: u8, other: u8| {
            let sum = u16::from(one) * (100 - hundredths) + u16::from(other) * hundredths;
            u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
        };
        let ([red, green, blue], [r, g, b]) = (self.0, other.0);
        Self([part(red, r), part(green, g), part(blue, b)])
    }

    /// From 1 to 21, as WCAG 2.2 measures it.
    pub(super) fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// Black or white, whichever is easier to read on this.
    pub(super) fn text_on_it(self) -> Self {
        if self.contrast(WHITE) >= self.contrast(BLACK) { WHITE } else { BLACK }
    }

    /// The nearest colour on the way to `towards` that is readable on all of these.
    pub(super) fn readable_on(self, grounds: &[Self], towards: Self) -> Self {
        let candidates = (0..=100).step_by(4).map(|hundredths| self.mixed(towards, hundredths));
        let is_readable = |color: &Self| grounds.iter().all(|ground| color.contrast(*ground) >= READABLE);
        candidates.into_iter().find(is_readable).unwrap_or(towards)
    }

    /// WCAG 2.2, relative luminance.
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.0722f64.mul_add(blue, 0.2126f64.mul_add(red, 0.7152 * green))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_in_two_forms_and_written_in_one() {
        for (text, written) in [("#fff", "#ffffff"), ("#00694F", "#00694f"), ("#A0b", "#aa00bb")] {
            assert_eq!(text.parse::<Color>().unwrap().to_string(), written);
        }
        for bad in ["", "#", "fff", "#ff", "#ffff", "#gggggg", "#fffffff", "red", "#fff;", "#ééé", "url(#a)"] {
            assert!(bad.parse::<Color>().is_err(), "{bad}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_standard() {
        assert!((WHITE.contrast(BLACK) - 21.0).abs() < 1e-9);
        let grey: Color = "#767676".parse().unwrap();
        assert!((grey.contrast(WHITE) - 4.54).abs() < 0.01);
    }

    #[test]
    fn what_stands_on_any_colour_can_be_read() {
        for number in 0..4096u32 {
            let [_, red, green, blue] = number.to_be_bytes().map(|byte| byte % 16 * 17);
            let color = Color([red, green.wrapping_mul(3), blue]);
            assert!(color.contrast(color.text_on_it()) >= READABLE, "{color}");
            assert!(color.readable_on(&[WHITE], BLACK).contrast(WHITE) >= READABLE, "{color}");
        }
    }
}
