import { parseQuantity, QuantityError } from '#api';

/** The quantity in units of 10⁻⁹; undefined when the text is none. */
export function nanosOf(text: string | number): bigint | undefined {
  try {
    return parseQuantity(String(text)).nano;
  } catch (err) {
    if (err instanceof QuantityError) return undefined;
    throw err;
  }
}
