import { adviceOn, hiddenFiles, instructionOf, type LayerEntries, type LayerEntry } from './layer-analysis.ts';

/** `a/b:10` a file, `a/` a folder, `!a` a whiteout, `a!!` an opaque folder, `a->` a link. */
function entry(text: string): LayerEntry {
  if (text.startsWith('!')) return { path: text.slice(1), kind: 'whiteout', size: 0 };
  if (text.endsWith('!!')) return { path: text.slice(0, -2), kind: 'opaque', size: 0 };
  if (text.endsWith('/')) return { path: text.slice(0, -1), kind: 'directory', size: 0 };
  if (text.endsWith('->')) return { path: text.slice(0, -2), kind: 'other', size: 0 };
  const [path = '', size] = text.split(':');
  return { path, kind: 'file', size: Number(size) };
}

const layer = (createdBy: string, ...entries: string[]): LayerEntries => ({ createdBy, entries: entries.map(entry) });
const brief = (...layers: LayerEntries[]) =>
  hiddenFiles(layers).map(({ path, size, layer: from, by, how }) => `${path} ${size} ${from}>${by} ${how}`);

describe('files that travel and are not seen', () => {
  it.each<[string, LayerEntries[], string[]]>([
    ['none where each is there once', [layer('', 'a:1', 'd/', 'd/b:2'), layer('', 'd/', 'd/c:3')], []],
    ['one that is deleted', [layer('', 'a:5'), layer('', '!a')], ['a 5 1>2 deleted']],
    [
      'all of a folder that is deleted, largest first',
      [layer('', 'd/', 'd/a:1', 'd/e/', 'd/e/b:2', 'dd:9'), layer('', '!d')],
      ['d/e/b 2 1>2 deleted', 'd/a 1 1>2 deleted'],
    ],
    ['one that is written again', [layer('', 'a:5'), layer('', 'a:6'), layer('', 'a:7')], ['a 6 2>3 overwritten', 'a 5 1>2 overwritten']],
    ['those below a folder that is made anew', [layer('', 'd/', 'd/a:5'), layer('', 'd/', 'd!!', 'd/b:1')], ['d/a 5 1>2 deleted']],
    ['not those that the same layer brings', [layer('', 'd/a:5'), layer('', 'd/b:1', 'd!!')], ['d/a 5 1>2 deleted']],
    ['one in whose place a link is put', [layer('', 'a:5'), layer('', 'a->')], ['a 5 1>2 overwritten']],
    ['those of a folder in whose place a file is put', [layer('', 'd/', 'd/a:5'), layer('', 'd:1')], ['d/a 5 1>2 deleted']],
    ['one that comes back afterwards', [layer('', 'a:5'), layer('', '!a'), layer('', 'a:5')], ['a 5 1>2 deleted']],
    ['none that is empty', [layer('', 'a:0'), layer('', '!a')], []],
  ])('%s', (_name, layers, want) => {
    expect(brief(...layers)).toEqual(want);
  });

  it.each<[string, string, LayerEntry['kind'], string]>([
    [
      'RUN apt-get install x',
      'RUN rm -rf /cache',
      'whiteout',
      'delete them in the same RUN: make one instruction of those of layers 1 and 2',
    ],
    ['COPY . /src', 'RUN make && rm -r /src', 'whiteout', 'leave them out of the COPY of layer 1: .dockerignore'],
    ['ADD x.tar /', 'RUN chown -R 1 /', 'file', 'set it with ADD --chown in layer 1 instead of chown in layer 2'],
    ['COPY a /', '/bin/sh -c #(nop) COPY file:1 in /', 'file', 'leave them out of the COPY of layer 1, since layer 2 brings others'],
    ['RUN a', 'COPY b /', 'file', 'squash the instructions of layers 1 to 2'],
  ])('%s, then %s', (made, hid, kind, want) => {
    const layers = [layer(made, 'a:5'), { createdBy: hid, entries: [{ path: 'a', kind, size: 1 }] }];
    expect(adviceOn(hiddenFiles(layers), layers)).toEqual([{ layers: [1, 2], saves: 5, text: expect.stringContaining(want) }]);
  });

  it('knows instructions as builders write them down', () => {
    expect(
      ['RUN /bin/sh -c a', '|1 A=b /bin/sh -c a', '/bin/sh -c #(nop) ADD a', 'COPY a b # buildkit', 'bazel build', undefined].map((text) =>
        instructionOf(text),
      ),
    ).toEqual(['RUN', 'RUN', 'ADD', 'COPY', 'RUN', 'RUN']);
  });
});
