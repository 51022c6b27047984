import { mirrorPodAnnotation } from './names.ts';
import { isCritical } from './priority.ts';

it.each([
  ['of no priority', {}, {}, false],
  ['of the highest that users give', {}, { priority: 1_000_000_000 }, false],
  ['that the cluster needs', {}, { priority: 2_000_000_000 }, true],
  ['that its node needs', {}, { priority: 2_000_001_000 }, true],
  ['that mirrors a static one', { annotations: { [mirrorPodAnnotation]: '' } }, {}, true],
])('a pod %s is critical or not', (_pod, metadata, spec, want) => {
  expect(isCritical({ metadata, spec: { containers: [], ...spec } })).toBe(want);
});
