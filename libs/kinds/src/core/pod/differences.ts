import { lookUp } from '#base';

/** The fields in which two values differ, a line for what was and a line for what would be; equal fields are left out. */
export function differences(before: unknown, after: unknown): string {
  return lines('', before, after).join('\n');
}

function lines(path: string, before: unknown, after: unknown): string[] {
  if (isBranch(before) && isBranch(after) && Array.isArray(before) === Array.isArray(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) => {
      const field = Array.isArray(before) ? `${path}[${key}]` : path ? `${path}.${key}` : key;
      return lines(field, lookUp(before as Record<string, unknown>, key), lookUp(after as Record<string, unknown>, key));
    });
  }
  const [was, is] = [shown(before), shown(after)];
  if (was === is) return [];
  return [...(was === undefined ? [] : [`-\t${path}: ${was},`]), ...(is === undefined ? [] : [`+\t${path}: ${is},`])];
}

const isBranch = (value: unknown): value is object => typeof value === 'object' && value !== null;

function shown(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (isBranch(value) && Object.keys(value).length === 0) return undefined;
  return JSON.stringify(value);
}
