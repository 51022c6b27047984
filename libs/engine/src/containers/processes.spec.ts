import { picked } from './processes.ts';

it('picks the processes of the container, and the threads below them', () => {
  const text = [
    '  PID TTY    COMMAND',
    '    7 ?      sh -c sleep 9',
    '    - -      -',
    '    8 ?      other',
    '    - -      -',
    '    9 ?      sleep',
  ].join('\n');
  expect(picked(text, [7, 9])).toEqual({
    Titles: ['PID', 'TTY', 'COMMAND'],
    Processes: [
      ['7', '?', 'sh -c sleep 9'],
      ['-', '-', '-'],
      ['9', '?', 'sleep'],
    ],
  });
});

it.each([
  ['COMMAND\nsh\n', "Couldn't find PID field in ps output"],
  ['PID COMMAND\nx sh\n', "Unexpected pid 'x'"],
])('refuses what it cannot read: %j', (text, want) => expect(() => picked(text, [1])).toThrow(want));
