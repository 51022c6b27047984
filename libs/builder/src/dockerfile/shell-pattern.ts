type Token = { any: 'one' | 'many' } | { literal: string };

/**
 * A pattern of a shell's parameter expansion without brackets: `*`, `?`, and `\` before them, as BuildKit has it. Matching walks the text
 * once with all places in the pattern at the same time, so no pattern makes it slow.
 */
export class ShellPattern {
  private readonly tokens: readonly Token[];

  /** Throws Error for an escape that is none. */
  constructor(text: string) {
    const tokens: Token[] = [];
    const characters = Array.from(text);
    for (let i = 0; i < characters.length; i++) {
      const c = characters[i]!;
      if (c === '*') tokens.push({ any: 'many' });
      else if (c === '?') tokens.push({ any: 'one' });
      else if (c !== '\\') tokens.push({ literal: c });
      else {
        const next = characters[++i] ?? '';
        // `}` and `/` end a pattern, so they are escaped in it.
        if (!'*?\\}/'.includes(next) || next === '') throw new Error(`invalid escape '\\${next}'`);
        tokens.push({ literal: next });
      }
    }
    this.tokens = tokens;
  }

  /** How many characters of `text` after `from` fit, at least or at most; undefined when none do. */
  lengthAt(text: readonly string[], from: number, longest: boolean): number | undefined {
    let found: number | undefined;
    let places = this.withSkipped(new Set([0]));
    for (let at = from; ; at++) {
      if (places.has(this.tokens.length)) {
        found = at - from;
        if (!longest) return found;
      }
      const c = text[at];
      if (c === undefined || places.size === 0) return found;
      places = this.after(places, c);
    }
  }

  /** Matches the same texts read backwards: so a shortest or longest end is a shortest or longest start. */
  reversed(): ShellPattern {
    return Object.assign(new ShellPattern(''), { tokens: this.tokens.toReversed() });
  }

  private after(places: ReadonlySet<number>, c: string): Set<number> {
    const next = new Set<number>();
    for (const place of places) {
      const token = this.tokens[place];
      if (!token) continue;
      if ('literal' in token ? token.literal === c : c !== '\n') next.add('any' in token && token.any === 'many' ? place : place + 1);
    }
    return this.withSkipped(next);
  }

  /** `*` may stand for nothing. */
  private withSkipped(places: Set<number>): Set<number> {
    for (const place of places) {
      const token = this.tokens[place];
      if (token && 'any' in token && token.any === 'many') places.add(place + 1);
    }
    return places;
  }
}

/** `${value#pattern}`, and `##` for the longest. By characters, not UTF-16 units. */
export function trimmedStart(value: string, pattern: ShellPattern, longest: boolean): string {
  const characters = Array.from(value);
  return characters.slice(pattern.lengthAt(characters, 0, longest) ?? 0).join('');
}

/** `${value%pattern}`, and `%%` for the longest. */
export function trimmedEnd(value: string, pattern: ShellPattern, longest: boolean): string {
  const backwards = Array.from(value).toReversed();
  return backwards
    .slice(pattern.reversed().lengthAt(backwards, 0, longest) ?? 0)
    .toReversed()
    .join('');
}

/** The longest match at the first place where there is one, or at each such place. */
export function replaced(value: string, { pattern, by, everywhere }: { pattern: ShellPattern; by: string; everywhere: boolean }): string {
  const characters = Array.from(value);
  let result = '';
  let end = -1;
  for (let at = 0; at <= characters.length; ) {
    const length = pattern.lengthAt(characters, at, true);
    // Nothing is no match where one has just ended.
    if (length === undefined || (length === 0 && at === end)) {
      result += characters[at++] ?? '';
      continue;
    }
    result += by;
    at += length;
    if (!everywhere) return result + characters.slice(at).join('');
    end = at;
  }
  return result;
}
