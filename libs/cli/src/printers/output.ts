import { stringify } from 'yaml';
import { UsageError } from '../supervisor/usage-error.ts';
import { table } from './table.ts';

export interface Shown<T> {
  items: readonly T[];
  /** Header → cell; those of `wide` are for `-o wide`. */
  columns: Readonly<Record<string, (item: T) => string>>;
  wide?: Readonly<Record<string, (item: T) => string>>;
}

/** `-o json|yaml|wide`, or a table. Throws UsageError. */
export function shown<T>({ items, columns, wide = {} }: Shown<T>, output = ''): string {
  if (output === 'json') return `${JSON.stringify(items, null, 2)}\n`;
  if (output === 'yaml') return stringify(items, { lineWidth: 0 });
  if (output !== '' && output !== 'wide') throw new UsageError(`-o ${output}: must be json, yaml or wide`);
  const all = { ...columns, ...(output === 'wide' ? wide : {}) };
  return table([Object.keys(all), ...items.map((item) => Object.values(all).map((cell) => cell(item)))]);
}
