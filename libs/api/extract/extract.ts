import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GoPackage, readPackage, Revision } from './go-source.ts';
import { type PackageName, rowsOf, typeName } from './rows.ts';

/**
 * Writes the rows of the type table from the published type definitions of Kubernetes:
 *
 *   deploy/bin/node24 libs/api/extract/extract.ts PATH-OF-kubernetes/api PATH-OF-kubernetes/apimachinery [API-REVISION MACHINERY-REVISION]
 *
 * Both are git repositories. Facts are taken (names, types, numbers, markers), sentences are not.
 */
const [apiPath, machineryPath, apiRevision = 'release-1.36', machineryRevision = 'v0.36.0'] = process.argv.slice(2);
if (!apiPath || !machineryPath)
  throw new Error('usage: extract.ts API-REPOSITORY APIMACHINERY-REPOSITORY [API-REVISION MACHINERY-REVISION]');

const groups = [
  'core/v1',
  'apps/v1',
  'batch/v1',
  'autoscaling/v1',
  'autoscaling/v2',
  'policy/v1',
  'networking/v1',
  'rbac/v1',
  'storage/v1',
  'scheduling/v1',
  'coordination/v1',
  'node/v1',
  'discovery/v1',
  'events/v1',
  'admissionregistration/v1',
  'authentication/v1',
  'authorization/v1',
  'certificates/v1',
  'flowcontrol/v1',
  'resource/v1',
  'admission/v1',
];
const api = new Revision(apiPath, apiRevision);
const machinery = new Revision(machineryPath, machineryRevision);
const meta: PackageName = {
  path: 'k8s.io/apimachinery/pkg/apis/meta/v1',
  short: 'meta.v1',
  openApi: 'io.k8s.apimachinery.pkg.apis.meta.v1',
};
const names: PackageName[] = [
  meta,
  ...groups.map((g) => ({ path: `k8s.io/api/${g}`, short: g.replace('/', '.'), openApi: `io.k8s.api.${g.replace('/', '.')}` })),
];
const metaKinds = [
  'Status WatchEvent List APIVersions APIGroup APIGroupList APIResourceList RootPaths Table TableOptions PartialObjectMetadata',
  'PartialObjectMetadataList GetOptions ListOptions DeleteOptions CreateOptions UpdateOptions PatchOptions LabelSelector Condition',
]
  .join(' ')
  .split(' ');

const packages = new Map<PackageName, GoPackage>();
for (const name of names) {
  const go = name === meta ? readPackage(machinery, 'pkg/apis/meta/v1') : readPackage(api, name.path.slice('k8s.io/api/'.length));
  if (name === meta) Object.assign(go, { kinds: metaKinds, group: 'meta.k8s.io' });
  packages.set(name, go);
}

/** Short names of everything that a kind reaches. */
const reached = new Set<string>();
const reach = (name: PackageName, typeText: string): void => {
  const bare = typeText.replaceAll(/[*[\]]|^map|map\[/g, '');
  const dot = bare.lastIndexOf('.');
  const owner = dot < 0 ? name : names.find((n) => n.short === bare.slice(0, dot))!;
  const go = packages.get(owner)!;
  const type = go.types.find((t) => t.name === bare.slice(dot + 1));
  const key = `${owner.short}.${bare.slice(dot + 1)}`;
  if (!type || reached.has(key)) return;
  reached.add(key);
  const context = { go, name: owner, packages: names };
  if (type.form === 'named') reach(owner, typeName(type.goType, context));
  else for (const field of type.fields) reach(owner, typeName(field.goType, context));
};
for (const [name, go] of packages) for (const kind of go.kinds) reach(name, kind);

const rows = join(import.meta.dirname, '../src/type-table/rows');
mkdirSync(rows, { recursive: true });
for (const [name, go] of packages) {
  const wanted = new Set([...reached].filter((k) => k.startsWith(`${name.short}.`)).map((k) => k.slice(name.short.length + 1)));
  const text = rowsOf(go, name, names, wanted);
  const constant = name.short.replaceAll(/\.(\w)/g, (_, letter: string) => letter.toUpperCase());
  writeFileSync(
    join(rows, `${name.short}.ts`),
    `/** Facts of \`${name.path}\`, Kubernetes 1.36, written by \`libs/api/extract\`; the format stands in ../parse-rows.ts. */\nexport const ${constant} = \`\n${text}\`;\n`,
  );
}
