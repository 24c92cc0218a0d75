//! The terminal's width, and colour. Colour never carries information of its own.

use std::io::IsTerminal;

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The role of a piece of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Error,
    Warning,
    Hint,
    Title,
    Marker,
    Quote,
    Faint,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Error => "\u{1b}[1;31m",
            Self::Warning => "\u{1b}[1;33m",
            Self::Hint => "\u{1b}[1;36m",
            Self::Title => "\u{1b}[1m",
            Self::Marker => "\u{1b}[36m",
            Self::Quote => "\u{1b}[1;32m",
            Self::Faint => "\u{1b}[2m",
        }
    }
}

/// Wraps text in colour codes, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Paint(bool);

impl Paint {
    /// No colour.
    #[cfg(test)]
    pub(crate) fn plain() -> Self {
        Self(false)
    }

    pub(crate) fn for_stdout(color: Color) -> Self {
        Self(wanted(color, std::io::stdout().is_terminal()))
    }

    pub(crate) fn for_stderr(color: Color) -> Self {
        Self(wanted(color, std::io::stderr().is_terminal()))
    }

    pub(crate) fn start(self, style: Style) -> &'static str {
        if self.0 { style.code() } else { "" }
    }

    pub(crate) fn end(self) -> &'static str {
        if self.0 { "\u{1b}[0m" } else { "" }
    }

    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        format!("{}{text}{}", self.start(style), self.end())
    }
}

fn wanted(color: Color, terminal: bool) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => {
            terminal
                && !set("NO_COLOR")
                && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
        }
    }
}

/// Width of standard output in columns: `COLUMNS`, or that of the terminal. `None` otherwise: lines are
/// not wrapped then, so that a program that reads them finds each paragraph on one line.
pub(crate) fn width() -> Option<usize> {
    let columns = std::env::var("COLUMNS").ok().and_then(|value| value.parse().ok());
    let terminal = || {
        let stdout = std::io::stdout();
        let size =
            if stdout.is_terminal() { terminal_size::terminal_size_of(stdout) } else { None };
        size.map(|(width, _)| usize::from(width.0))
    };
    columns.or_else(terminal).map(|width: usize| width.clamp(20, 100))
}
