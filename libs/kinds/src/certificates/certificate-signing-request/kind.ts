import type { CertificateSigningRequest } from '#api/types';
import type { KindDefinition } from '../../contract.ts';
import { columns } from './columns.ts';
import { prepareApproval, prepareStatus, strategy } from './strategy.ts';
import { validateApprovalUpdate, validateRequest, validateRequestUpdate, validateStatusUpdate } from './validation.ts';

export const certificateSigningRequest: KindDefinition<CertificateSigningRequest> = {
  gvk: { group: 'certificates.k8s.io', version: 'v1', kind: 'CertificateSigningRequest' },
  scope: 'Cluster',
  names: { plural: 'certificatesigningrequests', singular: 'certificatesigningrequest', shortNames: ['csr'] },
  nameRule: 'path-segment',
  validate: () => [], // what is wrong with one depends on what was wrong with it before: ratcheting, below
  validateCreate: (request) => validateRequest(request),
  validateUpdate: validateRequestUpdate,
  strategy,
  columns,
  selectableFields: { 'spec.signerName': ({ spec }) => spec.signerName ?? '' },
  subresources: {
    status: { do: 'view', part: 'status', prepareForUpdate: prepareStatus, validateUpdate: validateStatusUpdate },
    approval: { do: 'view', part: 'status', prepareForUpdate: prepareApproval, validateUpdate: validateApprovalUpdate },
  },
};
