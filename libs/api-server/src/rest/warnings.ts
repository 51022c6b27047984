/** Bounds of `k8s.io/apiserver/pkg/endpoints/filters`, WithWarningRecorder: of all texts together, and of each one where they are more. */
const TOTAL_CHARACTERS = 4 * 1024;
const CUT_CHARACTERS = 256;

/** One complaint for each line below this head: the YAML reader tells all that it finds at once. */
const yamlHead = /^(?:yaml: )?unmarshal errors:\n/;

/**
 * `Warning` headers as RFC 7234 §5.5 has them: code 299, no agent, a quoted text. Each text goes out once; when they are too many, all are
 * cut short and the last are left out. A header carries bytes: what is not ASCII goes out as UTF-8, as Go's clients read it.
 */
export function warningHeaders(warnings: readonly string[]): string[] {
  const texts = new Set(warnings.flatMap(linesOf).filter((text) => text !== ''));
  let total = 0;
  for (const text of texts) total += text.length;
  const cut = total > TOTAL_CHARACTERS ? CUT_CHARACTERS : total;
  const headers: string[] = [];
  let written = 0;
  for (const text of texts) {
    if (written >= TOTAL_CHARACTERS) break;
    const characters = Array.from(text.slice(0, 2 * cut)).slice(0, cut);
    written += characters.length;
    headers.push(`299 - "${asBytes(quoted(characters.join('')))}"`);
  }
  return headers;
}

const linesOf = (text: string): string[] =>
  yamlHead.test(text)
    ? text
        .replace(yamlHead, '')
        .split('\n')
        .map((line) => line.trim())
    : [text];

/** Control characters would end the header or be refused: they are shown by their numbers. */
const quoted = (text: string): string =>
  text
    .replaceAll(/["\\]/g, String.raw`\$&`)
    .replaceAll(/\p{Cc}/gu, (character) => `\\\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`);

/** Node writes each character of a header as one byte. */
const asBytes = (text: string): string => Buffer.from(text).toString('latin1');
