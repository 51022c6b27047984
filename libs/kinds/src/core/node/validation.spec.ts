import { cells, complaintsAbout, created, lines, updated } from '../../testing.ts';
import { node } from './kind.ts';
import { validateNodeStatus } from './validation.ts';

const registered = created(node, {
  metadata: { name: 'n', labels: { 'node-role.kubernetes.io/control-plane': '', 'kubernetes.io/role': 'edge' } },
  spec: { podCIDR: '10.244.1.0/24', podCIDRs: ['10.244.1.0/24'], unschedulable: true },
  status: {
    capacity: { cpu: '2' },
    conditions: [{ type: 'Ready', status: 'True' }],
    addresses: [{ type: 'InternalIP', address: '10.0.0.1' }],
    nodeInfo: {
      kubeletVersion: 'v1.36.0',
      osImage: 'Debian',
      kernelVersion: '6.1',
      containerRuntimeVersion: 'x://1',
      architecture: 'amd64',
      bootID: 'b',
      kubeProxyVersion: '',
      machineID: 'm',
      operatingSystem: 'linux',
      systemUUID: 's',
    },
  },
});

describe('a node', () => {
  it('comes with its status, and allocates all that it has', () => {
    expect(registered.status).toMatchObject({ capacity: { cpu: '2' }, allocatable: { cpu: '2' } });
  });

  it('is tainted once by each key and effect', () => {
    const taint = { key: 'k', effect: 'NoSchedule' };
    expect(complaintsAbout(node, { metadata: { name: 'n' }, spec: { taints: [taint, taint] } })).toEqual([
      'metadata.taints[1]: Duplicate value: {"key":"k","effect":"NoSchedule"}: taints must be unique by key and effect pair',
    ]);
  });

  it('keeps the pod range that it was given', () => {
    const { complaints } = updated(node, registered, { metadata: registered.metadata, spec: { podCIDRs: ['10.244.2.0/24'] } });
    expect(complaints).toEqual(['spec.podCIDRs: Forbidden: node updates may not change podCIDR except from "" to valid']);
  });

  it('has no negative amounts', () => {
    expect(lines(validateNodeStatus({ ...registered, status: { capacity: { cpu: '-1' } } }))).toEqual([
      'status.capacity.cpu: Invalid value: "-1": must be greater than or equal to 0',
    ]);
  });

  it('is shown as kubectl shows it', () => {
    expect(cells(node, registered)).toMatchObject({
      Status: 'Ready,SchedulingDisabled',
      Roles: 'control-plane,edge',
      Version: 'v1.36.0',
      'Internal-IP': '10.0.0.1',
      'External-IP': '<none>',
      'OS-Image': 'Debian',
      'Kernel-Version': '6.1',
      'Container-Runtime': 'x://1',
    });
  });
});
