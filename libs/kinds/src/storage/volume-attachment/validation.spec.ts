import { cells, complaintsAbout, created, lines, type Json, updated } from '../../testing.ts';
import { volumeAttachment } from './kind.ts';
import { validateAttachmentStatus } from './validation.ts';

const spec = { attacher: 'x.example.com', nodeName: 'n', source: { persistentVolumeName: 'p' } };
const inline = { accessModes: ['ReadWriteOnce'], csi: { driver: 'x.example.com', volumeHandle: 'h' } };
const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';

describe('a volume attachment', () => {
  it.each<[string, Json, string[]]>([
    ['of a volume', spec, []],
    ['of a volume that was written into a pod', { ...spec, source: { inlineVolumeSpec: inline } }, []],
    ['of nothing', { ...spec, source: {} }, [`spec.source: Required value: ${one}`]],
    ['of both', { ...spec, source: { ...spec.source, inlineVolumeSpec: inline } }, [`spec.source: Forbidden: ${one}`]],
    ['by nobody', { ...spec, attacher: '' }, ['spec.attacher: Required value']],
    [
      'by a bad name',
      { ...spec, attacher: 'Bad_Name' },
      [expect.stringContaining('spec.attacher: Invalid value: "Bad_Name"') as unknown as string],
    ],
    [
      'of what only a volume of its own has',
      {
        ...spec,
        source: {
          inlineVolumeSpec: {
            ...inline,
            capacity: { storage: '1' },
            claimRef: { name: 'c' },
            persistentVolumeReclaimPolicy: 'Delete',
            storageClassName: 'a',
            volumeMode: 'Block',
          },
        },
      },
      [
        'claimRef: Forbidden: may not be specified',
        'capacity: Forbidden: may not be specified',
        'persistentVolumeReclaimPolicy: Forbidden: may only be Retain',
        'storageClassName: Forbidden: may not be specified',
        'volumeMode: Forbidden: may not specify volumeMode other than Filesystem',
      ].map((text) => `spec.source.inlineVolumeSpec.${text} in the context of inline volumes`),
    ],
  ])('%s', (_name, changed, want) => expect(complaintsAbout(volumeAttachment, { spec: changed })).toEqual(want));

  it('stays as it is; its status tells what became of it', () => {
    const stored = created(volumeAttachment, { spec, status: { attached: true } });
    expect(stored.status).toEqual({ attached: false });
    const { complaints } = updated(volumeAttachment, stored, { metadata: stored.metadata, spec: { ...spec, nodeName: 'm' } });
    expect(complaints).toEqual([expect.stringMatching(/^spec: Invalid value: .*: field is immutable$/)]);
    expect(cells(volumeAttachment, stored)).toMatchObject({ Attacher: 'x.example.com', PV: 'p', Node: 'n', Attached: false });
    const status = { attached: false, attachError: { message: 'x'.repeat(1025) }, detachError: { errorCode: -1 } };
    expect(lines(validateAttachmentStatus({ ...stored, status }))).toEqual([
      'status.attachError.message: Too long: may not be more than 262144 bytes',
      'status.detachError.errorCode: Invalid value: -1: must be between 0 and 2147483647, inclusive',
    ]);
  });
});
