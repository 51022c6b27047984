import { describe, expect, it } from '@jest/globals';
import type { PodSpec } from '#api/types';
import { checks } from './checks/index.ts';
import { detailOf, reasonOf, violations } from './evaluate.ts';
import type { Level, LevelVersion } from './policy.ts';

const plain = { spec: { containers: [{ name: 'nginx', image: 'nginx' }] } as PodSpec };
const wild = {
  spec: {
    hostNetwork: true,
    hostPID: true,
    volumes: [{ name: 'root', hostPath: { path: '/' } }],
    containers: [
      {
        name: 'c',
        image: 'i',
        ports: [{ containerPort: 1, hostPort: 1 }],
        securityContext: { privileged: true, procMount: 'Unmasked', capabilities: { add: ['SYS_ADMIN'] } },
      },
    ],
  } as PodSpec,
};
const says = (level: Level, version: LevelVersion['version'], pod = wild): string => detailOf(violations({ level, version }, pod));

describe('standards', () => {
  it('have each check once, versions in rising order, and override only checks of baseline', () => {
    expect(new Set(checks.map(({ id }) => id)).size).toBe(checks.length);
    const baseline = new Set(checks.filter(({ level }) => level === 'baseline').map(({ id }) => id));
    for (const { versions } of checks) {
      const minors = versions.map(({ since }) => since);
      expect(minors).toEqual([...new Set(minors)].toSorted((a, b) => a - b));
      for (const id of versions.flatMap(({ overrides }) => overrides ?? [])) expect(baseline).toContain(id);
    }
  });

  it('ask nothing of a privileged namespace', () => {
    expect(says('privileged', 'latest')).toBe('');
  });

  it('say what everybody knows of a plain nginx', () => {
    expect(says('baseline', 'latest', plain)).toBe('');
    expect(says('restricted', 'latest', plain)).toBe(
      'allowPrivilegeEscalation != false (container "nginx" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "nginx" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "nginx" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "nginx" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    );
  });

  it.each<[Level, LevelVersion['version'], string]>([
    ['baseline', 'latest', 'non-default capabilities, host namespaces, hostPath volumes, hostPort, privileged, procMount'],
    [
      'restricted',
      'latest',
      'host namespaces, hostPort, privileged, allowPrivilegeEscalation != false, unrestricted capabilities, procMount, restricted volume types, runAsNonRoot != true, seccompProfile',
    ],
    // Before 1.22 nothing of restricted takes the place of what baseline says of capabilities.
    [
      'restricted',
      21,
      'non-default capabilities, host namespaces, hostPort, privileged, procMount, allowPrivilegeEscalation != false, restricted volume types, runAsNonRoot != true, seccompProfile',
    ],
    [
      'restricted',
      0,
      'non-default capabilities, host namespaces, hostPort, privileged, procMount, restricted volume types, runAsNonRoot != true',
    ],
  ])('%s:%s in their order', (level, version, want) => {
    expect(reasonOf(violations({ level, version }, wild))).toBe(want);
  });

  it('judge by the newest version what is newer than all', () => {
    expect(says('restricted', 999)).toBe(says('restricted', 'latest'));
  });
});
