import fc from 'fast-check';
import { XMLParser } from 'fast-xml-parser';
import { writeCamt053 } from '../../activities/bank/iso20022/camt053';
import { writePain001 } from '../../activities/bank/iso20022/pain001';
import type { XmlNode } from '../../activities/bank/iso20022/xml-scanner';
import { scanXml } from '../../activities/bank/iso20022/xml-scanner';
import { plainDate } from '../../domain/plain-date';
import { sampleBatch, samplePayment } from '../support/bank-samples';

/** The same document through a parser that we did not write, in our shape. */
function otherParser(xml: string): XmlNode {
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    ignoreDeclaration: true,
    parseTagValue: false,
    parseAttributeValue: false,
    processEntities: false,
  });
  return toNode((parser.parse(xml) as Record<string, unknown>[])[0]!);
}

function toNode(raw: Record<string, unknown>): XmlNode {
  const name = Object.keys(raw).find((key) => key !== ':@')!;
  const content = raw[name] as Record<string, unknown>[];
  const attributes = raw[':@'] as Record<string, string> | undefined;
  return {
    name: name.replace(/^.*:/, ''),
    attributes: attributes && { ...attributes },
    text: content.map((part) => (part['#text'] as string | undefined) ?? '').join(''),
    children: content.filter((part) => part['#text'] === undefined).map(toNode),
  };
}

function plain(node: XmlNode): XmlNode {
  return { ...node, attributes: node.attributes && { ...node.attributes }, children: node.children.map(plain) };
}

describe('the scanner sees what another parser sees', () => {
  it('in our own messages', () => {
    const batch = sampleBatch([samplePayment(), { ...samplePayment({ attempt: 2 }), creditorName: '甲 & <乙> "丙"' }]);
    const date = plainDate('2026-04-21');
    const statement = { account: '1', date, openingFen: 0n, closingFen: 0n, entries: [] };
    for (const xml of [writePain001(batch), writeCamt053('A', { date, time: '10:00' }, statement)])
      expect(plain(scanXml(xml))).toEqual(otherParser(xml));
  });

  const name = fc.constantFrom('Document', 'Ntry', 'Amt', 'Nm', 'A', 'x9');
  const text = fc.constantFrom('', '1.00', '某某药店', 'a b', 'a\nb', 'A &amp; B', '&#x4e00;', '.');
  const space = fc.constantFrom('', ' ', '\n', '\r\n\t');
  const attributes = fc.constantFrom('', ' Ccy="CNY"', " Ccy='CNY'", ' a="1>2"\n b="\'"', ' xmlns="urn:iso:std"');
  const { element } = fc.letrec<{ element: string; content: string }>((tie) => ({
    element: fc
      .tuple(name, attributes, space, tie('content'))
      .map(([tag, more, blank, content]) =>
        content === '' ? `<${tag}${more}${blank}/>` : `<${tag}${more}${blank}>${content}</${tag}${blank}>`,
      ),
    content: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      text,
      fc
        .tuple(space, fc.array(fc.tuple(tie('element'), space), { minLength: 1, maxLength: 3 }))
        .map(([before, parts]) => before + parts.flat().join('')),
    ),
  }));

  it('in any document of elements, attributes and text', () => {
    fc.assert(
      fc.property(element, (xml) => {
        expect(plain(scanXml(`<?xml version="1.0"?>\n${xml}\n`))).toEqual(otherParser(xml));
      }),
      { numRuns: 200 },
    );
  });

  it('and refuses such a document wherever it is cut', () => {
    fc.assert(
      fc.property(element, fc.nat(), (xml, at) => {
        expect(() => scanXml(xml.slice(0, at % xml.length))).toThrow();
      }),
      { numRuns: 200 },
    );
  });
});

describe('what is no document of elements and text is refused', () => {
  it.each([
    ['nothing', '', /no element/],
    ['an end that was not begun', '</a>', /nothing is open/],
    ['another end', '<a><b></a></b>', /the end of a, where b is open/],
    ['no end', '<a><b></b>', /a is not closed/],
    ['two documents', '<a/><b/>', /second element/],
    ['text before', 'x<a/>', /outside/],
    ['text after', '<a/>x', /outside/],
    ['text beside elements', '<a>x<b/></a>', /side by side/],
    ['text after elements', '<a><b/>x</a>', /side by side/],
    ['an attribute without quotes', '<a b=1/>', /no end/],
    ['an attribute twice', '<a b="1" b="2"/>', /twice/],
    ['a tag in a tag', '<a <b/>', /no end/],
    ['a comment', '<a><!-- x --></a>', /neither/],
    ['a processing instruction', '<a><?x?></a>', /neither/],
    ['a control character', '<a>\u0001</a>', /does not have/],
    ['half a tag', '<a', /no end/],
    ['depth without end', '<a>'.repeat(65), /64 levels/],
  ])('%s', (_, xml, what) => {
    expect(() => scanXml(xml)).toThrow(what);
  });

  it('and the place is named', () => {
    expect(() => scanXml('<a>\n  <b></c>\n</a>')).toThrow(/^line 2 column 6: /);
  });
});
