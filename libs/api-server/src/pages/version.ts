import { arch } from 'node:process';

/** The release whose API this is. `+berth` tells it from upstream's own builds. */
const gitVersion = 'v1.36.0+berth';

/** `k8s.io/apimachinery/pkg/version.Info`. */
export const version = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion,
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: 'node',
  platform: `linux/${arch === 'x64' ? 'amd64' : arch}`,
};
