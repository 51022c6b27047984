/** Node log query (KEP-2258): the log of a service of the node, or one of its files. */
export interface LogQuery {
  services: string[];
  files: string[];
  sinceMs?: number;
  untilMs?: number;
  tailLines?: number;
  pattern?: RegExp;
}

const options = ['sinceTime', 'untilTime', 'tailLines', 'pattern', 'boot'];

/** undefined: nothing is queried. Answers what is wrong, in the kubelet's words. */
export function parseLogQuery(query: URLSearchParams): LogQuery | { errors: string[] } | undefined {
  const asked = query.getAll('query').filter((text) => text.trim() !== '');
  const withOptions = options.some((name) => query.has(name));
  if (!query.has('query') && !withOptions) return undefined;
  const errors: string[] = [];
  const invalid = (field: string, value: unknown, why: string): void =>
    void errors.push(`${field}: Invalid value: ${JSON.stringify(value)}: ${why}`);
  const files = asked.filter((text) => /[/\\]/.test(text));
  const services = asked.filter((text) => !/[/\\]/.test(text));
  if (asked.length === 0) errors.push('query: Required value: cannot be empty with options');
  if (files.length > 0 && services.length > 0) invalid('query', [...files, ...services].join(', '), 'cannot specify a file and service');
  if (files.length > 1) invalid('query', files, 'cannot specify more than one file');
  if (files.length === 1 && withOptions) invalid('query', files, 'cannot specify file with options');
  const time = (field: string): number | undefined => {
    const text = query.get(field);
    if (text === null) return undefined;
    const ms = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : NaN;
    if (Number.isNaN(ms)) invalid(field, text, 'invalid time format');
    return ms;
  };
  const [sinceMs, untilMs] = [time('sinceTime'), time('untilTime')];
  if (sinceMs !== undefined && untilMs !== undefined && sinceMs > untilMs)
    invalid('untilTime', query.get('untilTime'), 'must be after `sinceTime`');
  const boot = query.get('boot');
  if (boot !== null && !(Number.isInteger(Number(boot)) && Number(boot) < 1)) invalid('boot', boot, 'must be less than 1');
  const tail = query.get('tailLines');
  if (tail !== null && !/^\d+$/.test(tail)) invalid('tailLines', tail, 'must be greater than or equal to 0');
  const pattern = patternOf(query.get('pattern'), (text, why) => invalid('pattern', text, why));
  if (errors.length > 0) return { errors };
  return { services, files, sinceMs, untilMs, ...(tail !== null && { tailLines: Number(tail) }), pattern };
}

function patternOf(text: string | null, invalid: (text: string, why: string) => void): RegExp | undefined {
  if (text === null) return undefined;
  try {
    return new RegExp(text, 'i');
  } catch (err) {
    invalid(text, (err as Error).message);
    return undefined;
  }
}

/** Of the lines of a log, those that are asked for. `timeOf` answers NaN for a line without a time, which then goes with the one before. */
export function selectLines(
  lines: readonly string[],
  { sinceMs, untilMs, tailLines, pattern }: LogQuery,
  timeOf: (line: string) => number,
): string[] {
  let atMs = -Infinity;
  const selected = lines.filter((line) => {
    const ms = timeOf(line);
    if (!Number.isNaN(ms)) atMs = ms;
    return atMs >= (sinceMs ?? -Infinity) && atMs <= (untilMs ?? Infinity) && (!pattern || pattern.test(line));
  });
  return tailLines === undefined ? selected : selected.slice(selected.length - Math.min(tailLines, selected.length));
}
