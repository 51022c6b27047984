import type { BuildEvent, BuildStep } from './contract.ts';

/** `#3 [build 2/4] RUN make`, then what the step says behind its number: BuildKit's plain progress. */
export function plainProgress(write: (text: string) => void): (event: BuildEvent) => void {
  const rests = new Map<number, string>();
  const line = ({ number }: BuildStep, text: string): void => write(`#${number} ${text}\n`);
  return (event) => {
    if (event.do === 'warning') {
      write(`WARN: ${event.rule}: ${event.text}${event.line === undefined ? '' : ` (line ${event.line})`}\n`);
      return;
    }
    const { step } = event;
    switch (event.do) {
      case 'begin':
        line(step, nameOf(step));
        return;
      case 'triggers':
        line(step, `executing ${event.count} build trigger${event.count === 1 ? '' : 's'}`);
        return;
      case 'output': {
        const rows = `${rests.get(step.number) ?? ''}${event.text}`.split('\n');
        rests.set(step.number, rows.pop()!);
        for (const row of rows) line(step, row);
        return;
      }
      case 'end': {
        const rest = rests.get(step.number);
        if (rest) line(step, rest);
        rests.delete(step.number);
        line(step, event.cached ? 'CACHED' : `DONE ${(event.ms / 1000).toFixed(1)}s`);
      }
    }
  };
}

/** `[build 2/4] RUN make`, on one line. */
export function nameOf({ stage, ofStage, text }: BuildStep): string {
  return `[${stage && `${stage} `}${ofStage.number}/${ofStage.total}] ${text.replaceAll(/\s*\n\s*/g, ' ')}`;
}
