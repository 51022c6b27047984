import { kinds } from '#kinds';
import { kindsNamedIn, wordsOf } from './kindless.ts';
import { read, sources } from './tree.ts';

const words = wordsOf(kinds);
/** Files of the api-server that name a kind all the same, with what they name and why. */
const except: Readonly<Record<string, readonly [string, string[]]>> = {
  'request/request-info.ts': ['a path has its namespace before the resource', ['namespaces', 'status', 'finalize']],
  'rest/route.ts': ['the same', ['namespaces']],
  'authentication/impersonation.ts': ['what is impersonated is asked for as a resource', ['serviceaccounts']],
  'grpc/health.grpc.ts': ['those are gRPC services', ['services']],
};

const root = 'libs/api-server/src/';
const files = sources
  .filter((path) => path.startsWith(root) && !/\/testing[./]|\.spec\.ts$/.test(path))
  .map((path) => path.slice(root.length));
const namedIn = (path: string): string[] => kindsNamedIn(path, read(root + path), words);

it('the api-server names no kind', () => {
  expect(files.length).toBeGreaterThan(100);
  const found = files.map((path) => [path, namedIn(path).filter((word) => !except[path]?.[1].includes(word))] as const);
  expect(Object.fromEntries(found.filter(([, named]) => named.length > 0))).toEqual({});
});

it('every exception is needed', () => {
  const stale = Object.entries(except).flatMap(([path, [, named]]) => {
    const found = files.includes(path) ? namedIn(path) : [];
    return named.filter((word) => !found.includes(word)).map((word) => `${path}: ${word}`);
  });
  expect(stale).toEqual([]);
});

const sample = new Set(['Pod', 'pods', 'log', 'pods/log']);
it.each<[string, string, string[]]>([
  ['a type', "import type { Pod } from '#api/types';", ['type Pod']],
  ['a type under another name', "import type { Pod as P } from '#api/types';", ['type Pod']],
  ['a constant', "import { gvks as g } from '#objects'; const k = g.Pod;", ['g.Pod']],
  ['a constant of something that is no kind', "import { gvks } from '#objects'; const k = gvks.Status;", []],
  ['a kind', "const k = { group: '', version: 'v1', kind: 'Pod' };", ['Pod']],
  ['a resource', "if (resource === 'pods') go();", ['pods']],
  ['a path', 'const h = handlers[`pods/log`];', ['pods/log']],
  ['a subresource', "if (info.subresource === 'log') go();", ['log']],
  ['a subresource by its key', "if (definition.subresources?.scale?.do === 'view') go();", ['subresources.scale']],
  ['words within words', "const text = 'logs of pods';", []],
  ['names of its own', "import { pods } from './pods.ts'; const log = pods.log;", []],
])('%s is found', (_what, text, want) => {
  expect(kindsNamedIn('x.ts', text, sample)).toEqual(want);
});
