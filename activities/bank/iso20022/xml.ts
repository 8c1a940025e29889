import { Refusal } from '../../../domain/refusal';
import type { XmlNode } from './xml-scanner';
import { scanXml, XmlSyntaxError } from './xml-scanner';

/**
 * Reading and writing of ISO 20022 messages: UTF-8 only, every value a string. What is missing, doubled or too long is
 * refused with the path of the element; elements that the engine has no use for are passed over, since every bank fills
 * in others.
 */
const NAMESPACE = 'urn:iso:std:iso:20022:tech:xsd:';

/** 10,000 entries take about 12 MB; what is larger is no message of this engine's banks. */
const MAX_DOCUMENT_BYTES = 128 * 1024 * 1024;

/** An element of a message that is being read; `path` is what a refusal names, e.g. `Stmt/Ntry[3]/Amt`. */
export interface Element {
  readonly message: string;
  readonly path: string;
  readonly node: XmlNode;
}

export function invalid(message: string, path: string, why: string): Refusal {
  return new Refusal('BankMessageInvalid', `${message}: ${path}: ${why}`, {
    rule: `ISO 20022 ${message}`,
    element: path,
  });
}

/**
 * Opens a message and gives the one element below `Document`.
 *
 * @param messageType e.g. `pain.001.001.09`; a document of another type or version is refused.
 * @throws Refusal `BankMessageInvalid`
 */
export function readDocument(source: string | Uint8Array, messageType: string, rootName: string): Element {
  const document = scan(decode(source, messageType), messageType);
  if (document.name !== 'Document' || namespaceOf(document) !== NAMESPACE + messageType)
    throw invalid(messageType, 'Document', `expected a Document of the name space ${NAMESPACE}${messageType}`);
  return child({ message: messageType, path: '', node: document }, rootName);
}

function scan(text: string, messageType: string): XmlNode {
  try {
    return scanXml(text);
  } catch (error) {
    if (error instanceof XmlSyntaxError) throw invalid(messageType, 'Document', `not well-formed, ${error.message}`);
    throw error;
  }
}

/** Some banks write `<ns2:Document xmlns:ns2="…">`; a message has one name space of its own either way. */
function namespaceOf(document: XmlNode): string | undefined {
  const declared = Object.entries(document.attributes ?? {}).filter(([name]) => /^xmlns(:|$)/.test(name));
  return declared.map(([, uri]) => uri).find((uri) => uri.startsWith(NAMESPACE));
}

function decode(source: string | Uint8Array, messageType: string): string {
  if (source.length > MAX_DOCUMENT_BYTES) throw invalid(messageType, 'Document', 'larger than 128 MiB');
  let text: string;
  try {
    text =
      typeof source === 'string'
        ? source.replace(/^\uFEFF/, '')
        : new TextDecoder('utf-8', { fatal: true }).decode(source);
  } catch {
    throw invalid(messageType, 'Document', 'the bytes are not UTF-8');
  }
  const declared = /^<\?xml[^>]*?\bencoding\s*=\s*["']([^"']*)["']/.exec(text)?.[1];
  if (declared !== undefined && !/^utf-?8$/i.test(declared))
    throw invalid(messageType, 'Document', `declared as ${declared}; only UTF-8 is read`);
  return text;
}

/** The elements of that name, none included. */
export function children(element: Element, name: string): Element[] {
  const { message } = element;
  const path = element.path === '' ? name : `${element.path}/${name}`;
  const found = element.node.children.filter((node) => node.name === name);
  if (found.length === 1) return [{ message, path, node: found[0]! }];
  return found.map((node, index) => ({ message, path: `${path}[${index + 1}]`, node }));
}

/** The one element of that name, or undefined; two are refused. */
export function optional(element: Element, name: string): Element | undefined {
  const found = children(element, name);
  if (found.length > 1) throw invalid(element.message, found[1]!.path, 'stands more than once');
  return found[0];
}

export function child(element: Element, name: string): Element {
  const found = optional(element, name);
  if (!found) throw invalid(element.message, element.path === '' ? name : `${element.path}/${name}`, 'is missing');
  return found;
}

/** Follows single elements down, `descend(entry, 'NtryDtls', 'TxDtls')`; undefined where one is missing. */
export function descend(element: Element, ...names: string[]): Element | undefined {
  let current: Element | undefined = element;
  for (const name of names) current = current && optional(current, name);
  return current;
}

/** The text of an element, its entities resolved; refused when empty, too long, or not text. */
export function text(element: Element, maxLength: number): string {
  const { text: raw, children: nodes } = element.node;
  if (nodes.length > 0 || raw === '') throw invalid(element.message, element.path, 'must be text');
  const resolved = raw.includes('&') ? resolveEntities(raw, element) : raw;
  if (resolved.length > maxLength && [...resolved].length > maxLength)
    throw invalid(element.message, element.path, `longer than ${maxLength} characters`);
  return resolved;
}

export function childText(element: Element, name: string, maxLength: number): string {
  return text(child(element, name), maxLength);
}

export function optionalText(element: Element, name: string, maxLength: number): string | undefined {
  const found = optional(element, name);
  return found && text(found, maxLength);
}

export function attribute(element: Element, name: string): string | undefined {
  return element.node.attributes?.[name];
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function resolveEntities(raw: string, element: Element): string {
  return raw.replace(/&([^;&]{0,10};?)/g, (whole, body: string) => {
    const name = body.endsWith(';') ? body.slice(0, -1) : '';
    const known = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
    if (known !== undefined) return known;
    const match = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name);
    const codePoint = match ? parseInt(match[1] ?? match[2]!, match[1] ? 16 : 10) : 0;
    if (!isXmlCharacter(codePoint)) throw invalid(element.message, element.path, `unknown entity ${whole}`);
    return String.fromCodePoint(codePoint);
  });
}

function isXmlCharacter(codePoint: number): boolean {
  if (codePoint < 0x20) return codePoint === 0x9 || codePoint === 0xa || codePoint === 0xd;
  return (
    (codePoint <= 0xd7ff || codePoint >= 0xe000) &&
    codePoint <= 0x10ffff &&
    codePoint !== 0xfffe &&
    codePoint !== 0xffff
  );
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

export function escapeXml(value: string): string {
  return /[&<>"']/.test(value) ? value.replace(/[&<>"']/g, (character) => ESCAPES[character]!) : value;
}

/** `<Nm>text</Nm>`, or nothing for undefined. Written by hand: a tree of 10,000 payments would take ten times as long. */
export function tag(name: string, value: string | undefined): string {
  return value === undefined ? '' : `<${name}>${escapeXml(value)}</${name}>`;
}

export function documentOf(messageType: string, content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="${NAMESPACE}${messageType}">${content}</Document>\n`;
}
