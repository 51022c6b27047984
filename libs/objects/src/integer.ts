const least = -(2n ** 63n);

/** As Go's `strconv.ParseInt(text, 10, 64)` reads it; undefined for what is no such number. */
export function parseInteger(text: string | undefined): bigint | undefined {
  if (text === undefined || !/^[+-]?\d{1,30}$/.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return value >= least && value < -least ? value : undefined;
}
