//! The tokens of RTF (specification 1.9.1, "RTF Syntax").

/// One token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `{`.
    Open,
    /// `}`.
    Close,
    /// `\word` with its number.
    Word(&'a str, Option<i32>),
    /// `\'hh`: a byte in the code page of the font.
    Byte(u8),
    /// A control of one sign.
    Sign(u8),
    /// A byte of text.
    Text(u8),
}

/// The tokens of a file, in order. Line ends are none; binary data is passed over.
#[derive(Clone, Debug)]
pub(super) struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    fn take(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn take_while(&mut self, accept: impl Fn(&u8) -> bool) -> &'a [u8] {
        let length = self.rest.iter().take_while(|byte| accept(byte)).count();
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    fn control(&mut self) -> Option<Token<'a>> {
        if !self.rest.first()?.is_ascii_alphabetic() {
            let sign = self.take()?;
            if sign == b'\'' {
                let digits = self.rest.get(..2)?;
                let byte = std::str::from_utf8(digits)
                    .ok()
                    .and_then(|digits| u8::from_str_radix(digits, 16).ok());
                if byte.is_some() {
                    self.rest = self.rest.get(2..)?;
                }
                return Some(Token::Byte(byte.unwrap_or(b'?')));
            }
            return Some(Token::Sign(sign));
        }
        // Words are longer than 32 letters in no version; more letters are text that lacks its space.
        let length =
            self.rest.iter().take(32).take_while(|byte| byte.is_ascii_alphabetic()).count();
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        let minus =
            self.rest.first() == Some(&b'-') && self.rest.get(1).is_some_and(u8::is_ascii_digit);
        if minus {
            self.take();
        }
        let digits = self.take_while(u8::is_ascii_digit);
        let number = (!digits.is_empty()).then(|| {
            let value =
                std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<i32>().ok());
            let value = value.unwrap_or(i32::MAX);
            if minus { -value } else { value }
        });
        if self.rest.first() == Some(&b' ') {
            self.take();
        }
        if word == b"bin" {
            let length = usize::try_from(number.unwrap_or(0)).unwrap_or(0).min(self.rest.len());
            self.rest = self.rest.get(length..).unwrap_or_default();
        }
        Some(Token::Word(std::str::from_utf8(word).unwrap_or_default(), number))
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            return match self.take()? {
                b'{' => Some(Token::Open),
                b'}' => Some(Token::Close),
                b'\\' => self.control(),
                b'\r' | b'\n' | 0 => continue,
                byte => Some(Token::Text(byte)),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_a_space_or_sign() {
        let tokens: Vec<Token<'_>> = Tokens::new(b"{\\u-3 \\'b8a\r\n\\~\\bin2 }}\\par}").collect();
        assert_eq!(
            tokens,
            [
                Token::Open,
                Token::Word("u", Some(-3)),
                Token::Byte(0xb8),
                Token::Text(b'a'),
                Token::Sign(b'~'),
                Token::Word("bin", Some(2)),
                Token::Word("par", None),
                Token::Close
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_end(bytes: Vec<u8>) {
            proptest::prop_assert!(Tokens::new(&bytes).count() <= bytes.len());
        }
    }
}
