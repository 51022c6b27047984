import { type FieldError, forbiddenField, inclusiveRangeError, invalidValue, isDns1123Subdomain, required, tooLong } from '#api';
import type { VolumeAttachment, VolumeAttachmentSource, VolumeError } from '#api/types';
import { validateInlineVolume } from '../../core/persistent-volume/validation.ts';
import { validateDriverName } from '../../core/pod/spec/remote-volumes.ts';
import { complaints } from '../../rules/checks.ts';
import { immutableField } from '../../rules/equality.ts';
import { textBytes } from '../parameters.ts';

const maxMetadataBytes = 256 * 1024;
const maxMessageBytes = 1024;
const maxInt32 = 2 ** 31 - 1;

/** `k8s.io/kubernetes/pkg/apis/storage/validation`, ValidateVolumeAttachment. */
export function validateAttachment(attachment: VolumeAttachment): FieldError[] {
  const { attacher, source, nodeName } = attachment.spec;
  return [
    ...(attacher ? [] : [required('spec.attacher')]),
    ...validateSource(source ?? {}, 'spec.source'),
    ...complaints(isDns1123Subdomain, nodeName ?? '', 'spec.nodeName'),
    ...validateAttachmentStatus(attachment),
  ];
}

/** What v1 asks for beyond v1beta1: not of objects that were there before. */
export function validateAttachmentCreate({ spec: { attacher, source } }: VolumeAttachment): FieldError[] {
  const name = source?.persistentVolumeName;
  return [
    ...(attacher ? validateDriverName(attacher, 'spec.attacher') : []),
    ...(name ? complaints(isDns1123Subdomain, name, 'spec.source.persistentVolumeName') : []),
  ];
}

export const validateAttachmentUpdate = (next: VolumeAttachment, previous: VolumeAttachment): FieldError[] =>
  immutableField(next.spec, previous.spec, 'spec');

function validateSource({ persistentVolumeName: name, inlineVolumeSpec: inline }: VolumeAttachmentSource, path: string): FieldError[] {
  const one = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';
  if (inline && name !== undefined) return [forbiddenField(path, one)];
  if (inline) return validateInlineVolume(inline, `${path}.inlineVolumeSpec`);
  if (name === undefined) return [required(path, one)];
  return name ? [] : [required(`${path}.persistentVolumeName`, 'must specify non empty persistentVolumeName')];
}

export function validateAttachmentStatus({ status }: VolumeAttachment): FieldError[] {
  return [
    ...(textBytes(status?.attachmentMetadata) > maxMetadataBytes ? [tooLong('status.attachmentMetadata', maxMetadataBytes)] : []),
    ...validateError(status?.attachError, 'status.attachError'),
    ...validateError(status?.detachError, 'status.detachError'),
  ];
}

function validateError(error: VolumeError | undefined, path: string): FieldError[] {
  const { message = '', errorCode = 0 } = error ?? {};
  return [
    // Upstream names the limit of the metadata here.
    ...(Buffer.byteLength(message) > maxMessageBytes ? [tooLong(`${path}.message`, maxMetadataBytes)] : []),
    ...(errorCode < 0 ? [invalidValue(`${path}.errorCode`, errorCode, inclusiveRangeError(0, maxInt32))] : []),
  ];
}
