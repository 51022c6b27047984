import type { VolumeAttachment } from '#api/types';
import type { KindDefinition, Strategy } from '../../contract.ts';
import { withHostPathType } from '../../core/persistent-volume/strategy.ts';
import { age } from '../../rules/columns.ts';
import { validateAttachment, validateAttachmentCreate, validateAttachmentStatus, validateAttachmentUpdate } from './validation.ts';

const strategy: Strategy<VolumeAttachment> = {
  prepareForCreate: (attachment) => ({ ...attachment, status: { attached: false } }),
  prepareForUpdate: (next, previous) => ({ ...next, status: previous.status }),
  allowUnconditionalUpdate: false,
  returnsDeleted: true,
};

export const volumeAttachment: KindDefinition<VolumeAttachment> = {
  gvk: { group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttachment' },
  scope: 'Cluster',
  names: { plural: 'volumeattachments', singular: 'volumeattachment' },
  applyDefaults: withDefaults,
  validate: validateAttachment,
  validateCreate: validateAttachmentCreate,
  validateUpdate: validateAttachmentUpdate,
  strategy,
  columns: [
    { name: 'Attacher', type: 'string', format: 'name', value: ({ spec }) => spec.attacher },
    { name: 'PV', type: 'string', value: ({ spec }) => spec.source?.persistentVolumeName ?? '' },
    { name: 'Node', type: 'string', value: ({ spec }) => spec.nodeName },
    { name: 'Attached', type: 'boolean', value: ({ status }) => status?.attached ?? false },
    age,
  ],
  subresources: {
    status: {
      do: 'view',
      part: 'status',
      prepareForUpdate: (next, previous) => ({ ...next, spec: previous.spec }),
      validateUpdate: validateAttachmentStatus,
    },
  },
};

function withDefaults(attachment: VolumeAttachment): VolumeAttachment {
  const inline = attachment.spec?.source?.inlineVolumeSpec;
  if (!inline) return attachment;
  const { spec } = attachment;
  return { ...attachment, spec: { ...spec, source: { ...spec.source, inlineVolumeSpec: withHostPathType(inline) } } };
}
