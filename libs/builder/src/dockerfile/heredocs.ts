/** What `<<NAME` says. */
export interface HeredocWord {
  name: string;
  /** `<<-`: tabs before its rows and its end are taken off. */
  chomp: boolean;
  /** A quote in the word: variables in the content stay as they are. */
  quoted: boolean;
}

/** `<<EOF … EOF` of RUN, COPY and ADD, with its content as it was written. */
export interface Heredoc extends HeredocWord {
  content: string;
}

/** What the instruction gets of it. */
export const heredocText = ({ chomp, content }: Heredoc): string => (chomp ? content.replaceAll(/^\t+/gm, '') : content);

/** Of an instruction's text, in their order; Dockerfile reference, "Here-documents". */
export const heredocsOf = (text: string): HeredocWord[] => rawWords(text).flatMap((word) => heredocWord(word) ?? []);

/** `<<EOF`, `3<<-"E F"`, `<< EOF`: undefined for every other word. */
export function heredocWord(word: string): HeredocWord | undefined {
  const [, chomp, rest = ''] = /^\d*<<(-?)\s*([^<]*)$/.exec(word) ?? [];
  const parts = rawWords(rest);
  if (parts.length !== 1) return undefined;
  let name = '';
  let quote = '';
  for (let i = 0; i < rest.length; i++) {
    const c = rest[i]!;
    if (quote === '' && (c === '"' || c === "'")) quote = c;
    else if (c === quote) quote = '';
    else if (c === '\\' && quote !== "'") name += rest[++i] ?? '';
    else name += c;
  }
  name = quote === '' ? name.trim() : '';
  return name === '' ? undefined : { name, chomp: chomp === '-', quoted: /["']/.test(rest) };
}

/**
 * Words as a shell splits them, quotes and escapes left in place; blanks after `<<` belong to its word. None at all when a quote is not
 * closed: such a line has no here-documents.
 */
function rawWords(text: string): string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!;
    if (quote === '' && /\s/.test(c)) {
      if (word !== '') words.push(word);
      word = '';
      continue;
    }
    word += c;
    if (c === '\\' && quote !== "'") word += text[++i] ?? '';
    else if (quote === '' && (c === '"' || c === "'")) quote = c;
    else if (c === quote) quote = '';
    else if (quote === '' && c === '<' && text[i + 1] === '<') {
      word += text[++i];
      if (text[i + 1] === '-') word += text[++i];
      while (/[\t\r ]/.test(text[i + 1] ?? '')) word += text[++i];
    }
  }
  if (word !== '') words.push(word);
  return quote === '' ? words : [];
}
