import type { FieldTable, TypeFields } from '../../../libs/kinds/src/fields/field-states.ts';

const spec = 'libs/kinds/src/fields/fields.spec.ts';
const states: readonly [keyof TypeFields, string, string][] = [
  ['warned', 'warned', 'are warned of by name: $type.$field'],
  ['refused', 'refused', 'are refused: $type.$field'],
  ['waits', 'partial: accepted, and the pod waits and says why', '$type.$field keeps a pod from running: $says'],
  ['unwritten', 'absent: a status that nothing writes', 'has every field of every type that the kinds are made of, once, and no other'],
];

/** The part of docs/compatibility.md on fields: those that are not simply acted on, by type and state. `npm run gen:docs` writes it. */
export function fieldsSection(table: FieldTable): string {
  const rows = Object.entries(table).flatMap(([type, fields]) =>
    states.flatMap(([key, state, title]) => {
      const names = Object.keys(fields[key] ?? {}).map((name) => `\`${name}\``);
      return names.length > 0
        ? [`| ${type.replace(/^(core|meta)\.v1\./, '')}: ${names.join(' ')} | ${state} | \`${spec}\` "${title}" |`]
        : [];
    }),
  );
  return ['| field | state | proved by |', '|---|---|---|', ...rows].join('\n');
}

const begin = '<!-- fields: made by npm run gen:docs -->';
const end = '<!-- end of fields -->';

/** The document with this section between its marks. */
export function withFields(document: string, section: string): string {
  const [before, rest = ''] = document.split(begin);
  const [old, after] = rest.split(end);
  if (old === undefined || after === undefined) throw new Error(`docs/compatibility.md: "${begin}" … "${end}" is missing`);
  return `${before}${begin}\n\n${section}\n\n${end}${after}`;
}
