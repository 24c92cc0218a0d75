//! PDF files of pages that come from other formats, so that one interpreter and its limits draw and read them all.

/// A file that is written.
#[derive(Default)]
pub(crate) struct Written {
    /// The objects after the first two, which are the catalog and the list of pages.
    objects: Vec<Vec<u8>>,
    /// The numbers of the pages.
    pages: Vec<usize>,
}

/// What is drawn on a page, and how the page is seen.
#[derive(Default)]
pub(crate) struct Sheet<'a> {
    /// Width in points.
    pub(crate) width: f64,
    /// Height in points.
    pub(crate) height: f64,
    /// Degrees by which it is turned clockwise to be seen.
    pub(crate) turned: u16,
    /// The entries of its dictionary of resources.
    pub(crate) resources: &'a str,
    /// Its content stream.
    pub(crate) content: &'a [u8],
}

impl Written {
    /// Adds a stream with these entries of its dictionary, the length apart; gives its number.
    pub(crate) fn stream(&mut self, entries: &str, data: &[u8]) -> usize {
        let mut object = format!("<<{entries}/Length {}>>\nstream\n", data.len()).into_bytes();
        object.extend_from_slice(data);
        object.extend_from_slice(b"\nendstream");
        self.object(object)
    }

    /// Adds a page.
    pub(crate) fn page(&mut self, sheet: &Sheet<'_>) {
        let Sheet { width, height, turned, resources, content } = sheet;
        let stream = self.stream("", content);
        let page = self.object(
            format!(
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width} {height}]/Rotate {turned}/Contents {stream} 0 R\
                 /Resources<<{resources}>>>>"
            )
            .into_bytes(),
        );
        self.pages.push(page);
    }

    fn object(&mut self, object: Vec<u8>) -> usize {
        self.objects.push(object);
        self.objects.len() + 2
    }

    /// The file, with the table of the places of its objects.
    pub(crate) fn file(self) -> Vec<u8> {
        let kids: String = self.pages.iter().map(|page| format!("{page} 0 R ")).collect();
        let first = [
            b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
            format!("<</Type/Pages/Count {}/Kids[{kids}]>>", self.pages.len()).into_bytes(),
        ];
        let mut out = b"%PDF-1.7\n".to_vec();
        let count = self.objects.len() + 3;
        let mut table = format!("xref\n0 {count}\n0000000000 65535 f \n");
        for (index, object) in first.into_iter().chain(self.objects).enumerate() {
            table.push_str(&format!("{:010} 00000 n \n", out.len()));
            out.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
            out.extend_from_slice(&object);
            out.extend_from_slice(b"\nendobj\n");
        }
        let start = out.len();
        let end = format!("{table}trailer<</Size {count}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF");
        out.extend_from_slice(end.as_bytes());
        out
    }
}
