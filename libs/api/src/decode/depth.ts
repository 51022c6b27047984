/** Deeper values would overflow the stack of those who walk or write them. Upstream's decoder stops at 10,000, V8 near 4,000. */
const maxDepth = 2000;

/** Whether the lists and objects of a JSON text are nested deeper than anything of the API is. */
export function isTooDeep(text: string): boolean {
  if (text.length <= 2 * maxDepth) return false; // each level takes two characters
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '{':
      case '[':
        if (++depth > maxDepth) return true;
        break;
      case '}':
      case ']':
        depth--;
        break;
      case '"':
        for (i++; i < text.length && text[i] !== '"'; i++) if (text[i] === '\\') i++;
        break;
      default:
    }
  }
  return false;
}

export const tooDeep = 'exceeded max depth';
