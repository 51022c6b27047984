import { changedConfig } from './config-changes.ts';

const base = { Env: ['PATH=/bin', 'A=1'], Cmd: ['sh'], WorkingDir: '/w' };

it.each([
  [['CMD ["a","b"]'], { Cmd: ['a', 'b'] }],
  [['cmd a b'], { Cmd: ['/bin/sh', '-c', 'a b'] }],
  [['ENTRYPOINT ["/e"]'], { Entrypoint: ['/e'], Cmd: undefined }],
  [['ENTRYPOINT ["/e"]', 'CMD ["x"]'], { Entrypoint: ['/e'], Cmd: ['x'] }],
  [['ENV A=2 B=$A', 'ENV C $B'], { Env: ['PATH=/bin', 'A=2', 'B=1', 'C=1'] }],
  [['EXPOSE 80 53/udp'], { ExposedPorts: { '80/tcp': {}, '53/udp': {} } }],
  [['LABEL a=b "c d"=e'], { Labels: { a: 'b', 'c d': 'e' } }],
  [['ONBUILD RUN x'], { OnBuild: ['RUN x'] }],
  [['STOPSIGNAL SIGINT'], { StopSignal: 'SIGINT' }],
  [['USER web:web'], { User: 'web:web' }],
  [['VOLUME ["/a"]', 'VOLUME b'], { Volumes: { '/a': {}, '/w/b': {} } }],
  [['WORKDIR sub', 'WORKDIR $A'], { WorkingDir: '/w/sub/1' }],
  [['HEALTHCHECK NONE'], { Healthcheck: { Test: ['NONE'] } }],
  [[], {}],
])('%j', (changes, want) => {
  const changed = changedConfig(base, changes);
  expect(JSON.parse(JSON.stringify(changed))).toEqual(JSON.parse(JSON.stringify({ ...base, ...want })));
  expect(base).toEqual({ Env: ['PATH=/bin', 'A=1'], Cmd: ['sh'], WorkingDir: '/w' });
});

it.each([
  ['RUN x', 'RUN is not a valid change command'],
  ['FROM x', 'FROM is not a valid change command'],
  ['copy a b', 'copy is not a valid change command'],
  ['SHELL ["x"]', 'SHELL is not a valid change command'],
  ['nonsense', 'nonsense is not a valid change command'],
  ['ENV', 'ENV'],
  ['STOPSIGNAL nope', 'Invalid signal: nope'],
])('%j is refused', (change, words) => expect(() => changedConfig(base, [change])).toThrow(words));
