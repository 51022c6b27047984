import { ingressController } from '#objects';
import { cells, complaintsAbout, created, type Json, updated } from '../../testing.ts';
import { ingressClass } from './kind.ts';

const controller = 'acme.io/ingress';
const parameters = (changes: Json): Json => ({ controller, parameters: { apiGroup: 'acme.io', kind: 'Params', name: 'p', ...changes } });

describe('an ingress class', () => {
  it.each<[string, Json, string[]]>([
    ['of a controller', { controller }, []],
    ['of nobody', {}, ['spec.controller: Required value']],
    ['of no domain', { controller: 'x' }, ['spec.controller: Invalid value: "x": must be a domain-prefixed path (such as "acme.io/foo")']],
    ['of 250 bytes', { controller: `a.io/${'x'.repeat(245)}` }, []],
    ['of 251 bytes', { controller: `a.io/${'x'.repeat(246)}` }, ['spec.controller: Too long: may not be more than 250 bytes']],
    ['with parameters', parameters({}), []],
    ['with parameters of a core kind', parameters({ apiGroup: undefined, kind: 'ConfigMap' }), []],
    ['with parameters in a namespace', parameters({ scope: 'Namespace', namespace: 'a' }), []],
    [
      'with parameters in no namespace',
      parameters({ scope: 'Namespace' }),
      ["spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'"],
    ],
    [
      'with parameters of the cluster in a namespace',
      parameters({ scope: 'Cluster', namespace: 'a' }),
      ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    ],
    [
      'with parameters anywhere',
      parameters({ scope: 'World' }),
      ['spec.parameters.scope: Unsupported value: "World": supported values: "Cluster", "Namespace"'],
    ],
    [
      'with parameters that name nothing',
      parameters({ kind: '', name: '' }),
      ['spec.parameters.kind: Required value: kind is required', 'spec.parameters.name: Required value: name is required'],
    ],
    [
      'with parameters that are a path',
      parameters({ kind: 'a/b', name: '..' }),
      [`spec.parameters.kind: Invalid value: "a/b": may not contain '/'`, `spec.parameters.name: Invalid value: "..": may not be '..'`],
    ],
  ])('%s', (_name, spec, want) => expect(complaintsAbout(ingressClass, { spec })).toEqual(want));

  it('refers to parameters of the cluster unless told otherwise', () => {
    expect(created(ingressClass, { spec: parameters({}) }).spec?.parameters?.scope).toBe('Cluster');
  });

  it('keeps its controller', () => {
    const stored = created(ingressClass, { spec: { controller } });
    const { complaints } = updated(ingressClass, stored, { metadata: stored.metadata, spec: { controller: 'acme.io/b' } });
    expect(complaints).toEqual(['spec.controller: Invalid value: "acme.io/b": field is immutable']);
  });

  it.each<[Json, string[]]>([
    [parameters({}), []],
    [{ controller: ingressController }, []],
    [{ ...parameters({}), controller: ingressController }, ['spec.parameters: has no effect, berth.dev/ingress takes no parameters']],
  ])('%j is warned of: %j', (spec, want) => {
    expect(ingressClass.strategy?.warnings?.(created(ingressClass, { spec }))).toEqual(want);
  });

  it.each<[Json, string]>([
    [{ controller }, '<none>'],
    [parameters({}), 'Params.acme.io/p'],
    [parameters({ apiGroup: undefined }), 'Params/p'],
  ])('%j shows its parameters as %s', (spec, want) => {
    expect(cells(ingressClass, created(ingressClass, { spec }))).toMatchObject({ Controller: controller, Parameters: want });
  });
});
