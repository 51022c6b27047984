import type { KubeObject } from '#api';
import type { Binding, Pod } from '#api/types';
import type { KindIo } from '../../contract.ts';
import { storedPod } from '../../testing.ts';
import { binding } from './kind.ts';

describe('a Binding that is created', () => {
  const world = (pod?: Pod): { io: KindIo; written: Pod[] } => {
    const written: Pod[] = [];
    const io = {
      now: () => new Date('2026-01-01T00:00:00Z'),
      get: ({ kind }: { kind: string }, namespace: string, name: string) =>
        pod && kind === 'Pod' && namespace === pod.metadata.namespace && name === pod.metadata.name ? pod : undefined,
      modify: async (_gvk: unknown, _namespace: string, _name: string, change: (object: KubeObject) => KubeObject) => {
        written.push(change(pod!) as Pod);
        return written.at(-1)!;
      },
    } as unknown as KindIo;
    return { io, written };
  };
  const body = (name: string): Binding => ({
    apiVersion: 'v1',
    kind: 'Binding',
    metadata: { name, namespace: 'default' },
    target: { kind: 'Node', name: 'n1' },
  });

  it('binds the pod of its name, and is not stored', async () => {
    const pod = storedPod();
    const { io, written } = world(pod);
    expect(await binding.answer!(body('a'), io, { dryRun: false })).toMatchObject({ kind: 'Status', status: 'Success', code: 201 });
    expect(written.map(({ spec }) => spec.nodeName)).toEqual(['n1']);
    expect(binding.verbs).toEqual(['create']);
  });

  it('names a pod that is there', async () => {
    await expect(binding.answer!(body('b'), world(storedPod()).io, { dryRun: false })).rejects.toMatchObject({
      code: 404,
      message: 'pods "b" not found',
    });
  });
});
