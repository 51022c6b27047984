import { lookUp } from '#base';

/**
 * What is wrong with a text that should hold a JSON object; undefined when nothing is. The complaints are those of the parser
 * that upstream uses, for the first character that cannot stand where it does.
 */
export function jsonObjectError(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return undefined;
    const kind = Array.isArray(value) ? 'array' : value === null ? undefined : typeof value === 'boolean' ? 'bool' : typeof value;
    return kind === undefined ? undefined : `json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`;
  } catch {
    return syntaxError(text);
  }
}

const literals: Readonly<Record<string, string>> = { n: 'null', t: 'true', f: 'false' };
const ordinary = 'looking for beginning of value';

function syntaxError(text: string): string {
  const trimmed = text.trimStart();
  const first = trimmed[0];
  if (first === undefined) return 'unexpected end of JSON input';
  const literal = lookUp(literals, first);
  if (literal) {
    for (let i = 1; i < literal.length; i++) {
      if (trimmed[i] === undefined) return 'unexpected end of JSON input';
      if (trimmed[i] !== literal[i])
        return `invalid character ${quoted(trimmed[i] ?? '')} in literal ${literal} (expecting '${literal[i]}')`;
    }
  }
  if (!'{["-0123456789tfn'.includes(first)) return `invalid character ${quoted(first)} ${ordinary}`;
  return 'unexpected end of JSON input';
}

const quoted = (character: string): string => (character === "'" ? "'\\''" : character === '"' ? "'\"'" : `'${character}'`);
