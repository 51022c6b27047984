/**
 * The JSON form of an instruction's arguments: undefined for a text that is no JSON list, which is then taken as it stands (a shell's test
 * command begins with `[` as well). Throws TypeError for a list of anything but strings.
 */
export function jsonStrings(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (err) {
    if (err instanceof SyntaxError) return undefined;
    throw err;
  }
  if (!Array.isArray(value)) return undefined;
  if (!value.every((item) => typeof item === 'string')) {
    throw new TypeError('when using JSON array syntax, arrays must be comprised of strings only');
  }
  return value;
}
