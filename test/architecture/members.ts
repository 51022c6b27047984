/** What Berth grows by: things of one kind, each a file or a folder of its own, a line in a list, and a spec. */
export interface Family {
  what: string;
  /** Every member by its file, its name caught. */
  member: RegExp;
  /** The file that lists them all; a pattern where each group has a list of its own. */
  list?: RegExp;
  /** Its specs; without it the spec is the file beside it. A spec counts when it imports something of the member's. */
  specs?: (member: string) => RegExp;
  /** What a spec may import instead: that through which the members are reached. */
  through?: readonly string[];
  /** Files that the pattern finds and that are no member, and members without a spec of their own, each with the reason. */
  except?: Readonly<Record<string, string>>;
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));
const escaped = (path: string): string => path.replace(/[.]/g, '\\$&');

export interface Fault {
  member: string;
  why: string;
}

/** What is wrong with a family: `files` are all paths, `read` the text of one. */
export function faultsOf(family: Family, files: readonly string[], read: (path: string) => string): Fault[] {
  const { what, member, list, except = {} } = family;
  const members = files.filter((path) => member.test(path) && !path.endsWith('.spec.ts') && !(path in except));
  if (members.length === 0) return [{ member: what, why: `there is none that ${member} finds` }];
  const lists = list ? files.filter((path) => list.test(path)) : [];
  if (list && lists.length === 0) return [{ member: what, why: `there is no list that ${list} finds` }];
  const imported = new Map<string, number>();
  for (const path of lists) for (const target of importsOf(path, read(path))) imported.set(target, (imported.get(target) ?? 0) + 1);
  return members.flatMap((path) => [
    ...(list && imported.get(path) !== 1 ? [{ member: path, why: `is imported ${imported.get(path) ?? 0} times by its list` }] : []),
    ...(hasSpec(family, path, { files, read }) ? [] : [{ member: path, why: 'has no spec' }]),
  ]);
}

function hasSpec(
  { specs, through = [] }: Family,
  path: string,
  tree: { files: readonly string[]; read: (path: string) => string },
): boolean {
  const beside = path.replace(/\.ts$/, '.spec.ts');
  const pattern = specs?.(path) ?? new RegExp(`^${escaped(beside)}$`);
  const within = specs ? `${folderOf(path)}/` : path;
  return tree.files.some(
    (spec) =>
      spec.endsWith('.spec.ts') &&
      pattern.test(spec) &&
      importsOf(spec, tree.read(spec)).some((target) => target.startsWith(within) || through.includes(target)),
  );
}

/** The files that a file imports by a relative path. */
function importsOf(path: string, text: string): string[] {
  return [...text.matchAll(/from '(\.[^']+)'/g)].map(([, target]) => new URL(target!, `file:///${path}`).pathname.slice(1));
}

const inFolder = (path: string): RegExp => new RegExp(`^${escaped(folderOf(path))}/`);
const inGroup = (path: string): RegExp => new RegExp(`^${escaped(folderOf(folderOf(path)))}/`);

export const families: readonly Family[] = [
  {
    what: 'scheduler plugin',
    member: /^libs\/scheduler\/src\/plugins\/[a-z-]+\.ts$/,
    list: /^libs\/scheduler\/src\/plugins\/index\.ts$/,
    except: { 'libs/scheduler/src/plugins/index.ts': 'is the list' },
  },
  {
    what: 'controller',
    member: /^libs\/controllers\/src\/[a-z-]+\/controller\.ts$/,
    list: /^libs\/controllers\/src\/index\.ts$/,
    specs: inFolder,
  },
  {
    what: 'decision of a controller',
    member: /^libs\/controllers\/src\/[a-z-]+\/reconcile\.ts$/,
  },
  {
    what: 'kind',
    member: /^libs\/kinds\/src\/[a-z-]+\/[a-z-]+\/kind\.ts$/,
    list: /^libs\/kinds\/src\/([a-z-]+\/)?index\.ts$/,
    specs: inGroup,
  },
  {
    what: 'step of a pod',
    member: /^libs\/agent\/src\/pod-steps\/[a-z-]+\.ts$/,
    except: { 'libs/agent/src/pod-steps/errors.ts': 'are words without rules' },
  },
  {
    what: 'admission plugin',
    member: /^libs\/policy\/src\/admission\/(?:[a-z-]+|pod-security\/pod-security)\.ts$/,
    list: /^libs\/policy\/src\/admission\/index\.ts$/,
    except: {
      'libs/policy/src/admission/index.ts': 'is the list',
      'libs/policy/src/admission/refuse.ts': 'is how plugins refuse',
      'libs/policy/src/admission/signer-access.ts': 'is what several plugins ask',
    },
  },
  {
    what: 'stream, or part of one',
    member: /^libs\/(?:nodes|api-server)\/src\/streams\/(?:spdy\/)?[a-z-]+\.ts$/,
    through: ['libs/nodes/src/streams/index.ts', 'libs/nodes/src/testing/stream-server.ts'],
    except: {
      'libs/nodes/src/streams/index.ts': 'is the list',
      'libs/nodes/src/streams/dependencies.ts': 'is interfaces alone',
    },
  },
  {
    what: 'pod step',
    member: /^libs\/agent\/src\/pod-steps\/[a-z-]+\.ts$/,
    except: { 'libs/agent/src/pod-steps/errors.ts': 'is one error that says no more than its arguments' },
  },
  {
    what: 'type of volume',
    member: /^libs\/agent\/src\/volumes\/types\/[a-z-]+\.ts$/,
    list: /^libs\/agent\/src\/volumes\/types\/index\.ts$/,
    except: { 'libs/agent/src/volumes/types/index.ts': 'is the list' },
  },
];
