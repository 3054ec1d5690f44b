//! Fonts that machines have.

use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Font {
    System,
    Serif,
    Mono,
    Rounded,
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
    pub(super) const fn stack(self) -> &'static str {
        match self {
            Self::System => "system-ui, -apple-system, \"Segoe UI\", Roboto, \"Noto Sans\", \"Liberation Sans\", sans-serif",
            Self::Serif => "ui-serif, Charter, \"Iowan Old Style\", \"Noto Serif\", \"Liberation Serif\", Georgia, serif",
            Self::Mono => "ui-monospace, SFMono-Regular, Menlo, Consolas, \"Liberation Mono\", monospace",
            Self::Rounded => "ui-rounded, \"SF Pro Rounded\", Quicksand, Nunito, \"Arial Rounded MT Bold\", system-ui, sans-serif",
        }
    }
}
