import { startTestServer, type TestServer } from '#api-server/testing';
import { difference } from './compare.ts';
import { play, scenarios } from './play.ts';

/** Scenarios that wait for a kind or a plugin which is not there yet. */
const waiting: Readonly<Record<string, string>> = {
  job: 'Job is not served',
  hpa: 'HorizontalPodAutoscaler is not served',
  storage: 'volumes and their claims and classes are not served',
  'crd-bad': 'CustomResourceDefinition is not served',
};

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
  it.each(scenarios().filter(({ name }) => !waiting[name]))('$name', async (scenario) => {
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
