import { ApiError } from '#api';
import type { Container, Secret } from '#api/types';
import { RuntimeError } from '#runtime/contract';
import { fakeAgent } from '../testing/agent-context.ts';
import { pod as podOf } from '../testing/pod-builder.ts';
import { WaitingError } from './errors.ts';
import { PodImages } from './images.ts';

const reference = 'reg.io/app:v1';

describe('the image of a container', () => {
  /** `pulls`: what each pull comes to, the last one for all that follow. */
  function setUp({ present = false, pulls = [undefined] }: { present?: boolean; pulls?: (Error | undefined)[] } = {}) {
    const { context, clock, image } = fakeAgent('/nowhere');
    const asked: string[] = [];
    context.images.get = async () => (present ? image : undefined);
    context.images.pull = async (_reference, { credentials } = {}) => {
      asked.push(credentials?.username ?? 'anonymous');
      const failure = pulls[Math.min(asked.length, pulls.length) - 1];
      if (failure) throw failure;
      return image;
    };
    const secrets = new Map<string, Secret | Error>();
    const secretObject = async (name: string): Promise<Secret | undefined> => {
      const found = secrets.get(name);
      if (found instanceof Error) throw found;
      return found;
    };
    const events: string[] = [];
    const images = new PodImages(
      context,
      { secretObject },
      (name, { reason, message }) => void events.push(`${name} ${reason}: ${message}`),
    );
    const ensure = (more: Partial<Container> = {}, imagePullSecrets: { name: string }[] = []) =>
      images.ensure(podOf({ imagePullSecrets }), { name: 'c', image: reference, ...more }, new AbortController().signal);
    const refusal = (more?: Partial<Container>): Promise<WaitingError> =>
      ensure(more).then(
        () => Promise.reject(new Error('it was not refused')),
        (err: unknown) => (err instanceof WaitingError ? err : Promise.reject(err as Error)),
      );
    return { context, clock, image, asked, secrets, events, ensure, refusal };
  }

  it.each([
    { imagePullPolicy: 'IfNotPresent', present: true, pulled: 0 },
    { imagePullPolicy: 'IfNotPresent', present: false, pulled: 1 },
    { imagePullPolicy: 'Always', present: true, pulled: 1 },
    { imagePullPolicy: 'Never', present: true, pulled: 0 },
    { imagePullPolicy: undefined, present: true, pulled: 0 },
    { imagePullPolicy: undefined, image: 'reg.io/app:latest', present: true, pulled: 1 },
    { imagePullPolicy: undefined, image: 'reg.io:5000/app', present: true, pulled: 1 },
  ])('by policy $imagePullPolicy, $image present: $present, is pulled $pulled times', async ({ present, pulled, ...container }) => {
    const { ensure, asked, events, image } = setUp({ present });
    expect(await ensure({ ...container, image: container.image ?? reference })).toBe(image);
    expect(asked).toHaveLength(pulled);
    expect(events.at(-1)).toMatch(
      pulled ? /^c Pulled: Successfully pulled image / : /^c Pulled: Container image ".*" already present on machine$/,
    );
  });

  it('is not pulled by policy Never', async () => {
    const { refusal, events } = setUp();
    const message = `Container image "${reference}" is not present with pull policy of Never`;
    expect(await refusal({ imagePullPolicy: 'Never' })).toMatchObject({ reason: 'ErrImageNeverPull', message });
    expect(events).toEqual([`c ErrImageNeverPull: ${message}`, 'c Failed: Error: ErrImageNeverPull']);
  });

  it('has a name that can be read', async () => {
    const { refusal, context } = setUp();
    context.images.get = () => Promise.reject(new RuntimeError('invalid-image-name', 'no'));
    expect(await refusal({ image: 'A B' })).toMatchObject({
      reason: 'InvalidImageName',
      message: `Failed to apply default image tag "A B": couldn't parse image name "A B": invalid reference format`,
    });
  });

  it('that cannot be had is tried again after 10 s, 20 s …, and says so in between', async () => {
    const { refusal, clock, asked, events } = setUp({ pulls: [new Error('no route')] });
    expect(await refusal()).toMatchObject({ reason: 'ErrImagePull', message: 'no route', retryMs: 1_000 });
    expect(events).toEqual([
      `c Pulling: Pulling image "${reference}"`,
      `c Failed: Failed to pull image "${reference}": no route`,
      'c Failed: Error: ErrImagePull',
    ]);
    await clock.advance(1_000);
    events.length = 0;
    const message = `Back-off pulling image "${reference}"`;
    expect(await refusal()).toMatchObject({ reason: 'ImagePullBackOff', message: `${message}: ErrImagePull: no route`, retryMs: 9_000 });
    expect(await refusal()).toMatchObject({ reason: 'ImagePullBackOff' });
    expect(events).toEqual([`c BackOff: ${message}`, 'c Failed: Error: ImagePullBackOff']); // once
    await clock.advance(9_000);
    await refusal();
    expect(asked).toHaveLength(2);
    expect(await refusal()).toMatchObject({ retryMs: 20_000 });
  });

  it('forgets its failures when it came', async () => {
    const { ensure, refusal, clock, asked } = setUp({ pulls: [new Error('no'), undefined, new Error('no')] });
    await refusal();
    await clock.advance(10_000);
    await ensure();
    await refusal({ imagePullPolicy: 'Always' });
    expect(asked).toHaveLength(3);
    expect(await refusal({ imagePullPolicy: 'Always' })).toMatchObject({ reason: 'ImagePullBackOff', retryMs: 10_000 });
  });

  const login = (username: string): Secret => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {},
    data: {
      '.dockerconfigjson': Buffer.from(JSON.stringify({ auths: { 'reg.io': { username, password: 'p' } } })).toString('base64'),
    },
  });
  const refused = new RuntimeError('unauthorized', 'no access');

  it.each<[string, (Error | undefined)[], Record<string, Secret | Error>, string[]]>([
    ['with the first credentials that are taken', [refused, undefined], { a: login('a'), b: login('b') }, ['a', 'b']],
    ['without any in the end', [refused, refused, undefined], { a: login('a'), b: login('b') }, ['a', 'b', 'anonymous']],
    ['without a secret that is not there', [undefined], { b: login('b') }, ['b']],
    [
      'without a secret that the node may not read',
      [undefined],
      { a: new ApiError({ code: 403, reason: 'Forbidden', message: '' }) },
      ['anonymous'],
    ],
  ])('is pulled %s', async (_how, pulls, secrets, want) => {
    const rig = setUp({ pulls });
    for (const [name, secret] of Object.entries(secrets)) rig.secrets.set(name, secret);
    await rig.ensure({}, [{ name: 'a' }, { name: 'b' }]);
    expect(rig.asked).toEqual(want);
  });

  it('is not asked for again with other credentials for another reason', async () => {
    const { secrets, ensure, asked } = setUp({ pulls: [new Error('no route')] });
    secrets.set('a', login('a'));
    await expect(ensure({}, [{ name: 'a' }])).rejects.toThrow('no route');
    expect(asked).toEqual(['a']);
  });
});
