//! Files encrypted with a password (ISO 32000-2 §7.6.4, revision 2: RC4 with 40 bits).

use super::made::*;
use crate::{Format, FormatError, Limits};

/// The bytes that passwords are filled up with (ISO 32000-2 §7.6.4.3.2, algorithm 2).
const FILL: [u8; 32] = [
    0x28, 0xBF, 0x4E, 0x5E, 0x4E, 0x75, 0x8A, 0x41, 0x64, 0x00, 0x4E, 0x56, 0xFF, 0xFA, 0x01, 0x08,
    0x2E, 0x2E, 0x00, 0xB6, 0xD0, 0x68, 0x3E, 0x80, 0x2F, 0x0C, 0xA9, 0xFE, 0x64, 0x53, 0x69, 0x7A,
];

/// MD5 (RFC 1321).
fn md5(data: &[u8]) -> [u8; 16] {
    let turns: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    let mut message = data.to_vec();
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    message.extend((data.len() as u64 * 8).to_le_bytes());
    for block in message.chunks(64) {
        let word = |i: usize| u32::from_le_bytes(block[4 * i..4 * i + 4].try_into().unwrap());
        let [mut a, mut b, mut c, mut d] = state;
        for i in 0..64 {
            let (mixed, at) = match i / 16 {
                0 => ((b & c) | (!b & d), i),
                1 => ((d & b) | (!d & c), (5 * i + 1) % 16),
                2 => (b ^ c ^ d, (3 * i + 5) % 16),
                _ => (c ^ (b | !d), (7 * i) % 16),
            };
            let sine = ((i as f64 + 1.0).sin().abs() * 4_294_967_296.0) as u32;
            let sum = a.wrapping_add(mixed).wrapping_add(sine).wrapping_add(word(at));
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(sum.rotate_left(turns[i / 16][i % 4]));
        }
        for (place, value) in state.iter_mut().zip([a, b, c, d]) {
            *place = place.wrapping_add(value);
        }
    }
    let mut out = [0; 16];
    for (place, value) in out.chunks_mut(4).zip(state) {
        place.copy_from_slice(&value.to_le_bytes());
    }
    out
}

fn rc4(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut box_: Vec<u8> = (0..=255).collect();
    let mut j = 0_usize;
    for i in 0..256 {
        j = (j + usize::from(box_[i]) + usize::from(key[i % key.len()])) % 256;
        box_.swap(i, j);
    }
    let (mut i, mut j) = (0, 0);
    data.iter()
        .map(|byte| {
            i = (i + 1) % 256;
            j = (j + usize::from(box_[i])) % 256;
            box_.swap(i, j);
            byte ^ box_[(usize::from(box_[i]) + usize::from(box_[j])) % 256]
        })
        .collect()
}

fn filled(password: &[u8]) -> Vec<u8> {
    password.iter().chain(&FILL).copied().take(32).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file of one page, encrypted with a password that opens it.
fn encrypted(password: &[u8]) -> Vec<u8> {
    let mut made = Made::new();
    let owner = rc4(&md5(&filled(b"owner"))[..5], &filled(password));
    let permissions = -4_i32;
    let id = [7_u8; 16];
    let mut seed = filled(password);
    seed.extend(&owner);
    seed.extend(permissions.to_le_bytes());
    seed.extend(id);
    let key = md5(&seed)[..5].to_vec();
    let user = rc4(&key, &FILL);
    let sealed = |number: u8, data: &[u8]| {
        let seed = [&key[..], &[number, 0, 0, 0, 0]].concat();
        rc4(&md5(&seed)[..10], data)
    };
    made.object("<</Type/Catalog/Pages 2 0 R>>");
    made.object("<</Type/Pages/Count 1/Kids[3 0 R]>>");
    made.object(
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
    );
    made.stream("", &sealed(4, b"BT /F 12 Tf 20 200 Td (Article 1) Tj ET"));
    made.object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>");
    made.object(format!(
        "<</Filter/Standard/V 1/R 2/O<{}>/U<{}>/P {permissions}>>",
        hex(&owner),
        hex(&user)
    ));
    made.trailer(&format!("/Encrypt 6 0 R/ID[<{0}><{0}>]", hex(&id)));
    made.bytes()
}

#[test]
fn an_empty_password_opens() {
    assert_eq!(hex(&md5(b"abc")), "900150983cd24fb0d6963f7d28e17f72", "RFC 1321, A.5");
    assert_eq!(printed(&encrypted(b"")), "Article 1\n");
}

#[test]
fn another_password_is_asked_for() {
    assert_eq!(
        error(&encrypted(b"secret"), Limits::default()),
        FormatError::Encrypted { format: Format::Pdf }
    );
}
