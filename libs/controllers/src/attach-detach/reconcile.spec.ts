import type { Node, PersistentVolume, Pod, VolumeAttachment } from '#api/types';
import { attachmentName } from '#objects';
import { pod } from '../testing/small-cluster.ts';
import { reconcile, type Seen } from './reconcile.ts';

const volume = (name: string, accessModes = ['ReadWriteOnce']): PersistentVolume => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name },
  spec: { accessModes, csi: { driver: 'd', volumeHandle: `h-${name}` } },
});
const idOf = (name: string, node = 'n1'): string => attachmentName(`h-${name}`, 'd', node);
const attachment = (name: string, attached = true, node = 'n1'): VolumeAttachment => ({
  apiVersion: 'storage.k8s.io/v1',
  kind: 'VolumeAttachment',
  metadata: { name: idOf(name, node), uid: `u-${name}` },
  spec: { attacher: 'd', nodeName: node, source: { persistentVolumeName: name } },
  status: { attached },
});
const called = (name: string): string => `kubernetes.io/csi/d^h-${name}`;
const node = ({ inUse = [], attached = [], taints = [] }: Partial<Record<'inUse' | 'attached' | 'taints', string[]>> = {}): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: 'n1' },
  spec: { taints: taints.map((key) => ({ key, effect: 'NoExecute' })) },
  status: {
    volumesInUse: inUse.map(called),
    volumesAttached: attached.map((name) => ({ name: called(name), devicePath: idOf(name) })),
  },
});
const having: Pod = pod('p');
const wants = (name: string, modes?: string[]) => ({ volume: volume(name, modes), pod: having });
const seen = (over: Partial<Seen>): Seen => ({ nodeName: 'n1', node: node(), wanted: [], attachments: [], elsewhere: [], ...over });

describe('volumes of a node', () => {
  it.each<[string, Seen, string[]]>([
    ['are attached that a pod has', seen({ wanted: [wants('a')] }), [`attach ${idOf('a')}`]],
    ['are attached once for two pods', seen({ wanted: [wants('a'), wants('a')] }), [`attach ${idOf('a')}`]],
    ['are asked for once', seen({ wanted: [wants('a')], attachments: [attachment('a', false)] }), []],
    [
      'are reported once they are attached, to the pod as well',
      seen({ wanted: [wants('a')], attachments: [attachment('a')] }),
      ['report a', 'say SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "a" '],
    ],
    ['stay as they are', seen({ node: node({ attached: ['a'] }), wanted: [wants('a')], attachments: [attachment('a')] }), []],
    [
      'are detached when no pod has them',
      seen({ node: node({ attached: ['a'] }), attachments: [attachment('a')] }),
      [`detach ${idOf('a')}`],
    ],
    [
      'are not detached while the node has them in use',
      seen({ node: node({ attached: ['a'], inUse: ['a'] }), attachments: [attachment('a')] }),
      [],
    ],
    [
      'are not detached while the node has something in use and nobody knows what',
      seen({ node: node({ inUse: ['b'] }), attachments: [attachment('a', false)] }),
      [],
    ],
    [
      'are detached from a node that is out of service whatever it said',
      seen({
        node: node({ attached: ['a'], inUse: ['a'], taints: ['node.kubernetes.io/out-of-service'] }),
        attachments: [attachment('a')],
      }),
      [`detach ${idOf('a')}`],
    ],
    ['are detached from a node that is gone', seen({ node: undefined, attachments: [attachment('a')] }), [`detach ${idOf('a')}`]],
    ['that are detached already are reported no longer', seen({ node: node({ attached: ['a'] }) }), ['report ']],
    [
      'wait for another node to let go of them',
      seen({ wanted: [wants('a')], elsewhere: [attachment('a', true, 'n2')] }),
      [
        'say FailedAttachVolume: Multi-Attach error for volume "a" Volume is already exclusively attached to one node and can\'t be attached to another',
      ],
    ],
    [
      'are shared by nodes where they may be',
      seen({ wanted: [wants('a', ['ReadWriteMany'])], elsewhere: [attachment('a', true, 'n2')] }),
      [`attach ${idOf('a')}`],
    ],
    ['that somebody else attached are left alone', seen({ attachments: [{ ...attachment('a'), metadata: { name: 'by-hand' } }] }), []],
  ])('%s', (_what, given, want) => {
    const { actions, requeueAfterMs } = reconcile(given);
    const told = actions.map((action) => {
      if (action.do === 'say') return `say ${action.reason}: ${action.message}`;
      if (action.do === 'report') return `report ${action.volumesAttached.map(({ name }) => name.slice(-1)).join()}`;
      return `${action.do} ${action.attachment.metadata.name}`;
    });
    expect(told).toEqual(want);
    expect(requeueAfterMs !== undefined).toBe(want.some((line) => line.includes('Multi-Attach')));
  });
});
