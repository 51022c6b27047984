// Writes what this build was made of to dist/build.json, for `/version`. Argument: the folder that holds dist/.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(process.argv[2] ?? '.');
/** Put in by `git archive` (.gitattributes, export-subst). */
const archived = '$Format:%H$';

function commit() {
  if (/^[0-9a-f]{40}$/.test(archived)) return { gitCommit: archived, gitTreeState: 'archive' };
  if (!existsSync(join(root, '.git'))) return unversioned();
  try {
    const git = (...args) =>
      execFileSync('git', ['-c', 'safe.directory=*', '-C', root, ...args], { encoding: 'utf8', stdio: 'pipe' }).trim();
    return { gitCommit: git('rev-parse', 'HEAD'), gitTreeState: git('status', '--porcelain') === '' ? 'clean' : 'dirty' };
  } catch (err) {
    if (err.code !== 'ENOENT' && err.status === undefined) throw err;
    return unversioned(); // no git here, or none that can read this repository
  }
}

/** Sources that come from no repository still have a name of their own: the digest of what the compiler made of them. */
function unversioned() {
  const hash = createHash('sha1');
  const files = readdirSync(join(root, 'dist'), { recursive: true }).filter((name) => /^(apps|libs)\/.*\.js$/.test(name));
  for (const name of files.sort()) hash.update(`${name}\n`).update(readFileSync(join(root, 'dist', name)));
  return { gitCommit: hash.digest('hex'), gitTreeState: 'not a git tree' };
}

const { SOURCE_DATE_EPOCH: epoch } = process.env; // reproducible-builds.org
const built = epoch ? new Date(Number(epoch) * 1000) : new Date();
const buildDate = built.toISOString().replace(/\.\d+Z$/, 'Z');
writeFileSync(join(root, 'dist/build.json'), `${JSON.stringify({ ...commit(), buildDate })}\n`);
