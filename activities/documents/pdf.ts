// eslint-disable-next-line @typescript-eslint/no-require-imports -- the module is an instance, which no other form imports
import pdfMake = require('pdfmake');
import type { Content, TableCell, TDocumentDefinitions } from 'pdfmake/interfaces';
import type { DocumentChart, DocumentModel, DocumentTable } from '../../domain/documents/model';
import { formatYuan } from '../../domain/money';
import { FONT_FILES, requireGlyphs } from './fonts';

const FONT = 'NotoSansSC';
const INK = '#1f2933';
const FAINT = '#5f6b7a';
const LINE = '#c5ccd6';
const ACCENT = '#1f5fa8';
const MARGIN = 48;
const BAR_WIDTH = 260;
const BAR_HEIGHT = 11;
const WIDE_COLUMNS = 7;
/** Two characters, as Chinese paragraphs begin. */
const INDENT = 19;

pdfMake.setFonts({
  [FONT]: {
    normal: FONT_FILES.normal,
    bold: FONT_FILES.bold,
    italics: FONT_FILES.normal,
    bolditalics: FONT_FILES.bold,
  },
});
// Documents hold texts of the agency only; nothing in them may make the writer fetch or read anything but the fonts.
pdfMake.setUrlAccessPolicy(() => false);
pdfMake.setLocalAccessPolicy((path) => Object.values<string>(FONT_FILES).includes(path));

/**
 * Draws a document as PDF. Same number and model, same bytes.
 *
 * @throws Refusal `GlyphMissing`
 */
export async function renderPdf(number: string, model: DocumentModel): Promise<Buffer> {
  requireGlyphs(number, model);
  return pdfMake.createPdf(definitionOf(number, model)).getBuffer();
}

function definitionOf(number: string, model: DocumentModel): TDocumentDefinitions {
  const wide = model.tables.some(({ columns }) => columns.length > WIDE_COLUMNS);
  return {
    info: {
      title: `${model.title} ${number}`,
      author: model.issuer,
      // The day of the document, not the moment of drawing.
      creationDate: new Date(`${model.date}T00:00:00Z`),
      modDate: new Date(`${model.date}T00:00:00Z`),
    },
    pageSize: 'A4',
    pageOrientation: wide ? 'landscape' : 'portrait',
    pageMargins: [MARGIN, MARGIN, MARGIN, MARGIN],
    defaultStyle: { font: FONT, fontSize: 9.5, lineHeight: 1.25, color: INK },
    footer: (page: number, pages: number): Content => ({
      margin: [MARGIN, 8, MARGIN, 0],
      columns: [
        { text: number, fontSize: 8, color: FAINT },
        { text: `${page} / ${pages}`, fontSize: 8, color: FAINT, alignment: 'right' },
      ],
    }),
    content: [
      { text: model.title, fontSize: 18, bold: true, alignment: 'center' },
      { text: `编号：${number}`, alignment: 'center', color: FAINT, margin: [0, 4, 0, 14] },
      ...(model.addressee === undefined ? [] : [{ text: `${model.addressee}：`, bold: true, margin: margins(0, 8) }]),
      ...(model.facts.length === 0 ? [] : [factsOf(model.facts)]),
      ...model.paragraphs.map((text): Content => ({
        text: withGroups(text),
        leadingIndent: INDENT,
        margin: margins(0, 6),
      })),
      ...model.tables.map(tableOf),
      ...model.charts.map(chartOf),
      ...(model.basis.length === 0
        ? []
        : [{ text: `依据：${model.basis.join('；')}`, color: FAINT, fontSize: 8.5, margin: margins(10, 6) }]),
      signaturesOf(model),
    ],
  };
}

/** Amounts in groups of three, as they are read on paper: whatever has two decimals is money. */
export function withGroups(text: string): string {
  return text.replace(/(?<![\d.])\d{4,}(?=\.\d{2}(?!\d))/g, (digits) => digits.replace(/\B(?=(?:\d{3})+$)/g, ','));
}

function margins(top: number, bottom: number): [number, number, number, number] {
  return [0, top, 0, bottom];
}

function factsOf(facts: DocumentModel['facts']): Content {
  return {
    layout: 'noBorders',
    margin: margins(0, 8),
    table: {
      widths: ['auto', '*'],
      body: facts.map(([label, value]) => [{ text: label, color: FAINT }, { text: withGroups(value) }]),
    },
  };
}

function tableOf({ title, columns, rows, totals }: DocumentTable): Content {
  const shares = columns.map(({ width = 1 }) => width);
  const whole = shares.reduce((sum, share) => sum + share, 0);
  const row = (cells: readonly string[], bold: boolean): Content[] =>
    cells.map((text, index) => ({
      text: withGroups(text),
      bold,
      fontSize: 8.5,
      alignment: columns[index]?.align ?? 'left',
    }));
  const heading: TableCell[] = [
    { text: title, bold: true, colSpan: columns.length, margin: margins(0, 1) },
    ...columns.slice(1).map(() => ''),
  ];
  return {
    margin: margins(6, 8),
    table: {
      // The title stands with the heads of columns, on every page of the table and never alone at the foot of one.
      headerRows: 2,
      keepWithHeaderRows: 1,
      dontBreakRows: true,
      // The padding of each cell takes its part of the width.
      widths: shares.map((share) => `${(share / whole) * 100}%`),
      body: [
        heading,
        row(
          columns.map(({ label }) => label),
          true,
        ),
        ...rows.map((cells) => row(cells, false)),
        ...(totals ? [row(totals, true)] : []),
      ],
    },
    layout: {
      hLineWidth: (line: number) => (line === 0 ? 0 : 0.5),
      vLineWidth: () => 0,
      hLineColor: () => LINE,
      fillColor: (index: number) => (index === 1 ? '#eef2f7' : null),
      paddingLeft: () => 3,
      paddingRight: () => 3,
    },
  };
}

function chartOf({ title, bars }: DocumentChart): Content {
  const amounts = bars.map(({ amountFen }) => BigInt(amountFen));
  const most = amounts.reduce((left, right) => (left > right ? left : right), 1n);
  return {
    margin: margins(6, 8),
    unbreakable: true,
    stack: [
      { text: title, bold: true, margin: margins(0, 4) },
      ...bars.map(({ label }, index): Content => ({
        columnGap: 6,
        columns: [
          { text: label, width: 90, fontSize: 8.5 },
          {
            width: BAR_WIDTH,
            canvas: [
              {
                type: 'rect',
                x: 0,
                y: 1,
                // A width on paper: whole parts of a thousand are finer than a printer draws.
                w: (BAR_WIDTH * Number((amounts[index]! * 1000n) / most)) / 1000,
                h: BAR_HEIGHT - 3,
                color: ACCENT,
              },
            ],
          },
          { text: withGroups(formatYuan(amounts[index]!)), width: '*', fontSize: 8.5, alignment: 'right' },
        ],
      })),
    ],
  };
}

function signaturesOf({ issuer, date, signatures }: DocumentModel): Content {
  return {
    unbreakable: true,
    margin: margins(18, 0),
    stack: [
      ...signatures.map((text): Content => ({ text: `${text}：______________`, margin: margins(0, 8) })),
      { text: issuer, alignment: 'right' },
      { text: date, alignment: 'right' },
    ],
  };
}
