//! Excel 5 to 2003, .xls ([MS-XLS]; the older records after its §2.1.4 history).
//!
//! A stream of records of two bytes for the kind and two for the size. Long ones go on in records of their own.

use encoding_rs::Encoding;

use crate::block::Reading;
use crate::cfb::{Compound, u16_at, u32_at};
use crate::clock::Clock;
use crate::{Format, FormatError, Limits, Reader};

use super::{Room, Sheet, format};

/// The reader of XLS.
pub(crate) struct Xls;

const CONTINUE: u16 = 0x3c;

/// One record, with the records that it goes on in.
struct Record<'a> {
    kind: u16,
    parts: Vec<&'a [u8]>,
}

impl<'a> Record<'a> {
    fn bytes(&self) -> &'a [u8] {
        self.parts.first().copied().unwrap_or_default()
    }
}

/// The records from a place on.
struct Records<'a> {
    rest: &'a [u8],
}

impl<'a> Records<'a> {
    fn peek(&self) -> Option<(u16, &'a [u8], &'a [u8])> {
        let kind = u16_at(self.rest, 0)?;
        let size = usize::from(u16_at(self.rest, 2)?);
        Some((kind, self.rest.get(4..4 + size)?, self.rest.get(4 + size..)?))
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let (kind, bytes, rest) = self.peek()?;
        self.rest = rest;
        let mut parts = vec![bytes];
        while let Some((CONTINUE, bytes, rest)) = self.peek() {
            parts.push(bytes);
            self.rest = rest;
        }
        Some(Record { kind, parts })
    }
}

/// A workbook's globals ([MS-XLS] §2.1.7.20.3).
struct Globals {
    /// Whether strings are in Unicode, as since 1997.
    unicode: bool,
    encoding: &'static Encoding,
    strings: Vec<String>,
    formats: std::collections::HashMap<u16, String>,
    /// The format of each kind of cell.
    cells: Vec<u16>,
    since_1904: bool,
    /// Place, name and whether it is hidden, of each sheet.
    sheets: Vec<(usize, String, bool)>,
}

impl Reader for Xls {
    fn read(&self, bytes: &[u8], limits: &Limits) -> Result<Reading, FormatError> {
        let clock = Clock::new(limits);
        let damaged =
            |what: &str| FormatError::Damaged { format: Format::Xls, what: what.to_owned() };
        let file = Compound::open(bytes).ok_or_else(|| damaged("its table of sectors"))?;
        let stream = file.stream("Workbook").or_else(|| file.stream("Book"));
        let stream = stream.ok_or_else(|| damaged("the stream Workbook"))?;
        let globals = globals(&stream, &clock)?;
        let mut blocks = Vec::new();
        let mut unread = Vec::new();
        let mut room = Room::new(limits);
        for (place, name, hidden) in &globals.sheets {
            if *hidden {
                unread.push(format!("the hidden sheet {name}: not read"));
                continue;
            }
            let rest = stream
                .get(*place..)
                .ok_or_else(|| damaged(&format!("the place of the sheet {name}")))?;
            let mut sheet = Sheet { name: name.clone(), room, ..Sheet::default() };
            globals.sheet(rest, &mut sheet, &clock)?;
            room = sheet.room;
            sheet.add(&clock, &mut blocks)?;
        }
        Ok(Reading { blocks, unread, ..Reading::default() })
    }
}

fn globals(stream: &[u8], clock: &Clock) -> Result<Globals, FormatError> {
    let mut globals = Globals {
        unicode: true,
        encoding: encoding_rs::GB18030,
        strings: Vec::new(),
        formats: std::collections::HashMap::new(),
        cells: Vec::new(),
        since_1904: false,
        sheets: Vec::new(),
    };
    for (index, record) in (Records { rest: stream }).enumerate() {
        if index % 4096 == 0 {
            clock.check()?;
        }
        let bytes = record.bytes();
        match record.kind {
            // The beginning says the version; that of 1997 and later is 0x0600.
            0x0809 if index == 0 => globals.unicode = u16_at(bytes, 0) == Some(0x0600),
            0x002f => return Err(FormatError::Encrypted { format: Format::Xls }),
            0x0042 => {
                let page = u16_at(bytes, 0).unwrap_or(0);
                let known = Encoding::for_label(format!("windows-{page}").as_bytes());
                globals.encoding = match page {
                    936 => encoding_rs::GB18030,
                    950 => encoding_rs::BIG5,
                    932 => encoding_rs::SHIFT_JIS,
                    _ => known.unwrap_or(globals.encoding),
                };
            }
            0x0022 => globals.since_1904 = u16_at(bytes, 0) == Some(1),
            // Kind 0 is a sheet; charts and macros are others.
            0x0085 if bytes.get(5).is_none_or(|&kind| kind == 0) => {
                let place = u32_at(bytes, 0).unwrap_or(0) as usize;
                let hidden = bytes.get(4).is_some_and(|&state| state & 3 != 0);
                let name = globals.short(bytes.get(6..).unwrap_or_default());
                globals.sheets.push((place, name, hidden));
            }
            0x041e => {
                let id = u16_at(bytes, 0).unwrap_or(0);
                let text = bytes.get(2..).unwrap_or_default();
                let code = if globals.unicode { globals.long(text) } else { globals.short(text) };
                globals.formats.insert(id, code);
            }
            0x00e0 => globals.cells.push(u16_at(bytes, 2).unwrap_or(0)),
            0x00fc => globals.strings = Strings::new(&record).all(clock)?,
            0x000a => break,
            _ => {}
        }
    }
    Ok(globals)
}

impl Globals {
    /// A string whose length is one byte.
    fn short(&self, bytes: &[u8]) -> String {
        let Some((&length, rest)) = bytes.split_first() else { return String::new() };
        self.characters(usize::from(length), rest)
    }

    /// A string whose length is two bytes.
    fn long(&self, bytes: &[u8]) -> String {
        let length = u16_at(bytes, 0).unwrap_or(0);
        self.characters(usize::from(length), bytes.get(2..).unwrap_or_default())
    }

    fn characters(&self, length: usize, bytes: &[u8]) -> String {
        if !self.unicode {
            let bytes = bytes.get(..length).unwrap_or(bytes);
            return self.encoding.decode_without_bom_handling(bytes).0.into_owned();
        }
        let Some((&flags, bytes)) = bytes.split_first() else { return String::new() };
        let units: Vec<u16> = if flags & 1 != 0 {
            (0..length).map_while(|index| u16_at(bytes, index * 2)).collect()
        } else {
            bytes.iter().take(length).copied().map(u16::from).collect()
        };
        String::from_utf16_lossy(&units)
    }

    fn number(&self, number: f64, cell: u16) -> String {
        let id = self.cells.get(usize::from(cell)).copied().unwrap_or(0);
        let code =
            self.formats.get(&id).map_or_else(|| format::built_in(u32::from(id)), String::as_str);
        format::shown(number, code, self.since_1904)
    }

    /// Reads the records of a sheet ([MS-XLS] §2.1.7.20.5).
    fn sheet(&self, rest: &[u8], sheet: &mut Sheet, clock: &Clock) -> Result<(), FormatError> {
        // A formula's text comes in the record behind it.
        let mut waiting: Option<(u32, u32)> = None;
        let mut depth = 0_usize;
        for (index, record) in (Records { rest }).enumerate() {
            if index % 4096 == 0 {
                clock.check()?;
            }
            let bytes = record.bytes();
            let row = || u32::from(u16_at(bytes, 0).unwrap_or(0));
            let column = || u32::from(u16_at(bytes, 2).unwrap_or(0));
            let cell = || u16_at(bytes, 4).unwrap_or(0);
            match record.kind {
                // Charts on a sheet are streams of their own in it.
                0x0809 => depth += 1,
                0x000a => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                }
                _ if depth != 1 => {}
                0x00fd => {
                    let text = u32_at(bytes, 6).and_then(|at| self.strings.get(at as usize));
                    sheet.put(row(), column(), text.cloned().unwrap_or_default())?;
                }
                0x0203 => {
                    if let Some(number) = float(bytes, 6) {
                        sheet.put(row(), column(), self.number(number, cell()))?;
                    }
                }
                0x027e => {
                    if let Some(number) = u32_at(bytes, 6) {
                        sheet.put(row(), column(), self.number(compressed(number), cell()))?;
                    }
                }
                0x00bd => {
                    let count = bytes.len().saturating_sub(6) / 6;
                    for index in 0..count {
                        let at = 4 + index * 6;
                        if let (Some(cell), Some(number)) =
                            (u16_at(bytes, at), u32_at(bytes, at + 2))
                        {
                            let column = column() + u32::try_from(index).unwrap_or(0);
                            sheet.put(row(), column, self.number(compressed(number), cell))?;
                        }
                    }
                }
                0x0204 | 0x00d6 => {
                    sheet.put(row(), column(), self.long(bytes.get(6..).unwrap_or_default()))?
                }
                0x0205 => {
                    sheet.put(row(), column(), truth(bytes.get(6), bytes.get(7) == Some(&1)))?
                }
                0x0006 => {
                    waiting = None;
                    if u16_at(bytes, 12) != Some(0xffff) {
                        if let Some(number) = float(bytes, 6) {
                            sheet.put(row(), column(), self.number(number, cell()))?;
                        }
                        continue;
                    }
                    match bytes.get(6) {
                        Some(0) => waiting = Some((row(), column())),
                        Some(1) => sheet.put(row(), column(), truth(bytes.get(8), false))?,
                        Some(2) => sheet.put(row(), column(), truth(bytes.get(8), true))?,
                        _ => {}
                    }
                }
                0x0207 => {
                    if let Some((row, column)) = waiting.take() {
                        sheet.put(row, column, self.long(bytes))?;
                    }
                }
                0x00e5 => {
                    for range in bytes.get(2..).unwrap_or_default().chunks_exact(8) {
                        let at = |index: usize| u32::from(u16_at(range, index * 2).unwrap_or(0));
                        sheet.merges.push((at(0), at(2), at(1).max(at(0)), at(3).max(at(2))));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn float(bytes: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// A number in four bytes: bit 1 says that it is whole, bit 0 that it is a hundredth ([MS-XLS] §2.5.217).
fn compressed(raw: u32) -> f64 {
    let number = if raw & 2 != 0 {
        f64::from(raw.cast_signed() >> 2)
    } else {
        f64::from_bits(u64::from(raw & !3) << 32)
    };
    if raw & 1 != 0 { number / 100.0 } else { number }
}

/// What a truth value or an error shows ([MS-XLS] §2.5.10).
fn truth(value: Option<&u8>, error: bool) -> String {
    let value = value.copied().unwrap_or(0);
    match (error, value) {
        (false, 0) => "FALSE",
        (false, _) => "TRUE",
        (true, 0x00) => "#NULL!",
        (true, 0x07) => "#DIV/0!",
        (true, 0x0f) => "#VALUE!",
        (true, 0x17) => "#REF!",
        (true, 0x1d) => "#NAME?",
        (true, 0x24) => "#NUM!",
        (true, _) => "#N/A",
    }
    .to_owned()
}

/// The strings that cells share, which go on over records at any place ([MS-XLS] §2.4.265).
struct Strings<'a, 'b> {
    parts: &'b [&'a [u8]],
    part: usize,
    at: usize,
}

impl<'a, 'b> Strings<'a, 'b> {
    fn new(record: &'b Record<'a>) -> Self {
        Self { parts: &record.parts, part: 0, at: 8 }
    }

    fn all(mut self, clock: &Clock) -> Result<Vec<String>, FormatError> {
        let mut strings = Vec::new();
        while let Some(string) = self.string() {
            if strings.len() % 4096 == 0 {
                clock.check()?;
            }
            strings.push(string);
        }
        Ok(strings)
    }

    fn byte(&mut self) -> Option<u8> {
        loop {
            let part = self.parts.get(self.part)?;
            if let Some(&byte) = part.get(self.at) {
                self.at += 1;
                return Some(byte);
            }
            self.part += 1;
            self.at = 0;
        }
    }

    fn number(&mut self, bytes: u32) -> Option<usize> {
        let mut number = 0_usize;
        for index in 0..bytes {
            number |= usize::from(self.byte()?) << (8 * index);
        }
        Some(number)
    }

    fn string(&mut self) -> Option<String> {
        let length = self.number(2)?;
        let flags = self.byte()?;
        let runs = if flags & 8 != 0 { self.number(2)? } else { 0 };
        let extra = if flags & 4 != 0 { self.number(4)? } else { 0 };
        let mut wide = flags & 1 != 0;
        let mut units = Vec::new();
        for _ in 0..length {
            // Characters that go on in the next record have a byte there that says anew how wide they are.
            if self.parts.get(self.part).is_some_and(|part| self.at >= part.len()) {
                self.part += 1;
                self.at = 0;
                wide = self.byte()? & 1 != 0;
            }
            units.push(u16::try_from(self.number(if wide { 2 } else { 1 })?).unwrap_or(0));
        }
        for _ in 0..runs.saturating_mul(4).saturating_add(extra) {
            self.byte()?;
        }
        Some(String::from_utf16_lossy(&units))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cfb::made::compound;

    fn record(kind: u16, bytes: &[u8]) -> Vec<u8> {
        let size = u16::try_from(bytes.len()).unwrap();
        [&kind.to_le_bytes()[..], &size.to_le_bytes(), bytes].concat()
    }

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    fn cell(row: u16, column: u16, style: u16, value: &[u8]) -> Vec<u8> {
        let head: Vec<u8> = [row, column, style].into_iter().flat_map(u16::to_le_bytes).collect();
        [head, value.to_vec()].concat()
    }

    fn file() -> Vec<u8> {
        let head = record(0x0809, &[0, 6, 5, 0]);
        let format = record(0x041e, &[&[164, 0, 10, 0, 0][..], b"yyyy\"-\"m/d"].concat());
        let cells = [
            record(0x00e0, &[0, 0, 0, 0]),
            record(0x00e0, &[0, 0, 164, 0]),
            record(0x00e0, &[0, 0, 9, 0]),
        ]
        .concat();
        // The second string goes on in the next record, which says that its characters are wide.
        let strings = record(
            0x00fc,
            &[&[2, 0, 0, 0, 2, 0, 0, 0, 2, 0, 1][..], &wide("事项"), &[3, 0, 0], b"a"].concat(),
        );
        let goes_on = record(0x003c, &[&[1][..], &wide("责任")].concat());
        let end = record(0x000a, &[]);
        let before = [head.clone(), format, cells].concat();
        let name = [&[0, 0, 2, 1][..], &wide("措施")].concat();
        let size = before.len() + strings.len() + goes_on.len() + end.len() + 8 + name.len();
        let place = u32::try_from(size).unwrap().to_le_bytes();
        let sheet = [
            record(0x0809, &[0, 6, 16, 0]),
            record(0x00fd, &cell(0, 0, 0, &[0, 0, 0, 0])),
            record(0x00fd, &cell(0, 1, 0, &[1, 0, 0, 0])),
            record(0x0203, &cell(1, 0, 1, &45_657_f64.to_le_bytes())),
            record(0x027e, &cell(1, 1, 2, &((50_u32 << 2) | 3).to_le_bytes())),
            record(0x0006, &cell(2, 0, 0, &[0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0])),
            record(0x0207, &[&[2, 0, 1][..], &wide("公式")].concat()),
            record(0x0205, &cell(2, 1, 0, &[0x2a, 1])),
            end.clone(),
        ]
        .concat();
        let stream =
            [before, record(0x0085, &[&place[..], &name].concat()), strings, goes_on, end, sheet]
                .concat();
        compound(&[("Workbook", &stream)])
    }

    #[test]
    fn cells_show_what_their_formats_make_of_them() {
        let reading = Xls.read(&file(), &Limits::default()).unwrap();
        assert_eq!(reading.printed().text, "措施\n事项\ta责任\n2024-12/31\t50%\n公式\t#N/A\n");
    }

    #[test]
    fn numbers_in_four_bytes() {
        assert_eq!(compressed((5 << 2) | 2), 5.0);
        assert_eq!(compressed(0xffff_fffe), -1.0);
        assert_eq!(compressed(0x3ff0_0000), 1.0);
    }

    proptest::proptest! {
        #[test]
        fn damaged_files_never_panic(changes in proptest::collection::vec((0_usize..2000, proptest::num::u8::ANY), 1..4)) {
            let mut bytes = file();
            for (at, byte) in changes {
                let at = (at + 512) % bytes.len();
                bytes[at] = byte;
            }
            let _ = Xls.read(&bytes, &Limits::default());
        }
    }
}
