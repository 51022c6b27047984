import { BuildError } from '../contract.ts';
import { parseDockerfile } from '../dockerfile/dockerfile.ts';
import { emptyState, envValue, type ImageState, imageConfigOf } from './image-state.ts';
import { applyMetadata, type MetadataInstruction } from './metadata.ts';

function after(text: string, state: ImageState = emptyState({ os: 'linux', architecture: 'amd64' })): ImageState {
  for (const instruction of parseDockerfile(`FROM scratch\n${text}`).stages[0]!.instructions) {
    const lookup = (name: string): string | undefined => envValue(state.config.Env, name);
    applyMetadata(state, instruction as MetadataInstruction, { line: instruction.line, escape: '\\', lookup });
  }
  return state;
}

describe('the config of an image', () => {
  it.each<[string, object]>([
    ['ENV a=1 b=$a\nENV c=$a', { Env: [expect.stringMatching(/^PATH=/), 'a=1', 'b=', 'c=1'] }],
    ['ENV PATH=$PATH:/more', { Env: [expect.stringMatching(/\/bin:\/more$/)] }],
    ['LABEL "a b"="c d" e=$PATH', { Labels: { 'a b': 'c d', e: expect.stringContaining('/bin') } }],
    ['EXPOSE 80 53/UDP 8000-8002', { ExposedPorts: { '80/tcp': {}, '53/udp': {}, '8000/tcp': {}, '8001/tcp': {}, '8002/tcp': {} } }],
    ['VOLUME /data ["x"]', { Volumes: { '/data': {}, '/[x]': {} } }],
    ['VOLUME ["/data", "rel"]', { Volumes: { '/data': {}, '/rel': {} } }],
    ['CMD echo $HOME', { Cmd: ['/bin/sh', '-c', 'echo $HOME'] }],
    ['SHELL ["/bin/ash", "-e"]\nENTRYPOINT run me', { Entrypoint: ['/bin/ash', '-e', 'run me'] }],
    ['CMD ["own"]\nENTRYPOINT ["e"]', { Cmd: ['own'], Entrypoint: ['e'] }],
    ['STOPSIGNAL SIGQUIT', { StopSignal: 'SIGQUIT' }],
    ['HEALTHCHECK NONE', { Healthcheck: { Test: ['NONE'] } }],
    ['HEALTHCHECK --interval=1m30s --timeout=500ms CMD ["x"]', { Healthcheck: { Test: ['CMD', 'x'], Interval: 90e9, Timeout: 5e8 } }],
    ['HEALTHCHECK --interval=0s --retries=3 CMD x', { Healthcheck: { Test: ['CMD-SHELL', 'x'], Retries: 3 } }],
    ['USER a:b', { User: 'a:b' }],
  ])('after %p', (text, config) => {
    expect(after(text).config).toMatchObject(config);
  });

  it('says who maintains the image, as it is written', () => {
    expect(imageConfigOf(after('MAINTAINER "$A" <b@c>'), '1970-01-01T00:00:00Z').author).toBe('"$A" <b@c>');
  });

  it("a base's CMD belongs to the base's ENTRYPOINT", () => {
    const state = emptyState({ os: 'linux', architecture: 'amd64' });
    state.config.Cmd = ['base'];
    expect(after('ENTRYPOINT ["mine"]', state).config.Cmd).toBeUndefined();
  });

  it('is the same bytes whatever order labels and ports came in', () => {
    const text = (source: string): string => JSON.stringify(imageConfigOf(after(source), '1970-01-01T00:00:00Z'));
    expect(text('LABEL b=1 a=2\nEXPOSE 2 1')).toBe(text('EXPOSE 1 2\nLABEL a=2 b=1'));
  });

  it.each([
    'EXPOSE x',
    'EXPOSE 70000',
    'EXPOSE 80/icmp',
    'EXPOSE 9-8',
    'STOPSIGNAL 9x',
    'STOPSIGNAL FOO',
    'STOPSIGNAL 65',
    'HEALTHCHECK --interval=soon CMD x',
    'HEALTHCHECK --timeout=999us CMD x',
    'HEALTHCHECK --start-interval=1ns CMD x',
    'USER ${A:?no user}',
  ])('%s is refused with its line', (text) => {
    expect(() => after(text)).toThrow(BuildError);
    expect(() => after(text)).toThrow(expect.objectContaining({ line: 2 }));
  });
});
