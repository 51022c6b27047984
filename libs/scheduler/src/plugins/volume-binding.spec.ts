import type { Volume } from '#api/types';
import { clusterOf, node, pod, verdicts } from '../testing.ts';
import { volumeBinding } from './volume-binding.ts';

it.each<{ name: string; volumes?: Volume[]; want: string }>([
  { name: 'no volume needs no claim', want: 'fits' },
  { name: 'a volume that is no claim', volumes: [{ name: 'v', emptyDir: {} }], want: 'fits' },
  {
    name: 'a claim that is not there',
    volumes: [
      { name: 'u', emptyDir: {} },
      { name: 'v', persistentVolumeClaim: { claimName: 'data' } },
    ],
    want: 'persistentvolumeclaim "data" not found (unresolvable)',
  },
  {
    name: 'a claim that is to be made of a template',
    volumes: [{ name: 'v', ephemeral: {} }],
    want: 'waiting for ephemeral volume controller to create the persistentvolumeclaim "p-v" (unresolvable)',
  },
])('$name', ({ volumes = [], want }) => {
  expect(verdicts(volumeBinding, pod('p', { spec: { volumes } }), clusterOf([node('a')]))).toEqual({ a: want });
});
