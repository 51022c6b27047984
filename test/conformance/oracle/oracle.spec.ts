import { startTestServer, type TestServer } from '#api-server/testing';
import { inState, pluralOf } from '../compatibility/kind-rows.ts';
import { difference } from './compare.ts';
import { play, scenarios } from './play.ts';
import { VolumeControllers } from './volume-controllers.ts';

/** Resources whose steps wait, since docs/compatibility.md says that they are absent; compatibility.spec.ts holds it to that. */
const waiting: ReadonlySet<string> = new Set(inState('absent').map(({ groupVersion, kind }) => `${groupVersion} ${pluralOf(kind)}`));
/** Kinds that a scenario makes by a CustomResourceDefinition; served when that is. */
const custom = /^{{ns}}\.example\.com/;

/** Steps where Berth differs, and why. A step that agrees again fails the test: take it out then. */
const known: Readonly<Record<string, string>> = {
  'not-found-and-methods/s4': 'the list of paths is of the groups that are served, and those are not the same',
  'not-found-and-methods/s7': 'ComponentStatus is deprecated since 1.19 and not served: 404 and not 405',
  'job/s0': 'the generated selector has a prefix since 1.27: batch.kubernetes.io/controller-uid',
};

let server: TestServer;
let controllers: VolumeControllers;
beforeAll(async () => {
  server = await startTestServer();
  controllers = new VolumeControllers(server);
});
afterAll(async () => {
  await controllers.stop();
  await server.close();
});

const resourceOf = (path: string): string => {
  const [, version, plural] = /^\/(?:api|apis)\/(v1|[^/]+\/[^/?]+)(?:\/namespaces\/[^/]+(?=\/))?\/([^/?]+)/.exec(path) ?? [];
  return version ? `${version} ${plural}` : path.replace('/apis/', '');
};

const waits = (path: string): boolean => waiting.has(resourceOf(path)) || custom.test(resourceOf(path));

describe('answers as a real Kubernetes API server did', () => {
  it.each(scenarios())('$name', async (scenario) => {
    const answers = await play(server, scenario, controllers);
    const steps = scenario.answers.map((want, i) => ({
      step: want.id,
      request: `${scenario.steps[i]!.m} ${scenario.steps[i]!.p}`,
      found: difference(want, answers[i]!).slice(0, 6),
      waits: waits(scenario.steps[i]!.p),
      isKnown: Boolean(known[`${scenario.name}/${want.id}`]),
    }));
    const wrong = steps.filter(({ waits, isKnown, found }) => !waits && isKnown === (found.length === 0));
    expect(wrong).toEqual([]);
  });
});
