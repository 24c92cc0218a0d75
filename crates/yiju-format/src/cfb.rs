//! Streams of a compound file, the container of DOC, XLS and of Office files with a password ([MS-CFB]).
//!
//! Only what reading needs: the streams of the root storage by name. Chains of sectors are bounded by the size of the
//! file, so that no circle in them goes on for ever.

use std::collections::HashMap;

/// What a compound file begins with ([MS-CFB] §2.2).
pub(crate) const SIGNATURE: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// The last sector numbers that are sectors; above them are marks ([MS-CFB] §2.1).
const LAST_SECTOR: u32 = 0xffff_fffa;
const NO_STREAM: u32 = 0xffff_ffff;

/// An open compound file.
#[derive(Debug)]
pub(crate) struct Compound<'a> {
    bytes: &'a [u8],
    sector: usize,
    small_sector: usize,
    /// Streams shorter than this are in the small stream.
    cutoff: usize,
    chains: Vec<u32>,
    small_chains: Vec<u32>,
    small: Vec<u8>,
    /// First sector and size of each stream of the root storage, by its name in lower case.
    streams: HashMap<String, (u32, usize)>,
}

/// A two-byte number at a place.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(pair.try_into().ok()?))
}

/// A four-byte number at a place.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(four.try_into().ok()?))
}

impl<'a> Compound<'a> {
    /// Opens a compound file; `None` if its tables cannot be followed.
    pub(crate) fn open(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(&SIGNATURE) {
            return None;
        }
        let sector = 1_usize.checked_shl(u32::from(u16_at(bytes, 30)?).min(16))?;
        let small_sector = 1_usize.checked_shl(u32::from(u16_at(bytes, 32)?).min(16))?;
        if sector < 128 || small_sector < 16 {
            return None;
        }
        let mut file = Self {
            bytes,
            sector,
            small_sector,
            cutoff: u32_at(bytes, 56)? as usize,
            chains: Vec::new(),
            small_chains: Vec::new(),
            small: Vec::new(),
            streams: HashMap::new(),
        };
        file.read_chains()?;
        let directory = file.chain(u32_at(bytes, 48)?, usize::MAX)?;
        let (first, size) = entry(&directory, 0)?;
        file.small = file.chain(first, size).unwrap_or_default();
        let small_chains = file.chain(u32_at(bytes, 60)?, usize::MAX).unwrap_or_default();
        file.small_chains = numbers(&small_chains);
        file.read_names(&directory);
        Some(file)
    }

    /// The table of chains, whose sectors the header and, in long files, a chain of sectors list ([MS-CFB] §2.5).
    fn read_chains(&mut self) -> Option<()> {
        let most = self.bytes.len() / self.sector + 1;
        let mut listed: Vec<u32> = numbers(self.bytes.get(76..512)?);
        let mut next = u32_at(self.bytes, 68)?;
        let mut seen = 0;
        while next <= LAST_SECTOR && seen < most {
            let mut more = numbers(self.at(next)?);
            next = more.pop().unwrap_or(NO_STREAM);
            listed.append(&mut more);
            seen += 1;
        }
        for sector in listed.into_iter().filter(|&sector| sector <= LAST_SECTOR).take(most) {
            let Some(bytes) = self.at(sector) else { continue };
            self.chains.extend(numbers(bytes));
        }
        Some(())
    }

    /// The bytes of a sector; the last may be cut short.
    fn at(&self, sector: u32) -> Option<&'a [u8]> {
        let start = (sector as usize).checked_add(1)?.checked_mul(self.sector)?;
        let end = start.checked_add(self.sector)?.min(self.bytes.len());
        self.bytes.get(start..end)
    }

    fn chain(&self, first: u32, size: usize) -> Option<Vec<u8>> {
        let mut all = Vec::new();
        let mut next = first;
        while next <= LAST_SECTOR && all.len() < size {
            if all.len() > self.bytes.len() {
                return None;
            }
            all.extend_from_slice(self.at(next)?);
            next = *self.chains.get(next as usize)?;
        }
        all.truncate(size);
        Some(all)
    }

    fn small_chain(&self, first: u32, size: usize) -> Option<Vec<u8>> {
        let mut all = Vec::new();
        let mut next = first;
        while next <= LAST_SECTOR && all.len() < size {
            if all.len() > self.small.len() {
                return None;
            }
            let start = (next as usize).checked_mul(self.small_sector)?;
            let end = start.checked_add(self.small_sector)?.min(self.small.len());
            all.extend_from_slice(self.small.get(start..end)?);
            next = *self.small_chains.get(next as usize)?;
        }
        all.truncate(size);
        Some(all)
    }

    /// The streams of the root storage, a tree of siblings ([MS-CFB] §2.6.4). Those of embedded files lie deeper.
    fn read_names(&mut self, directory: &[u8]) {
        let count = directory.len() / 128;
        let mut seen = vec![false; count];
        let mut open = vec![u32_at(directory, 76).unwrap_or(NO_STREAM)];
        while let Some(id) = open.pop() {
            let id = id as usize;
            match seen.get_mut(id) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            let at = id * 128;
            open.extend([68, 72].iter().filter_map(|field| u32_at(directory, at + field)));
            // 2 is a stream, 1 a storage, which is known by name only.
            if matches!(directory.get(at + 66), Some(1 | 2)) {
                let length = usize::from(u16_at(directory, at + 64).unwrap_or(0)).clamp(2, 64) - 2;
                let name: Vec<u16> =
                    (0..length / 2).filter_map(|unit| u16_at(directory, at + unit * 2)).collect();
                let name = String::from_utf16_lossy(&name).to_lowercase();
                if let Some(entry) = entry(directory, id) {
                    self.streams.insert(name, entry);
                }
            }
        }
    }

    /// Whether there is such a stream or storage in the root storage.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.streams.contains_key(&name.to_lowercase())
    }

    /// The bytes of a stream; `None` if there is none or its chain is broken.
    pub(crate) fn stream(&self, name: &str) -> Option<Vec<u8>> {
        let &(first, size) = self.streams.get(&name.to_lowercase())?;
        if size < self.cutoff { self.small_chain(first, size) } else { self.chain(first, size) }
    }
}

fn entry(directory: &[u8], id: usize) -> Option<(u32, usize)> {
    let at = id.checked_mul(128)?;
    Some((u32_at(directory, at + 116)?, u32_at(directory, at + 120)? as usize))
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).filter_map(|four| u32_at(four, 0)).collect()
}

/// Compound files for tests.
#[cfg(test)]
pub(crate) mod made {
    /// A compound file of streams, all in whole sectors of 512 bytes and without small streams.
    pub(crate) fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
        let mut chains: Vec<u32> = Vec::new();
        let mut body: Vec<u8> = Vec::new();
        let mut place = |bytes: &[u8]| {
            let first = chains.len() as u32;
            let sectors = bytes.len().div_ceil(512).max(1);
            for index in 1..sectors {
                chains.push(first + index as u32);
            }
            chains.push(0xffff_fffe);
            body.extend_from_slice(bytes);
            body.resize((first as usize + sectors) * 512, 0);
            first
        };
        let mut directory = Vec::new();
        let mut add = |name: &str, kind: u8, right: u32, child: u32, first: u32, size: usize| {
            let mut entry = [0_u8; 128];
            for (at, unit) in name.encode_utf16().enumerate() {
                entry[at * 2..at * 2 + 2].copy_from_slice(&unit.to_le_bytes());
            }
            entry[64..66]
                .copy_from_slice(&(name.encode_utf16().count() as u16 * 2 + 2).to_le_bytes());
            entry[66] = kind;
            entry[68..72].copy_from_slice(&u32::MAX.to_le_bytes());
            entry[72..76].copy_from_slice(&right.to_le_bytes());
            entry[76..80].copy_from_slice(&child.to_le_bytes());
            entry[116..120].copy_from_slice(&first.to_le_bytes());
            entry[120..124].copy_from_slice(&(size as u32).to_le_bytes());
            directory.extend_from_slice(&entry);
        };
        add("Root Entry", 5, u32::MAX, 1, 0xffff_fffe, 0);
        for (index, (name, bytes)) in streams.iter().enumerate() {
            let right = if index + 1 < streams.len() { index as u32 + 2 } else { u32::MAX };
            add(name, 2, right, u32::MAX, place(bytes), bytes.len());
        }
        let directory_at = place(&directory);
        let table_at = chains.len() as u32;
        let tables = (chains.len() + 1).div_ceil(127) + 1;
        chains.extend(vec![0xffff_fffd; tables]);
        chains.resize(tables * 128, u32::MAX);
        let mut file = vec![0_u8; 512];
        file[..8].copy_from_slice(&super::SIGNATURE);
        file[30..32].copy_from_slice(&9_u16.to_le_bytes());
        file[32..34].copy_from_slice(&6_u16.to_le_bytes());
        file[48..52].copy_from_slice(&directory_at.to_le_bytes());
        file[60..64].copy_from_slice(&0xffff_fffe_u32.to_le_bytes());
        file[68..72].copy_from_slice(&0xffff_fffe_u32.to_le_bytes());
        for index in 0..109 {
            let sector = if index < tables { table_at + index as u32 } else { u32::MAX };
            file[76 + index * 4..80 + index * 4].copy_from_slice(&sector.to_le_bytes());
        }
        file.extend_from_slice(&body);
        file.extend(chains.iter().flat_map(|next| next.to_le_bytes()));
        file
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_found_by_name() {
        let bytes = made::compound(&[("WordDocument", &[7; 1300]), ("1Table", &[8; 3])]);
        let file = Compound::open(&bytes).unwrap();
        assert_eq!(file.stream("worddocument").unwrap(), [7; 1300]);
        assert_eq!(file.stream("1Table").unwrap(), [8; 3]);
        assert!(file.stream("0Table").is_none());
    }

    #[test]
    fn a_circle_of_sectors_ends() {
        let mut bytes = made::compound(&[("a", &[7; 1300])]);
        let at = bytes.len() - 512 * 2;
        for at in (at..bytes.len()).step_by(4) {
            bytes[at..at + 4].copy_from_slice(&0_u32.to_le_bytes());
        }
        assert!(
            Compound::open(&bytes)
                .is_none_or(|file| file.stream("a").is_none_or(|a| a.len() <= 1300))
        );
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_break_it(at in 0_usize..4000, byte: u8, cut in 0_usize..5000) {
            let mut bytes = made::compound(&[("a", &[7; 1300]), ("b", &[1; 9])]);
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
            bytes.truncate(cut);
            if let Some(file) = Compound::open(&bytes) {
                file.stream("a");
            }
        }
    }
}
