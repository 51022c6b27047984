import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { arch, versions } from 'node:process';

/** The release whose API this is. `+berth` tells it from upstream's own builds. */
const gitVersion = 'v1.36.0+berth';

interface Build {
  gitCommit: string;
  /** `clean`, `dirty`, `archive` or `not a git tree`. */
  gitTreeState: string;
  buildDate: string;
}

/** What deploy/build/build-info.mjs wrote. Sources that run as they are (tests) were never built. */
export function buildOf(path = join(import.meta.dirname, '../../../../build.json')): Build {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Build;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== 'ENOENT') throw err;
    return { gitCommit: '', gitTreeState: 'not built', buildDate: '1970-01-01T00:00:00Z' };
  }
}

/**
 * `k8s.io/apimachinery/pkg/version.Info`. Its names are Go's. `goVersion` is a language's name with its version behind it, as `go1.26.1`;
 * here that is what runs this, and no client is told that it were Go.
 */
export const version = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion,
  ...buildOf(),
  goVersion: `node${versions.node}`,
  compiler: 'v8',
  platform: `linux/${arch === 'x64' ? 'amd64' : arch}`,
};
