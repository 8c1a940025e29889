import { WorkbookFault } from './zip';

/** What a scanner tells; names come without their namespace's prefix, `attributes` is the rest of the tag as written. */
export interface XmlHandlers {
  open(name: string, attributes: string): void;
  close(name: string): void;
  /** Text between tags, references resolved; may come in several parts. */
  text?(text: string): void;
}

export interface XmlScanner {
  /** @throws WorkbookFault where the text is not well-formed */
  push(text: string): void;
  end(): void;
}

/** A tag or text that does not end within this is no tag of a workbook: a cell has at most 32,767 characters. */
const MAX_TOKEN_CHARACTERS = 512 * 1024;
const MAX_DEPTH = 64;
const SLASH = 47;
const GREATER = 62;
const DOUBLE_QUOTE = 34;
const SINGLE_QUOTE = 39;

/** XML of a workbook's parts, in chunks with constant memory. Document types are refused, so nothing expands. */
export function createXmlScanner(part: string, handlers: XmlHandlers): XmlScanner {
  let rest = '';
  let rootSeen = false;
  const inside: string[] = [];

  function fault(message: string): WorkbookFault {
    return new WorkbookFault('xlsx-damaged', `${part} is not right: ${message}`);
  }

  function push(text: string): void {
    rest = rest === '' ? text : rest + text;
    let at = 0;
    while (at < rest.length) {
      const next = rest.charCodeAt(at) === 60 ? markupAt(at) : textAt(at);
      if (next === undefined) break;
      at = next;
    }
    rest = rest.slice(at);
    if (rest.length > MAX_TOKEN_CHARACTERS) throw fault('a tag or a text does not end');
  }

  function textAt(at: number): number | undefined {
    const end = rest.indexOf('<', at);
    if (end < 0) return undefined;
    handlers.text?.(decodeReferences(rest.slice(at, end)));
    return end;
  }

  function markupAt(at: number): number | undefined {
    const second = rest[at + 1];
    if (second === '!') return declarationAt(at);
    const end = second === '?' ? rest.indexOf('>', at) : tagEnd(at);
    if (end < 0) return undefined;
    if (second !== '?') tag(at + 1, end);
    return end + 1;
  }

  /** Within quotes a `>` is text (XML 1.0, 2.4 and 3.1): number formats have conditions such as `[>=100]`. */
  function tagEnd(from: number): number {
    let quote = 0;
    for (let at = from; at < rest.length; at += 1) {
      const code = rest.charCodeAt(at);
      if (quote !== 0) quote = code === quote ? 0 : quote;
      else if (code === GREATER) return at;
      else if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) quote = code;
    }
    return -1;
  }

  function declarationAt(at: number): number | undefined {
    if (rest.length < at + 9) return undefined;
    const isText = rest.startsWith('<![CDATA[', at);
    if (!isText && !rest.startsWith('<!--', at)) throw fault('it has a document type');
    const end = rest.indexOf(isText ? ']]>' : '-->', at + (isText ? 9 : 4));
    if (end < 0) return undefined;
    if (isText) handlers.text?.(rest.slice(at + 9, end));
    return end + 3;
  }

  function tag(start: number, end: number): void {
    if (rest.charCodeAt(start) === SLASH) return close(localName(rest.slice(start + 1, end).trim()));
    const empty = rest.charCodeAt(end - 1) === SLASH;
    const whole = rest.slice(start, empty ? end - 1 : end);
    const blank = whole.search(/\s/);
    const name = localName(blank < 0 ? whole : whole.slice(0, blank));
    if (inside.length === 0 && rootSeen) throw fault('something follows its end');
    if (inside.length >= MAX_DEPTH) throw fault('its elements are nested too deep');
    rootSeen = true;
    inside.push(name);
    handlers.open(name, blank < 0 ? '' : whole.slice(blank));
    if (empty) close(name);
  }

  function close(name: string): void {
    if (inside.pop() !== name) throw fault(`the element ${name.slice(0, 40)} ends where it is not open`);
    handlers.close(name);
  }

  return {
    push,
    end() {
      if (!rootSeen || inside.length > 0 || rest.trim() !== '') throw fault('it ends too early');
    },
  };
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const LAST_CODE_POINT = 0x10ffff;

function decodeReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(\w+));/gi,
    (whole, hex?: string, decimal?: string, name?: string) => {
      if (name !== undefined) return NAMED[name] ?? whole;
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= LAST_CODE_POINT ? String.fromCodePoint(code) : whole;
    },
  );
}

const patterns = new Map<string, RegExp>();

/** An attribute's value by its local name; undefined where the tag has none. */
export function attribute(attributes: string, name: string): string | undefined {
  let pattern = patterns.get(name);
  if (pattern === undefined)
    patterns.set(name, (pattern = new RegExp(`\\s(?:\\w+:)?${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`)));
  const found = pattern.exec(attributes);
  const value = found?.[1] ?? found?.[2];
  return value === undefined ? undefined : decodeReferences(value);
}
