import { stringify } from 'yaml';

/** How people have it: YAML as `kubectl get -o yaml` shows it, or JSON on many lines. */
export type WrittenForm = 'yaml' | 'pretty';

/** Of ES2026, which the engine has and the compiler's library does not know yet. */
const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

/** A JSON text in another form; whole numbers of 64 bits stay exact. */
export function writtenText(form: WrittenForm, json: string): string {
  const exact = (_key: string, value: unknown, context?: { source?: string }): unknown => {
    const source = context?.source ?? '';
    if (typeof value !== 'number' || Number.isSafeInteger(value) || !/^-?\d{16,19}$/.test(source)) return value;
    return form === 'yaml' ? BigInt(source) : rawJSON(source);
  };
  const value: unknown = /\d{16}/.test(json) ? JSON.parse(json, exact) : JSON.parse(json);
  return form === 'yaml' ? stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }) : JSON.stringify(value, null, 2);
}
