import { startTestServer, type TestServer } from '#api-server/testing';
import { difference } from './compare.ts';
import { play, scenarios } from './play.ts';

/** Scenarios whose kinds are all served. The others in `recorded.jsonl` wait for theirs. */
const served = [
  'configmap-life',
  'configmap-bad',
  'yaml-body',
  'generate-name',
  'secret',
  'pod-defaults',
  'pod-update',
  'deployment-defaults',
  'deployment-bad',
  'replicaset',
  'service-defaults',
  'endpoints',
  'json-patch',
  'merge-patch',
  'apply-basic',
  'update-managed',
  'watch',
  'not-found-and-methods',
  'namespaces',
  'partial-metadata',
];

/** Steps where Berth differs, and why. */
const known: Readonly<Record<string, string>> = {
  'not-found-and-methods/s4': 'the list of paths is of the groups that are served, and those are not the same',
  'not-found-and-methods/s7': 'ComponentStatus is deprecated since 1.19 and not served: 404 and not 405',
};

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

describe('answers as a real Kubernetes API server did', () => {
  it.each(scenarios().filter(({ name }) => served.includes(name)))('$name', async (scenario) => {
    const answers = await play(server, scenario);
    const differences = scenario.answers.flatMap((want, i) => {
      const found = difference(want, answers[i]!);
      return found.length === 0 || known[`${scenario.name}/${want.id}`]
        ? []
        : [{ step: want.id, request: `${scenario.steps[i]!.m} ${scenario.steps[i]!.p}`, found: found.slice(0, 6) }];
    });
    expect(differences).toEqual([]);
  });
});
