import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeName } from '#base';
import { BuildError } from '../contract.ts';
import { patternRegExp } from './pattern.ts';

interface Rule {
  pattern: RegExp;
  keeps: boolean;
}

/** `.dockerignore`: the last rule that matches a path or one of its parents decides; `!` takes an exclusion back. */
export class IgnoreRules {
  private readonly rules: Rule[];
  /** Without exceptions an excluded directory need not be looked into. */
  readonly hasExceptions: boolean;

  constructor(lines: readonly string[]) {
    this.rules = lines.flatMap((line) => parseRule(line) ?? []);
    this.hasExceptions = this.rules.some(({ keeps }) => keeps);
  }

  /** The text of a `.dockerignore`. A `#` begins a comment only at the very start of a line. Throws BuildError. */
  static parse(text: string): IgnoreRules {
    return new IgnoreRules(
      text
        .replace(/^\uFEFF/, '')
        .split(/\r?\n/)
        .filter((line) => !line.startsWith('#')),
    );
  }

  /** The first of the files that is there, `<directory>/.dockerignore` unless told otherwise. */
  static async of(directory: string, files: readonly string[] = [join(directory, '.dockerignore')]): Promise<IgnoreRules | undefined> {
    for (const path of files) {
      try {
        return IgnoreRules.parse(decodeName(await readFile(path)));
      } catch (err) {
        if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err;
      }
    }
    return undefined;
  }

  /** `path` relative to the context, with `/`. */
  ignores(path: string): boolean {
    const parts = path.split('/');
    const ways = parts.map((_part, i) => parts.slice(0, i + 1).join('/'));
    let ignored = false;
    for (const { pattern, keeps } of this.rules) {
      if (keeps === ignored && ways.some((way) => pattern.test(way))) ignored = !keeps;
    }
    return ignored;
  }
}

function parseRule(line: string): Rule | undefined {
  const trimmed = line.trim();
  const keeps = trimmed.startsWith('!');
  if (trimmed === '!') throw new BuildError(undefined, 'illegal exclusion pattern: "!"');
  // As Go's filepath.Clean, then relative to the context.
  const cleaned = clean((keeps ? trimmed.slice(1) : trimmed).trim());
  if (cleaned === '') return undefined;
  try {
    return { pattern: patternRegExp(cleaned), keeps };
  } catch (err) {
    throw new BuildError(undefined, `illegal exclusion pattern in .dockerignore: "${line}"`, { cause: err });
  }
}

function clean(pattern: string): string {
  const parts: string[] = [];
  for (const part of pattern.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}
