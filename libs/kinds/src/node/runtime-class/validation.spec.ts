import { cells, complaintsAbout, created, type Json, updated } from '../../testing.ts';
import { runtimeClass } from './kind.ts';

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric " +
  "character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const handler = 'crun';

describe('a runtime class', () => {
  it.each<[string, Json, string[]]>([
    ['of a handler', { handler }, []],
    ['of no handler', { handler: '' }, [`handler: Invalid value: "": ${label}`]],
    ['of a path', { handler: 'a/b' }, [`handler: Invalid value: "a/b": ${label}`]],
    ['of 64 characters', { handler: 'a'.repeat(64) }, [expect.stringContaining('must be no more than 63 ') as unknown as string]],
    ['with overhead', { handler, overhead: { podFixed: { cpu: '250m', memory: '120Mi' } } }, []],
    ['with nothing in its parts', { handler, overhead: {}, scheduling: {} }, []],
    [
      'with overhead below nothing',
      { handler, overhead: { podFixed: { cpu: '-1' } } },
      ['overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'],
    ],
    [
      'with overhead of what is no resource',
      { handler, overhead: { podFixed: { 'my.org': '1' } } },
      ['must be a standard resource type or fully qualified', 'must be a standard resource for containers'].map(
        (why) => `overhead.limits[my.org]: Invalid value: "my.org": ${why}`,
      ),
    ],
    [
      'that picks nodes',
      { handler, scheduling: { nodeSelector: { a: 'b' }, tolerations: [{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }] } },
      [],
    ],
    [
      'that picks nodes by no label',
      { handler, scheduling: { nodeSelector: { 'bad key!': 'x' } } },
      [expect.stringMatching(/^scheduling\.nodeSelector: Invalid value: "bad key!": name part must consist of/) as unknown as string],
    ],
    [
      'that tolerates nothing known',
      { handler, scheduling: { tolerations: [{ key: 'k', operator: 'Exists', value: 'v' }] } },
      ['scheduling.tolerations[0].operator: Invalid value: "v": value must be empty when `operator` is \'Exists\''],
    ],
  ])('%s', (_name, body, want) => expect(complaintsAbout(runtimeClass, body)).toEqual(want));

  it('keeps its handler, and may change the rest', () => {
    const stored = created(runtimeClass, { handler });
    const changed = (body: Json): string[] => updated(runtimeClass, stored, { metadata: stored.metadata, ...body }).complaints;
    expect(changed({ handler: 'runsc' })).toEqual(['handler: Invalid value: "runsc": field is immutable']);
    expect(changed({ handler, overhead: { podFixed: { cpu: '1' } }, scheduling: { nodeSelector: { a: 'b' } } })).toEqual([]);
  });

  it('warns of labels of nodes that are no more', () => {
    const object = created(runtimeClass, { handler, scheduling: { nodeSelector: { 'beta.kubernetes.io/os': 'linux', a: 'b' } } });
    expect(runtimeClass.strategy?.warnings?.(object)).toEqual([
      'scheduling.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead',
    ]);
  });

  it('shows its handler', () => {
    expect(Object.keys(cells(runtimeClass, created(runtimeClass, { handler })))).toEqual(['Handler', 'Age']);
    expect(cells(runtimeClass, created(runtimeClass, { handler }))).toMatchObject({ Handler: handler });
  });
});
