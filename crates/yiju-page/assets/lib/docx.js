// An answer or a conversation as a Word document with footnotes (ECMA-376, the transitional parts that Word needs).

import { citation, link } from "./cite.js";
import { words } from "./store.js";
import { zip } from "./zip.js";

const TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
const PACKAGE = "http://schemas.openxmlformats.org/package/2006";

/** Text as XML; characters that XML 1.0 cannot hold are left out. */
export function xml(/** @type {string} */ text) {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;");
}

const run = (/** @type {string} */ text, properties = "") =>
  `<w:r>${properties && `<w:rPr>${properties}</w:rPr>`}<w:t xml:space="preserve">${xml(text)}</w:t></w:r>`;
const paragraph = (/** @type {string} */ inner, style = "") =>
  `<w:p>${style && `<w:pPr><w:pStyle w:val="${style}"/></w:pPr>`}${inner}</w:p>`;
const reference = (/** @type {number} */ id) =>
  `<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteReference w:id="${id}"/></w:r>`;

/** @param {import("./talk.js").Turn[]} turns @returns {Promise<Blob>} */
export async function docx(turns) {
  const w = words();
  const body = [];
  const notes = [];
  const links = [];
  let used = 0;
  for (const turn of turns) {
    body.push(paragraph(run(turn.question), "Heading1"));
    if (!turn.answer?.answered) {
      body.push(paragraph(run(w.ask.refused)));
      continue;
    }
    /** @type {Map<number, any>} */
    const known = new Map(turn.citations.map((one) => [one.marker, one]));
    for (const line of turn.answer.answer.split("\n")) {
      const parts = [];
      for (const [index, part] of line.split(/(\[\d{1,2}\])/).entries()) {
        const one = index % 2 ? known.get(Number(part.slice(1, -1))) : null;
        if (!one) {
          if (part) parts.push(run(part));
          continue;
        }
        // Each marker is a footnote of its own: Word numbers them in the order of the text.
        used += 1;
        parts.push(reference(used));
        links.push(link(one));
        notes.push(
          footnote(used, `${await citation(one)}：“${one.quote.replace(/\s+/g, " ")}”`, `l${links.length}`, link(one)),
        );
      }
      body.push(paragraph(parts.join("")));
    }
  }
  body.push(
    paragraph(
      run(`${w.exported} ${new Date().toISOString().slice(0, 10)}`, '<w:color w:val="777777"/><w:sz w:val="18"/>'),
    ),
  );
  const relation = (
    /** @type {string} */ id,
    /** @type {string} */ kind,
    /** @type {string} */ target,
    outside = false,
  ) =>
    `<Relationship Id="${id}" Type="${R}/${kind}" Target="${xml(target)}"${outside ? ' TargetMode="External"' : ""}/>`;
  const relations = (/** @type {string[]} */ inner) =>
    `${HEAD}<Relationships xmlns="${PACKAGE}/relationships">${inner.join("")}</Relationships>`;
  const part = (/** @type {string} */ name, /** @type {string} */ kind) =>
    `<Override PartName="/word/${name}.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.${kind}+xml"/>`;
  return zip(
    [
      [
        "[Content_Types].xml",
        `${HEAD}<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>${part("document", "document.main")}${part("styles", "styles")}${part("footnotes", "footnotes")}</Types>`,
      ],
      ["_rels/.rels", relations([relation("r1", "officeDocument", "word/document.xml")])],
      [
        "word/document.xml",
        `${HEAD}<w:document xmlns:w="${W}"><w:body>${body.join("")}<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1440" w:right="1418" w:bottom="1440" w:left="1418" w:header="709" w:footer="709" w:gutter="0"/></w:sectPr></w:body></w:document>`,
      ],
      [
        "word/_rels/document.xml.rels",
        relations([relation("r1", "styles", "styles.xml"), relation("r2", "footnotes", "footnotes.xml")]),
      ],
      [
        "word/footnotes.xml",
        `${HEAD}<w:footnotes xmlns:w="${W}" xmlns:r="${R}"><w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote><w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>${notes.join("")}</w:footnotes>`,
      ],
      [
        "word/_rels/footnotes.xml.rels",
        relations(links.map((target, index) => relation(`l${index + 1}`, "hyperlink", target, true))),
      ],
      ["word/styles.xml", styles()],
    ],
    TYPE,
  );
}

/** @param {number} id @param {string} text @param {string} relation @param {string} target */
function footnote(id, text, relation, target) {
  const mark = '<w:r><w:rPr><w:rStyle w:val="FootnoteReference"/></w:rPr><w:footnoteRef/></w:r>';
  const source = `<w:hyperlink r:id="${relation}">${run(target, '<w:color w:val="A33A2A"/>')}</w:hyperlink>`;
  return `<w:footnote w:id="${id}">${paragraph(`${mark}${run(` ${text} `)}${source}`, "FootnoteText")}</w:footnote>`;
}

function styles() {
  const fonts = '<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="SimSun"/>';
  const style = (
    /** @type {string} */ id,
    /** @type {string} */ name,
    /** @type {string} */ inner,
    type = "paragraph",
  ) => `<w:style w:type="${type}" w:styleId="${id}"><w:name w:val="${name}"/>${inner}</w:style>`;
  return `${HEAD}<w:styles xmlns:w="${W}"><w:docDefaults><w:rPrDefault><w:rPr>${fonts}<w:sz w:val="24"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="400" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults>${style("Normal", "Normal", "")}${style("Heading1", "heading 1", '<w:basedOn w:val="Normal"/><w:pPr><w:keepNext/><w:spacing w:before="240"/><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:sz w:val="30"/></w:rPr>')}${style("FootnoteText", "footnote text", '<w:basedOn w:val="Normal"/><w:pPr><w:spacing w:after="0" w:line="280" w:lineRule="auto"/></w:pPr><w:rPr><w:sz w:val="18"/></w:rPr>')}${style("FootnoteReference", "footnote reference", '<w:rPr><w:vertAlign w:val="superscript"/></w:rPr>', "character")}</w:styles>`;
}
