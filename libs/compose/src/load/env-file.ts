import { lookUp, setKey } from '#base';
import { ComposeError } from '../compose-error.ts';
import { interpolate, type Variables } from './interpolate.ts';

/** A name without a value is taken from the environment: undefined. */
export type EnvEntries = Record<string, string | undefined>;

const NAME = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_.-]*)\s*/;
const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$$' };

/**
 * compose-spec, 05-services.md, "Env_file format": `A=b`, `A: b`, `A="b"` (escapes and variables), `A='b'` (as it stands), comments. Variables are
 * those of the file's lines before and of `variables`. Throws ComposeError with the line.
 */
export function readEnvFile(text: string, file: string, variables: Variables): EnvEntries {
  const entries: EnvEntries = {};
  const known: Variables = { lookUp: (name) => variables.lookUp(name) ?? lookUp(entries, name), unset: (name) => variables.unset(name) };
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    if (/^\s*(#|$)/.test(line)) continue;
    const [whole = '', name] = NAME.exec(line) ?? [];
    const rest = line.slice(whole.length);
    if (name === undefined || !/^([=:]|#|$)/.test(rest))
      throw new ComposeError(`${file}: line ${i + 1}: unexpected character in variable name: ${line.trim()}`);
    if (rest === '' || rest.startsWith('#')) {
      setKey(entries, name, undefined);
      continue;
    }
    const value = rest.slice(1).trimStart();
    const quote = value[0];
    if (quote !== '"' && quote !== "'") {
      setKey(entries, name, interpolate(value.replace(/(^|\s)#.*$/, '').trimEnd(), known, `${file}: ${name}`));
      continue;
    }
    const from = i;
    let quoted = value.slice(1);
    while (endOf(quoted, quote) < 0) {
      if (++i >= lines.length) throw new ComposeError(`${file}: line ${from + 1}: unterminated quoted value of ${name}`);
      quoted += `\n${lines[i]!}`;
    }
    const inside = quoted.slice(0, endOf(quoted, quote));
    setKey(entries, name, quote === "'" ? inside : interpolate(unescaped(inside), known, `${file}: ${name}`));
  }
  return entries;
}

/** `format: raw`: everything behind the first `=`, as it stands. */
export function readRawEnvFile(text: string): EnvEntries {
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*(#|$)/.test(line));
  return Object.fromEntries(
    lines.map((line) => {
      const split = line.indexOf('=');
      return split < 0 ? [line.trim(), undefined] : [line.slice(0, split).trim(), line.slice(split + 1)];
    }),
  );
}

/** Of a quoted text, whose opening quote is not in it; -1 where it goes on in the next line. */
function endOf(text: string, quote: string): number {
  for (let at = 0; at < text.length; at++) {
    if (quote === '"' && text[at] === '\\') at++;
    else if (text[at] === quote) return at;
  }
  return -1;
}

const unescaped = (text: string): string => text.replaceAll(/\\(.)/gs, (all, c: string) => lookUp(escapes, c) ?? all);
