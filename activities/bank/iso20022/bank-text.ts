import { Limits } from './values';

/**
 * Names and texts as Chinese banks take them. Their core systems keep GBK (two bytes a character); rarer characters of
 * GB18030 and emoji arrive there as rubbish, so they are replaced where it can be seen: by `？`. A bank that compares
 * names then rejects that one payment, and an operator corrects it; the other payments of the batch go through.
 */
const REPLACEMENT = '？';

/** Most names: no blanks, and only characters that GBK took over whole from the first version of Unicode. */
const PLAIN = /^[!-~\u4e00-\u9fa5（）]*$/;

let gbkCharacters: Set<string> | undefined;

/** Every two-byte character of GBK, found by decoding all of them once (24,000, some milliseconds). */
function gbk(): Set<string> {
  if (gbkCharacters) return gbkCharacters;
  const decoder = new TextDecoder('gbk');
  gbkCharacters = new Set<string>();
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    const row: number[] = [];
    for (let trail = 0x40; trail <= 0xfe; trail++) if (trail !== 0x7f) row.push(lead, trail);
    for (const character of decoder.decode(Uint8Array.from(row))) {
      const codePoint = character.codePointAt(0)!;
      const privateUse = codePoint >= 0xe000 && codePoint <= 0xf8ff;
      if (codePoint > 0x7f && codePoint !== 0xfffd && !privateUse) gbkCharacters.add(character);
    }
  }
  return gbkCharacters;
}

export function isGbkSafe(text: string): boolean {
  for (const character of text) if (!isPlainAscii(character) && !gbk().has(character)) return false;
  return true;
}

function isPlainAscii(character: string): boolean {
  return character >= ' ' && character <= '~';
}

/** Composed, blanks and control characters run together to one blank, characters outside GBK replaced, cut to length. */
export function bankText(text: string, maxLength: number = Limits.name): string {
  if (text.length <= maxLength && PLAIN.test(text)) return text;
  const tidy = text
    .normalize('NFC')
    .replace(/[\s\u0000-\u001f\u007f-\u009f\ufeff]+/g, ' ')
    .trim();
  let result = '';
  let length = 0;
  for (const character of tidy) {
    if (length === maxLength) break;
    result += isPlainAscii(character) || gbk().has(character) ? character : REPLACEMENT;
    length += 1;
  }
  return result.trimEnd();
}
