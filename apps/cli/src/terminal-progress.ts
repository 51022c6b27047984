import { stripVTControlCharacters } from 'node:util';
import { type BuildEvent, type BuildStep, nameOf } from '#builder';

/** Rows of a step's own words that are shown while it runs. */
const shownRows = 4;

interface Running {
  step: BuildStep;
  startedMs: number;
  rows: string[];
}

/**
 * Progress on a terminal: what is done stays above, what runs stands below with its seconds and its last words, and is drawn anew.
 */
export class TerminalProgress {
  private readonly running = new Map<number, Running>();
  private drawnRows = 0;

  constructor(
    private readonly write: (text: string) => void,
    private readonly columns: () => number,
    private readonly nowMs: () => number,
  ) {}

  report(event: BuildEvent): void {
    if (event.do === 'warning') return this.draw([`\u001b[33mWARN\u001b[0m ${event.rule}: ${event.text}`]);
    const { step } = event;
    if (event.do === 'begin') this.running.set(step.number, { step, startedMs: this.nowMs(), rows: [] });
    if (event.do === 'output') this.hear(step.number, event.text);
    if (event.do !== 'end') return this.draw([]);
    this.running.delete(step.number);
    const time = event.cached ? 'CACHED' : `${(event.ms / 1000).toFixed(1)}s`;
    this.draw([this.row(`\u001b[34m => ${event.cached ? 'CACHED ' : ''}${nameOf(step)}`, event.cached ? '' : time, '\u001b[0m')]);
  }

  /** The seconds go on while nothing happens. */
  tick(): void {
    if (this.running.size > 0) this.draw([]);
  }

  /** What runs still has failed or was stopped: its words stay. */
  end(): void {
    const left = [...this.running.values()].flatMap(({ step, rows }) => [
      ` => ERROR ${nameOf(step)}`,
      ...rows.map((row) => ` => => # ${row}`),
    ]);
    this.running.clear();
    this.draw(left);
  }

  private hear(number: number, text: string): void {
    const running = this.running.get(number);
    if (!running) return;
    const words = stripVTControlCharacters(text)
      .replaceAll('\r', '\n')
      .split('\n')
      .filter((row) => row.trim() !== '');
    running.rows = [...running.rows, ...words].slice(-shownRows);
  }

  private draw(above: readonly string[]): void {
    const erase = this.drawnRows > 0 ? `\u001b[${this.drawnRows}A\u001b[0J` : '';
    const below = [...this.running.values()].flatMap(({ step, startedMs, rows }) => [
      this.row(` => ${nameOf(step)}`, `${((this.nowMs() - startedMs) / 1000).toFixed(1)}s`),
      ...rows.map((row) => this.row(` => => # ${row}`, '')),
    ]);
    this.drawnRows = below.length;
    this.write([erase, ...[...above, ...below].map((row) => `${row}\n`)].join(''));
  }

  /** Never longer than the terminal is wide, or what was drawn could not be erased. */
  private row(text: string, right: string, end = ''): string {
    const columns = this.columns();
    const room = Math.max(10, columns - right.length - 2);
    const shown = stripVTControlCharacters(text).length > room ? `${text.slice(0, room - 1)}…` : text;
    return `${shown}${right && ' '.repeat(Math.max(1, columns - stripVTControlCharacters(shown).length - right.length - 1))}${right}${end}`;
  }
}
