import { signalName } from './signals.ts';

describe('signals', () => {
  it.each([
    ['TERM', 'SIGTERM'],
    ['sigkill', 'SIGKILL'],
    ['15', 'SIGTERM'],
    ['9', 'SIGKILL'],
    ['CLD', 'SIGCHLD'],
    ['SIGRTMIN+3', '37'],
    ['rtmax-1', '63'],
    ['40', '40'],
  ])('%s is %s', (text, want) => expect(signalName(text)).toBe(want));

  it.each(['NOPE', '', '0', '33', '99', 'RTMIN+31', 'RTMAX+1', 'constructor'])('%j is none', (text) => {
    expect(() => signalName(text)).toThrow(expect.objectContaining({ status: 400, message: `Invalid signal: ${text}` }));
  });
});
