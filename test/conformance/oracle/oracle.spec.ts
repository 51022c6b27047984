import { startTestServer, type TestServer } from '#api-server/testing';
import { difference } from './compare.ts';
import { play, scenarios } from './play.ts';

/** Resources of the recording that are not served yet: their steps wait. The first test fails when one is served: take it out then. */
const waiting: readonly string[] = [
  'v1 persistentvolumeclaims',
  'v1 persistentvolumes',
  'admissionregistration.k8s.io/v1 mutatingwebhookconfigurations',
  'admissionregistration.k8s.io/v1 validatingwebhookconfigurations',
  'apiextensions.k8s.io/v1 customresourcedefinitions',
  'apiregistration.k8s.io/v1 apiservices',
  'autoscaling/v1 horizontalpodautoscalers',
  'certificates.k8s.io/v1 certificatesigningrequests',
  'networking.k8s.io/v1 ingressclasses',
  'networking.k8s.io/v1 ingresses',
  'node.k8s.io/v1 runtimeclasses',
  'storage.k8s.io/v1 storageclasses',
  'storage.k8s.io/v1 volumeattachments',
];
/** Kinds that a scenario makes by a CustomResourceDefinition; served when that is. */
const custom = /^{{ns}}\.example\.com/;

/** Steps where Berth differs, and why. A step that agrees again fails the test: take it out then. */
const known: Readonly<Record<string, string>> = {
  'not-found-and-methods/s4': 'the list of paths is of the groups that are served, and those are not the same',
  'not-found-and-methods/s7': 'ComponentStatus is deprecated since 1.19 and not served: 404 and not 405',
  'job/s0': 'the generated selector has a prefix since 1.27: batch.kubernetes.io/controller-uid',
  'runtimeclass/s4': 'RuntimeClasses are not served: no pod with one is let in',
};

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.close());

it.each(waiting)('%s waits because it is not served', async (resource) => {
  const [version = '', plural] = resource.split(' ');
  const { status } = await server.call('GET', `${version.includes('/') ? '/apis' : '/api'}/${version}/${plural}`);
  expect(status).toBe(404);
});

const resourceOf = (path: string): string => {
  const [, version, plural] = /^\/(?:api|apis)\/(v1|[^/]+\/[^/?]+)(?:\/namespaces\/[^/]+(?=\/))?\/([^/?]+)/.exec(path) ?? [];
  return version ? `${version} ${plural}` : path.replace('/apis/', '');
};

const waits = (path: string): boolean => waiting.includes(resourceOf(path)) || custom.test(resourceOf(path));

describe('answers as a real Kubernetes API server did', () => {
  it.each(scenarios())('$name', async (scenario) => {
    const answers = await play(server, scenario);
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
