import { FakeView } from '#api-server/testing';
import { ManualClock } from '#base/testing';
import { createAuthorizer } from '../authorization/index.ts';
import { admissionPlugins } from './index.ts';

it('admission plugins stand in upstream’s order (AllOrderedPlugins), and what charges is last', () => {
  const plugins = admissionPlugins({ authorizer: createAuthorizer(new FakeView()), clock: new ManualClock() });
  expect(plugins.map(({ name }) => name)).toEqual([
    'NamespaceLifecycle',
    'LimitRanger',
    'ServiceAccount',
    'NodeRestriction',
    'TaintNodesByCondition',
    'PodSecurity',
    'Priority',
    'DefaultTolerationSeconds',
    'DefaultStorageClass',
    'StorageObjectInUseProtection',
    'PersistentVolumeClaimResize',
    'RoleEscalation',
    'RuntimeClass',
    'CertificateApproval',
    'CertificateSigning',
    'CertificateSubjectRestriction',
    'DefaultIngressClass',
    'ResourceQuota',
  ]);
  expect(plugins.filter((plugin) => 'charge' in plugin).map(({ name }) => name)).toEqual(['ResourceQuota']);
});
