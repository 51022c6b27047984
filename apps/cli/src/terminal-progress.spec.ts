import type { BuildEvent, BuildStep } from '#builder';
import { TerminalProgress } from './terminal-progress.ts';

const step = (number: number, text: string): BuildStep => ({
  number,
  total: 2,
  stage: 'a',
  ofStage: { number, total: 2 },
  keyword: 'RUN',
  text,
});

function drawn(events: readonly (BuildEvent | number)[], columns = 40): string {
  let [text, now] = ['', 0];
  const progress = new TerminalProgress(
    (more) => (text += more),
    () => columns,
    () => now,
  );
  for (const event of events) {
    if (typeof event !== 'number') progress.report(event);
    else {
      now = event;
      progress.tick();
    }
  }
  progress.end();
  return text;
}

const escape = '\u001b';
const erasing = new RegExp(`(${escape}\\[\\d+A${escape}\\[0J)`);
const rowsUp = new RegExp(`^${escape}\\[(\\d+)A`);

/** What is to be seen in the end. */
function screen(text: string): string[] {
  const rows: string[] = [];
  for (const part of text.split(erasing)) {
    const up = rowsUp.exec(part);
    if (up) rows.length -= Number(up[1]);
    else rows.push(...part.split('\n').slice(0, -1));
  }
  // oxlint-disable-next-line no-control-regex -- colours
  return rows.map((row) => row.replaceAll(/\u001b\[\d+m/g, ''));
}

describe('progress on a terminal', () => {
  it('leaves what is done above, and draws what runs anew', () => {
    const [one, two] = [step(1, 'RUN make'), step(2, 'RUN test')];
    const text = drawn([
      { do: 'begin', step: one },
      { do: 'output', step: one, text: 'a\nb\nc\nd\ne\n' },
      1500,
      { do: 'begin', step: two },
      { do: 'end', step: one, cached: false, id: undefined, ms: 1500 },
      { do: 'end', step: two, cached: true, id: undefined, ms: 1 },
    ]);
    expect(text).toContain(' => => # b\n => => # c\n => => # d\n => => # e\n');
    expect(screen(text)).toEqual([' => [a 1/2] RUN make               1.5s', ' => CACHED [a 2/2] RUN test']);
  });

  it('cuts what is too long, and keeps the last words of what failed', () => {
    const long = step(1, `RUN ${'x'.repeat(100)}`);
    const rows = screen(
      drawn([
        { do: 'begin', step: long },
        { do: 'output', step: long, text: '\u001b[31mred\u001b[0m error' },
      ]),
    );
    expect(rows).toEqual([expect.stringMatching(/^ => ERROR \[a 1\/2\] RUN x+$/), ' => => # red error']);
    const during = drawn([{ do: 'begin', step: long }]).split('\n')[0]!;
    expect(during.length).toBeLessThanOrEqual(40);
    expect(during).toContain('…');
  });
});
