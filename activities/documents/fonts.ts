import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as fontkit from 'fontkit';
import { textsOf, type DocumentModel } from '../../domain/documents/model';
import { Refusal } from '../../domain/refusal';

/** Noto Sans SC from its package, so that a document has the same bytes on every machine. */
const DIRECTORY = dirname(require.resolve('@expo-google-fonts/noto-sans-sc/package.json'));
export const FONT_FILES = {
  normal: join(DIRECTORY, '400Regular', 'NotoSansSC_400Regular.ttf'),
  bold: join(DIRECTORY, '700Bold', 'NotoSansSC_700Bold.ttf'),
} as const;

let known: fontkit.Font | undefined;

function font(): fontkit.Font {
  if (!known) {
    const opened = fontkit.create(readFileSync(FONT_FILES.normal));
    if ('fonts' in opened) throw new TypeError(`${FONT_FILES.normal} is a collection, not a font`);
    known = opened;
  }
  return known;
}

/**
 * Makes sure that every character of a document can be drawn: a font without it would leave a gap that nobody sees.
 *
 * @throws Refusal `GlyphMissing` that names the character and the text it stands in
 */
export function requireGlyphs(number: string, model: DocumentModel): void {
  for (const text of textsOf(model))
    for (const character of text) {
      const point = character.codePointAt(0)!;
      if (font().hasGlyphForCodePoint(point)) continue;
      const code = `U+${point.toString(16).toUpperCase().padStart(4, '0')}`;
      throw new Refusal(
        'GlyphMissing',
        `${number} cannot be drawn: the font has no ${code} (${character}) in "${text}"`,
        {
          number,
          character,
          text,
        },
      );
    }
}
