import { parseDockerfile } from './dockerfile.ts';

const only = (text: string): object => parseDockerfile(`FROM scratch\n${text}`).stages[0]!.instructions[0]!;

describe('instructions', () => {
  it.each<[string, object]>([
    ['run echo hi', { do: 'RUN', command: { form: 'shell', text: 'echo hi' } }],
    ['RUN ["a", "b c"]', { command: { form: 'exec', args: ['a', 'b c'] } }],
    ['RUN --network=none --security=sandbox a', { command: { form: 'shell', text: 'a' }, network: 'none' }],
    ["RUN ['a']", { command: { form: 'shell', text: "['a']" } }],
    ['RUN a \\\n  # a comment\n\n  && b', { command: { form: 'shell', text: 'a   && b' } }],
    [
      'ENV a=1 b="2 3"',
      {
        pairs: [
          ['a', '1'],
          ['b', '"2 3"'],
        ],
      },
    ],
    ['ENV a the rest', { pairs: [['a', 'the rest']] }],
    ['LABEL "a b"=c', { pairs: [['"a b"', 'c']] }],
    ['ARG x', { args: [{ name: 'x' }] }],
    ['ARG x=1 y', { args: [{ name: 'x', value: '1' }, { name: 'y' }] }],
    ['COPY --from=build --chown=1:2 a b /c/', { from: 'build', chown: '1:2', sources: ['a', 'b'], destination: '/c/' }],
    ['COPY --from="a b" -- --x /c', { from: 'a b', sources: ['--x'], destination: '/c' }],
    ['COPY --parents --exclude=a --exclude=b x /c', { parents: true, exclude: ['a', 'b'] }],
    ['COPY --parents=false x /c', { parents: false }],
    ['ADD --unpack=false x.tar /c', { unpack: false }],
    [
      'COPY <<a.txt <<"b" c /d/\n$A\na.txt\n$B\nb',
      {
        sources: ['c'],
        inline: [
          { name: 'a.txt', content: '$A\n', expands: true },
          { name: 'b', content: '$B\n', expands: false },
        ],
      },
    ],
    ['COPY <<-E /d\n\t\tx\n\tE', { inline: [{ name: 'E', content: 'x\n' }], destination: '/d' }],
    ['COPY << E /d\nx\nE', { inline: [{ name: 'E', content: 'x\n' }], destination: '/d' }],
    ['ONBUILD RUN <<E\nx\nE', { trigger: 'RUN <<E\nx\nE' }],
    ['ONBUILD COPY <<E /d\nx\ny\nE', { trigger: 'COPY <<E /d\nx\ny\nE' }],
    ['USER a b', { value: 'a b' }],
    ['EXPOSE 80 90/udp', { words: ['80', '90/udp'] }],
    ['COPY ["a b", "/c d"]', { sources: ['a b'], destination: '/c d' }],
    ['CMD echo hi', { command: { form: 'shell', text: 'echo hi' } }],
    ['ENTRYPOINT []', { command: { form: 'exec', args: [] } }],
    ['VOLUME /a /b', { words: ['/a', '/b'] }],
    ['VOLUME ["/a"]', { words: ['/a'] }],
    ['HEALTHCHECK --interval=5s --retries=2 CMD curl x', { interval: '5s', retries: 2, test: { form: 'shell', text: 'curl x' } }],
    ['RUN <<-END\n\tindented\n\tEND', { heredocs: [{ name: 'END', chomp: true, content: '\tindented\n', quoted: false }] }],
  ])('%s', (text, want) => {
    expect(only(text)).toMatchObject(want);
  });

  it('stages have names and numbers, the escape can be a backtick', () => {
    const { stages, globalArgs, escape } = parseDockerfile(
      '# escape=`\nARG V=1\nFROM a:$V AS Build\nRUN x `\n y\nFROM --platform=linux/amd64 b\n',
    );
    expect([stages.map(({ name, index }) => [name, index]), globalArgs.length, escape]).toEqual([
      [
        ['build', 0],
        [undefined, 1],
      ],
      1,
      '`',
    ]);
    expect(stages[0]!.instructions[0]).toMatchObject({ line: 4, text: 'RUN x  y' });
  });
});

describe('mistakes', () => {
  it.each([
    ['', undefined, 'file with no instructions'],
    ['# escape=`\n# a comment', undefined, 'file with no instructions'],
    ['ARG a=1', undefined, 'dockerfile contains no stages to build'],
    ['FROM a\nFNTRYPOINT ["x"]', 2, 'unknown instruction: FNTRYPOINT (did you mean ENTRYPOINT?)'],
    ['RUN x', 1, 'no build stage in current context'],
    ['FROM', 1, 'FROM requires either one or three arguments'],
    ['FROM a b', 1, 'FROM requires either one or three arguments'],
    ['FROM a AS 1x', 1, 'invalid name for build stage'],
    ['FROM a AS x\nFROM b AS x', 2, 'duplicate name x'],
    ['FROM a\n\nFOO bar', 3, 'unknown instruction: FOO'],
    ['FROM a\nCOPY x', 2, 'COPY requires at least two arguments'],
    ['FROM a\nCOPY --frm=b x y', 2, 'unknown flag: --frm'],
    ['FROM a\nCMD --help', 2, 'unknown flag: --help'],
    ['FROM a\nCOPY --from x y', 2, 'missing a value on flag: --from'],
    ['FROM a\nCOPY --from=a --from=b x y', 2, 'duplicate flag specified: --from'],
    ['FROM a\nCOPY --link=maybe x y', 2, 'expecting boolean value for flag --link, not: maybe'],
    ['FROM a\nCOPY x <<E\nE', 2, 'COPY cannot accept a heredoc as a destination'],
    ['FROM a\nRUN ["a", 1]', 2, 'arrays must be comprised of strings only'],
    ['FROM a\nHEALTHCHECK NONE x', 2, 'HEALTHCHECK NONE takes no arguments'],
    ['FROM a\nONBUILD RUN <<E\nx', 2, 'unterminated heredoc E'],
    ['# escape=`\n# escape=`\nFROM a', 2, 'only one escape parser directive can be used'],
    ['FROM a\nENV x', 2, 'ENV must have two arguments'],
    ['FROM a\nENV a=1 b', 2, 'can\'t find = in "b"'],
    ['FROM a\nARG =1', 2, 'ARG names can not be blank'],
    ['FROM a\nRUN', 2, 'RUN requires at least one argument'],
    ['FROM a\nRUN --mount=from=$X,target=/x y', 2, "'from' doesn't support variable expansion, define alias stage instead"],
    ['FROM a\nRUN --device=x y', 2, 'RUN --device is not supported'],
    ['FROM a\nRUN --network=bridge x', 2, 'invalid network mode "bridge"'],
    ['FROM a\nRUN --security=x x', 2, 'security "x" is not valid'],
    ['FROM a\nSHELL sh', 2, 'SHELL requires the arguments to be in JSON form'],
    ['FROM a\nONBUILD ONBUILD RUN x', 2, "isn't allowed"],
    ['FROM a\nONBUILD FOO', 2, 'unknown instruction: FOO'],
    ['FROM a\nHEALTHCHECK CURL x', 2, 'Unknown type "CURL" in HEALTHCHECK'],
    ['FROM a\nRUN <<E\nx', 2, 'unterminated heredoc E'],
    ['FROM a\nUSER', 2, 'USER requires exactly one argument'],
    ['# escape=x\nFROM a', 1, "invalid escape token 'x' does not match ` or \\"],
  ])('%p on line %p: %s', (text, line, message) => {
    const parse = (): unknown => parseDockerfile(text);
    expect(parse).toThrow(message);
    expect(parse).toThrow(expect.objectContaining({ line }));
  });
});
