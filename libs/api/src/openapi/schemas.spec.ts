import { builtinTypes as table } from '../type-table/builtin-types.ts';
import { openApiSchemas } from './schemas.ts';

const apps = openApiSchemas(table, { kinds: [{ group: 'apps', version: 'v1', kind: 'Deployment' }] });
const properties = (name: string): Record<string, unknown> => (apps[name] as { properties: Record<string, unknown> }).properties;

describe('OpenAPI schemas of a group version', () => {
  it('contain its kinds, their lists and the common types, marked with their kinds', () => {
    expect(apps['io.k8s.api.apps.v1.Deployment']).toMatchObject({
      type: 'object',
      'x-kubernetes-group-version-kind': [{ group: 'apps', kind: 'Deployment', version: 'v1' }],
    });
    expect(apps['io.k8s.api.apps.v1.DeploymentList']).toMatchObject({ required: ['items'] });
    expect(apps['io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions']).toHaveProperty('x-kubernetes-group-version-kind');
    expect(apps['io.k8s.apimachinery.pkg.apis.meta.v1.Status']).toBeDefined();
  });

  it('refer to nothing that is not there', () => {
    const references = [...JSON.stringify(apps).matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map((m) => m[1]!);
    expect(references.length).toBeGreaterThan(100);
    expect(references.filter((name) => !apps[name])).toEqual([]);
  });

  it('tell how lists are merged', () => {
    expect(properties('io.k8s.api.core.v1.PodSpec').containers).toMatchObject({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
    });
    expect(apps['io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector']).toMatchObject({ 'x-kubernetes-map-type': 'atomic' });
  });

  it('tell formats, enumerations, defaults and what is required', () => {
    expect(properties('io.k8s.api.apps.v1.DeploymentSpec').replicas).toEqual({ type: 'integer', format: 'int32', default: 1 });
    expect(apps['io.k8s.api.apps.v1.DeploymentSpec']).toMatchObject({ required: ['selector', 'template'] });
    expect(properties('io.k8s.api.core.v1.PodSpec').restartPolicy).toEqual({
      type: 'string',
      enum: ['Always', 'Never', 'OnFailure'],
      default: 'Always',
    });
    expect(apps['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toMatchObject({ format: 'int-or-string' });
  });

  it('take descriptions from where they are given', () => {
    const descriptions = new Map([
      ['io.k8s.api.apps.v1.DeploymentSpec', { description: 'What is wanted.', fields: { paused: 'Whether.' } }],
    ]);
    const described = openApiSchemas(table, { kinds: [{ group: 'apps', version: 'v1', kind: 'Deployment' }], descriptions });
    expect(described['io.k8s.api.apps.v1.DeploymentSpec']).toMatchObject({
      description: 'What is wanted.',
      properties: { paused: { description: 'Whether.' } },
    });
    expect(described['io.k8s.api.apps.v1.Deployment']).toMatchObject({ properties: { spec: { description: 'What is wanted.' } } });
  });
});
