import { runningContainers } from './containers.ts';

it('sidecars run beside the containers, other init containers do not', () => {
  const initContainers = [{ name: 'i' }, { name: 's', restartPolicy: 'Always' }, { name: 'once', restartPolicy: 'OnFailure' }];
  expect(runningContainers({ containers: [{ name: 'a' }], initContainers }).map(({ name }) => name)).toEqual(['a', 's']);
  expect(runningContainers({ containers: [{ name: 'a' }] })).toHaveLength(1);
});
