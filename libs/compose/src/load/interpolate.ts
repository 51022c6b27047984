import { ComposeError } from '../compose-error.ts';

export interface Variables {
  lookUp(name: string): string | undefined;
  /** Hears of variables that are not set, once each. */
  unset(name: string): void;
}

const NAME = /^[_a-zA-Z][_a-zA-Z0-9]*/;
const OPERATOR = /^(:-|-|:\?|\?|:\+|\+)/;

/** compose-spec, 12-interpolation.md: `$V`, `${V}`, `${V:-d}`, `${V-d}`, `${V:?e}`, `${V?e}`, `${V:+r}`, `${V+r}`, nested, and `$$` for `$`. */
export function interpolate(text: string, variables: Variables, path: string): string {
  let out = '';
  for (let at = 0; at < text.length; ) {
    const dollar = text.indexOf('$', at);
    if (dollar < 0) return out + text.slice(at);
    out += text.slice(at, dollar);
    const rest = text.slice(dollar + 1);
    if (rest.startsWith('$')) {
      out += '$';
      at = dollar + 2;
    } else if (rest.startsWith('{')) {
      const end = closing(text, dollar + 2);
      if (end < 0) throw malformed(text, path);
      out += braced(text.slice(dollar + 2, end), { text, variables, path });
      at = end + 1;
    } else {
      const name = NAME.exec(rest)?.[0];
      if (name === undefined) throw malformed(text, path);
      out += valueOf(name, variables);
      at = dollar + 1 + name.length;
    }
  }
  return out;
}

/** Of all texts in a model; keys stay as they are. */
export function interpolateAll(value: unknown, variables: Variables, path: string): unknown {
  if (typeof value === 'string') return interpolate(value, variables, path);
  if (Array.isArray(value)) return value.map((item, i) => interpolateAll(item, variables, `${path}[${i}]`));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, interpolateAll(inner, variables, path === '' ? key : `${path}.${key}`)]),
  );
}

interface Place {
  text: string;
  variables: Variables;
  path: string;
}

function braced(inside: string, { text, variables, path }: Place): string {
  const name = NAME.exec(inside)?.[0];
  if (name === undefined) throw malformed(text, path);
  const after = inside.slice(name.length);
  if (after === '') return valueOf(name, variables);
  const operator = OPERATOR.exec(after)?.[0];
  if (operator === undefined) throw malformed(text, path);
  const value = variables.lookUp(name);
  const counts = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined;
  const operand = (): string => interpolate(after.slice(operator.length), variables, path);
  if (operator.endsWith('-')) return counts ? value! : operand();
  if (operator.endsWith('+')) return counts ? operand() : '';
  if (counts) return value!;
  const reason = operand();
  throw new ComposeError(`${path}: required variable ${name} is missing a value${reason === '' ? '' : `: ${reason}`}`);
}

function valueOf(name: string, variables: Variables): string {
  const value = variables.lookUp(name);
  if (value === undefined) variables.unset(name);
  return value ?? '';
}

/** Where the brace that was opened before `from` is closed; those of variables inside do not count. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '$' && text[at + 1] === '$') at++;
    else if (text[at] === '$' && text[at + 1] === '{') depth++;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return -1;
}

const malformed = (text: string, path: string): ComposeError =>
  new ComposeError(`invalid interpolation format for ${path}.\nYou may need to escape any $ with another $.\n${text}`);
