import { BuildError } from '../contract.ts';

/** The backslash, unless `# escape=` says otherwise; the backtick is for Windows paths. */
export type Escape = '\\' | '`';

const known = new Set(['syntax', 'escape', 'check']);

export interface Directives {
  escape: Escape;
  check: CheckRules;
}

/** `# check=skip=RuleA,RuleB;error=true`. */
export interface CheckRules {
  /** `all` is all of them. */
  skip: string[];
  /** What a rule finds ends the build. */
  error: boolean;
}

/**
 * Dockerfile reference, "Parser directives": they stand before anything else, each once; the first row that is none ends them. Throws
 * BuildError.
 */
export function readDirectives(rows: readonly string[]): Directives {
  const seen = new Set<string>();
  const directives: Directives = { escape: '\\', check: { skip: [], error: false } };
  for (const [at, row] of rows.entries()) {
    const [, name = '', value = ''] = /^\s*#\s*([a-z][a-z0-9]*)\s*=\s*(.+?)\s*$/i.exec(row) ?? [];
    const directive = name.toLowerCase();
    if (!known.has(directive)) break;
    if (seen.has(directive)) throw new BuildError(at + 1, `only one ${directive} parser directive can be used`);
    seen.add(directive);
    if (directive === 'check') directives.check = checkOf(value, at + 1);
    if (directive !== 'escape') continue;
    if (value !== '\\' && value !== '`') throw new BuildError(at + 1, `invalid escape token '${value}' does not match \` or \\`);
    directives.escape = value;
  }
  return directives;
}

function checkOf(text: string, line: number): CheckRules {
  const rules: CheckRules = { skip: [], error: false };
  for (const part of text.split(';')) {
    const [, key, value = ''] = /^\s*(skip|error)\s*=\s*(.*?)\s*$/.exec(part) ?? [];
    if (key === undefined || (key === 'error' && !/^(true|false)$/i.test(value)))
      throw new BuildError(line, `invalid check option "${part}"`);
    if (key === 'skip') rules.skip = value.split(',').map((rule) => rule.trim());
    else rules.error = value.toLowerCase() === 'true';
  }
  return rules;
}
