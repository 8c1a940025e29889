/** Text that is HTML already. Only {@link html} and {@link raw} make it, so whatever else is put into a page is escaped. */
export class Html {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }
}

/** What may stand in a template: text and numbers (escaped), HTML, lists of these, and nothing (`undefined`, `false`). */
export type Content = string | number | Html | undefined | null | false | readonly Content[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for an element's content and for a quoted attribute alike. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}

function render(content: Content): string {
  if (content === undefined || content === null || content === false) return '';
  if (content instanceof Html) return content.text;
  if (typeof content === 'object') return content.map(render).join('');
  return escapeHtml(String(content));
}

/** The indentation of templates is for their readers: one line break is the same to a browser, and a third of the bytes. */
const literals = new WeakMap<TemplateStringsArray, readonly string[]>();

function literalsOf(strings: TemplateStringsArray): readonly string[] {
  let cached = literals.get(strings);
  if (!cached) literals.set(strings, (cached = strings.map((text) => text.replace(/\n\s*/g, '\n'))));
  return cached;
}

/** A template whose values are escaped unless they are HTML. Attribute values must be quoted in the template. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Html {
  const parts = literalsOf(strings);
  let text = parts[0]!;
  for (const [index, value] of values.entries()) text += render(value) + parts[index + 1]!;
  return new Html(text);
}

/** Takes text as HTML. For the page's own style, script and drawings; never for anything that came from a file. */
export function raw(text: string): Html {
  return new Html(text);
}
