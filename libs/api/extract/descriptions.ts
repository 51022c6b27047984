import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { builtinTypes } from '../src/type-table/builtin-types.ts';

/**
 * Takes the descriptions of types and fields out of the installed package `@kubernetes/client-node`, which is generated from the same
 * release: `deploy/bin/node24 libs/api/extract/descriptions.ts [FILE]`. The file belongs to the build and is not committed.
 */
const root = join(import.meta.dirname, '../../..');
const file = process.argv[2] ?? join(root, 'dist/libs/api/descriptions.json');
const models = join(root, 'node_modules/@kubernetes/client-node/dist/gen/models');

interface Described {
  description?: string;
  fields: Record<string, string>;
}

/** `V1PodSpec`, or `CoreV1Event` where several groups have the name. */
function declarationOf(typeName: string): string | undefined {
  const [group = '', version = '', name = ''] = typeName.split('.').slice(-3);
  const capital = (text: string): string => text[0]!.toUpperCase() + text.slice(1);
  return [`${capital(group)}${capital(version)}${name}`, `${capital(version)}${name}`]
    .map((candidate) => join(models, `${candidate}.d.ts`))
    .find((path) => existsSync(path));
}

const sentence = (comment: string): string =>
  comment
    .split('\n')
    .map((line) => line.replace(/^\s*\* ?/, ''))
    .join('\n')
    .replaceAll('*\\/', '*/')
    .replaceAll(/\\(?=["'])/g, '') // the generator escapes quotes, though nothing quotes them here
    .trim();

function describe(source: string): Described {
  const described: Described = { fields: {} };
  const body = source.slice(source.indexOf('*/') + 2);
  for (const [, comment = '', field] of body.matchAll(/\/\*\*\n((?:(?!\*\/)[^])*?)\s*\*\/\s*(?:export declare class \w+|'([^']+)'\??:)/g)) {
    if (field === undefined) described.description = sentence(comment);
    else described.fields[field] = sentence(comment);
  }
  return described;
}

const all: Record<string, Described> = {};
for (const name of builtinTypes.typeNames()) {
  const path = declarationOf(name);
  if (path) all[name] = describe(readFileSync(path, 'utf8'));
}
mkdirSync(dirname(file), { recursive: true });
writeFileSync(file, JSON.stringify(all));
process.stdout.write(`${Object.keys(all).length} of ${builtinTypes.typeNames().length} types are described in ${file}\n`);
