use super::super::made;
use super::*;
use crate::picture::{self, Colours};

/// A TrueType font of two glyphs: nothing, and a square over the whole em for 甲.
fn font() -> Vec<u8> {
    let words = |numbers: &[i32]| -> Vec<u8> {
        numbers.iter().flat_map(|&number| (number as u16).to_be_bytes()).collect()
    };
    let long = |number: u32| number.to_be_bytes().to_vec();
    let cmap = [
        // One table for Unicode, of format 4 with one code and the end.
        words(&[0, 1, 3, 1, 0, 12]),
        words(&[4, 32, 0, 4, 4, 1, 0, 0x7532, 0xFFFF, 0, 0x7532, 0xFFFF, 1 - 0x7532, 1, 0, 0]),
    ];
    let glyph = [
        words(&[1, 0, 0, 1000, 1000, 3, 0]),
        vec![1; 4],
        words(&[0, 1000, 0, -1000, 0, 0, 1000, 0]),
    ];
    let glyph = glyph.concat();
    let head = [
        words(&[1, 0, 1, 0, 0, 0, 0x5F0F, 0x3CF5_u16.into(), 0, 1000]),
        vec![0; 16],
        words(&[0, 0, 1000, 1000, 0, 8, 2, 1, 0]),
    ];
    let tables: [(&[u8; 4], Vec<u8>); 7] = [
        (b"cmap", cmap.concat()),
        (b"glyf", glyph.clone()),
        (b"head", head.concat()),
        (b"hhea", [words(&[1, 0, 1000, 0, 0, 1000]), vec![0; 22], words(&[2])].concat()),
        (b"hmtx", words(&[1000, 0, 1000, 0])),
        (b"loca", [long(0), long(0), long(glyph.len() as u32)].concat()),
        (b"maxp", [words(&[1, 0, 2, 4, 1]), vec![0; 22]].concat()),
    ];
    let mut file = [words(&[1, 0, 7, 64, 2, 48])].concat();
    let mut at = 12 + 16 * tables.len();
    for (name, data) in &tables {
        file.extend([name.to_vec(), long(0), long(at as u32), long(data.len() as u32)].concat());
        at += data.len().next_multiple_of(4);
    }
    for (_, data) in &tables {
        file.extend(data);
        file.resize(file.len().next_multiple_of(4), 0);
    }
    file
}

/// A PNG of one red pixel.
const RED: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90wS\xde\0\0\0\x0cIDATx\x9cc\xf8\xcf\xc0\0\0\x03\x01\x01\0\xc9\xfe\x92\xef\0\0\0\0IEND\xaeB`\x82";

/// A file of a page of 100 × 100 mm with these objects, over a template that fills its lower half with green.
fn file(objects: &str) -> Vec<u8> {
    let page = |template: &str, objects: &str| {
        format!("<Page>{template}<Content><Layer DrawParam='5'>{objects}</Layer></Content></Page>")
    };
    let green = "<PathObject Boundary='0 50 100 50' Fill='true' Stroke='false'><FillColor Value='0 255 0'/>\
        <AbbreviatedData>M 0 0 L 100 0 L 100 50 L 0 50 C</AbbreviatedData></PathObject>";
    let (behind, page) = (page("", green), page("<Template TemplateID='9'/>", objects));
    made::files(&[
        ("OFD.xml", b"<OFD><DocBody><DocRoot>D/Document.xml</DocRoot></DocBody></OFD>"),
        (
            "D/Document.xml",
            b"<Document><CommonData><PageArea><PhysicalBox>0 0 100 100</PhysicalBox></PageArea><PublicRes>R.xml</PublicRes>\
              <TemplatePage ID='9' BaseLoc='T.xml'/></CommonData><Pages><Page ID='1' BaseLoc='P.xml'/></Pages></Document>",
        ),
        (
            "D/R.xml",
            "<Res BaseLoc='Res'><Fonts><Font ID='1' FontName='宋体'><FontFile>f.ttf</FontFile></Font><Font ID='2' FontName='宋体'/></Fonts>\
             <DrawParams><DrawParam ID='5' LineWidth='4'><StrokeColor Value='0 0 255'/></DrawParam></DrawParams>\
             <MultiMedias><MultiMedia ID='3'><MediaFile>red.png</MediaFile></MultiMedia></MultiMedias></Res>"
                .as_bytes(),
        ),
        ("D/Res/f.ttf", &font()),
        ("D/Res/red.png", RED),
        ("D/T.xml", behind.as_bytes()),
        ("D/P.xml", page.as_bytes()),
    ])
}

/// The page at a pixel a millimetre, and its colours.
fn drawn(objects: &str) -> (PagePicture, impl Fn(usize, usize) -> [u8; 3] + use<>) {
    let request = PageRequest { page: 1, width: Some(100), ..PageRequest::default() };
    let picture = draw_page(&file(objects), &request, &Limits::default()).unwrap();
    assert_eq!((picture.width, picture.height), (100, 100));
    let mut sheets = picture::sheets(&picture.png, &Limits::default(), Colours::All).unwrap();
    let samples = sheets.remove(0).strips.remove(0).data;
    (picture, move |x, y| samples[3 * (y * 100 + x)..][..3].try_into().unwrap())
}

const WHITE: [u8; 3] = [255; 3];
const BLACK: [u8; 3] = [0; 3];
const GREEN: [u8; 3] = [0, 255, 0];

#[test]
fn characters_stand_where_the_object_says() {
    // Of 10 mm on a base line 20 mm down: from 10 to 20 mm.
    let text = |font: u32, rest: &str, text: &str| {
        format!(
            "<TextObject Boundary='30 10 60 10' Font='{font}' Size='10'{rest}><TextCode X='0' Y='10' DeltaX='20'>{text}</TextCode></TextObject>"
        )
    };
    let (picture, at) = drawn(&text(1, "", "甲乙"));
    assert_eq!(picture.undrawn, 1, "乙 is not in the font");
    assert_eq!(
        [at(35, 15), at(28, 15), at(42, 15), at(35, 8), at(35, 22)],
        [BLACK, WHITE, WHITE, WHITE, WHITE]
    );
    // By its glyph's number, and turned by a quarter about its point.
    let glyph = text(1, " CharDirection='90'", "乙").replace(
        "<TextCode",
        "<CGTransform CodePosition='0' CodeCount='1' GlyphCount='1'><Glyphs>1</Glyphs></CGTransform><TextCode",
    );
    let (picture, at) = drawn(&glyph);
    assert_eq!((picture.undrawn, at(35, 25), at(35, 15)), (0, BLACK, WHITE));
    // A font that is not in the file: Latin letters have another, Chinese ones do not.
    let (picture, at) = drawn(&text(2, "", "甲H"));
    assert_eq!(picture.undrawn, 1);
    let inked = (50..60).any(|x| (10..20).any(|y| at(x, y) != WHITE));
    assert!(inked, "the letter is there");
}

#[test]
fn paths_pictures_templates_and_clips() {
    let (_, at) = drawn(
        "<PathObject Boundary='0 0 100 100'><AbbreviatedData>M 0 10 L 100 10</AbbreviatedData></PathObject>\
         <ImageObject ResourceID='3' Boundary='20 60 20 20'/>\
         <ImageObject ResourceID='3' CTM='10 0 0 5 0 0' Boundary='60 60 10 10' Alpha='128'/>\
         <PathObject Boundary='60 20 30 20' Stroke='false' Fill='true'><FillColor Value='0 0 0'/><Clips><Clip><Area>\
         <Path Boundary='0 0 10 20'><AbbreviatedData>M 0 0 L 10 0 L 10 20 L 0 20 C</AbbreviatedData></Path></Area></Clip></Clips>\
         <AbbreviatedData>M 0 0 L 30 0 L 30 20 L 0 20 C</AbbreviatedData></PathObject>\
         <PathObject Visible='false' Boundary='0 0 100 100' Fill='true'><FillColor Value='0 0 0'/>\
         <AbbreviatedData>M 0 0 L 100 0 L 100 100 L 0 100 C</AbbreviatedData></PathObject>",
    );
    assert_eq!([at(50, 10), at(50, 14)], [[0, 0, 255], WHITE], "of the layer's width and colour");
    assert_eq!([at(5, 40), at(5, 70)], [WHITE, GREEN], "the template lies behind");
    assert_eq!([at(30, 70), at(45, 70)], [[255, 0, 0], GREEN]);
    let [red, green, _] = at(65, 62);
    assert!((120..136).contains(&red) && (120..136).contains(&green), "half of it covers");
    assert_eq!(at(65, 68), GREEN);
    assert_eq!([at(65, 30), at(80, 30)], [BLACK, WHITE], "clipped");
}

#[test]
fn what_cannot_be_drawn_is_refused_in_words() {
    let draw = |bytes: &[u8], page: u32| {
        let request = PageRequest { page, ..PageRequest::default() };
        crate::draw_page(bytes, &request, &Limits::default()).unwrap_err()
    };
    let format = Format::Ofd;
    assert_eq!(draw(&file(""), 2), FormatError::NoPage { format, page: 2, pages: 1 });
    assert_eq!(draw(&file(""), 0), FormatError::NoPage { format, page: 0, pages: 1 });
    let nested = "<PageBlock>".repeat(100) + &"</PageBlock>".repeat(100);
    assert!(matches!(draw(&file(&nested), 1), FormatError::TooLarge { .. }));
    let missing = made::files(&[
        ("OFD.xml", b"<OFD><DocBody><DocRoot>D.xml</DocRoot></DocBody></OFD>"),
        ("D.xml", b"<Document><Pages><Page BaseLoc='none.xml'/></Pages></Document>"),
    ]);
    assert!(draw(&missing, 1).to_string().contains("page 1: it is missing"));
}
