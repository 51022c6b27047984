import { type EngineUnderTest, openEngine } from './engine-under-test.ts';
import { differences, play, scenarios, send } from './replay.ts';

/** Steps where Berth's engine differs, and why. A step that agrees again fails the test: take it out then. */
const known: Readonly<Record<string, string>> = {
  'images/s10': 'a name that is none is 400, as the API documents it; the daemon answered 500',
  'build/s1': 'ContainerConfig is empty: the API has dropped it since (1.45), and no container is made for a step',
  'build/s12': 'a build leaves no image for each of its steps, so none of them is deleted',
};

let engine: EngineUnderTest;
beforeAll(async () => {
  engine = await openEngine();
  await engine.importImage('or/bb:1');
});
afterAll(() => engine.close());

describe('answers as a real Docker daemon did', () => {
  it.each(scenarios())('$name', async (scenario) => {
    const answers = await play(engine.socket, scenario);
    const steps = scenario.answers.map((want, i) => ({
      step: `${scenario.name}/${want.id}`,
      request: `${scenario.steps[i]!.m} ${scenario.steps[i]!.p}`,
      found: differences(want, answers[i]!).slice(0, 6),
    }));
    const wrong = steps.filter(({ step, found }) => Object.hasOwn(known, step) === (found.length === 0));
    expect(wrong).toEqual([]);
  });
});

it.each(['/containers/create?platform=windows', '/build?version=2', '/build?squash=1'])(
  'POST %s is refused, not done without what was asked for',
  async (path) => {
    const { status, bytes } = await send(engine.socket, { method: 'POST', path, content: '{}', type: 'application/json' });
    expect([status, JSON.parse(bytes.toString())]).toEqual([400, { message: expect.stringContaining('by this engine') }]);
  },
);
