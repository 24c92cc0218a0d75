//! Server-sent events, read as bytes come: <https://html.spec.whatwg.org/multipage/server-sent-events.html>. Only the
//! data of events is kept.

/// The longest line and the longest data of an event, in bytes.
const LONGEST: usize = 1 << 20;

/// Reads events.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// The line that has not ended yet.
    line: Vec<u8>,
    /// The data of the event that has not ended yet.
    data: Option<Vec<u8>>,
    /// Whether the last byte was `\r`: a `\n` after it ends no other line.
    returned: bool,
    /// Whether anything was read: a byte order mark may only come first.
    begun: bool,
}

impl Events {
    /// The data of the events that end in `bytes`.
    ///
    /// # Errors
    /// A line or an event is too long, or its data is not UTF-8.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Vec<String>, String> {
        let mut all = Vec::new();
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            if std::mem::take(&mut self.returned) && first == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let end = rest.iter().position(|&byte| byte == b'\n' || byte == b'\r');
            self.line.extend_from_slice(&rest[..end.unwrap_or(rest.len())]);
            if self.line.len() > LONGEST {
                return Err(format!("a line of an event is longer than {LONGEST} bytes"));
            }
            let Some(end) = end else { break };
            self.returned = rest[end] == b'\r';
            rest = &rest[end + 1..];
            all.extend(self.line_ended()?);
        }
        Ok(all)
    }

    /// The data of an event whose end did not come; some servers leave out the last empty line.
    pub(crate) fn finish(mut self) -> Option<String> {
        let _ = self.line_ended();
        let data = self.data.take().filter(|data| !data.is_empty());
        data.and_then(|data| String::from_utf8(data).ok())
    }

    fn line_ended(&mut self) -> Result<Option<String>, String> {
        let line = std::mem::take(&mut self.line);
        let mut line = line.as_slice();
        if !std::mem::replace(&mut self.begun, true) {
            line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
        }
        if line.is_empty() {
            let data = self.data.take().filter(|data| !data.is_empty());
            let data = data.map(String::from_utf8).transpose();
            return data.map_err(|_| "the data of an event is not UTF-8".to_owned());
        }
        let colon = line.iter().position(|&byte| byte == b':');
        let (field, value) = match colon {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        if field == b"data" {
            let value = value.strip_prefix(b" ").unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                None => self.data = Some(value.to_vec()),
            }
            if self.data.as_ref().is_some_and(|data| data.len() > LONGEST) {
                return Err(format!("the data of an event is longer than {LONGEST} bytes"));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::fuzzing::events;

    fn read(text: &str) -> Vec<String> {
        events(text.as_bytes(), usize::MAX).0
    }

    #[test]
    fn the_data_of_events_is_read() {
        assert_eq!(read("data: a\n\ndata:b\r\n\r\n"), ["a", "b"]);
        assert_eq!(read(": ping\nevent: x\nid: 1\ndata: a\ndata: b\n\n"), ["a\nb"]);
        assert_eq!(read("\u{feff}data: a\r\rdata: [DONE]"), ["a", "[DONE]"]);
        assert!(read("data\n\n\n\nretry: 3\n\n").is_empty());
        assert!(read("nothing of the kind\n\n").is_empty());
    }

    #[test]
    fn what_has_no_end_is_an_error() {
        let mut reader = Events::default();
        let endless = vec![b'x'; LONGEST];
        assert!(reader.push(&endless).is_ok());
        assert!(reader.push(b"xx").unwrap_err().contains("1048576"));
        let mut reader = Events::default();
        let line = [b"data: ".as_slice(), &vec![b'x'; LONGEST / 2], b"\n"].concat();
        assert!(reader.push(&line).is_ok());
        assert!(reader.push(&line).unwrap_err().contains("the data of an event"));
        assert!(Events::default().push(b"data: \xff\n\n").unwrap_err().contains("UTF-8"));
    }

    proptest! {
        #[test]
        fn where_bytes_are_cut_changes_nothing(
            text in "(data|data:|data: |:|\n|\r|\r\n|\u{feff}|押|a|event: e){0,20}",
            size in 1usize..9,
        ) {
            prop_assert_eq!(events(text.as_bytes(), size), events(text.as_bytes(), usize::MAX));
        }
    }
}
